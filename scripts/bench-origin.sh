#!/usr/bin/env bash
# Compares `dashpot origin` on live segments with nginx on the same bytes as static files: same
# machine, same run, the servers taking turns. Prints requests per second, server CPU per request
# (from /proc, so that wrk's share does not count) and the origin's ratio to nginx in each. On
# loopback the kernel sends much of a large response while wrk reads, on wrk's account; "both" is
# the ratio of CPU with wrk's, which misses nothing.
#
#   scripts/bench-origin.sh [--seconds N] [--turns N] [--connections N] [PATH…]
#
# PATH is what follows /live/film/, without the number of the segment: `v1` or `chunk_0.5s/v3`.
# DASHPOT_BIN names a binary to take instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=4 turns=3 connections=32 paths=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2; shift ;;
    --turns) turns=$2; shift ;;
    --connections) connections=$2; shift ;;
    -*) sed -n '2,12s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    *) paths+=("$1") ;;
  esac
  shift
done
[ ${#paths[@]} -gt 0 ] || paths=(a-en v1 v3 v5 chunk_0.5s/v3)

name=bench-origin
source scripts/bench-common.sh
needs "nginx-light wrk curl gawk" nginx wrk curl awk
build

start_origin() {
  "$DASHPOT_BIN" origin --media media --listen "127.0.0.1:$port" --access-log off \
    >"$work/origin.out" 2>"$work/origin.err" &
  pid=$!
}
start origin start_origin health

# The same bytes as files. All are in the window for as long as this takes.
mkdir "$work/files"
number=$(( $(date +%s) / 2 - 10 ))
for path in "${paths[@]}"; do
  mkdir -p "$work/files/$path"
  curl -sf -o "$work/files/$path/s.m4s" "$origin_url/live/film/tsbd_86400s/$path/$number.m4s"
done

start_nginx() {
  { nginx_common nginx
    echo "  access_log off; server { tcp_nopush on; listen 127.0.0.1:$port backlog=4096; root $work/files; } }"
  } >"$work/nginx.conf"
  start_nginx_with nginx
}
start nginx start_nginx "${paths[0]}/s.m4s"

echo "$(nproc) cores, wrk -t1 -c$connections, $turns turns of ${seconds}s each, medians; us of CPU per request"
printf '%-16s %9s %10s %10s %6s %10s %10s %6s %6s\n' \
  path bytes origin/s nginx/s ratio "origin us" "nginx us" ratio both
for path in "${paths[@]}"; do
  : >"$work/origin.turns"
  : >"$work/nginx.turns"
  for _ in $(seq "$turns"); do
    turn origin "$origin_url/live/film/tsbd_86400s/$path/$number.m4s" >>"$work/origin.turns"
    turn nginx "$nginx_url/$path/s.m4s" >>"$work/nginx.turns"
  done
  for server in origin nginx; do
    for field in 1 2 3; do cut -d' ' -f$field "$work/$server.turns" | median; done | paste -sd' '
  done | paste -sd' ' | awk -v path="$path" -v bytes="$(stat -c %s "$work/files/$path/s.m4s")" '{
    printf "%-16s %9d %10.0f %10.0f %6.2f %10.1f %10.1f %6.2f %6.2f\n",
      path, bytes, $1, $4, $1 / $4, $2, $5, $2 / $5, $3 / $6 }'
done

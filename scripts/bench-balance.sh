#!/usr/bin/env bash
# Compares `dashpot balance l4` with HAProxy in TCP mode in front of one nginx with static files: same
# machine, same run, the balancers taking turns. Prints requests per second, the balancer's CPU per
# request (from /proc) and the ratios to HAProxy. "copied" is ours with --splice off.
#
#   scripts/bench-balance.sh [--seconds N] [--turns N] [--connections N]
#
# DASHPOT_BIN names a binary to take instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=4 turns=3 connections=32
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2; shift ;;
    --turns) turns=$2; shift ;;
    --connections) connections=$2; shift ;;
    *) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done

name=bench-balance
source scripts/bench-common.sh
needs "haproxy nginx-light wrk curl gawk" haproxy nginx wrk curl awk
build

mkdir "$work/files"
head -c 1024 /dev/urandom >"$work/files/1k"
head -c 1048576 /dev/urandom >"$work/files/1m"

start_nginx() {
  { nginx_common nginx
    echo "  access_log off; server { listen 127.0.0.1:$port backlog=4096; root $work/files; } }"
  } >"$work/nginx.conf"
  start_nginx_with nginx
}
start nginx start_nginx 1k
backend=${nginx_url#http://}

start_haproxy() {
  cat >"$work/haproxy.cfg" <<CONF
global
  nbthread $(nproc)
defaults
  mode tcp
  option splice-auto
  timeout connect 1s
  timeout client 300s
  timeout server 300s
frontend f
  bind 127.0.0.1:$port backlog 4096
  default_backend b
backend b
  balance source
  hash-type consistent
  server s $backend check inter 2s
CONF
  haproxy -db -f "$work/haproxy.cfg" >"$work/haproxy.err" 2>&1 &
  pid=$!
}
start haproxy start_haproxy 1k

start_ours() {
  "$DASHPOT_BIN" balance l4 --listen "127.0.0.1:$port" --backend "$backend" --splice auto \
    >"$work/ours.out" 2>"$work/ours.err" &
  pid=$!
}
start ours start_ours 1k

start_copied() {
  "$DASHPOT_BIN" balance l4 --listen "127.0.0.1:$port" --backend "$backend" --splice off \
    >"$work/copied.out" 2>"$work/copied.err" &
  pid=$!
}
start copied start_copied 1k

echo "$(nproc) cores, wrk -t1 -c$connections, $turns turns of ${seconds}s each, medians; us of CPU per request"
printf '%-5s %10s %10s %10s %6s %10s %10s %10s %6s\n' \
  body ours/s copied/s haproxy/s ratio "ours us" "copied us" "haproxy us" ratio
for body in 1k 1m; do
  for _ in $(seq "$turns"); do
    for server in ours copied haproxy; do
      url="${server}_url"
      turn "$server" "${!url}/$body" >>"$work/$server.$body"
    done
  done
  for server in ours copied haproxy; do
    for field in 1 2; do cut -d' ' -f$field "$work/$server.$body" | median; done | paste -sd' '
  done | paste -sd' ' | awk -v body="$body" '{
    printf "%-5s %10.0f %10.0f %10.0f %6.2f %10.1f %10.1f %10.1f %6.2f\n",
      body, $1, $3, $5, $1 / $5, $2, $4, $6, $2 / $6 }'
done

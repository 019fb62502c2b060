#!/usr/bin/env bash
# Compares `dashpot origin` on live segments with nginx on the same bytes as static files: same
# machine, same run, the servers taking turns. Prints requests per second, server CPU per request
# (from /proc, so that wrk's share does not count) and the origin's ratio to nginx. Then the time that
# the packager takes for MPDs and plans.
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
    -*) sed -n '2,11s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
    *) paths+=("$1") ;;
  esac
  shift
done
[ ${#paths[@]} -gt 0 ] || paths=(a-en v1 v3 v5 chunk_0.5s/v3)

for tool in nginx wrk curl awk; do
  command -v "$tool" >/dev/null || { echo "bench-origin: needs $tool; on Debian: apt-get install nginx-light wrk curl gawk" >&2; exit 2; }
done
if [ -z "${DASHPOT_BIN:-}" ]; then
  ${CARGO:-cargo} build --locked --release --bin dashpot
  DASHPOT_BIN=target/release/dashpot
fi

work=$(mktemp -d)
chmod 755 "$work"
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT

"$DASHPOT_BIN" origin --media media --listen 127.0.0.1:0 --access-log off >"$work/origin" 2>"$work/log" &
origin_pid=$!
pids+=("$origin_pid")
for _ in $(seq 100); do [ -s "$work/origin" ] && break; sleep 0.1; done
origin=$(head -1 "$work/origin")
origin=${origin%/}

# The same bytes as files. All are in the window for as long as this takes.
mkdir "$work/files"
number=$(( $(date +%s) / 2 - 10 ))
for path in "${paths[@]}"; do
  mkdir -p "$work/files/$path"
  curl -sf -o "$work/files/$path/s.m4s" "$origin/live/film/tsbd_86400s/$path/$number.m4s"
done

# nginx cannot say which port it took.
for _ in 1 2 3 4 5; do
  port=$((20000 + RANDOM % 12000))
  cat >"$work/nginx.conf" <<CONF
worker_processes auto;
pid $work/nginx.pid;
error_log $work/nginx.log;
daemon off;
events { worker_connections 1024; }
http {
  access_log off;
  sendfile on;
  tcp_nopush on;
  keepalive_requests 1000000;
  server { listen 127.0.0.1:$port; root $work/files; }
}
CONF
  nginx -c "$work/nginx.conf" -p "$work" &
  nginx_pid=$!
  for _ in $(seq 50); do
    kill -0 "$nginx_pid" 2>/dev/null || break
    curl -sf -o /dev/null "http://127.0.0.1:$port/${paths[0]}/s.m4s" && break 2
    sleep 0.1
  done
done
pids+=("$nginx_pid")

# CPU seconds of a process and its children so far.
cpu() {
  for pid in "$1" $(pgrep -P "$1" || true); do
    awk -v hz="$(getconf CLK_TCK)" '{ sub(/.*\) /, ""); print ($12 + $13) / hz }' "/proc/$pid/stat"
  done | awk '{ sum += $1 } END { printf "%.3f", sum }'
}

# Prints requests a second and microseconds of CPU a request.
turn() { # pid, URL
  local before after out
  before=$(cpu "$1")
  out=$(wrk -t1 -c"$connections" -d"${seconds}s" "$2")
  after=$(cpu "$1")
  if grep -q "Non-2xx" <<<"$out"; then echo "bench-origin: $2 failed" >&2; exit 1; fi
  awk -v before="$before" -v after="$after" '
    /Requests\/sec/ { rate = $2 }
    /requests in/ { count = $1 }
    END { printf "%.0f %.0f\n", rate, (after - before) * 1e6 / count }' <<<"$out"
}

median() { sort -n | awk '{ v[NR] = $1 } END { print v[int((NR + 1) / 2)] }'; }

printf '%-16s %10s %12s %12s %10s %10s %7s\n' path bytes "origin/s" "nginx/s" "us CPU" "nginx us" ratio
for path in "${paths[@]}"; do
  : >"$work/a"; : >"$work/b"
  for _ in $(seq "$turns"); do
    turn "$origin_pid" "$origin/live/film/tsbd_86400s/$path/$number.m4s" >>"$work/a"
    turn "$nginx_pid" "http://127.0.0.1:$port/$path/s.m4s" >>"$work/b"
  done
  ours=$(cut -d' ' -f1 "$work/a" | median) theirs=$(cut -d' ' -f1 "$work/b" | median)
  printf '%-16s %10s %12s %12s %10s %10s %7s\n' "$path" "$(stat -c %s "$work/files/$path/s.m4s")" \
    "$ours" "$theirs" "$(cut -d' ' -f2 "$work/a" | median)" "$(cut -d' ' -f2 "$work/b" | median)" \
    "$(awk -v a="$ours" -v b="$theirs" 'BEGIN { printf "%.2f", a / b }')"
done

#!/usr/bin/env bash
# Compares hits of `dashpot edge` with hits of nginx's proxy_cache: same machine, same run, same
# files, same origin, the two taking turns. Prints requests per second, server CPU per request
# (from /proc, so that wrk's share does not count) and the ratio of the two.
#
#   scripts/bench-edge.sh [seconds per turn] [turns] [connections]
#
# DASHPOT_BIN names a binary to take instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-4}
turns=${2:-3}
connections=${3:-32}
sizes="1024 65536 1048576"

for tool in nginx wrk curl awk; do
  command -v "$tool" >/dev/null || { echo "bench-edge: needs $tool; on Debian: apt-get install nginx-light wrk curl gawk" >&2; exit 2; }
done
if [ -z "${DASHPOT_BIN:-}" ]; then
  ${CARGO:-cargo} build --locked --release --bin dashpot
  DASHPOT_BIN=target/release/dashpot
fi

work=$(mktemp -d)
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT

mkdir "$work/files" "$work/cache"
for size in $sizes; do head -c "$size" /dev/urandom >"$work/files/$size"; done

# nginx cannot listen on port 0 and say which port that was: it is given random ones until two fit.
start_nginx() {
  local attempt
  for attempt in 1 2 3 4 5; do
    origin_port=$((20000 + RANDOM % 10000)) cache_port=$((30000 + RANDOM % 2000))
    cat >"$work/nginx.conf" <<CONF
user $(id -un) $(id -gn);
worker_processes auto;
pid $work/nginx.pid;
error_log $work/error.log;
events { worker_connections 1024; }
http {
  access_log off; tcp_nodelay on; sendfile on; keepalive_requests 1000000;
  client_body_temp_path $work/b; proxy_temp_path $work/p; fastcgi_temp_path $work/f;
  uwsgi_temp_path $work/u; scgi_temp_path $work/s;
  proxy_cache_path $work/cache keys_zone=edge:10m max_size=256m;
  upstream origin { server 127.0.0.1:$origin_port; keepalive 16; }
  server { listen 127.0.0.1:$origin_port; root $work/files; add_header Cache-Control max-age=3600; }
  server {
    listen 127.0.0.1:$cache_port;
    location / {
      proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection "";
      proxy_cache edge; proxy_cache_lock on; add_header X-Cache \$upstream_cache_status;
    }
  }
}
CONF
    nginx -e "$work/error.log" -c "$work/nginx.conf" -g "daemon off;" 2>/dev/null &
    nginx_pid=$!
    for _ in $(seq 50); do
      kill -0 "$nginx_pid" 2>/dev/null || break
      if curl -sf -o /dev/null "http://127.0.0.1:$cache_port/1024"; then pids+=("$nginx_pid"); return; fi
      sleep 0.1
    done
  done
  echo "bench-edge: nginx does not start:" >&2
  cat "$work/error.log" >&2
  exit 2
}

start_edge() {
  "$DASHPOT_BIN" edge --origin "http://127.0.0.1:$origin_port" --listen 127.0.0.1:0 --cache-mem 256MiB \
    >"$work/edge.out" 2>"$work/edge.err" &
  edge_pid=$!
  pids+=("$edge_pid")
  for _ in $(seq 50); do
    edge_url=$(grep -om1 'http://[0-9.]*:[0-9]*' "$work/edge.out" || true)
    if [ -n "$edge_url" ] && curl -sf -o /dev/null "$edge_url/health"; then return; fi
    sleep 0.1
  done
  echo "bench-edge: the edge does not start:" >&2
  cat "$work/edge.err" >&2
  exit 2
}

# Clock ticks of user and system time that a process and its children have used.
ticks() {
  local total=0 pid
  for pid in "$1" $(pgrep -P "$1" || true); do
    # The fields are counted behind the name in brackets, which may hold spaces.
    total=$((total + $(sed 's/.*) //' "/proc/$pid/stat" | awk '{ print $12 + $13 }')))
  done
  echo "$total"
}

# One turn: requests, seconds and microseconds of server CPU per request.
turn() {
  local url=$1 pid=$2 before after report
  before=$(ticks "$pid")
  report=$(wrk -t1 -c"$connections" -d"${seconds}s" "$url")
  after=$(ticks "$pid")
  echo "$report" | awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" '
    /Non-2xx|Socket errors/ { print "bench-edge: " $0 > "/dev/stderr"; bad = 1 }
    /requests in/ { count = $1 }
    /Requests\/sec/ { rate = $2 }
    END { if (bad || count == 0) exit 1; printf "%d %d %.3f\n", count, rate, ticks / hz * 1e6 / count }'
}

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

start_nginx
start_edge

echo "$(nproc) cores, wrk -t1 -c$connections, $turns turns of ${seconds}s each, medians"
printf '%9s  %-6s %11s %11s %13s\n' bytes server requests/s MB/s "CPU us/request"
for size in $sizes; do
  # Stored before it is measured: the second answer must be a hit.
  for url in "http://127.0.0.1:$cache_port/$size" "$edge_url/$size"; do
    curl -sf -o /dev/null "$url"
    curl -sf -o /dev/null -D "$work/head" "$url"
    grep -qiE 'x-cache: hit|cache-status:.*; hit' "$work/head" || { echo "bench-edge: $url is no hit" >&2; exit 1; }
  done
  : >"$work/nginx.turns"
  : >"$work/edge.turns"
  for _ in $(seq "$turns"); do
    turn "http://127.0.0.1:$cache_port/$size" "$nginx_pid" >>"$work/nginx.turns"
    turn "$edge_url/$size" "$edge_pid" >>"$work/edge.turns"
  done
  for server in nginx edge; do
    rate=$(awk '{ print $2 }' "$work/$server.turns" | median)
    cpu=$(awk '{ print $3 }' "$work/$server.turns" | median)
    printf '%9d  %-6s %11.0f %11.1f %13.1f\n' "$size" "$server" "$rate" \
      "$(awk -v r="$rate" -v s="$size" 'BEGIN { print r * s / 1e6 }')" "$cpu"
    eval "${server}_rate=$rate ${server}_cpu=$cpu"
  done
  awk -v er="$edge_rate" -v nr="$nginx_rate" -v ec="$edge_cpu" -v nc="$nginx_cpu" -v s="$size" \
    'BEGIN { printf "%9d  edge/nginx: %.2f x the requests, %.2f x the CPU per request\n", s, er / nr, ec / nc }'
done

#!/usr/bin/env bash
# Compares `dashpot edge` with nginx's proxy_cache and Varnish (malloc): same machine, same run,
# same files, same origin, the servers taking turns. Prints requests per second, server CPU per
# request (from /proc, so that wrk's share does not count) and the edge's ratio to each, with the
# smallest and the largest ratio of any turn. On loopback the kernel sends much of a large response
# while wrk reads, on wrk's account; "both" is the server's CPU and wrk's, which misses nothing.
#
#   scripts/bench-edge.sh [--seconds N] [--turns N] [--connections N] [--sizes "BYTES…"] [--log]
#     [--tls] [--json FILE] [hits|misses]…
#
# --tls has wrk speak TLS 1.3 with nginx and the edge, one certificate and one cipher for both.
# --log has all three write an access log (combined) to a file; else none does, but for Varnish's
# log in shared memory, which cannot be switched off. DASHPOT_BIN names a binary to take instead of
# building one. Without Varnish the comparison is with nginx alone.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=4 turns=3 connections=32 log=off tls= scheme=http json= sizes= parts=()
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2; shift ;;
    --turns) turns=$2; shift ;;
    --connections) connections=$2; shift ;;
    --sizes) sizes=$2; shift ;;
    --log) log=on ;;
    --tls) tls=on scheme=https ;;
    --json) json=$2; shift ;;
    hits | misses) parts+=("$1") ;;
    *) sed -n '2,15s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done
[ ${#parts[@]} -gt 0 ] || parts=(hits misses)

name=bench-edge
source scripts/bench-common.sh
needs "nginx-light varnish wrk curl gawk" nginx wrk curl awk ${tls:+openssl}
build

mkdir "$work/files" "$work/cache"
for size in 1024 65536 1048576 4194304 $sizes; do head -c "$size" /dev/urandom >"$work/files/$size"; done
# Every request another resource: the file of that name, whatever the query.
cat >"$work/misses.lua" <<'LUA'
local count, run = 0, 0
function init() run = os.time() * 1000 + math.random(999) end
function request()
  count = count + 1
  return wrk.format("GET", wrk.path .. "?" .. run .. "-" .. count)
end
LUA

if [ -n "$tls" ]; then
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost \
    -keyout "$work/key.pem" -out "$work/cert.pem" 2>/dev/null
fi

start_origin() {
  { nginx_common origin
    echo "  access_log off;
  server { listen 127.0.0.1:$port backlog=4096; root $work/files; add_header Cache-Control max-age=3600; } }"
  } >"$work/origin.conf"
  start_nginx_with origin
}

start_nginx() {
  local access="off"
  [ $log = off ] || access="$work/nginx.access combined"
  { nginx_common nginx
    echo "  access_log $access;
  proxy_cache_path $work/cache keys_zone=edge:32m max_size=256m;
  upstream origin { server ${origin_url#http://}; keepalive 64; }
  server {
    listen 127.0.0.1:$port${tls:+ ssl} backlog=4096;
    ${tls:+ssl_certificate $work/cert.pem; ssl_certificate_key $work/key.pem; ssl_protocols TLSv1.3;}
    location / {
      proxy_pass http://origin; proxy_http_version 1.1; proxy_set_header Connection \"\";
      proxy_cache edge; proxy_cache_lock on; add_header X-Cache \$upstream_cache_status;
    }
  } }"
  } >"$work/nginx.conf"
  start_nginx_with nginx
}

start_varnish() {
  varnishd -F -n "$work/varnish" -j none -a "127.0.0.1:$port" -b "${origin_url#http://}" \
    -s malloc,256m -T none >"$work/varnish.err" 2>&1 &
  pid=$!
}

start_edge() {
  local access=off listen=(--listen "127.0.0.1:$port")
  [ $log = off ] || access=$work/edge.access
  [ -z "$tls" ] || listen=(--listen 127.0.0.1:0 --tls-listen "127.0.0.1:$port"
    --tls-cert "$work/cert.pem" --tls-key "$work/key.pem")
  "$DASHPOT_BIN" edge --origin "$origin_url" "${listen[@]}" --cache-mem 256MiB \
    --access-log "$access" --access-log-format combined >"$work/edge.out" 2>"$work/edge.err" &
  pid=$!
}

compare() { # part, size
  local part=$1 size=$2 server url script= rate cpu both
  [ "$part" = hits ] || script="-s $work/misses.lua"
  for server in "${servers[@]}"; do
    url="${server}_url" url="${!url}/$size"
    if [ "$part" = hits ]; then
      # Stored before it is measured: the second answer must be a hit.
      for _ in 1 2; do curl -skf -o /dev/null -D "$work/head" "$url"; done
      grep -qiE 'x-cache: hit|cache-status:.*; hit|x-varnish: [0-9]+ [0-9]+' "$work/head" ||
        { echo "bench-edge: $server: $url is no hit:" >&2; cat "$work/head" >&2; exit 1; }
    fi
    : >"$work/$server.turns"
  done
  for _ in $(seq "$turns"); do
    for server in "${servers[@]}"; do
      url="${server}_url"
      turn "$server" "${!url}/$size" "$script" >>"$work/$server.turns"
    done
  done
  for server in "${servers[@]}"; do
    rate=$(cut -d' ' -f1 "$work/$server.turns" | median)
    cpu=$(cut -d' ' -f2 "$work/$server.turns" | median)
    both=$(cut -d' ' -f3 "$work/$server.turns" | median)
    printf '%-7s %8d  %-8s %11.0f %11.1f %14.1f %9.1f\n' "$part" "$size" "$server" "$rate" \
      "$(awk -v r="$rate" -v s="$size" 'BEGIN { print r * s / 1e6 }')" "$cpu" "$both"
    eval "${server}_rate=$rate ${server}_cpu=$cpu ${server}_both=$both"
  done
  for server in "${servers[@]}"; do
    [ "$server" != edge ] || continue
    paste -d' ' "$work/edge.turns" "$work/$server.turns" | awk '
      { r = $1 / $4; c = $2 / $5 }
      NR == 1 { rl = rh = r; cl = ch = c }
      { if (r < rl) rl = r; if (rh < r) rh = r; if (c < cl) cl = c; if (ch < c) ch = c }
      END { printf "%.2f %.2f %.2f %.2f\n", rl, rh, cl, ch }' >"$work/spread"
    read -r rl rh cl ch <"$work/spread"
    peer_rate="${server}_rate" peer_cpu="${server}_cpu" peer_both="${server}_both"
    awk -v er="$edge_rate" -v pr="${!peer_rate}" -v ec="$edge_cpu" -v pc="${!peer_cpu}" \
      -v eb="$edge_both" -v pb="${!peer_both}" -v p="$part" \
      -v s="$size" -v n="$server" -v rl="$rl" -v rh="$rh" -v cl="$cl" -v ch="$ch" -v out="$work/json" 'BEGIN {
        printf "%-7s %8d  edge/%s: %.2f (%s-%s) x the requests, %.2f (%s-%s) x the CPU per request, %.2f with that of wrk\n",
          p, s, n, er / pr, rl, rh, ec / pc, cl, ch, eb / pb
        printf "{\"part\":\"%s\",\"bytes\":%d,\"peer\":\"%s\",\"requests_ratio\":%.3f,\"cpu_ratio\":%.3f,\"cpu_ratio_min\":%s,\"cpu_ratio_max\":%s,\"both_ratio\":%.3f,\"edge_cpu_us\":%.2f,\"peer_cpu_us\":%.2f}\n",
          p, s, n, er / pr, ec / pc, cl, ch, eb / pb, ec, pc >> out }'
  done
}

start origin start_origin 1024
start nginx start_nginx 1024 "$scheme"
servers=(nginx)
if [ -z "$tls" ] && command -v varnishd >/dev/null; then
  start varnish start_varnish 1024
  servers+=(varnish)
  if [ $log = on ]; then
    varnishncsa -n "$work/varnish" -w "$work/varnish.access" &
    varnish_logger_pid=$!
    pids+=("$varnish_logger_pid")
  fi
fi
start edge start_edge 1024 "$scheme"
servers+=(edge)
if [ -n "$tls" ]; then
  for server in "${servers[@]}"; do
    url="${server}_url"
    openssl s_client -brief -connect "${!url#https://}" </dev/null 2>&1 | grep -E '^(Protocol|Cipher)' >"$work/$server.tls" || true
  done
  cmp "$work/nginx.tls" "$work/edge.tls" || { echo "bench-edge: nginx and the edge speak different TLS" >&2; exit 2; }
  echo "TLS: $(paste -sd' ' "$work/edge.tls")"
fi

echo "$(nproc) cores, wrk -t1 -c$connections, $turns turns of ${seconds}s each, medians (smallest-largest), access log $log"
printf '%-7s %8s  %-8s %11s %11s %14s %9s\n' part bytes server requests/s MB/s "CPU us/request" both
for part in "${parts[@]}"; do
  usual="1024 65536 1048576 4194304"
  [ "$part" = hits ] || usual="65536 1048576"
  for size in ${sizes:-$usual}; do compare "$part" "$size"; done
done
[ -z "$json" ] || { sed '$!s/$/,/' "$work/json" | { echo '['; cat; echo ']'; } >"$json"; }

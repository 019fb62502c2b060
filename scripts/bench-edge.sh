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

for tool in nginx wrk curl awk ${tls:+openssl}; do
  command -v "$tool" >/dev/null || { echo "bench-edge: needs $tool; on Debian: apt-get install nginx-light varnish wrk curl gawk" >&2; exit 2; }
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

answers() { curl -skf -o /dev/null --max-time 2 "$1/1024"; }

# Starts a server on random ports until it answers; they cannot say which port they took.
start() { # name, function that starts it in the background on $port and sets $pid, scheme
  local name=$1 starter=$2 speaks=${3:-http}
  for _ in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 12000))
    "$starter"
    for _ in $(seq 80); do
      kill -0 "$pid" 2>/dev/null || break
      if answers "$speaks://127.0.0.1:$port"; then
        pids+=("$pid")
        eval "${name}_pid=$pid ${name}_url=$speaks://127.0.0.1:$port"
        return
      fi
      sleep 0.1
    done
    kill "$pid" 2>/dev/null || true
  done
  echo "bench-edge: $name does not start:" >&2
  cat "$work/$name.err" >&2
  exit 2
}

nginx_common() { # name
  cat <<CONF
user $(id -un) $(id -gn);
worker_processes auto;
pid $work/$1.pid;
error_log $work/$1.err;
events { worker_connections 4096; }
http {
  tcp_nodelay on; tcp_nopush off; sendfile on; keepalive_requests 100000000;
  client_body_temp_path $work/$1.b; proxy_temp_path $work/$1.p; fastcgi_temp_path $work/$1.f;
  uwsgi_temp_path $work/$1.u; scgi_temp_path $work/$1.s;
CONF
}

start_origin() {
  { nginx_common origin
    echo "  access_log off;
  server { listen 127.0.0.1:$port backlog=4096; root $work/files; add_header Cache-Control max-age=3600; } }"
  } >"$work/origin.conf"
  nginx -e "$work/origin.err" -c "$work/origin.conf" -g "daemon off;" 2>/dev/null &
  pid=$!
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
  nginx -e "$work/nginx.err" -c "$work/nginx.conf" -g "daemon off;" 2>/dev/null &
  pid=$!
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

# Clock ticks of user and system time that a process and those that it started have used.
ticks() {
  local total=0 pid
  for pid in "$1" $(pgrep -P "$1" || true) ${2:-}; do
    # The fields are counted behind the name in brackets, which may hold spaces.
    total=$((total + $(sed 's/.*) //' "/proc/$pid/stat" | awk '{ print $12 + $13 }')))
  done
  echo "$total"
}

# One turn: requests a second, microseconds of server CPU per request, and those with wrk's.
turn() { # name, url, script
  local name=$1 url=$2 script=${3:-} before after report pid logger TIMEFORMAT='%3U %3S'
  pid="${name}_pid" logger="${name}_logger_pid"
  before=$(ticks "${!pid}" "${!logger:-}")
  # shellcheck disable=SC2086 # the script is an option and its value, or nothing
  report=$({ time wrk -t1 -c"$connections" -d"${seconds}s" --timeout 20s $script "$url"; } 2>"$work/wrk.cpu")
  after=$(ticks "${!pid}" "${!logger:-}")
  echo "$report" | awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" -v name="$name" \
    -v wrk="$(awk 'END { print $1 + $2 }' "$work/wrk.cpu")" '
    /Non-2xx|Socket errors/ { print "bench-edge: " name ": " $0 > "/dev/stderr"; bad = 1 }
    /requests in/ { count = $1 }
    /Requests\/sec/ { rate = $2 }
    END { if (bad || count == 0) exit 1; cpu = ticks / hz; printf "%d %.3f %.3f\n", rate, cpu * 1e6 / count, (cpu + wrk) * 1e6 / count }'
}

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

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

start origin start_origin
start nginx start_nginx "$scheme"
servers=(nginx)
if [ -z "$tls" ] && command -v varnishd >/dev/null; then
  start varnish start_varnish
  servers+=(varnish)
  if [ $log = on ]; then
    varnishncsa -n "$work/varnish" -w "$work/varnish.access" &
    varnish_logger_pid=$!
    pids+=("$varnish_logger_pid")
  fi
fi
start edge start_edge "$scheme"
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

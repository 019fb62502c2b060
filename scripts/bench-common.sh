# What the comparisons with nginx have in common; bench-balance.sh, bench-edge.sh and bench-origin.sh source it at the
# root of the repository, once they have read their options. It takes $name, $seconds and
# $connections from them.
# shellcheck shell=bash disable=SC2154 # those three

# Ends unless all tools are there.
needs() { # what to install, tools…
  local packages=$1 tool
  shift
  for tool; do
    command -v "$tool" >/dev/null || { echo "$name: needs $tool; on Debian: apt-get install $packages" >&2; exit 2; }
  done
}

# Builds the program, unless DASHPOT_BIN names one.
build() {
  [ -z "${DASHPOT_BIN:-}" ] || return 0
  ${CARGO:-cargo} build --locked --release --bin dashpot
  DASHPOT_BIN=target/release/dashpot
}

work=$(mktemp -d)
chmod 755 "$work"
pids=()
cleanup() {
  for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || true; done
  for pid in "${pids[@]}"; do wait "$pid" 2>/dev/null || true; done
  rm -rf "$work"
}
trap cleanup EXIT

# Starts a server on random ports until it answers; they cannot say which port they took.
start() { # server, function that starts it in the background on $port and sets $pid, URL's path, scheme
  local server=$1 starter=$2 path=$3 speaks=${4:-http}
  for _ in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 12000))
    "$starter"
    for _ in $(seq 80); do
      kill -0 "$pid" 2>/dev/null || break
      if curl -skf -o /dev/null --max-time 2 "$speaks://127.0.0.1:$port/$path"; then
        pids+=("$pid")
        eval "${server}_pid=$pid ${server}_url=$speaks://127.0.0.1:$port"
        return
      fi
      sleep 0.1
    done
    kill "$pid" 2>/dev/null || true
  done
  echo "$name: $server does not start:" >&2
  cat "$work/$server.err" >&2
  exit 2
}

# The start of nginx's configuration, up to the inside of its `http`.
nginx_common() { # server
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

# Starts nginx with the configuration in $work/SERVER.conf.
start_nginx_with() { # server
  nginx -e "$work/$1.err" -c "$work/$1.conf" -g "daemon off;" 2>/dev/null &
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

# One turn: requests a second, microseconds of the server's CPU per request, and those with wrk's.
turn() { # server, url, wrk's script
  local server=$1 url=$2 script=${3:-} before after report pid logger TIMEFORMAT='%3U %3S'
  pid="${server}_pid" logger="${server}_logger_pid"
  before=$(ticks "${!pid}" "${!logger:-}")
  # shellcheck disable=SC2086 # the script is an option and its value, or nothing
  report=$({ time wrk -t1 -c"$connections" -d"${seconds}s" --timeout 20s $script "$url"; } 2>"$work/wrk.cpu")
  after=$(ticks "${!pid}" "${!logger:-}")
  echo "$report" | awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" -v name="$name: $server" \
    -v wrk="$(awk 'END { print $1 + $2 }' "$work/wrk.cpu")" '
    /Non-2xx|Socket errors/ { print name ": " $0 > "/dev/stderr"; bad = 1 }
    /requests in/ { count = $1 }
    /Requests\/sec/ { rate = $2 }
    END { if (bad || count == 0) exit 1; cpu = ticks / hz; printf "%d %.3f %.3f\n", rate, cpu * 1e6 / count, (cpu + wrk) * 1e6 / count }'
}

median() { sort -n | awk '{ v[NR] = $1 } END { print NR % 2 ? v[(NR + 1) / 2] : (v[NR / 2] + v[NR / 2 + 1]) / 2 }'; }

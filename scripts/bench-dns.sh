#!/usr/bin/env bash
# Compares `dashpot dns serve` with knot and nsd on the same zones: same machine, same run, the
# servers taking turns. Prints queries per second, server CPU per query (from /proc, so that
# dnsperf's share does not count) and dashpot's ratio to each. Unsigned, and with signatures asked for
# (dnsperf -D): the others have them in their zone files, dashpot makes them.
#
#   scripts/bench-dns.sh [--seconds N] [--turns N] [--names N]
#
# DASHPOT_BIN names a binary to take instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=5 turns=3 names=10000
while [ $# -gt 0 ]; do
  case $1 in
    --seconds) seconds=$2; shift ;;
    --turns) turns=$2; shift ;;
    --names) names=$2; shift ;;
    *) sed -n '2,10s/^# \{0,1\}//p' "$0" >&2; exit 2 ;;
  esac
  shift
done

# bench-common.sh looks there before the daemons of Debian's packages are found.
PATH=$PATH:/usr/sbin
name=bench-dns connections=8
source scripts/bench-common.sh
needs "knot nsd dnsperf bind9-dnsutils ldnsutils gawk" knotd nsd dnsperf dig ldns-keygen ldns-signzone awk
build

# Hosts, aliases to them, and questions for both, for names that are not there and for types that are not.
awk -v names="$names" 'BEGIN {
  print "$ORIGIN bench.test."; print "$TTL 300"
  print "@ SOA ns1 host 1 3600 900 604800 300"; print "@ NS ns1"; print "ns1 A 127.0.0.1"
  for (n = 0; n < names; n++) {
    printf "h%d A 10.%d.%d.%d\n", n, n / 65536 % 256, n / 256 % 256, n % 256
    if (n % 10 == 0) printf "w%d CNAME h%d\n", n, n
  }
}' >"$work/zone"
awk -v names="$names" 'BEGIN {
  srand(1)
  for (q = 0; q < 50000; q++) {
    n = int(rand() * names); kind = rand()
    if (kind < 0.8) print "h" n ".bench.test A"
    else if (kind < 0.9) print "w" (n - n % 10) ".bench.test A"
    else if (kind < 0.95) print "h" n ".bench.test AAAA"
    else print "x" n ".bench.test A"
  }
}' >"$work/questions"
(cd "$work" && key=$(ldns-keygen -a ECDSAP256SHA256 -k bench.test) && ldns-signzone -f signed zone "$key")
mkdir "$work/keys"

start_dashpot() { # unsigned or signed
  local keys=()
  [ "$1" = unsigned ] || keys=(--keys "$work/keys" --make-keys)
  "$DASHPOT_BIN" dns serve --zone "bench.test=$work/zone" --listen "127.0.0.1:$port" "${keys[@]}" \
    >"$work/dashpot.out" 2>"$work/dashpot.err" &
  pid=$!
}
zone_file() { if [ "$1" = unsigned ]; then echo "$work/zone"; else echo "$work/signed"; fi; }
start_knot() {
  mkdir -p "$work/knot"
  cat >"$work/knot.conf" <<CONF
server:
  listen: 127.0.0.1@$port
  rundir: "$work/knot"
database:
  storage: "$work/knot"
zone:
  - domain: bench.test
    file: "$(zone_file "$1")"
CONF
  knotd -c "$work/knot.conf" >"$work/knot.out" 2>"$work/knot.err" &
  pid=$!
}
start_nsd() {
  cat >"$work/nsd.conf" <<CONF
server:
  ip-address: 127.0.0.1@$port
  server-count: $(nproc)
  username: ""
  zonesdir: "$work"
  pidfile: "$work/nsd.pid"
  database: ""
  xfrdfile: "$work/xfrd"
  zonelistfile: "$work/zonelist"
  reuseport: yes
  rrl-ratelimit: 0
remote-control:
  control-enable: no
zone:
  name: bench.test
  zonefile: $(zone_file "$1")
CONF
  nsd -d -c "$work/nsd.conf" >"$work/nsd.out" 2>"$work/nsd.err" &
  pid=$!
}

# Starts a server on a random port until it answers.
start_dns() { # server, unsigned or signed
  for _ in 1 2 3 4 5; do
    port=$((20000 + RANDOM % 12000))
    "start_$1" "$2"
    for _ in $(seq 80); do
      kill -0 "$pid" 2>/dev/null || break
      if dig +norec +time=1 +tries=1 @127.0.0.1 -p "$port" bench.test SOA 2>/dev/null | grep -q 'status: NOERROR'; then
        pids+=("$pid")
        eval "$1_pid=$pid $1_port=$port"
        return
      fi
      sleep 0.1
    done
    kill "$pid" 2>/dev/null || true
  done
  echo "$name: $1 does not start:" >&2
  cat "$work/$1.err" >&2
  exit 2
}

# A process and all that come from it: nsd's that answer are its grandchildren.
family() {
  local child
  echo "$1"
  for child in $(pgrep -P "$1" || true); do family "$child"; done
}
cpu() { ticks "$1" "$(family "$1" | tail -n +2 | grep -vxF "$(pgrep -P "$1" || echo none)" | paste -sd' ')"; }

# One turn: queries a second, microseconds of the server's CPU per query, percent lost.
ask() { # server, dnsperf's options
  local server=$1 pid="${1}_pid" port="${1}_port" before after report
  shift
  before=$(cpu "${!pid}")
  report=$(dnsperf -s 127.0.0.1 -p "${!port}" -d "$work/questions" -l "$seconds" -c "$connections" -q 200 "$@" 2>&1)
  after=$(cpu "${!pid}")
  echo "$report" | awk -v ticks=$((after - before)) -v hz="$(getconf CLK_TCK)" '
    /Queries completed:/ { count = $3 }
    /Queries lost:/ { lost = $3 }
    /Queries per second:/ { rate = $4 }
    END { if (count == 0) exit 1; printf "%d %.3f %.3f\n", rate, ticks / hz * 1e6 / count, lost * 100 / count }'
}

echo "$(nproc) cores, dnsperf -c$connections -q200, $names hosts, $turns turns of ${seconds}s each, medians; us of CPU per query"
printf '%-9s %-8s %10s %8s %7s %11s %11s\n' zone server q/s us "% lost" "q/s ratio" "us ratio"
for kind in unsigned signed; do
  options=()
  [ "$kind" = unsigned ] || options=(-D)
  for server in dashpot knot nsd; do
    start_dns "$server" "$kind"
    # What is signed when it is first asked for is signed here, and what is cached is cached.
    ask "$server" "${options[@]}" >/dev/null
    : >"$work/$server.turns"
  done
  for _ in $(seq "$turns"); do
    for server in dashpot knot nsd; do ask "$server" "${options[@]}" >>"$work/$server.turns"; done
  done
  for server in dashpot knot nsd; do
    for field in 1 2 3; do cut -d' ' -f$field "$work/$server.turns" | median; done | paste -sd' '
  done | awk -v kind="$kind" '
    BEGIN { split("dashpot knot nsd", servers, " ") }
    NR == 1 { rate = $1; cpu = $2 }
    { printf "%-9s %-8s %10.0f %8.2f %7.3f %11.2f %11.2f\n", kind, servers[NR], $1, $2, $3, rate / $1, cpu / ($2 > 0 ? $2 : 1) }'
  for server in dashpot knot nsd; do
    pid="${server}_pid"
    kill "${!pid}" && wait "${!pid}" 2>/dev/null || true
  done
done

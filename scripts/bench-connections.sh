#!/usr/bin/env bash
# How many connections one edge holds, and the memory that each costs it; 200 of them busy at the
# end. Loopback only; ends within a minute or two and leaves nothing behind.
#
#   scripts/bench-connections.sh [connections] [--json]
#
# DASHPOT_BIN names a binary to take instead of building one.
set -euo pipefail
cd "$(dirname "$0")/.."

count=10000
json=()
for arg in "$@"; do
  case $arg in
    --json) json=(--json) ;;
    *[!0-9]* | '') echo "bench-connections: give a number of connections, and --json where wanted" >&2; exit 2 ;;
    *) count=$arg ;;
  esac
done
[ -r /proc/self/status ] || { echo "bench-connections: needs Linux's /proc" >&2; exit 2; }
if [ -z "${DASHPOT_BIN:-}" ]; then
  ${CARGO:-cargo} build --locked --release --bin dashpot
  DASHPOT_BIN=target/release/dashpot
fi
exec ${CARGO:-cargo} run --locked --quiet -p dashpot --example bench_connections -- "$DASHPOT_BIN" "$count" "${json[@]}"

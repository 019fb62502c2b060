#!/usr/bin/env bash
# Says what is missing for `demo` or `test` and installs it: as root or in CI on Debian and Ubuntu
# at once, at a terminal after asking, elsewhere it prints the command.
# Usage: scripts/deps.sh demo|test
set -euo pipefail

what=${1:-test}
missing_by_hand=()
packages=()

need_tool() { # tool, where it comes from
  command -v "$1" >/dev/null 2>&1 || missing_by_hand+=("$1 ($2)")
}
need_package() { # tool, Debian package
  command -v "$1" >/dev/null 2>&1 || packages+=("$2")
}

need_tool cargo "Rust 1.95 or later, by rustup"
need_tool node "Node.js 20 or later"
need_tool npm "comes with Node.js"
command -v cc >/dev/null 2>&1 || packages+=(gcc libc6-dev)
if [ "$what" = test ]; then
  need_package curl curl
  need_package ffmpeg ffmpeg
  need_package ffprobe ffmpeg
  need_package gtlsclient ngtcp2-client
  need_package h2load nghttp2-client
  need_package openssl openssl
  need_package xmllint libxml2-utils
  need_package chromium chromium
fi

if [ ${#missing_by_hand[@]} -gt 0 ]; then
  printf 'missing: %s\n' "${missing_by_hand[@]}" >&2
  echo "Install the above, then run make again." >&2
  exit 1
fi
[ ${#packages[@]} -gt 0 ] || exit 0

mapfile -t packages < <(printf '%s\n' "${packages[@]}" | sort -u)
command="apt-get install --yes --no-install-recommends ${packages[*]}"
echo "missing packages: ${packages[*]}" >&2
if ! command -v apt-get >/dev/null 2>&1; then
  echo "Install them with this system's package manager (the names above are Debian's)." >&2
  exit 1
fi

as_root=()
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null 2>&1 || { echo "Run as root: $command" >&2; exit 1; }
  as_root=(sudo)
fi
if [ "$(id -u)" -ne 0 ] && [ "${CI:-}" != true ]; then
  if [ ! -t 0 ]; then
    echo "Run: sudo $command" >&2
    exit 1
  fi
  read -r -p "Run 'sudo $command'? [y/N] " answer
  [ "$answer" = y ] || [ "$answer" = Y ] || exit 1
fi
"${as_root[@]}" apt-get update -qq
DEBIAN_FRONTEND=noninteractive "${as_root[@]}" apt-get install --yes --no-install-recommends "${packages[@]}" >&2

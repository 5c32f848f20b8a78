#!/usr/bin/env bash
# Installs what a step needs and the machine lacks. `setup.sh run` for `make run`, `setup.sh test` for `make test`.
# Takes no time when all is there.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

want="${1:-run}"
case "$want" in run | test) ;; *) die "setup.sh run | test, not '$want'" ;; esac

have cargo || die "Rust is needed: https://rustup.rs"
have node || die "Node.js 20 or newer is needed: https://nodejs.org"
have npm || die "npm is needed: it comes with Node.js"
major="$(node -p 'process.versions.node.split(".")[0]')"
[ "$major" -ge 20 ] || die "Node.js 20 or newer is needed, this is $(node -v)"

if have dpkg-query; then
  packages=(build-essential)
  if [ "$want" = test ]; then packages+=(postgresql chromium fonts-noto-cjk strace libimage-exiftool-perl); fi
  deb_need "${packages[@]}"
elif [ "$want" = test ]; then
  [ -x "${CHROMIUM_BIN:-/usr/bin/chromium}" ] || die "Chromium is needed: set CHROMIUM_BIN"
  [ -n "${PINGJI_TEST_PG_BIN:-}" ] || have initdb || die "PostgreSQL's programs are needed: set PINGJI_TEST_PG_BIN"
fi

"$ROOT/scripts/node-modules.sh"
"$ROOT/scripts/wasm-toolchain.sh" >/dev/null
if [ "$want" = test ]; then "$ROOT/scripts/cargo-deny.sh" >/dev/null; fi

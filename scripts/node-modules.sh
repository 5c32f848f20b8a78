#!/usr/bin/env bash
# Lays out end2end/node_modules exactly as package-lock.json says; does nothing when that was done before.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT/end2end"

stamp=node_modules/.pingji-lock
if [ -f "$stamp" ] && cmp -s "$stamp" package-lock.json; then exit 0; fi
have npm || die "npm is needed (Node.js 20 or newer)"
say "installing the packages of end2end/package-lock.json"
npm ci --no-audit --no-fund --loglevel=error >&2
cp package-lock.json "$stamp"

#!/usr/bin/env bash
# Builds target/site: what browsers load. The app for wasm32, then tools/site (wasm-bindgen, wasm-opt, hashed names,
# compression). Each step does nothing when its input is as it was.
#
#   PINGJI_SITE_PROFILE=dev   quick and large: no link-time optimisation, no wasm-opt, no compression
#   PINGJI_WASM_FROM=debian   see wasm-toolchain.sh
#   PINGJI_SITE_TOOL=FILE     an already built tools/site
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"

PROFILE="${PINGJI_SITE_PROFILE:-wasm-release}"
TARGET=wasm32-unknown-unknown
# A folder of its own: this build has other features, another target and perhaps another compiler than the server's.
WASM_DIR="${CARGO_TARGET_DIR:-target}/wasm"

case "$PROFILE" in
  wasm-release) folder=wasm-release; fast=() ;;
  dev)
    folder=debug; fast=(--fast)
    export CARGO_PROFILE_DEV_DEBUG=false CARGO_PROFILE_DEV_OPT_LEVEL=1
    ;;
  *) die "PINGJI_SITE_PROFILE is wasm-release or dev, not '$PROFILE'" ;;
esac

toolchain="$(scripts/wasm-toolchain.sh)"
if [ "$PROFILE" = wasm-release ]; then scripts/node-modules.sh; fi

# Programs, not libraries: cargo applies no link-time optimisation to a crate that is also an rlib.
cargo ${toolchain:+"$toolchain"} build ${CI:+--locked} --target-dir "$WASM_DIR" --target "$TARGET" --profile "$PROFILE" \
  -p app --bin wall --bin office --bin desk --no-default-features --features hydrate >&2

tool="${PINGJI_SITE_TOOL:-}"
if [ -z "$tool" ]; then
  cargo build ${CI:+--locked} -p site >&2
  tool="${CARGO_TARGET_DIR:-target}/debug/site"
fi
made="$WASM_DIR/$TARGET/$folder"
"$tool" bundle --module "wall=$made/wall.wasm" --module "office=$made/office.wasm" --module "desk=$made/desk.wasm" --name pingji \
  --site target/site --work "target/site-work/$folder" --public public --style style \
  --wasm-opt end2end/node_modules/binaryen/bin/wasm-opt ${fast[@]+"${fast[@]}"}

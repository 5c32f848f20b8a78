#!/usr/bin/env bash
# Sees to it that the browser target wasm32-unknown-unknown can be built, and prints on stdout what cargo is to be
# called with: nothing for rustup's default toolchain, `+debian` for Debian's.
#
# Two ways. `rustup target add` is the ordinary one. Where rustup's server cannot be reached, Debian's packages
# (rustc-web, cargo-web, rust-web-src, lld-19) are the compiler; the standard library for the target is not packaged,
# so it is built from the packaged source, once a machine (under a minute). PINGJI_WASM_FROM=debian takes the
# second way at once, PINGJI_WASM_FROM=rustup allows the first only. Does nothing when the target is already there.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

TARGET=wasm32-unknown-unknown
FROM="${PINGJI_WASM_FROM:-any}"
DEB_RUSTLIB=/usr/lib/rustlib
DEB_PACKAGES=(rustc-web cargo-web rust-web-src lld-19)
STAMP="$DEB_RUSTLIB/$TARGET/pingji-std"

rustup_ready() {
  local sysroot
  sysroot="$(cd "$ROOT" && rustc --print sysroot 2>/dev/null)" || return 1
  compgen -G "$sysroot/lib/rustlib/$TARGET/lib/libstd-*.rlib" >/dev/null
}

debian_ready() {
  [ -x /usr/bin/rustc ] && [ -x /usr/bin/cargo ] && [ -f "$STAMP" ] || return 1
  # A newer compiler from Debian cannot read the old one's library.
  [ "$(cat "$STAMP")" = "$(/usr/bin/rustc -V)" ] || return 1
  [ -e "$DEB_RUSTLIB/$(host)/bin/rust-lld" ] || return 1
  [ -e "$(rustup_home)/toolchains/debian" ]
}

host() { /usr/bin/rustc -vV | sed -n 's/^host: //p'; }
rustup_home() { echo "${RUSTUP_HOME:-$HOME/.rustup}"; }

install_debian() {
  have rustup || die "rustup is needed (https://rustup.rs): it is what picks Debian's compiler for one build"
  deb_need "${DEB_PACKAGES[@]}"
  local lld
  lld="$DEB_RUSTLIB/$(host)/bin/rust-lld"
  if [ ! -e "$lld" ]; then
    as_root mkdir -p "$(dirname "$lld")"
    as_root ln -sf /usr/bin/lld-19 "$lld"
  fi
  if [ ! -f "$STAMP" ] || [ "$(cat "$STAMP")" != "$(/usr/bin/rustc -V)" ]; then build_std; fi
  if [ ! -e "$(rustup_home)/toolchains/debian" ]; then
    rustup toolchain link debian /usr >&2
  fi
}

# An empty library crate pulls in the whole standard library; what it leaves is copied beside the compiler's own.
build_std() {
  local work staged
  work="$(mktemp -d)"
  # shellcheck disable=SC2064
  trap "rm -rf '$work'" EXIT
  say "building the standard library for $TARGET"
  mkdir -p "$work/empty/src" "$work/sysroot/lib"
  printf '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2024"\n[workspace]\n' >"$work/empty/Cargo.toml"
  : >"$work/empty/src/lib.rs"
  # embed-bitcode: without it a fat LTO over the library ends in "Can't find section .llvmbc".
  (
    cd "$work/empty"
    env -u RUSTUP_TOOLCHAIN -u CARGO_BUILD_TARGET -u CARGO_TARGET_DIR -u RUSTC_WRAPPER -u CARGO_ENCODED_RUSTFLAGS \
      RUSTC=/usr/bin/rustc RUSTC_BOOTSTRAP=1 RUSTFLAGS=-Cembed-bitcode=yes \
      ${PINGJI_CARGO_LOCK:+flock "$PINGJI_CARGO_LOCK"} \
      /usr/bin/cargo build --release --quiet --target "$TARGET" -Z build-std=std,panic_abort >&2
  )
  cp "$work/empty/target/$TARGET/release/deps"/lib*.rlib "$work/sysroot/lib/"
  rm -f "$work/sysroot/lib"/libempty-*.rlib
  /usr/bin/rustc -V >"$work/sysroot/pingji-std"
  # Laid beside its place first and renamed last: a broken copy is never taken for a whole one.
  staged="$DEB_RUSTLIB/.$TARGET.$$"
  as_root cp -r "$work/sysroot" "$staged"
  as_root chmod -R u=rwX,go=rX "$staged"
  as_root rm -rf "${DEB_RUSTLIB:?}/$TARGET"
  as_root mv "$staged" "$DEB_RUSTLIB/$TARGET"
}

if [ "$FROM" != debian ] && rustup_ready; then exit 0; fi
if [ "$FROM" != rustup ] && debian_ready; then echo +debian; exit 0; fi

if [ "$FROM" != debian ]; then
  have rustup || die "rustup is needed: https://rustup.rs"
  say "adding $TARGET by rustup"
  if (cd "$ROOT" && timeout 120 rustup target add "$TARGET" >&2) && rustup_ready; then exit 0; fi
  [ "$FROM" != rustup ] || die "rustup could not add $TARGET"
  say "rustup could not add it; taking Debian's compiler"
fi
install_debian
debian_ready || die "Debian's compiler was set up, but its $TARGET library cannot be found"
echo +debian

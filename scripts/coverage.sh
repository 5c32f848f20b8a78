#!/usr/bin/env bash
# Line coverage of `domain` by its own tests: a table a file, the whole, and with --missing the lines that no test runs.
# Fails under the floor (PINGJI_COVERAGE_FLOOR, 95 per cent).
#
# Counted are the lines of the product. Lines of tests are left out: a `#[cfg(test)]` module in a file from that
# attribute to the closing brace in the first column (rustfmt puts it there), and files named tests.rs.
#
# The compiler counts (-C instrument-coverage); llvm-profdata and llvm-cov of the same LLVM read what it counted. They are
# taken from rustup's component llvm-tools, or from Debian's llvm-NN. Where neither fits the default compiler, Debian's own
# compiler (scripts/wasm-toolchain.sh) is used with Debian's tools. Builds in target/coverage, so that no other build is undone.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"

FLOOR="${PINGJI_COVERAGE_FLOOR:-95}"
MISSING=no
for arg in "$@"; do
  case "$arg" in
    --missing) MISSING=yes ;;
    *) die "usage: scripts/coverage.sh [--missing]" ;;
  esac
done

# Sets PROFDATA and COV to the tools that read what a toolchain's compiler writes.
tools_of() {
  local info llvm dir
  info="$(rustc ${1:+"$1"} -vV 2>/dev/null)" || return 1
  llvm="$(sed -n 's/^LLVM version: \([0-9]*\).*/\1/p' <<<"$info")"
  dir="$(rustc ${1:+"$1"} --print sysroot)/lib/rustlib/$(sed -n 's/^host: //p' <<<"$info")/bin"
  if [ -x "$dir/llvm-cov" ] && [ -x "$dir/llvm-profdata" ]; then
    PROFDATA="$dir/llvm-profdata" COV="$dir/llvm-cov"
    return
  fi
  if ! have "llvm-cov-$llvm" && have apt-get; then (deb_need "llvm-$llvm") || true; fi
  have "llvm-cov-$llvm" && have "llvm-profdata-$llvm" || return 1
  PROFDATA="llvm-profdata-$llvm" COV="llvm-cov-$llvm"
}

TOOLCHAIN=
if ! tools_of ""; then
  TOOLCHAIN=+debian
  tools_of "$TOOLCHAIN" || die "no llvm-cov fits the compiler: rustup component add llvm-tools"
fi

OUT="$ROOT/target/coverage"
rm -rf "$OUT/profiles"
mkdir -p "$OUT/profiles"
export CARGO_TARGET_DIR="$OUT" CARGO_INCREMENTAL=0
export RUSTFLAGS="-C instrument-coverage"

# Two steps: the first holds the lock of a shared machine, the second counts. For the target by its name: build scripts and
# macros are then compiled without counters, which they would write into this folder.
HOST="$(rustc ${TOOLCHAIN:+"$TOOLCHAIN"} -vV | sed -n 's/^host: //p')"
built="$(cargo ${TOOLCHAIN:+"$TOOLCHAIN"} test --locked -p domain --lib --target "$HOST" --no-run --message-format=json)"
test_bin="$(grep -o '"executable":"[^"]*"' <<<"$built" | tail -n 1 | cut -d'"' -f4)"
[ -x "$test_bin" ] || die "the test program was not built"
LLVM_PROFILE_FILE="$OUT/profiles/%p-%m.profraw" "$test_bin" --quiet
"$PROFDATA" merge -sparse -o "$OUT/domain.profdata" "$OUT/profiles"/*.profraw
"$COV" export --format=lcov --instr-profile="$OUT/domain.profdata" "$test_bin" \
  --sources "$ROOT/domain/src" >"$OUT/domain.lcov"

awk -v root="$ROOT/" -v floor="$FLOOR" -v missing="$MISSING" '
  # Marks the lines of a file that belong to tests.
  function scan(path,    line, n, test) {
    n = 0; test = 0
    while ((getline line < path) > 0) {
      n++
      if (!test && line == "#[cfg(test)]") test = n
      if (test) skip[path, n] = 1
      # A module in a file of its own ends where it begins; the file is left out by its name.
      if (test && n > test && (line == "}" || line ~ /^(pub(\([a-z]+\))? )?mod [a-z_]+;$/)) test = 0
    }
    close(path)
  }
  function flush() {
    if (first == "") return
    text = text (text == "" ? "" : " ") (first == last ? first : first "-" last)
    first = ""
  }
  /^SF:/ { path = substr($0, 4); own = path !~ /\/tests\.rs$/; if (own) scan(path); total = hit = 0; text = ""; first = "" }
  /^DA:/ && own {
    split(substr($0, 4), da, ",")
    if ((path, da[1]) in skip) next
    total++
    if (da[2] > 0) { hit++; flush() }
    else { if (first == "") first = da[1]; last = da[1] }
  }
  /^end_of_record/ && own && total > 0 {
    flush()
    name = path; sub(root, "", name)
    printf "%-36s %5d lines %5d run %6.1f %%\n", name, total, hit, 100 * hit / total
    if (missing == "yes" && text != "") printf "    not run: %s\n", text
    lines += total; run += hit
  }
  END {
    if (lines == 0) { print "no lines were counted"; exit 1 }
    printf "%-36s %5d lines %5d run %6.2f %%, floor %s %%\n", "domain", lines, run, 100 * run / lines, floor
    exit 100 * run / lines < floor
  }' "$OUT/domain.lcov"

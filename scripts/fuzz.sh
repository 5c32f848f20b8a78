#!/usr/bin/env bash
# Fuzzers: scripts/fuzz.sh [SECONDS [TARGET...]] runs each target so long (60) and prints executions, coverage and crashes, a
# line a target. Fails when one crashed; the input that did it is left in target/fuzz/artifacts/TARGET.
#
# Targets are the programs of fuzz/ (the layout of cargo-fuzz, which works there too). They are built here by cargo alone: the
# counters of libFuzzer are two flags of the stable compiler, so neither a nightly compiler nor another tool is needed. The
# product's sources are compiled with assertions and overflow checks.
#
# What a run learns is kept in target/fuzz/corpus and begins the next one; fuzz/corpus-seed holds where the first began
# (`cargo run --manifest-path fuzz/Cargo.toml --example seeds` writes its frames, rules, facts and workbook anew).
# PINGJI_FUZZ_JOBS=N runs N targets at a time.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"

ALL=(codes import frame rules)
LENGTH="${1:-60}"
[[ "$LENGTH" =~ ^[0-9]+$ ]] || die "usage: scripts/fuzz.sh [SECONDS [TARGET...]]; targets: ${ALL[*]}"
shift || true
TARGETS=("$@")
[ ${#TARGETS[@]} -gt 0 ] || TARGETS=("${ALL[@]}")
for t in "${TARGETS[@]}"; do [ -f "fuzz/fuzz_targets/$t.rs" ] || die "no target '$t'; there are: ${ALL[*]}"; done

WORK="$ROOT/target/fuzz"
HOST="$(rustc -vV | sed -n 's/^host: //p')"
have c++ || deb_need g++
# For the target triple only: build scripts and macros run without counters.
export CARGO_TARGET_DIR="$WORK"
COUNTERS="-Cpasses=sancov-module"
for a in level=4 inline-8bit-counters pc-table trace-compares; do
  COUNTERS+=" -Cllvm-args=-sanitizer-coverage-$a"
done
bins=()
for t in "${TARGETS[@]}"; do bins+=(--bin "$t"); done
RUSTFLAGS="$COUNTERS" cargo build --locked --release --manifest-path fuzz/Cargo.toml --target "$HOST" "${bins[@]}"

# The words of a target's texts, for libFuzzer to put together.
words() {
  find "fuzz/corpus-seed/$1" -type f \( -name '*.json' -o -name '*.txt' -o -name '*.csv' \) -exec cat {} + |
    grep -oE '"[A-Za-z0-9_-]{1,32}"|\(?[A-Za-z]{2,12}:?/{0,2}|\([0-9]{2,4}\)|\][A-Za-z][0-9]' |
    sort -u | head -n 400 | sed 's/\\/\\\\/g; s/"/\\"/g; s/^/"/; s/$/"/'
}

run() {
  local t="$1" log="$WORK/logs/$1.log" status=0
  mkdir -p "$WORK/corpus/$t" "$WORK/artifacts/$t" "$WORK/logs"
  words "$t" >"$WORK/$t.dict"
  # A file of half a megabyte is enough for a table; one text box and one frame need less.
  local max=4096
  case "$t" in import) max=65536 ;; frame | rules) max=32768 ;; esac
  nice -n 19 "$WORK/$HOST/release/$t" "$WORK/corpus/$t" "fuzz/corpus-seed/$t" -max_total_time="$LENGTH" -max_len="$max" \
    -timeout=30 -rss_limit_mb=3072 -dict="$WORK/$t.dict" -artifact_prefix="$WORK/artifacts/$t/" -print_final_stats=1 \
    >"$log" 2>&1 </dev/null || status=$?
  local last
  last="$(grep -aE '^#[0-9]+.* cov: ' "$log" | tail -n 1 || true)"
  printf '%-8s %12s executions in %4s s, %s, %s\n' "$t" \
    "$(sed -n 's/^stat::number_of_executed_units: *//p' "$log" | tail -n 1)" "$LENGTH" \
    "$(grep -oE 'cov: [0-9]+ ft: [0-9]+' <<<"$last" || echo 'cov: ?')" \
    "$([ "$status" = 0 ] && echo 'no crash' || echo "CRASH (code $status, $log)")"
  return "$status"
}

pids=()
failed=0
for t in "${TARGETS[@]}"; do
  while [ "$(jobs -rp | wc -l)" -ge "${PINGJI_FUZZ_JOBS:-1}" ]; do wait -n || failed=1; done
  run "$t" &
  pids+=("$!")
done
for p in "${pids[@]}"; do wait "$p" || failed=1; done
exit "$failed"

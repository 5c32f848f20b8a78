#!/usr/bin/env bash
# All checks, a line a stage; everything a stage printed is in target/test-logs/STAGE.log, and its end is shown when it
# fails. Without arguments all stages run; with arguments only the named ones (`scripts/test.sh fmt clippy`).
# Ends with "N passed, N failed" over all tests, and with code 0 only if every stage passed.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"

STAGES=(tools fmt deny clippy clippy-browser build tests site budget browser durability hostile)
LOGS=target/test-logs
TARGET_DIR="${CARGO_TARGET_DIR:-target}"
BIN="$TARGET_DIR/debug/pingji"
export PINGJI_BIN="$BIN"
export CARGO_TERM_COLOR=never RUST_BACKTRACE=1
# Nobody builds there again: what makes a second build quick only costs time and disk.
if [ "${CI:-}" = true ]; then export CARGO_INCREMENTAL=0; fi

stage_tools() { scripts/setup.sh test; }
stage_fmt() { cargo fmt --all --check -- --color never; }
stage_deny() { "$(scripts/cargo-deny.sh)" --locked check bans licenses sources; }
stage_clippy() { cargo clippy --locked --workspace --all-targets -- -D warnings; }
# The app once more as the browser gets it; rustup's clippy reads it for this machine's target.
stage_clippy-browser() {
  cargo clippy --locked -p app --lib --bins --no-default-features --features hydrate -- -D warnings
}
# Tests and programs in one build, so that both have the same features and nothing is compiled twice.
stage_build() { cargo build --locked --workspace --bins --tests; }
stage_tests() {
  PINGJI_TEST_PG_BIN="$(postgres_bin)"
  export PINGJI_TEST_PG_BIN
  local LIMIT=2400
  if cargo nextest --version >/dev/null 2>&1; then
    cargo nextest run --locked --workspace --no-fail-fast
  else
    cargo test --locked --workspace --bins --lib --tests --no-fail-fast
  fi
}
stage_site() {
  if [ -x "$TARGET_DIR/debug/site" ]; then export PINGJI_SITE_TOOL="$TARGET_DIR/debug/site"; fi
  scripts/build-site.sh
}
stage_budget() { "$TARGET_DIR/debug/site" budget --site target/site; }
stage_browser() {
  cd end2end
  node --test --test-reporter=tap --test-concurrency=1 --test-timeout=600000 tests/*.test.mjs
}
# The short forms; `make prove` has the long ones.
stage_durability() {
  timeout 450 "$BIN" bench kill --kills 5 --database sqlite
  timeout 450 "$BIN" bench kill --kills 5 --database postgres
}
stage_hostile() { timeout 900 "$BIN" bench hostile --requests 50; }

# What a stage cannot do without: when one of these failed, it is not tried.
needs() {
  case "$1" in
    tests | durability | hostile) echo build ;;
    budget) echo build site ;;
    browser) echo build site ;;
  esac
}

postgres_bin() {
  local found
  if [ -n "${PINGJI_TEST_PG_BIN:-}" ]; then echo "$PINGJI_TEST_PG_BIN"; return; fi
  found="$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1 || true)"
  if [ -z "$found" ] && have initdb; then found="$(dirname "$(command -v initdb)")"; fi
  [ -n "$found" ] || die "PostgreSQL's programs are not found: set PINGJI_TEST_PG_BIN"
  echo "$found"
}

chosen=("$@")
[ ${#chosen[@]} -gt 0 ] || chosen=("${STAGES[@]}")
for name in "${chosen[@]}"; do
  declare -F "stage_$name" >/dev/null || die "no stage '$name'; there are: ${STAGES[*]}"
done

# Seconds with a tenth, since the machine came up: no date is needed.
now() { cut -d' ' -f1 /proc/uptime 2>/dev/null || date +%s; }
since() { awk -v a="$1" -v b="$(now)" 'BEGIN { printf "%.1f", b - a }'; }

# What of a failed stage's log is shown: what failed comes last, because who shows only a part shows the end.
told() {
  case "$1" in
    browser)
      tail -n 12 "$2"
      # TAP: each failed test with its reason, down to the end of its block.
      awk '/^ *not ok /{ on = 1; left = 30 } on { print; left-- } /^ *\.\.\.$/ || left == 0 { on = 0 }' "$2" | head -n 150
      ;;
    tests)
      tail -n 12 "$2"
      { grep -nE 'panicked at|^ *(FAIL|TIMEOUT|SIGABRT|SIGKILL) ' "$2" || true; } | head -n 60
      ;;
    *) tail -n 60 "$2" ;;
  esac
}

mkdir -p "$LOGS"
failed=()
all_start="$(now)"
for name in "${chosen[@]}"; do
  for need in $(needs "$name"); do
    if [[ " ${failed[*]-} " == *" $need "* ]]; then
      printf 'SKIP  %-15s         (%s failed)\n' "$name" "$need"
      failed+=("$name")
      continue 2
    fi
  done
  start="$(now)"
  log="$LOGS/$name.log"
  # In a shell of its own, with errexit on: `if stage; then` would turn it off inside.
  set +e
  (set -e; "stage_$name") >"$log" 2>&1 </dev/null
  status=$?
  set -e
  if [ "$status" = 0 ]; then
    printf 'PASS  %-15s %7s s\n' "$name" "$(since "$start")"
  else
    printf 'FAIL  %-15s %7s s  (code %s; all of it in %s)\n' "$name" "$(since "$start")" "$status" "$log"
    told "$name" "$log" | sed 's/^/      | /'
    failed+=("$name")
  fi
done

# Adds up what the test runners counted.
count() {
  { grep -hoE "$2" "$1" 2>/dev/null || true; } | { grep -oE '[0-9]+' || true; } | awk '{ sum += $1 } END { print sum + 0 }'
}
passed=0
broken=0
for name in "${chosen[@]}"; do
  log="$LOGS/$name.log"
  case "$name" in
    tests)
      # nextest: "Summary [..] 9 tests run: 8 passed, 1 failed"; cargo test: "test result: ok. 8 passed; 1 failed".
      grep -hE '^ *Summary \[|^test result:' "$log" 2>/dev/null | sed 's/^ */tests: /' || true
      summary="$(mktemp)"
      grep -hE '^ *Summary \[|^test result:' "$log" >"$summary" 2>/dev/null || true
      passed=$((passed + $(count "$summary" '[0-9]+ passed')))
      broken=$((broken + $(count "$summary" '[0-9]+ (failed|timed out)')))
      rm -f "$summary"
      ;;
    browser)
      grep -hE '^# (tests|pass|fail|cancelled) ' "$log" 2>/dev/null | tr '\n' ' ' | sed 's/# //g; s/^/browser: /; s/ *$/\n/' || true
      passed=$((passed + $(count "$log" '^# pass [0-9]+')))
      broken=$((broken + $(count "$log" '^# (fail|cancelled) [0-9]+')))
      ;;
  esac
done
echo "stages: $((${#chosen[@]} - ${#failed[@]})) of ${#chosen[@]} passed in $(since "$all_start") s${failed[*]:+; failed: ${failed[*]}}"
# A stage without a test runner that failed counts as one.
for name in ${failed[@]+"${failed[@]}"}; do
  case "$name" in tests | browser) [ "$broken" -gt 0 ] || broken=1 ;; *) broken=$((broken + 1)) ;; esac
done
for name in ${failed[@]+"${failed[@]}"}; do
  case "$name" in
    browser) sed -nE 's/^ *not ok [0-9]+ - /failed: /p' "$LOGS/$name.log" | head -n 20 ;;
    tests) sed -nE 's/^ *(FAIL|TIMEOUT|SIGABRT|SIGKILL) \[[^]]*\] */failed: /p' "$LOGS/$name.log" | sort -u | head -n 20 ;;
  esac
done
echo "$passed passed, $broken failed"
[ ${#failed[@]} = 0 ]

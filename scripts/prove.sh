#!/usr/bin/env bash
# The long forms: what docs/performance.md states, measured again on this machine, and the page written anew. Takes about
# an hour on two cores. `scripts/prove.sh kill ingest` measures only the named sections and leaves the others as they
# are; `scripts/prove.sh page` writes the page from what was measured before.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"

SECTIONS=(kill-sqlite kill-postgres ingest-sqlite ingest-postgres authorize pixel soak sockets detect walk
  query-sqlite query-postgres public-sqlite public-postgres lighthouse credit-sqlite credit-postgres tasks-sqlite tasks-postgres export-sqlite export-postgres import hostile budget)
PAGE=docs/performance.md
OUT=target/prove
TARGET_DIR="${CARGO_TARGET_DIR:-target}"
BIN="$TARGET_DIR/release/pingji"
export PINGJI_LOG=warn

title() {
  case "$1" in
    kill-sqlite) echo "Never lost, never doubled: SQLite" ;;
    kill-postgres) echo "Never lost, never doubled: PostgreSQL" ;;
    ingest-sqlite) echo "Ingest: SQLite" ;;
    ingest-postgres) echo "Ingest: PostgreSQL" ;;
    authorize) echo "A question to the gate at a million cylinders" ;;
    pixel) echo "From the gun to the pixel" ;;
    soak) echo "A wall that stays up" ;;
    sockets) echo "A thousand walls" ;;
    detect) echo "Detectors: recall and false alarms" ;;
    walk) echo "Who may do what" ;;
    query-sqlite) echo "Pages of a large city: SQLite" ;;
    query-postgres) echo "Pages of a large city: PostgreSQL" ;;
    public-sqlite) echo "The page behind a label: SQLite" ;;
    public-postgres) echo "The page behind a label: PostgreSQL" ;;
    lighthouse) echo "Public pages by Lighthouse" ;;
    credit-sqlite) echo "Credit of enterprises: SQLite" ;;
    credit-postgres) echo "Credit of enterprises: PostgreSQL" ;;
    tasks-sqlite) echo "Tasks of a large city: SQLite" ;;
    tasks-postgres) echo "Tasks of a large city: PostgreSQL" ;;
    export-sqlite) echo "Export of a million rows: SQLite" ;;
    export-postgres) echo "Export of a million rows: PostgreSQL" ;;
    import) echo "Import of a workbook" ;;
    hostile) echo "Hostile requests, frames and files" ;;
    budget) echo "What a first visit loads" ;;
  esac
}

promise() {
  case "$1" in
    kill-*) echo "50 times \`kill -9\` under load; nothing acknowledged is lost or doubled, \`verify\` finds no difference." ;;
    ingest-*) echo "At least 0.3 of the floor of events (wanted: 0.5) and 0.5 of the floor that also writes counters and states; single records: 2,000/s with a p99 of 50 ms. The floors are one connection with prepared statements of many rows, the same tables and indexes and transactions of the same size; three alternations, median of the ratios. Load, server and database share the machine." ;;
    authorize) echo "Tags uniform at random, 64 questions in flight, at 10,000 and at 1,000,000 cylinders: p50 and p99 of look-up and gate alone and of the whole reply at most 1.5 times, memory of the server at most 1.2 times." ;;
    pixel) echo "200 fills/s for 5 minutes in Chromium at 1920×1080: p99 at most 1 s, no long task over 200 ms, main thread at most 60 % busy." ;;
    soak) echo "200,000 frames of the feed through a real socket, over several midnights: heap after garbage collection, memory of the module, DOM nodes and listeners at most 1.05 times what they were at frame 20,000." ;;
    sockets) echo "1,000 sockets at 200 fills/s; 100 of them stop reading for 60 s: each gets a snapshot or a close and comes back, the p99 of the others is at most 1.2 times the one without them; memory of the server grows by at most 5 %." ;;
    detect) echo "Days of a city of 40 stations played through the server: 200,000 fills with every fault the simulator knows, 50,000 with none but daily life (retries, records out of order, stations cut off for an hour). Of each fault at least 0.99 are found, by its detector and on its subject; each detector raises at most one alarm in 10,000 clean events that no fault on that subject explains; \`verify\` recomputes all states and findings." ;;
    hostile) echo "500 requests a route, every second one correctly signed: no 5xx, no panic, still alive." ;;
    walk) echo "Every page, every server function and every route of the devices' API as every role, as people of another enterprise and another district, as a display and as nobody." ;;
    query-*) echo "Every list, search, detail and analysis: the time from the request to the last byte of its page, in one process, at 10,000 and at 1,000,000 cylinders (5 events each on SQLite, 20 on PostgreSQL), alone and from 50 sessions at once. What stands at users is counted at most every ten minutes (docs/architecture.md): its page is mostly asked what is kept. Alone, the large city costs at most 3 times the small one (wanted: 1.5); below 2 ms counts as 2 ms. Slow ones are shown with their plan. Each city is written by the ledger's own function in transactions of 10,000, and verified at the end." ;;
    public-*) echo "Labels of 20,000 among 1,000,000 cylinders, each with its token: a page weighs at most 30 KiB with all that it needs; 32 in flight it is answered at least 0.25 times as often (wanted: 0.5) as the same page as a file that the same process serves, in turn, three rounds of each, medians; the client takes its share of the two cores from both. 100,000 random codes from one address: none is found, nine in ten at least are sent away, and a neighbour with a label waits at most 3 times as long." ;;
    lighthouse) echo "The page of a label, of complaints, of ratings, the news and a post, on a phone as Lighthouse imagines it: every category at least 95." ;;
    credit-*) echo "1,000 enterprises × 2 years of records, alerts and their ends, hazards and penalties: facts and ratings kept as they arrive are the same as those computed in full; times of both. A change of the rules: what its preview says is what then happens." ;;
    tasks-*) echo "The hourly run of the tasks at 1,000,000 cylinders, somebody to be told at each enterprise: its time beside a count of every cylinder that is past its date; another writer waits at most 250 ms; a second run makes nothing new." ;;
    export-*) echo "The archive of 1,000,000 cylinders: CSV at most 5 times the time of the database's own program for the same rows (wanted: 1.5); memory of the server at most 64 MiB more." ;;
    import) echo "100,000 rows of a workbook, 3 % of them bad, imported as the office does, twice: the second time nothing changes." ;;
    budget) echo "WebAssembly and JavaScript, brotli: at most 350 KiB of the wall, 900 KiB of each of the other two modules (docs/decisions/0013): every page is read and walked without its module, so that nobody waits for it." ;;
  esac
}

command_of() {
  case "$1" in
    kill-sqlite) echo "pingji bench kill --kills 50 --database sqlite --strace" ;;
    kill-postgres) echo "pingji bench kill --kills 50 --database postgres" ;;
    ingest-sqlite) echo "pingji bench ingest --database sqlite --seconds 10" ;;
    ingest-postgres) echo "pingji bench ingest --database postgres --seconds 10" ;;
    authorize) echo "pingji bench authorize --database sqlite" ;;
    pixel) echo "node end2end/prove/pixel.mjs --rate 200 --seconds 300" ;;
    soak) echo "node end2end/prove/soak.mjs --frames 200000 --first 20000" ;;
    sockets) echo "pingji bench sockets --sockets 1000 --rate 200 --stalled 100 --stall-seconds 60 --seconds 600" ;;
    detect) echo "pingji bench detect" ;;
    walk) echo "cargo test -p server --test all walk:: -- --nocapture" ;;
    query-sqlite) echo "pingji bench query --database sqlite" ;;
    query-postgres) echo "pingji bench query --database postgres" ;;
    public-sqlite) echo "pingji bench public --database sqlite" ;;
    public-postgres) echo "pingji bench public --database postgres" ;;
    lighthouse) echo "node end2end/prove/lighthouse.mjs" ;;
    credit-sqlite) echo "pingji bench credit --database sqlite" ;;
    credit-postgres) echo "pingji bench credit --database postgres" ;;
    tasks-sqlite) echo "pingji bench tasks --database sqlite" ;;
    tasks-postgres) echo "pingji bench tasks --database postgres" ;;
    export-sqlite) echo "pingji bench export --database sqlite --keep target/prove/export && scripts/readback.py target/prove/export" ;;
    export-postgres) echo "pingji bench export --database postgres" ;;
    import) echo "pingji bench import" ;;
    hostile) echo "pingji bench hostile --requests 500" ;;
    budget) echo "site budget --site target/site" ;;
  esac
}

# The finished files, read by other people's programs. What that needs is not needed otherwise.
readback() {
  have soffice || deb_need libreoffice-calc-nogui
  [ -x "$OUT/venv/bin/python" ] || python3 -m venv "$OUT/venv"
  "$OUT/venv/bin/pip" -q install openpyxl==3.1.5 >&2
  "$OUT/venv/bin/python" scripts/readback.py "$1"
}

# Words of a command are split on purpose: they are written above.
# shellcheck disable=SC2046
measure() {
  local line
  line="$(command_of "$1")"
  case "$1" in
    pixel) (cd end2end && PINGJI_BIN="$ROOT/$BIN" node prove/pixel.mjs --rate 200 --seconds 300) ;;
    soak) (cd end2end && PINGJI_BIN="$ROOT/$BIN" node prove/soak.mjs --frames 200000 --first 20000) ;;
    lighthouse)
      (cd end2end/prove && npm ci --no-audit --no-fund --loglevel=error >&2)
      (cd end2end && PINGJI_BIN="$ROOT/$BIN" node prove/lighthouse.mjs)
      ;;
    export-sqlite) "$BIN" bench export --database sqlite --keep "$OUT/export" && readback "$ROOT/$OUT/export" ;;
    walk) cargo test --locked -p server --test all walk:: -- --nocapture 2>/dev/null | grep -E "^walk|^test result" ;;
    budget) "$TARGET_DIR/release/site" budget --site target/site ;;
    *) "$BIN" ${line#pingji } ;;
  esac
}

machine() {
  local cpu memory
  cpu="$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1)"
  memory="$(awk '/^MemTotal/ { printf "%.0f GiB", $2 / 1048576 }' /proc/meminfo)"
  echo "$(nproc) cores (${cpu:-unknown}), $memory, $(df -T /var/tmp | awk 'NR == 2 { print $2 }'), Linux $(uname -r | cut -d. -f1,2)"
}

chosen=()
only_page=''
if [ "$*" = page ]; then only_page=1; shift; fi
for name in "$@"; do
  found=''
  for s in "${SECTIONS[@]}"; do
    case "$s" in "$name" | "$name"-*) chosen+=("$s"); found=1 ;; esac
  done
  [ -n "$found" ] || die "no section '$name'; there are: ${SECTIONS[*]}"
done
[ ${#chosen[@]} -gt 0 ] || [ -n "$only_page" ] || chosen=("${SECTIONS[@]}")

if [ -z "$only_page" ]; then
  say "building"
  cargo build --release ${CI:+--locked} -p server -p site --bins
  PINGJI_SITE_TOOL="$TARGET_DIR/release/site" scripts/build-site.sh >&2
fi

mkdir -p "$OUT"
failed=()
for name in ${chosen[@]+"${chosen[@]}"}; do
  say "measuring: $(title "$name")"
  status=0
  measure "$name" >"$OUT/$name.txt.part" 2>"$OUT/$name.log" || status=$?
  # What it said of its own failure is part of the record.
  if [ "$status" != 0 ]; then
    tail -n 3 "$OUT/$name.log" >>"$OUT/$name.txt.part"
    failed+=("$name")
  fi
  { date +%F; machine; } >"$OUT/$name.machine"
  command_of "$name" >"$OUT/$name.command"
  mv "$OUT/$name.txt.part" "$OUT/$name.txt"
  sed 's/^/  /' "$OUT/$name.txt" >&2
done

{
  printf '# Performance\n\n'
  printf 'Written by `make prove` (`scripts/prove.sh`). Every figure is printed by the command above it, beside what it is compared with, measured in the same run.\n'
  for name in "${SECTIONS[@]}"; do
    printf '\n## %s\n\n%s\n\n' "$(title "$name")" "$(promise "$name")"
    if [ ! -e "$OUT/$name.txt" ]; then printf 'Not measured yet.\n'; continue; fi
    printf '```\n$ %s\n%s\n```\n\n' "$(cat "$OUT/$name.command")" "$(cut -c1-400 "$OUT/$name.txt")"
    printf '%s, on %s.\n' "$(head -n 1 "$OUT/$name.machine")" "$(tail -n 1 "$OUT/$name.machine")"
  done
} >"$PAGE.part"
mv "$PAGE.part" "$PAGE"

if [ ${#failed[@]} -gt 0 ]; then die "not as promised: ${failed[*]}"; fi
say "all as promised; $PAGE is written"

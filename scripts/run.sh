#!/usr/bin/env bash
# Builds the product and shows it living: a server with the demo city, a simulator that plays its guns, and the link
# that opens the wall. Ctrl-C ends all of it. A second start reuses what the first one built and loaded.
#
#   PINGJI_LISTEN        where to listen (127.0.0.1:8080)
#   PINGJI_DATA_DIR      database, keys and logs (var); remove the folder to begin anew
#   PINGJI_DATABASE_URL  another database; load it with `pingji demo` yourself
#   PINGJI_SIMULATE_RATE fills a second, city-wide (2)
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"

export PINGJI_LISTEN="${PINGJI_LISTEN:-127.0.0.1:8080}"
export PINGJI_DATA_DIR="${PINGJI_DATA_DIR:-$ROOT/var}"
case "$PINGJI_DATA_DIR" in /*) ;; *) PINGJI_DATA_DIR="$ROOT/$PINGJI_DATA_DIR" ;; esac
export PINGJI_SITE_DIR="${PINGJI_SITE_DIR:-$ROOT/target/site}"
KEYS="$PINGJI_DATA_DIR/demo-keys.json"
OWN_DATABASE="$PINGJI_DATA_DIR/pingji.sqlite"
export PINGJI_DATABASE_URL="${PINGJI_DATABASE_URL:-sqlite://$OWN_DATABASE}"
TARGET_DIR="${CARGO_TARGET_DIR:-target}"
BIN="$TARGET_DIR/release/pingji"

scripts/setup.sh run
say "building the server"
cargo build --release ${CI:+--locked} -p server -p site --bins
say "building the site"
PINGJI_SITE_TOOL="$TARGET_DIR/release/site" scripts/build-site.sh >&2

mkdir -p "$PINGJI_DATA_DIR"
chmod 700 "$PINGJI_DATA_DIR"
begun="$PINGJI_DATA_DIR/.demo-begun"
loaded="$PINGJI_DATA_DIR/.demo-loaded"
if [ -e "$begun" ] && [ "$PINGJI_DATABASE_URL" = "sqlite://$OWN_DATABASE" ]; then
  say "the demo was not loaded to its end last time: beginning anew"
  rm -f "$OWN_DATABASE" "$OWN_DATABASE-wal" "$OWN_DATABASE-shm" "$KEYS" "$begun"
fi
"$BIN" migrate
if [ ! -e "$loaded" ]; then
  say "loading the demo city (once)"
  : >"$begun"
  "$BIN" demo
  mv "$begun" "$loaded"
fi

# Each in a process group of its own: Ctrl-C reaches this script only, which then ends them in order.
set -m
server='' simulator=''
finish() {
  trap - INT TERM EXIT
  local code="${1:-0}"
  say ""
  if [ -n "$simulator" ]; then kill -TERM "$simulator" 2>/dev/null || true; wait "$simulator" 2>/dev/null || true; fi
  if [ -n "$server" ]; then kill -TERM "$server" 2>/dev/null || true; wait "$server" 2>/dev/null || true; fi
  say "stopped"
  exit "$code"
}
trap 'finish 0' INT TERM
trap 'finish $?' EXIT

out="$PINGJI_DATA_DIR/server.out"
: >"$out"
"$BIN" serve >"$out" 2>>"$PINGJI_DATA_DIR/server.log" </dev/null &
server=$!
for ((tick = 0; tick < 300; tick++)); do
  if grep -q '^wall: ' "$out"; then break; fi
  if ! kill -0 "$server" 2>/dev/null; then
    tail -n 20 "$PINGJI_DATA_DIR/server.log" >&2
    server=''
    die "the server did not start; its log is $PINGJI_DATA_DIR/server.log"
  fi
  sleep 0.1
done
base="$(sed -n 's/^listening on //p' "$out" | head -n 1)"
wall="$(sed -n 's/^wall: //p' "$out" | head -n 1)"
[ -n "$base" ] && [ -n "$wall" ] || die "the server did not say where it listens within 30 s"

if [ -f "$KEYS" ]; then
  "$BIN" simulate --url "$base" --keys "$KEYS" --rate "${PINGJI_SIMULATE_RATE:-2}" --seed "$(date +%s)" \
    --duration 31536000 --faults none >"$PINGJI_DATA_DIR/simulator.out" 2>"$PINGJI_DATA_DIR/simulator.log" </dev/null &
  simulator=$!
else
  say "no $KEYS: the simulator has no guns to play"
fi

printf '\n  the wall, once, for the display that opens it:  %s\n' "$wall"
printf '  the server:                                     %s\n' "$base"
for accounts in "$PINGJI_DATA_DIR/demo-accounts.json" "$PINGJI_DATA_DIR/first-passwords.txt"; do
  if [ -f "$accounts" ]; then printf '  accounts to sign in with:                       %s\n' "$accounts"; fi
done
printf '  logs:                                           %s\n' "$PINGJI_DATA_DIR"
printf '  Ctrl-C ends all.\n\n'

# Whichever ends first by itself ends the rest, and says so.
code=0
wait -n ${server:+"$server"} ${simulator:+"$simulator"} || code=$?
if ! kill -0 "$server" 2>/dev/null; then
  say "the server ended by itself (code $code); the end of its log:"
  tail -n 20 "$PINGJI_DATA_DIR/server.log" >&2
else
  say "the simulator ended by itself (code $code); the end of its log:"
  tail -n 20 "$PINGJI_DATA_DIR/simulator.log" >&2
fi
finish "$((code == 0 ? 1 : code))"

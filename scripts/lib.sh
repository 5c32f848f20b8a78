# shellcheck shell=bash
# Shared by the scripts in this folder: source it, do not run it.

# The repository's root, wherever the script was called from.
# shellcheck disable=SC2034
ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"

# Progress goes to stderr, so that stdout stays free for a script's answer.
say() { printf '%s\n' "$*" >&2; }
die() { say "error: $*"; exit 1; }
have() { command -v "$1" >/dev/null 2>&1; }

# Runs a command as root: as it is for root, by sudo for others.
as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"; return; fi
  have sudo || die "root is needed for: $* (install sudo, or run this command as root)"
  sudo "$@"
}

# True when every named Debian package is installed.
deb_installed() {
  local status
  status="$(dpkg-query -W -f='${db:Status-Status}\n' "$@" 2>/dev/null)" || return 1
  ! grep -qv '^installed$' <<<"$status"
}

# Installs the named Debian packages that are missing. Without apt it names them and fails.
deb_need() {
  have dpkg-query && have apt-get \
    || die "these Debian packages, or your system's like of them, are needed: $*"
  if deb_installed "$@"; then return; fi
  say "installing $*"
  # A fresh machine has no package lists; a used one may have stale ones. Ask for both at once.
  as_root env DEBIAN_FRONTEND=noninteractive apt-get update -qq >&2
  as_root env DEBIAN_FRONTEND=noninteractive \
    apt-get install -y -qq --no-install-recommends "$@" >&2
}

# Every call of cargo goes through here. With PINGJI_CARGO_LOCK=FILE only one runs at a time among all
# that name the same file: for machines that several people build on. LIMIT=SECONDS ends one that hangs.
cargo() {
  local before=()
  if [ -n "${LIMIT:-}" ]; then before+=(timeout "$LIMIT"); fi
  if [ -n "${PINGJI_CARGO_LOCK:-}" ]; then before+=(flock "$PINGJI_CARGO_LOCK"); fi
  command ${before[@]+"${before[@]}"} cargo "$@"
}

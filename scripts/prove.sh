#!/usr/bin/env bash
# The long forms: what docs/performance.md states, measured again on this machine. Takes a good while.
# Each section is a command whose output goes into the page.
set -euo pipefail
# shellcheck source=scripts/lib.sh
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
cd "$ROOT"

die "the long proofs are not written yet"

#!/bin/sh
# Every test, on programs that are built with the test hooks of our own modules. Ends with the closing line of swift test.
set -eu
cd "$(dirname "$0")/.."
export SEMBLANCE_TESTING=1

section() { printf '\n== %s\n' "$*"; }

section 'build'
scripts/build.sh --tests

section 'PAM module'
make -s -C pam check check-asan

section 'programs, end to end'
python3 -m unittest discover -v -s Tests/EndToEnd -p 'test_*.py'

section 'modules'
swift test -c release --skip-build

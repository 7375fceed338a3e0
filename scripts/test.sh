#!/bin/bash
# Every test, on programs that are built with the test hooks of our own modules. Ends with one line of totals.
set -euo pipefail
cd "$(dirname "$0")/.."
export SEMBLANCE_TESTING=1

passed=0
failed=0
logs=$(mktemp -d)
trap 'rm -rf "$logs"' EXIT

section() { printf '\n== %s\n' "$*"; }

# tally STATUS PASSED FAILED: a runner that fails without naming a test counts as one failure.
tally() {
    local status=$1 ok=${2:-0} bad=${3:-0}
    [ "$status" -eq 0 ] || [ "$bad" -gt 0 ] || bad=1
    passed=$((passed + ok))
    failed=$((failed + bad))
}

# tally_totals STATUS LOG: of a runner that ends with "N passed, N failed"; one that does not has failed.
tally_totals() {
    local status=$1 totals
    totals=$(sed -nE 's/^([0-9]+) passed, ([0-9]+) failed.*/\1 \2/p' "$2" | tail -n 1)
    # shellcheck disable=SC2086
    if [ -n "$totals" ]; then tally "$status" $totals; else tally 1; fi
}

# The PAM module is C, and its tests spend their time waiting: they run while Swift builds.
section 'build'
make -s -C pam all
for variant in check check-asan; do
    status=0
    make -s -C pam "$variant" >"$logs/pam-$variant" 2>&1 || status=$?
    echo "$status" >"$logs/pam-$variant.status"
done &
pam_tests=$!
scripts/build.sh --tests

section 'lint'
status=0
scripts/lint.sh 2>&1 | tee "$logs/lint" || status=$?
tally_totals "$status" "$logs/lint"

wait "$pam_tests" || true
for variant in check check-asan; do
    section "PAM module: $variant"
    cat "$logs/pam-$variant"
    tally_totals "$(cat "$logs/pam-$variant.status")" "$logs/pam-$variant"
done

section 'programs, end to end'
status=0
python3 -B Tests/EndToEnd/run.py --jobs 2 2>&1 | tee "$logs/end" || status=$?
tally_totals "$status" "$logs/end"

# Guided by coverage, and so of a build of its own; `make fuzz` goes on for longer.
section 'fuzzing'
status=0
scripts/fuzz.sh --seconds 60 2>&1 | tee "$logs/fuzz" || status=$?
tally_totals "$status" "$logs/fuzz"

# One process per module, one test at a time: some tests limit or measure the process that they run in.
for directory in Tests/*Tests; do
    target=$(basename "$directory")
    section "$target"
    status=0
    swift test -c release --skip-build --no-parallel --filter "^$target\\." >"$logs/module" 2>&1 || status=$?
    grep -aE '^✘|Test run with|error:|skipped' "$logs/module" | cut -c 1-300 || true
    total=$(sed -n 's/.*Test run with \([0-9]*\) tests\{0,1\} .*/\1/p' "$logs/module" | tail -n 1)
    bad=$(grep -aE '^✘ Test .* failed after' "$logs/module" | grep -avc 'Test run with' || true)
    tally "$status" $((${total:-0} - bad)) "$bad"
done

section 'all'
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]

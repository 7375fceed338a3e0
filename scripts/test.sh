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

section 'build'
scripts/build.sh --tests

for variant in check check-asan; do
    section "PAM module: $variant"
    status=0
    make -s -C pam "$variant" 2>&1 | tee "$logs/pam" || status=$?
    tally "$status" \
        "$(sed -n 's/^\([0-9]*\) passed, [0-9]* failed.*/\1/p' "$logs/pam" | tail -n 1)" \
        "$(sed -n 's/^[0-9]* passed, \([0-9]*\) failed.*/\1/p' "$logs/pam" | tail -n 1)"
done

section 'programs, end to end'
status=0
python3 -m unittest discover -v -s Tests/EndToEnd -p 'test_*.py' 2>&1 | tee "$logs/end" || status=$?
tally "$status" "$(grep -c ' \.\.\. ok$' "$logs/end" || true)" "$(grep -cE ' \.\.\. (FAIL|ERROR)$' "$logs/end" || true)"

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

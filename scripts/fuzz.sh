#!/bin/bash
# Coverage-guided fuzzing (libFuzzer, which comes with the Swift toolchain) of every decoder that strangers' bytes reach: a line
# for each, and one line of totals. What brings a decoder down is kept in .build/fuzz/found, and its path is printed.
#
#     scripts/fuzz.sh [--seconds N] [TARGET...]       # targets: those of Tests/Fuzz/Driver, and "pam", the C parser of JSON
#
# Begins with what is in Tests/Fuzz/Corpus/TARGET and what earlier runs found worth keeping (.build/fuzz/corpus).
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=60
while [ $# -gt 0 ]; do
    case $1 in
        --seconds) seconds=$2; shift 2 ;;
        -*) sed -n '2,8s/^# \{0,1\}//p' "$0" >&2; exit 64 ;;
        *) break ;;
    esac
done
targets=("$@")
[ $# -gt 0 ] || targets=(envelope statement published-model model json onnx pam)

toolchain=$(dirname "$(readlink -f "$(command -v swift)")")
work=.build/fuzz
mkdir -p "$work/found" "$work/corpus" "$work/logs"

# Our own modules only, instrumented, in a build folder of their own.
build() {
    local library
    library=$("$toolchain/clang" -print-resource-dir)/lib/linux/libclang_rt.fuzzer_no_main-$(uname -m).a
    [ -e "$library" ] || library=${library%/lib/linux/*}/lib/$("$toolchain/clang" -print-target-triple)/libclang_rt.fuzzer_no_main.a
    SEMBLANCE_TESTING=1 SEMBLANCE_FUZZING=1 swift build -c release --scratch-path "$work/build" --product semblance-fuzz \
        -Xlinker "$library" -Xlinker -lstdc++
}

# A trap in Swift ends the process by a signal; libFuzzer must see it before the run time's own backtrace does.
fuzz_swift() {
    local target=$1 folders=("$work/corpus/$1") folder
    mkdir -p "$work/corpus/$target"
    for folder in "Tests/Fuzz/Corpus/$target" $([ "$target" != onnx ] || echo Tests/NeuralNetworkTests/Graphs); do
        [ ! -d "$folder" ] || folders+=("$folder")
    done
    SWIFT_BACKTRACE=enable=no "$work/build/release/semblance-fuzz" "$target" -max_total_time="$seconds" -timeout=10 \
        -rss_limit_mb=2048 -max_len=65536 -print_final_stats=1 -artifact_prefix="$PWD/$work/found/$target-" "${folders[@]}"
}

fuzz_pam() {
    mkdir -p "$work/pam"
    PATH=$toolchain:$PATH make -s -C pam fuzz BUILD="$PWD/$work/pam" FUZZ_SECONDS="$seconds"
}

# fuzz TARGET: one line, and where it failed what libFuzzer said at the end.
fuzz() {
    local target=$1 log=$work/logs/$1 status=0
    if [ "$target" = pam ]; then fuzz_pam >"$log" 2>&1 || status=$?; else fuzz_swift "$target" >"$log" 2>&1 || status=$?; fi
    if [ "$status" -eq 0 ]; then
        echo "ok   $target: $(sed -n 's/^Done \([0-9]*\) runs.*/\1/p' "$log") inputs, $(grep -aoE 'cov: [0-9]+' "$log" | tail -n 1)"
    else
        tail -n 40 "$log" | cut -c 1-300
        sed -n 's/.*Test unit written to /FAIL: the input is in /p' "$log"
        echo "FAIL $target: status $status"
    fi
}

# A trap that every fuzzer finds: one that does not, or does not keep the input, has not looked at the others either.
planted() {
    local told place
    told=$(seconds=60; fuzz planted)
    place=$(sed -n 's/^FAIL: the input is in //p' <<<"$told")
    if [ -f "$place" ] && [ "$(head -c 3 "$place")" = SMB ] && grep -q '^FAIL planted' <<<"$told"; then
        rm -f "$place"
        echo 'ok   planted: the trap that is there to be found was found'
    else
        printf '%s\nFAIL planted: the fuzzer does not find what is there to be found\n' "$told"
    fi
}

build >&2
# Two at a time, each on one processor. A file for each keeps their lines together.
for target in "${targets[@]}"; do
    [ "$(jobs -rp | wc -l)" -lt 2 ] || wait -n || true
    fuzz "$target" >"$work/logs/$target.told" &
done
wait
results=$(planted; for target in "${targets[@]}"; do cat "$work/logs/$target.told"; done)
echo "$results"
passed=$(grep -c '^ok ' <<<"$results" || true)
total=$((${#targets[@]} + 1))
echo "$passed passed, $((total - passed)) failed"
[ "$passed" -eq "$total" ]

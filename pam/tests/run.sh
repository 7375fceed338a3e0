#!/bin/sh
# Runs all tests of the module: a line for each, then "N passed, N failed". Needs root, and goes into a mount namespace
# of its own, with its own /dev/log and an empty /run.
#
#     tests/run.sh [MODULE...]        e.g. test_remote; VARIANT=asan for the sanitized build
set -u

here=$(cd "$(dirname "$0")" && pwd)
export VARIANT="${VARIANT:-release}"
export BUILD="${BUILD:-$here/../build}"
PYTHON="${PYTHON:-/usr/bin/python3}"
iterations=200000

if [ "$(id -u)" -ne 0 ]; then
    echo "run.sh: the tests need root: sockets are believed only below directories that root owns" >&2
    exit 2
fi

if [ -z "${SEMBLANCE_PAM_TESTS:-}" ]; then
    SEMBLANCE_PAM_TESTS=1 exec unshare -m --propagation private "$0" "$@"
fi

work=$(mktemp -d /tmp/semblance-pam.XXXXXX) || exit 2
trap 'umount -R -l "$work/dev" /dev 2>/dev/null; rm -rf --one-file-system "$work"' EXIT INT TERM
chmod 755 "$work"
mkdir "$work/dev"
mount -t tmpfs -o mode=755 none "$work/dev" || exit 2
for node in null zero full random urandom tty; do
    touch "$work/dev/$node"
    mount --bind "/dev/$node" "$work/dev/$node" || exit 2
done
mkdir "$work/dev/pts"
mount -t devpts -o newinstance,mode=620,ptmxmode=666 none "$work/dev/pts" || exit 2
ln -s pts/ptmx "$work/dev/ptmx"
mount --rbind "$work/dev" /dev || exit 2
mount -t tmpfs -o mode=755 none /run || exit 2

log="$work/output"
{
    if [ $# -eq 0 ]; then
        "$BUILD/$VARIANT/unit"
        [ $? -le 1 ] || echo "FAIL unit.finished"
        "$BUILD/$VARIANT/fuzz" "$iterations" "$(date +%s)" || echo "FAIL fuzz.finished"
    fi
    PYTHONDONTWRITEBYTECODE=1 "$PYTHON" "$here/run_tests.py" "$@" 2>&1 || echo "FAIL runner.finished"
} | tee "$log"

passed=$(grep -c '^ok ' "$log")
failed=$(grep -c '^FAIL ' "$log")
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]

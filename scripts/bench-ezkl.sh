#!/bin/sh
# Proves the same ONNX networks with EZKL and with Semblance and prints a table.
#
#     scripts/bench-ezkl.sh [--models-from FOLDER] [--memory-limit MEGABYTES] [NETWORK...]
#
# Networks are names in ../shared/models (default: tiny lenet) or paths of ONNX files. EZKL is installed into
# .build/ezkl, by the version named here. Needs several gigabytes of memory and minutes.
set -eu
cd "$(dirname "$0")/.."

EZKL_VERSION=23.0.5
PYTHON=${PYTHON:-python3}
environment=.build/ezkl/$EZKL_VERSION

skip() {
    echo "bench-ezkl: skipped: $*" >&2
    exit 0
}

[ -x .build/release/semblance ] || { echo 'bench-ezkl: build first: make build' >&2; exit 1; }
case "$(uname -s)-$(uname -m)" in
Linux-x86_64 | Linux-aarch64) ;;
*) skip "EZKL has no wheel for $(uname -s) on $(uname -m)" ;;
esac
if [ ! -e "$environment/ready" ]; then
    rm -rf "$environment"
    mkdir -p .build/ezkl
    "$PYTHON" -m venv "$environment" || skip "cannot make a virtual environment; is python3-venv installed?"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "ezkl==$EZKL_VERSION" ||
        skip "cannot install ezkl $EZKL_VERSION; is PyPI in reach?"
    touch "$environment/ready"
fi
exec "$environment/bin/python" scripts/bench_ezkl.py --work .build/ezkl/work "$@"

#!/bin/sh
# Proves the same ONNX networks with EZKL and with Semblance and prints a table.
#
#     scripts/bench-ezkl.sh [--models-from FOLDER] [--memory-limit MEGABYTES] [NETWORK...]
#
# Networks are names in ../shared/models (default: tiny lenet) or paths of ONNX files. Exits with 0 and a message where
# they or PyPI are out of reach. EZKL is installed into .build/ezkl, in the version named here. Needs gigabytes of
# memory and minutes, most of them for the reference string of a size that was not used before.
set -eu
cd "$(dirname "$0")/.."

EZKL_VERSION=23.0.5
PYTHON=${PYTHON:-python3}
environment=.build/ezkl/$EZKL_VERSION

skip() {
    echo "bench-ezkl: skipped: $*" >&2
    exit 0
}

models=${SEMBLANCE_SHARED:-../shared}/models
[ $# -gt 0 ] || [ -d "$models" ] || skip "there are no networks in $models; name ONNX files"
[ -x .build/release/semblance ] || { echo 'bench-ezkl: build first: make build' >&2; exit 1; }
if [ ! -e "$environment/ready" ]; then
    rm -rf "$environment"
    mkdir -p .build/ezkl
    "$PYTHON" -m venv "$environment" || skip "cannot make a virtual environment; is python3-venv installed?"
    "$environment/bin/pip" install --quiet --disable-pip-version-check --only-binary :all: "ezkl==$EZKL_VERSION" ||
        skip "cannot install ezkl $EZKL_VERSION; is PyPI in reach?"
    touch "$environment/ready"
fi
exec "$environment/bin/python" scripts/bench_ezkl.py --work .build/ezkl/work "$@"

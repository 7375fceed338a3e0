#!/bin/sh
# Builds the programs (and with --tests the tests) in release configuration, product by product: a plain `swift build`
# would also build every tool of every dependency, a C++ protocol compiler among them.
set -eu
cd "$(dirname "$0")/.."

for product in semblance semblanced semblance-sensor semblance-verifier semblance-fprintd; do
    # All addresses are bound at the start, and the table of them is read-only from then on.
    swift build -c release -Xlinker -z -Xlinker now --product "$product"
done
if [ "${1:-}" = --tests ]; then
    swift build -c release --product semblancePackageTests
fi

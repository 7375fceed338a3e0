#!/bin/sh
# Makes the shipped model file from the trained network: quantises it with the project's own importer.
set -eu
cd "$(dirname "$0")/.."

.build/release/semblance model import Fixtures/models/fingerprint-v1.onnx \
    --calibration Fixtures/calibration --modality fingerprint --name fingerprint-v1 --mean 128 --scale 1 \
    --thresholds Fixtures/models/fingerprint-v1.thresholds.json \
    --output Fixtures/models/fingerprint-v1.semblance-model "$@"

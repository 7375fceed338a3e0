#!/bin/bash
# Makes onnx.pb.swift of onnx.proto, with the versions named here: the compiler is Debian 12's protobuf-compiler, the plugin that of
# swift-protobuf as this package resolves it. With --check, only says whether the file in the tree is what comes out.
set -euo pipefail
cd "$(dirname "$0")/.."

PROTOC='libprotoc 3.21.12'
PLUGIN='protoc-gen-swift 1.39.0'
fail() { echo "generate-onnx: $*" >&2; exit 1; }

[ -n "$(command -v protoc)" ] || fail 'protoc is missing: apt-get install protobuf-compiler'
[ "$(protoc --version)" = "$PROTOC" ] || fail "this takes $PROTOC, not $(protoc --version)"
# A plugin that is there already may be named; building it takes minutes.
plugin=${PROTOC_GEN_SWIFT:-.build/release/protoc-gen-swift}
[ -x "$plugin" ] || swift build -c release --product protoc-gen-swift
[ "$("$plugin" --version)" = "$PLUGIN" ] || fail "this takes $PLUGIN, not $("$plugin" --version)"

schema=$(git ls-files --cached --others --exclude-standard '*/onnx.proto')
made=$(mktemp -d)
trap 'rm -rf "$made"' EXIT
protoc --plugin="protoc-gen-swift=$plugin" --proto_path="$(dirname "$schema")" --swift_out="$made" onnx.proto
if [ "${1:-}" = --check ]; then
    cmp "$made/onnx.pb.swift" "${schema%.proto}.pb.swift"
else
    cp "$made/onnx.pb.swift" "${schema%.proto}.pb.swift"
fi

#!/bin/bash
# What reads the code without running it: swift format, shellcheck, clang-format, mandoc, ruff, and the floors of the modules. A line for each, and of
# those that find something what they find; ends with one line of totals. With --fix, rewrites what can be rewritten.
set -euo pipefail
cd "$(dirname "$0")/.."

RUFF_VERSION=0.14.14
ruff=.build/lint/ruff-$RUFF_VERSION/bin/ruff
fix=
[ "${1:-}" != --fix ] || fix=1
passed=0
failed=0

# lint NAME COMMAND...
lint() {
    local name=$1 found; shift
    if found=$("$@" 2>&1); then
        echo "ok   $name"
        passed=$((passed + 1))
    else
        printf '%s\nFAIL %s\n' "$found" "$name"
        failed=$((failed + 1))
    fi
}

# tracked PATTERN...: the files of the repository, whether they are committed yet or not.
tracked() { git ls-files --cached --others --exclude-standard -- "$@" | sort -u | while read -r file; do
    [ ! -e "$file" ] || echo "$file"; done; }

swift_style() {
    [ -z "$fix" ] || swift format format --parallel --in-place --recursive Sources Tests Package.swift
    swift format lint --strict --parallel --recursive Sources Tests Package.swift
}

shell_style() {
    local scripts
    mapfile -t scripts < <(tracked '*.sh' .ci/run 'debian/*.config' 'debian/*.postinst' 'debian/*.prerm' 'debian/*.postrm')
    shellcheck -e SC1091 "${scripts[@]}"
}

c_style() {
    local sources
    mapfile -t sources < <(tracked 'pam/*.c' 'pam/*.h')
    [ -z "$fix" ] || clang-format -i "${sources[@]}"
    clang-format --dry-run -Werror "${sources[@]}"
}

# Those that are written by hand; Tests/EndToEnd/test_documents.py looks at the ones that are made.
man_style() {
    local pages
    mapfile -t pages < <(tracked 'man/*.[1-9]' 'pam/*.[1-9]')
    mandoc -T lint -W warning "${pages[@]}"
}

# ruff is not in Debian 12; PyPI's, in a virtual environment of its own.
python_style() {
    if [ ! -x "$ruff" ]; then
        python3 -m venv "${ruff%/bin/ruff}" || { echo 'lint: is python3-venv installed?'; return 1; }
        "${ruff%/ruff}/pip" install --quiet --disable-pip-version-check --only-binary :all: "ruff==$RUFF_VERSION" || {
            echo "lint: cannot install ruff $RUFF_VERSION; is PyPI in reach?"
            return 1
        }
    fi
    "$ruff" check --quiet ${fix:+--fix} --output-format concise .
}

lint 'swift format' swift_style
lint shellcheck shell_style
lint clang-format c_style
lint 'man pages' man_style
lint ruff python_style
lint 'module graph' scripts/module-graph.py
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]

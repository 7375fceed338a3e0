"""Runs the tests that need daemons: run_tests.py [MODULE...]. A line per test; run.sh counts them."""

import importlib
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import harness  # noqa: E402

NAMES = sys.argv[1:] or [
    "test_flow",
    "test_codes",
    "test_protocol",
    "test_sockets",
    "test_hosts",
    "test_remote",
    "test_stacks",
]
harness.main([importlib.import_module(name) for name in NAMES])

"""Runs the tests that need daemons: run_tests.py [MODULE...]. A line per test; run.sh counts them."""

import importlib
import os
import signal
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import harness  # noqa: E402

# A job in the background of a shell without job control starts with these ignored, and would hand that on to the hosts.
for number in (signal.SIGINT, signal.SIGQUIT):
    signal.signal(number, signal.default_int_handler)

NAMES = sys.argv[1:] or [
    "test_flow",
    "test_codes",
    "test_protocol",
    "test_sockets",
    "test_hosts",
    "test_terminal",
    "test_consent",
    "test_remote",
    "test_password",
    "test_check",
    "test_stacks",
    "test_real_hosts",
]
harness.main([importlib.import_module(name) for name in NAMES])

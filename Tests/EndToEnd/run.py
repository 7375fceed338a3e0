#!/usr/bin/env python3
"""Runs the end-to-end tests, several classes at a time: the lines of `unittest -v`, class by class, and one line of totals.

    run.py [--jobs N] [--limit SECONDS] [NAME...]      # NAME: test_login, test_login.LoginTests, or one test of it

A class is a process in namespaces of its own (processes, mounts, network), with its own folder for temporary files: no two
share a port, a socket's name, a mount or a process, and whatever a class leaves running or mounted ends with it. What they
do share are accounts, which are made before the first and removed after the last, and control groups: a class that says
`machine_wide = True` runs alone.
"""

import argparse
import collections
import concurrent.futures
import faulthandler
import fcntl
import importlib
import json
import os
import pathlib
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
# How long the process of a class may live on after its limit, at which it says where it hangs.
GRACE = 20
RUNNING = set()
# Set where a class has mounts of its own (harness.in_place_of).
PRIVATE = "SEMBLANCE_PRIVATE_MOUNTS"


class Counting(unittest.TextTestResult):
    passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1


class Job:
    """The tests of one class that are to run."""

    def __init__(self, folder, name, case, tests):
        self.folder, self.name, self.tests = folder, name, tests
        self.alone = getattr(case, "machine_wide", False)


def jobs(folder, wanted):
    """One for each class of each file, in the files' order; those with most tests first, which evens out the ends."""
    found = []
    for file in sorted(folder.glob("test_*.py")):
        module = importlib.import_module(file.stem)
        for attribute, case in vars(module).items():
            if not (isinstance(case, type) and issubclass(case, unittest.TestCase)):
                continue
            name = f"{file.stem}.{attribute}"
            tests = [f"{name}.{test}" for test in unittest.defaultTestLoader.getTestCaseNames(case)]
            if wanted:
                tests = [test for test in tests if any(f"{test}.".startswith(f"{prefix}.") for prefix in wanted)]
            if tests:
                found.append(Job(folder, name, case, tests))
    return sorted(found, key=lambda job: -len(job.tests))


# -- the process of one class


def bring_up_loopback():
    with socket.socket() as any_socket:
        up = struct.pack("16sh", b"lo", 0x1)
        fcntl.ioctl(any_socket, 0x8914, up)  # SIOCSIFFLAGS


def run_class(options):
    """Runs these tests here, and writes what became of them where nothing but the end of this function writes."""
    if os.geteuid() == 0:
        bring_up_loopback()
    faulthandler.dump_traceback_later(options.limit, exit=True, file=sys.stdout)
    suite = unittest.defaultTestLoader.loadTestsFromNames(options.names)
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Counting).run(suite)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    counts = {"passed": result.passed, "failed": failed, "skipped": len(result.skipped)}
    pathlib.Path(options.outcome).write_text(json.dumps(counts))
    return 1 if failed else 0


# -- the process that starts them


def namespaces():
    """A command prefix; the shell is the namespace's first process, which reaps what lost its parent."""
    if os.geteuid() != 0:
        return []  # Every class that needs root says so, and is skipped.
    spaces = ["--pid", "--mount", "--net", "--propagation", "private", "--mount-proc", "--fork", "--kill-child"]
    return ["unshare", *spaces, "sh", "-c", '"$@"; exit $?', "sh"]


def run_job(job, base, limit):
    """Runs a class; returns its output and its counts. A process that did not say how it ended counts as an error."""
    folder = base / job.name
    folder.mkdir(mode=0o755)
    outcome = folder / "outcome"
    command = [
        *namespaces(), sys.executable, "-B", __file__, "--folder", job.folder, "--outcome", outcome,
        "--limit", str(limit), *job.tests,
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", cwd=HERE.parents[1], env=os.environ | {"TMPDIR": str(folder)} | ({PRIVATE: "1"} if os.geteuid() == 0 else {}),
    )
    RUNNING.add(process)
    try:
        output, _ = process.communicate(timeout=limit + GRACE)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
    RUNNING.discard(process)
    counts = collections.Counter(json.loads(outcome.read_text()) if outcome.exists() else {})
    if process.returncode != (1 if counts["failed"] else 0) or not counts:
        output = f"{output.rstrip()}\n{job.name} (status {process.returncode}, limit {limit} s) ... ERROR\n"
        counts["failed"] += 1
    shutil.rmtree(folder, ignore_errors=True)
    return output, counts


def run_jobs(found, base, count, limit):
    """Prints each class's output when it has ended; returns the sums."""
    sums = collections.Counter()

    def together(some, workers):
        pool = concurrent.futures.ThreadPoolExecutor(workers)
        try:
            for done in concurrent.futures.as_completed([pool.submit(run_job, job, base, limit) for job in some]):
                output, counts = done.result()
                print(output, flush=True)
                sums.update(counts)
        finally:
            # Where this is interrupted; else nothing is left to cancel or to kill.
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list(RUNNING):
                process.kill()
            pool.shutdown()

    together([job for job in found if not job.alone], count)
    together([job for job in found if job.alone], 1)
    return sums


def run_all(options):
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda number, _: sys.exit(128 + number))
    import harness

    found = jobs(options.folder, options.names)
    if not found:
        sys.exit(f"run.py: there are no such tests: {' '.join(options.names)}")
    os.environ["SEMBLANCE_STAGE"] = str(harness.BIN.parent)
    started = time.monotonic()
    base = pathlib.Path(tempfile.mkdtemp(prefix="sbl."))
    base.chmod(0o755)
    made = []
    try:
        if os.geteuid() == 0:
            made = [user for user in (*harness.SERVICE_USERS, *harness.ACCOUNTS) if harness.ensure_user(user)]
        sums = run_jobs(found, base, options.jobs, options.limit)
    finally:
        for user in made:
            subprocess.run(["userdel", user], capture_output=True)
        shutil.rmtree(base, ignore_errors=True)
    print(f"In {time.monotonic() - started:.1f} s, {options.jobs} at a time:")
    print(f"{sums['passed']} passed, {sums['failed']} failed, {sums['skipped']} skipped")
    return 1 if sums["failed"] or not sums["passed"] else 0


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--jobs", type=int, default=3, help="classes at a time (most of a class is waiting)")
    parser.add_argument("--limit", type=int, default=900, help="seconds that a class may take")
    parser.add_argument("--folder", type=pathlib.Path, default=HERE, help="where the files are")
    parser.add_argument("--outcome", help=argparse.SUPPRESS)
    options = parser.parse_args()
    sys.path[:0] = [str(options.folder), str(HERE)]
    return run_class(options) if options.outcome else run_all(options)


if __name__ == "__main__":
    sys.exit(main())

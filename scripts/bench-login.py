#!/usr/bin/env python3
"""How long a login takes, from a picture on disk to the verdict: by stage at a client, and whole through the PAM module.

    bench-login.py [--count N] [--assurance match,head,full]     # as root, after `scripts/build.sh`; on an idle machine

The daemons are the built ones, warm, each under its own user; the finger is one of Fixtures/. pamtester is a program that starts,
loads libpam and the module, and ends: its time is a login's whole, as sudo would have it.
"""

import argparse
import pathlib
import statistics
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Tests" / "EndToEnd"))

from harness import Site

BURST = 20  # successes that the prover grants at once


def figures(milliseconds):
    ordered = sorted(milliseconds)
    return statistics.median(ordered), ordered[min(len(ordered) - 1, len(ordered) * 95 // 100)]


def stages(assurance, count):
    with Site(assurance=assurance) as site:
        start(site)
        picture = site.finger("alice", 6)[0]
        done = site.run(
            [
                site.bin / "semblance", "bench", "login", "--user", "sbl-alice", "--count", str(count), "--prover",
                site.prover_socket, "--verifier", site.verifier_socket(), "--show", picture, "--tray", site.base / "tray",
            ],
            timeout=60 + 5 * count,
        )
        if done.code:
            sys.exit(f"{done}\n{site.logs()}")
        print(done.out, end="")


def through_pam(assurance, count):
    with Site(assurance=assurance) as site:
        start(site)
        times = []
        for number in range(count + 1):
            if number + 1 >= BURST:
                time.sleep(3)
            site.show(*site.finger("alice", 6))
            begun = time.monotonic()
            done = site.pam("sbl-alice")
            times.append(1000 * (time.monotonic() - begun))
            if done.code:
                sys.exit(f"{done}\n{site.logs()}")
        median, late = figures(times[1:])
        print(f"pamtester {median:9.1f}{late:9.1f} ms")


def start(site):
    site.start_sensor()
    site.start_prover()
    site.start_verifier()
    enrolled = site.enroll()
    if enrolled.code:
        sys.exit(f"{enrolled}\n{site.logs()}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--count", type=int, default=18)
    parser.add_argument("--assurance", default="match,head,full")
    options = parser.parse_args()
    for assurance in options.assurance.split(","):
        print(f"-- {assurance}")
        stages(assurance, options.count)
        through_pam(assurance, options.count)


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Measures how many challenges a second a verifier gives to strangers over HTTP on loopback, and what one costs the disk.

    scripts/bench-verifier.py [--clients 1,16,64] [--seconds 4] PROGRAM [PROGRAM]...

PROGRAM is a semblance-verifier. Several (an older build, say) take turns, so that their ratio survives a change of
machine and of load; the last column is the ratio to the first program. With strace installed, fdatasync calls for each
challenge are counted.
"""

import argparse
import base64
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Verifier:
    """A service on a fresh database in a directory of its own."""

    def __init__(self, program, directory):
        self.port = free_port()
        model = {"identity": "6d" * 32, "modality": "face", "dimension": 128, "threshold": 20000, "minimumNorm": 4000}
        configuration = {
            "audience": "bench.example.org",
            "database": str(directory / "verifier.sqlite"),
            "signingKey": str(directory / "signing.key"),
            "policy": {"models": [model], "assurance": "match"},
            "http": {
                "address": "127.0.0.1",
                "port": self.port,
                "requestsPerMinute": 1_000_000,
                "maximumConnectionsPerAddress": 512,
            },
        }
        path = directory / "verifier.json"
        path.write_text(json.dumps(configuration))
        path.chmod(0o644)
        subprocess.run([program, "init", "--config", path], check=True, stdout=subprocess.DEVNULL)
        self.process = subprocess.Popen(
            [program, "serve", "--config", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        for _ in range(200):
            try:
                with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                    return
            except OSError:
                time.sleep(0.05)
        sys.exit(f"bench-verifier: {program} does not listen")

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def ask(port, end, name, counts, index):
    """Asks for challenges of names that nobody has, under keys that are used once."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    number = 0
    while time.monotonic() < end:
        number += 1
        body = {
            "subject": f"{name}-{index}-{number}",
            "purpose": "bench",
            # Any encoding of a point of large order; the base point serves.
            "clientKey": base64.b64encode(bytes([0x58] + [0x66] * 31)).decode(),
        }
        connection.request("POST", "/v1/challenge", json.dumps(body), {"Content-Type": "application/json"})
        reply = connection.getresponse()
        reply.read()
        if reply.status != 200:
            sys.exit(f"bench-verifier: status {reply.status}")
    counts[index] = number


def rate(verifier, clients, seconds):
    counts = [0] * clients
    start = time.monotonic()
    name = f"stranger-{clients}-{start}"
    threads = [
        threading.Thread(target=ask, args=(verifier.port, start + seconds, name, counts, index))
        for index in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / (time.monotonic() - start), sum(counts)


def synced(verifier, seconds):
    """fdatasync calls for each challenge; None without strace."""
    if not shutil.which("strace"):
        return None
    with tempfile.NamedTemporaryFile() as output:
        trace = subprocess.Popen(
            ["strace", "-f", "-c", "-e", "trace=fdatasync,fsync", "-o", output.name, "-p", str(verifier.process.pid)],
            stderr=subprocess.DEVNULL,
        )
        time.sleep(0.5)
        _, count = rate(verifier, 1, seconds)
        trace.send_signal(signal.SIGINT)
        trace.wait()
        calls = re.findall(r"^\s*[\d.]+\s+[\d.]+\s+\d+\s+(\d+)\s.*f(?:data)?sync$", pathlib.Path(output.name).read_text(), re.M)
        return sum(map(int, calls)) / count


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("programs", nargs="+", metavar="PROGRAM")
    parser.add_argument("--clients", default="1,16,64")
    parser.add_argument("--seconds", type=float, default=4)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as base:
        verifiers = []
        for index, program in enumerate(options.programs):
            directory = pathlib.Path(base) / str(index)
            directory.mkdir(mode=0o700)
            verifiers.append(Verifier(os.path.abspath(program), directory))
        try:
            print("clients\tprogram\tchallenges/s\tratio")
            for clients in map(int, options.clients.split(",")):
                rates = [rate(verifier, clients, options.seconds)[0] for verifier in verifiers]
                for index, value in enumerate(rates):
                    print(f"{clients}\t{index + 1}\t{value:.0f}\t{value / rates[0]:.1f}")
            for index, verifier in enumerate(verifiers):
                print(f"fdatasync per challenge, program {index + 1}: {synced(verifier, options.seconds)}")
        finally:
            for verifier in verifiers:
                verifier.stop()


if __name__ == "__main__":
    main()

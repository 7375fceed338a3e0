#!/usr/bin/env python3
"""Proves once, then sends the same proof twice, and a changed one: the second and the changed one are refused."""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "Tests" / "EndToEnd"))
from varlink_client import Connection, VarlinkError, decode, encode, expectation  # noqa: E402

prover_socket, verifier_socket, subject = sys.argv[1:4]


def prove(verifier):
    challenge = verifier.call("org.semblance.Verifier.Challenge", subject=subject, purpose="demo")["challenge"]
    with Connection(prover_socket) as prover:
        expected = expectation(verifier_socket, subject, purpose="demo")
        return prover.call("org.semblance.Prover.Prove", more=True, challenge=challenge, expected=expected)["proof"]


def submit(verifier, proof):
    try:
        return verifier.call("org.semblance.Verifier.Verify", proof=proof)["verdict"]
    except VarlinkError as error:
        return f"refused ({error.name})"


with Connection(verifier_socket) as verifier:
    proof = prove(verifier)
    print("first time:   ", submit(verifier, proof))
    replayed = submit(verifier, proof)
    print("replayed:     ", replayed)
    data = bytearray(decode(prove(verifier)))
    data[-40] ^= 1
    tampered = submit(verifier, encode(bytes(data)))
    print("one bit off:  ", tampered)
sys.exit(0 if replayed.startswith("refused") and tampered.startswith("refused") else 1)

#!/usr/bin/env python3
"""Verifies a saved Semblance proof: verify.py PROOF --verifier-key HEX [--sensor-key HEX]"""

import argparse
import pathlib
import sys

import closing
import rows
import wire
from interaction import SUITE, Interaction
from merlin import Transcript
from refusal import Refused, require
from ristretto import IDENTITY, add, equal, is_identity
from shape import Shape


class Body(wire.Reader):
    def point_and_bytes(self, nonzero=None):
        point = self.point()
        if nonzero:
            require(not is_identity(point), f"{nonzero}: identity")
        return self.data[self.offset - 32 : self.offset], point

    def absorbed_scalar(self, transcript, label):
        scalar = self.scalar()
        transcript.append(label, scalar.to_bytes(32, "little"))
        return scalar


def verdict(challenge, attestations, samples, sensor_key):
    """Section 1: biometric if one sensor signed every row, possession if none is signed."""
    if not any(attestations):
        require(sensor_key is None, "attestation: missing")
        return "possession"
    require(all(attestations), "attestation: not on every sample")
    keys = {wire.attestation(data, challenge, row) for data, (row, _) in zip(attestations, samples)}
    require(len(keys) == 1, "attestation: different sensors")
    require(sensor_key is None or keys == {sensor_key}, "attestation: sensor key")
    return "biometric"


def verify(data, verifier_key, sensor_key=None):
    challenge, attestations, encoded = wire.envelope(data)
    require(challenge.verifier_key == verifier_key, "challenge: verifier key")
    shape = Shape(challenge.role, challenge.d, challenge.k)
    body = Body(encoded, "body")
    require(len(encoded) >= 32 * shape.element_count, "body: truncated")
    require(len(encoded) <= 32 * shape.element_count, "body: trailing bytes")
    samples = [body.point_and_bytes("embedding row") for _ in range(challenge.k)]
    require(len({row for row, _ in samples}) == challenge.k, "embedding rows: equal")
    result = verdict(challenge, attestations, samples, sensor_key)
    counts = [body.point_and_bytes("multiplicity row") for _ in range(shape.count_rows)]
    reblind = challenge.role == "reblind"
    new_bytes, new = body.point_and_bytes("new template") if reblind else (b"", IDENTITY)
    if challenge.role in ("enrol", "refresh"):
        for _, point in samples:
            new = add(new, point)
        require(not is_identity(new), "new template: identity")
    if challenge.role != "authenticate":
        require(not equal(new, challenge.template), "new template: equal to the old one")

    t = Transcript("semblance match v1")
    t.append("suite", SUITE)
    t.append("challenge", challenge.encoded)
    for attestation in attestations:
        t.append("attestation", attestation)
    t.append("new template", new_bytes)
    template = [] if challenge.role == "enrol" else [(challenge.template_bytes, challenge.template)]
    matrix = samples + template + counts
    for row, _ in matrix:
        t.append("row", row)
    t.append("dom-sep", b"r1cs v1")
    t.append_u64("m", 0)
    phase1 = []
    for label in ("A_I1", "A_O1", "S1"):
        point_bytes, point = body.point_and_bytes(label)
        t.append(label, point_bytes)
        phase1.append(point)
    t.append("dom-sep", b"r1cs-2phase")

    interaction = Interaction(shape, t, body)
    interaction.wire_constraints(challenge.num, challenge.e_min)
    claims = interaction.lookup() + interaction.match()
    rows.opening(interaction, *interaction.open_rows(claims), [point for _, point in matrix])
    if reblind:
        rows.reblinding(t, body, challenge.template, new)
    closing.verify(t, body, phase1, interaction.constraints, shape.gates.count, shape.log_n)
    return result


def key(text):
    data = bytes.fromhex(text)
    if len(data) != 32:
        raise ValueError("a key is 32 bytes")
    return data


def main():
    parser = argparse.ArgumentParser(description="Verifies a saved Semblance proof.")
    parser.add_argument("proof", type=pathlib.Path)
    parser.add_argument("--verifier-key", type=key, required=True, metavar="HEX")
    parser.add_argument("--sensor-key", type=key, metavar="HEX")
    arguments = parser.parse_args()
    try:
        print(verify(arguments.proof.read_bytes(), arguments.verifier_key, arguments.sensor_key))
    except Refused as refusal:
        print(f"refused: {refusal}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

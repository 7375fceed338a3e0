#!/usr/bin/env python3
"""Verifies a saved Semblance proof.

verify.py PROOF --verifier-key HEX [--sensor-key HEX] [--model FILE.semblance-public]
"""

import argparse
import hashlib
import pathlib
import sys

import closing
import rows
import wire
from interaction import SUITE, MatchInteraction
from merlin import Transcript
from model import decode_model
from network import NETWORK_SUITE, NetworkInteraction
from network_shape import NetworkShape
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


def verdict(challenge, attestations, shape, rows, sensor_key):
    """Section 1: biometric if one sensor signed every sample, possession if none is signed."""
    if not any(attestations):
        require(sensor_key is None, "attestation: missing")
        return "possession"
    require(all(attestations), "attestation: not on every sample")
    keys = {wire.attestation(data, challenge, shape, own) for data, own in zip(attestations, rows)}
    require(len(keys) == 1, "attestation: different sensors")
    require(sensor_key is None or keys == {sensor_key}, "attestation: sensor key")
    return "biometric"


def absorb_wires(transcript, body):
    """The end of 5.1: A_I1, A_O1, S1."""
    transcript.append("dom-sep", b"r1cs v1")
    transcript.append_u64("m", 0)
    points = []
    for label in ("A_I1", "A_O1", "S1"):
        encoded, point = body.point_and_bytes(label)
        transcript.append(label, encoded)
        points.append(point)
    transcript.append("dom-sep", b"r1cs-2phase")
    return points


class NetworkProof:
    """Section 7: one sample's network proof."""

    def __init__(self, encoded, shape):
        self.shape, self.body = shape, Body(encoded, "network proof")
        self.rows = [self.body.point_and_bytes("network row") for _ in range(shape.committed_rows)]
        self.digest = hashlib.sha256(encoded).digest()

    @property
    def start_rows(self):
        return [encoded for encoded, _ in self.rows[: self.shape.start_rows]]

    def verify(self, challenge, attestation, index, embedding_row):
        shape, t = self.shape, Transcript("semblance network v1")
        t.append("suite", NETWORK_SUITE)
        t.append("challenge", challenge.encoded)
        t.append("attestation", attestation)
        t.append("model", shape.model.identity)
        t.append("sample", bytes([index]) + shape.start.to_bytes(2, "little"))
        matrix = [*self.rows[: shape.start_rows], embedding_row, *self.rows[shape.start_rows :]]
        for row, _ in matrix:
            t.append("row", row)
        phase1 = absorb_wires(t, self.body)
        interaction = NetworkInteraction(shape, t, self.body)
        opened = interaction.open_entries(interaction.claims())
        matrix += shape.model.rows
        rows.opening(interaction, *opened, [point for _, point in matrix])
        closing.verify(t, self.body, phase1, interaction.constraints, shape.gates.count, shape.log_n)


def network_proofs(challenge, model, encoded):
    """The envelope's network proofs, and the bytes after them; none at `match`."""
    if challenge.assurance == 1:
        return [], encoded
    require(model is not None, "model: missing")
    require(model.identity == challenge.model, "model: identity")
    require(model.d == challenge.d, "model: dimension")
    require(model.modality == challenge.modality, "model: modality")
    require(challenge.assurance == 3 or model.head > 0, "model: has no head")
    shape = NetworkShape(model, 0 if challenge.assurance == 3 else model.head)
    size = 32 * shape.element_count
    require(len(encoded) >= challenge.k * size, "body: truncated")
    proofs = [NetworkProof(encoded[i * size : (i + 1) * size], shape) for i in range(challenge.k)]
    require(len({proof.start_rows[0] for proof in proofs}) == challenge.k, "start rows: equal")
    return proofs, encoded[challenge.k * size :]


def verify(data, verifier_key, sensor_key=None, model=None):
    """The verdict. `model` is the published model as decoded; `head` and `full` need it."""
    challenge, attestations, encoded = wire.envelope(data)
    require(challenge.verifier_key == verifier_key, "challenge: verifier key")
    networks, encoded = network_proofs(challenge, model, encoded)
    shape = Shape(challenge.role, challenge.d, challenge.k)
    body = Body(encoded, "body")
    require(len(encoded) >= 32 * shape.element_count, "body: truncated")
    require(len(encoded) <= 32 * shape.element_count, "body: trailing bytes")
    samples = [body.point_and_bytes("embedding row") for _ in range(challenge.k)]
    require(len({row for row, _ in samples}) == challenge.k, "embedding rows: equal")
    if networks:
        signed_shape, signed_rows = model.shapes[networks[0].shape.start], [proof.start_rows for proof in networks]
    else:
        signed_shape, signed_rows = (1, 1, challenge.d), [[row] for row, _ in samples]
    result = verdict(challenge, attestations, signed_shape, signed_rows, sensor_key)
    counts = [body.point_and_bytes("multiplicity row") for _ in range(shape.count_rows)]
    reblind = challenge.role == "reblind"
    new_bytes, new = body.point_and_bytes("new template") if reblind else (b"", IDENTITY)
    if challenge.role in ("enrol", "refresh"):
        for _, point in samples:
            new = add(new, point)
        require(not is_identity(new), "new template: identity")
    if challenge.role != "authenticate":
        require(not equal(new, challenge.template), "new template: equal to the old one")
    for index, (proof, attestation) in enumerate(zip(networks, attestations)):
        proof.verify(challenge, attestation, index, samples[index])

    t = Transcript("semblance match v1")
    t.append("suite", SUITE)
    t.append("challenge", challenge.encoded)
    for attestation in attestations:
        t.append("attestation", attestation)
    t.append("new template", new_bytes)
    for proof in networks:
        t.append("network", proof.digest)
    template = [] if challenge.role == "enrol" else [(challenge.template_bytes, challenge.template)]
    matrix = samples + template + counts
    for row, _ in matrix:
        t.append("row", row)
    phase1 = absorb_wires(t, body)

    interaction = MatchInteraction(shape, t, body)
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
    parser.add_argument("--model", type=pathlib.Path, metavar="FILE", help="published model, for head and full")
    arguments = parser.parse_args()
    try:
        model = arguments.model and decode_model(arguments.model.read_bytes())
        print(verify(arguments.proof.read_bytes(), arguments.verifier_key, arguments.sensor_key, model))
    except Refused as refusal:
        print(f"refused: {refusal}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

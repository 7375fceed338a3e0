#!/usr/bin/env python3
"""Verifies a saved Semblance proof.

verify.py PROOF --verifier-key HEX [--sensor-key HEX] [--model FILE.semblance-public]..
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


def verdict(challenge, attestations, samples, sensor_key):
    """Section 1: biometric if one sensor signed every sample, possession if none is signed."""
    if not any(attestations):
        require(sensor_key is None, "attestation: missing")
        return "possession"
    require(all(attestations), "attestation: not on every sample")
    keys = {wire.attestation(data, challenge, blocks) for data, blocks in zip(attestations, samples)}
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


def network_shape(challenge, identity, d, models):
    """The shape of the network proofs under the model of this identity."""
    require(models, "model: missing")
    model = next((model for model in models if model.identity == identity), None)
    require(model is not None, "model: identity")
    require(model.d == d, "model: dimension")
    require(model.modality == challenge.modality, "model: modality")
    require(challenge.assurance == 3 or model.head > 0, "model: has no head")
    return NetworkShape(model, 0 if challenge.assurance == 3 else model.head)


class Part:
    """A match proof and, at `head` and `full`, its network proofs: the whole body, or a part of section 8."""

    def __init__(self, challenge, role, terms, models, body):
        self.challenge, self.role = challenge, role
        identity, d, self.num, self.e_min = terms
        k, self.networks = challenge.k, []
        if challenge.assurance > 1:
            shape = network_shape(challenge, identity, d, models)
            size = 32 * shape.element_count
            encoded = body.take(k * size)
            self.networks = [NetworkProof(encoded[i * size : (i + 1) * size], shape) for i in range(k)]
            require(len({proof.start_rows[0] for proof in self.networks}) == k, "start rows: equal")
        self.shape = Shape(role, d, k)
        self.body = Body(body.take(32 * self.shape.element_count), "body")
        self.samples = [self.body.point_and_bytes("embedding row") for _ in range(k)]
        require(len({row for row, _ in self.samples}) == k, "embedding rows: equal")
        self.counts = [self.body.point_and_bytes("multiplicity row") for _ in range(self.shape.count_rows)]
        self.new = self.body.point_and_bytes("new template") if role == "reblind" else (b"", IDENTITY)

    @property
    def blocks(self):
        """For each sample, what its attestation covers (2.2, 7.6)."""
        if self.networks:
            shape = self.networks[0].shape
            return [(shape.model.shapes[shape.start], proof.start_rows) for proof in self.networks]
        return [((1, 1, self.shape.d), [row]) for row, _ in self.samples]

    def verify(self, attestations, part):
        """`part` is what an upgrade's transcript absorbs under that label; empty for every other role."""
        challenge, body = self.challenge, self.body
        for index, (proof, attestation) in enumerate(zip(self.networks, attestations)):
            proof.verify(challenge, attestation, index, self.samples[index])
        t = Transcript("semblance match v1")
        t.append("suite", SUITE)
        t.append("challenge", challenge.encoded)
        for attestation in attestations:
            t.append("attestation", attestation)
        t.append("new template", self.new[0])
        if part:
            t.append("part", part)
        for proof in self.networks:
            t.append("network", proof.digest)
        template = [] if self.role == "enrol" else [(challenge.template_bytes, challenge.template)]
        matrix = self.samples + template + self.counts
        for row, _ in matrix:
            t.append("row", row)
        phase1 = absorb_wires(t, body)

        interaction = MatchInteraction(self.shape, t, body)
        interaction.wire_constraints(self.num, self.e_min)
        claims = interaction.lookup() + interaction.match()
        rows.opening(interaction, *interaction.open_rows(claims), [point for _, point in matrix])
        if self.role == "reblind":
            rows.reblinding(t, body, challenge.template, self.new[1])
        closing.verify(t, body, phase1, interaction.constraints, self.shape.gates.count, self.shape.log_n)


def check_template(challenge, part):
    """2.3: what the role yields; for an upgrade, `part` is the new one."""
    if challenge.role == "authenticate":
        return
    new = part.new[1]
    if challenge.role != "reblind":
        for _, point in part.samples:
            new = add(new, point)
        require(not is_identity(new), "new template: identity")
    require(not equal(new, challenge.template), "new template: equal to the old one")


def check_starts(challenge, parts):
    """Section 8: at `full`, networks that take the same input start from the same rows."""
    if challenge.role != "upgrade" or challenge.assurance != 3:
        return
    shapes = [part.networks[0].shape for part in parts]
    inputs = {(shape.model.preprocessing, shape.model.shapes[0], shape.m) for shape in shapes}
    if len(inputs) == 1:
        new, previous = ([proof.start_rows for proof in part.networks] for part in parts)
        require(new == previous, "start rows: different images")


def verify(data, verifier_key, sensor_key=None, model=None):
    """The verdict. `model` is a published model as decoded, or a list of them, which `head` and `full` need."""
    models = model if isinstance(model, list) else [model] if model else []
    challenge, attestations, encoded = wire.envelope(data)
    require(challenge.verifier_key == verifier_key, "challenge: verifier key")
    statements = [(challenge.role, challenge.terms)]
    if challenge.role == "upgrade":
        statements = [("enrol", challenge.terms), ("refresh", challenge.previous)]
    body = wire.Reader(encoded, "body")
    parts = [Part(challenge, *statement, models, body) for statement in statements]
    body.end()
    result = verdict(challenge, attestations, zip(*(part.blocks for part in parts)), sensor_key)
    check_template(challenge, parts[0])
    check_starts(challenge, parts)
    digest = hashlib.sha256(b"".join(row for part in parts for row, _ in part.samples)).digest()
    for number, part in enumerate(parts, 1):
        part.verify(attestations, bytes([number]) + digest if challenge.role == "upgrade" else b"")
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
    parser.add_argument(
        "--model", type=pathlib.Path, action="append", default=[], metavar="FILE",
        help="published model, for head and full; twice for an upgrade",
    )  # fmt: skip
    arguments = parser.parse_args()
    try:
        models = [decode_model(file.read_bytes()) for file in arguments.model]
        print(verify(arguments.proof.read_bytes(), arguments.verifier_key, arguments.sensor_key, models))
    except Refused as refusal:
        print(f"refused: {refusal}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

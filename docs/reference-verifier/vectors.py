#!/usr/bin/env python3
"""Checks the test vectors (docs/protocol.md, section 9).

vectors.py FOLDER [--write]

Each proof must be accepted, with the verdict and the new template that its description names, and its transcripts must be the
noted ones, message by message. --write notes them, which is for who changes the protocol. Prints a line for each proof, exits
with 1 if anything differs.
"""

import argparse
import json
import pathlib
import sys
from contextlib import contextmanager

import verify
from merlin import Transcript
from model import decode_model
from refusal import Refused
from ristretto import add, encode


class NotingTranscript(Transcript):
    """Keeps what it absorbs and draws, in order."""

    def __init__(self, label):
        self.steps = None
        super().__init__(label)
        self.label, self.steps = label, []

    def append(self, label, data):
        if self.steps is not None:
            self.steps.append((label, data))
        super().append(label, data)

    def challenge(self, label):
        value = super().challenge(label)
        self.steps.append((label, None, value.to_bytes(32, "little").hex()))
        return value

    def noted(self, envelope):
        """As JSON has it: what stands in the envelope by its place there, `@offset+length`, all else in hexadecimal."""

        def message(data):
            if len(data) >= 32 and any(data) and envelope.count(data) == 1:
                return f"@{envelope.index(data)}+{len(data)}"
            return data.hex()

        steps = [list(step) if step[1] is None else [step[0], message(step[1])] for step in self.steps]
        return {"label": self.label, "steps": steps}


@contextmanager
def noting():
    """The transcripts that the verifier begins meanwhile."""
    begun = []

    def begin(label):
        begun.append(NotingTranscript(label))
        return begun[-1]

    verify.Transcript, original = begin, verify.Transcript
    try:
        yield begun
    finally:
        verify.Transcript = original


class Vector:
    """A description and the files that it names."""

    def __init__(self, file):
        self.file, self.name = file, file.name.removesuffix(".json")
        self.description = json.loads(file.read_text())
        self.proof = (file.parent / self.description["envelope"]).read_bytes()
        self.models = []
        for entry in self.description["models"]:
            model = decode_model((file.parent / entry["file"]).read_bytes())
            assert model.identity.hex() == entry["identity"], f"{self.name}: identity of {entry['file']}"
            self.models.append(model)
        self.transcripts = file.parent / f"{self.name}.transcripts.json"

    def judge(self, proof=None):
        """The verdict, or the refusal's words."""
        d = self.description
        sensor_key = d.get("sensorKey") and bytes.fromhex(d["sensorKey"])
        try:
            return verify.verify(proof or self.proof, bytes.fromhex(d["verifierKey"]), sensor_key, self.models)
        except Refused as refusal:
            return f"refused: {refusal}"

    def check(self, write=False):
        """What differs from the files; nothing, if all is well."""
        d, faults = self.description, []
        with noting() as begun:
            verdict = self.judge()
        if verdict != d["verdict"]:
            return [f"{verdict}, not {d['verdict']}"]
        challenge, _, body = verify.wire.envelope(self.proof)
        if (challenge.encoded.hex(), challenge.digest.hex()) != (d["signedChallenge"], d["challengeDigest"]):
            faults.append("challenge")
        if new_template(challenge, body, self.models) != d.get("newTemplate"):
            faults.append("new template")
        self.drawn = [transcript.noted(self.proof) for transcript in begun]
        if write:
            self.transcripts.write_text(compact(self.drawn))
        return faults + self.compare(json.loads(self.transcripts.read_text()))

    def compare(self, noted):
        """Of the transcripts that the last check drew."""
        return [] if noted == self.drawn else ["transcripts"]


def new_template(challenge, encoded, models):
    """What an accepting verifier records (2.3), in hexadecimal."""
    if challenge.role == "authenticate":
        return None
    role = "enrol" if challenge.role == "upgrade" else challenge.role
    part = verify.Part(challenge, role, challenge.terms, models, verify.wire.Reader(encoded, "body"))
    total = part.new[1]
    if challenge.role != "reblind":
        for _, row in part.samples:
            total = add(total, row)
    return encode(total).hex()


def compact(transcripts):
    """JSON with a line for each step."""
    texts = []
    for transcript in transcripts:
        steps = ",\n".join(json.dumps(step) for step in transcript["steps"])
        texts.append(f'{{"label": {json.dumps(transcript["label"])}, "steps": [\n{steps}\n]}}')
    return "[" + ",\n".join(texts) + "]\n"


def load(folder):
    return [Vector(file) for file in sorted(folder.glob("*.json")) if not file.name.endswith(".transcripts.json")]


def main():
    parser = argparse.ArgumentParser(description="Checks the test vectors.")
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--write", action="store_true", help="note the transcripts instead of comparing them")
    arguments = parser.parse_args()
    vectors, wrong = load(arguments.folder), 0
    for vector in vectors:
        faults = vector.check(arguments.write)
        wrong += bool(faults)
        print(f"{vector.name}: {', '.join(faults) or vector.description['verdict']}")
    return 1 if wrong or not vectors else 0


if __name__ == "__main__":
    sys.exit(main())

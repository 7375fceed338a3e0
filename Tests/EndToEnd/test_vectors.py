"""Fixtures/vectors (docs/protocol.md, section 9), judged by the verifier in docs/reference-verifier and by the built `semblance`."""

import json
import random
import subprocess
import sys
import unittest

from harness import BIN, FIXTURES, ROOT

sys.path.insert(0, str(ROOT / "docs" / "reference-verifier"))
sys.dont_write_bytecode = True

import vectors  # noqa: E402

FOLDER = FIXTURES / "vectors"


class VectorTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.vectors = vectors.load(FOLDER)

    def test_complete(self):
        """Every role at every assurance, and both modalities of each."""
        have = [(d["role"], d["assurance"], d["modality"]) for d in (vector.description for vector in self.vectors)]
        roles = {"enrol", "authenticate", "reblind", "refresh", "upgrade"}
        self.assertEqual({(role, assurance) for role, assurance, _ in have}, {
            (role, assurance) for role in roles for assurance in ("match", "head", "full")
        })  # fmt: skip
        self.assertEqual(len({(role, modality) for role, _, modality in have}), 2 * len(roles))
        self.assertEqual({d.description["verdict"] for d in self.vectors}, {"biometric", "possession"})
        used = {entry["file"] for vector in self.vectors for entry in vector.description["models"]}
        self.assertEqual(used, {f"models/{file.name}" for file in (FOLDER / "models").iterdir()})
        named = {vector.description["envelope"] for vector in self.vectors}
        self.assertEqual(named, {file.name for file in FOLDER.glob("*.proof")})

    def test_accepted(self):
        """With the noted verdict, new template and every challenge of every transcript."""
        for vector in self.vectors:
            with self.subTest(vector=vector.name):
                self.assertEqual(vector.check(), [])

    def test_altered(self):
        """One bit, anywhere, and near the end."""
        for vector in self.vectors:
            rng = random.Random(vector.name)
            for offset in (rng.randrange(len(vector.proof)), len(vector.proof) - 20):
                with self.subTest(vector=vector.name, offset=offset):
                    altered = bytearray(vector.proof)
                    altered[offset] ^= 2
                    self.assertTrue(vector.judge(bytes(altered)).startswith("refused: "))

    def test_noted_transcripts_can_differ(self):
        """The comparison is one: another scalar, another message, a step too few are found."""
        vector = next(vector for vector in self.vectors if vector.name == "match-authenticate-fingerprint")
        self.assertEqual(vector.check(), [])
        noted = json.loads(vector.transcripts.read_text())
        for change in (
            lambda steps: steps.pop(),
            lambda steps: steps[0].__setitem__(1, "00"),
            lambda steps: next(step for step in steps if step[1] is None).__setitem__(2, "01" + "00" * 31),
        ):
            altered = json.loads(json.dumps(noted))
            change(altered[0]["steps"])
            self.assertNotEqual(altered, noted)
            with self.subTest(change=change):
                self.assertEqual(vector.compare(altered), ["transcripts"])

    def test_program(self):
        for vector in self.vectors:
            d = vector.description
            command = [BIN / "semblance", "verify", FOLDER / d["envelope"], "--verifier-key", d["verifierKey"], "--json"]
            command += ["--sensor-key", d["sensorKey"]] if d.get("sensorKey") else []
            for model in d["models"]:
                command += ["--model", FOLDER / model["file"]]
            ended = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120)
            with self.subTest(vector=vector.name):
                self.assertEqual(ended.returncode, 0, ended)
                told = json.loads(ended.stdout)
                for name in ("role", "assurance", "modality", "samples", "verdict", "sensorKey", "newTemplate"):
                    self.assertEqual(told.get(name), d.get(name), name)


if __name__ == "__main__":
    unittest.main()

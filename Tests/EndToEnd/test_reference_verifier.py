"""The verifier in docs/reference-verifier, written from the protocol's text, judges proofs of the built programs."""

import os
import subprocess
import sys
import unittest

from harness import ROOT, Site
from varlink_client import Connection, decode, expectation

REFERENCE = ROOT / "docs" / "reference-verifier"
sys.path[:0] = [str(REFERENCE), str(REFERENCE / "tests")]
sys.dont_write_bytecode = True

import verify as reference  # noqa: E402
from model import decode_model  # noqa: E402
from network_shape import NetworkShape  # noqa: E402
from refusal import Refused  # noqa: E402
from shape import Shape  # noqa: E402
from wire import envelope  # noqa: E402

# The verifier's own tests, which need no programs.
from test_network import DishonestWitnessTests, HonestTests, ModelTests, ProofTests  # noqa: E402, F401
from test_upgrade import ChallengeTests, PartTests  # noqa: E402, F401
from test_upgrade import ModelTests as UpgradeModelTests  # noqa: E402, F401

AS_ROOT = "end-to-end tests run the daemons as their own users, which takes root"
VERIFIER = "org.semblance.Verifier."
PROVER = "org.semblance.Prover."


class Regions:
    """Where the elements of an `authenticate` proof lie."""

    def __init__(self, proof):
        challenge, _, body = envelope(proof)
        shape = Shape(challenge.role, challenge.d, challenge.k)
        start = len(proof) - len(body)
        first_masked = 1 + shape.count_rows + 3
        tail = 3 + 2 * shape.folds + 4 + 5 + 3 + 2 * shape.log_n + 2
        opening = shape.element_count - tail
        closing = opening + 3 + 2 * shape.folds + 4
        elements = {
            "embedding row": 0,
            "multiplicity row": 1,
            "A_I1": 1 + shape.count_rows,
            "first masked scalar": first_masked,
            "middle masked scalar": (first_masked + opening) // 2,
            "last masked scalar": opening - 1,
            "D": opening,
            "s": opening + 1,
            "omega": opening + 2,
            "fold point": opening + 3,
            "vector": opening + 3 + 2 * shape.folds,
            "T_1": closing,
            "t_x": closing + 5,
            "b": shape.element_count - 1,
        }
        self.offsets = {name: start + 32 * index for name, index in elements.items()}
        self.offsets["challenge"] = 8 + 20
        self.offsets["attestation"] = start - 10


class SiteTests:
    """A site at one assurance, and proofs of an enrolment and a login there."""

    samples = 3

    @classmethod
    def setUpClass(cls):
        cls.site = site = Site(assurance=cls.assurance)
        cls.addClassCleanup(site.close)
        site.start_sensor()
        site.start_prover()
        site.start_verifier()
        cls.enrolment = site.base / "enrol.proof"
        cls.login = site.base / "login.proof"
        site.show(*site.finger("alice", *(1, 3, 4)[: cls.samples]))
        for result in (
            site.cli(
                "enroll", "--user", "sbl-alice", "--modality", "fingerprint", "--label", "right-index",
                "--samples", str(cls.samples), "--save-proof", cls.enrolment,
            ),
            site.authenticate("sbl-alice", "alice", 6, "--save-proof", cls.login),
        ):
            assert result.code == 0, f"{result}\n{site.logs()}"
        cls.key = site.cli("status", "--json").json["verifier"]["verifierKey"]
        verified = site.cli("verify", cls.login, "--verifier-key", cls.key, "--model", site.published, "--json")
        cls.sensor = verified.json["sensorKey"]
        cls.model = None if cls.assurance == "match" else decode_model(site.published.read_bytes())
        cls.proof = cls.login.read_bytes()

    def judge(self, proof, verifier_key=None, sensor_key=None, model=None):
        """The verdict, or the check that refused."""
        key = bytes.fromhex(verifier_key or self.key)
        try:
            return reference.verify(proof, key, sensor_key and bytes.fromhex(sensor_key), model or self.model)
        except Refused as refusal:
            return f"refused: {refusal}"

    def rotation(self, kind, *numbers):
        """A proof for a rotation, which is not carried out."""
        self.site.show(*self.site.finger("alice", *numbers))
        with Connection(self.site.verifier_socket()) as verifier, Connection(self.site.prover_socket) as prover:
            challenge = verifier.call(
                VERIFIER + "RotateChallenge", subject="sbl-alice", modality="fingerprint", label="right-index",
                kind=kind, samples=len(numbers),
            )["challenge"]
            expected = expectation(self.site.verifier_socket(), "sbl-alice", "rotate", kind, len(numbers))
            return decode(prover.call(PROVER + "Rotate", more=True, challenge=challenge, expected=expected)["proof"])

    def test_command(self):
        command = [sys.executable, "-B", REFERENCE / "verify.py", self.login, "--verifier-key", self.key]
        command += ["--model", self.site.published] if self.model else []
        for arguments, code, output in (
            (["--sensor-key", self.sensor], 0, "biometric\n"),
            (["--sensor-key", self.key], 1, "refused: attestation: sensor key\n"),
        ):
            result = subprocess.run([*command, *arguments], capture_output=True, text=True)
            self.assertEqual((result.returncode, result.stdout), (code, output), result.stderr)

    def judge_altered(self, offset):
        altered = bytearray(self.proof)
        altered[offset] ^= 2
        answer = self.judge(bytes(altered))
        self.assertTrue(answer.startswith("refused: "), answer)
        return answer

    def test_enrolment(self):
        self.assertEqual(self.judge(self.enrolment.read_bytes(), sensor_key=self.sensor), "biometric")

    def test_reblinding(self):
        self.assertEqual(self.judge(self.rotation("reblind", 6)), "biometric")

    def test_refresh(self):
        self.assertEqual(self.judge(self.rotation("refresh", 1, 3)), "biometric")


@unittest.skipUnless(os.geteuid() == 0, AS_ROOT)
class ReferenceVerifierTests(SiteTests, unittest.TestCase):
    assurance = "match"

    def test_keys_and_length(self):
        self.assertEqual(self.judge(self.proof, verifier_key=self.sensor), "refused: challenge: verifier key")
        self.assertEqual(self.judge(self.proof, sensor_key=self.key), "refused: attestation: sensor key")
        self.assertEqual(self.judge(self.proof + b"\0"), "refused: body: trailing bytes")
        for count in (0, 7, 100, len(self.proof) - 32, len(self.proof) - 1):
            self.assertIn("truncated", self.judge(self.proof[:count]), count)

    def test_altered(self):
        """One bit of each region; most are refused before the closing equations."""
        for region, offset in Regions(self.proof).offsets.items():
            with self.subTest(region=region):
                self.judge_altered(offset)

    def test_attestation_removed(self):
        """Does not make a biometric proof one of possession: the transcript has the attestation."""
        flag = Regions(self.proof).offsets["embedding row"] - 105
        stripped = self.proof[:flag] + b"\0" + self.proof[flag + 105 :]
        self.assertEqual(self.judge(stripped), "refused: opening equation")
        self.assertEqual(self.judge(stripped, sensor_key=self.sensor), "refused: attestation: missing")

    def test_exchanged_points(self):
        """Points that decode, at the wrong place."""
        offsets = Regions(self.proof).offsets
        for region, check in (("multiplicity row", "opening equation"), ("T_1", "closing equation (t)")):
            with self.subTest(region=region):
                altered = bytearray(self.proof)
                at = offsets[region]
                altered[at : at + 32], altered[at + 32 : at + 64] = altered[at + 32 : at + 64], altered[at : at + 32]
                self.assertEqual(self.judge(bytes(altered)), f"refused: {check}")


class NetworkRegions:
    """Where the elements of the network proof of an authentication lie."""

    def __init__(self, proof, model, start):
        _, _, body = envelope(proof)
        self.shape = shape = NetworkShape(model, start)
        self.start, self.size = len(proof) - len(body), 32 * shape.element_count
        rows = shape.committed_rows
        closing = shape.element_count - (5 + 3 + 2 * shape.log_n + 2)
        opening = closing - (3 + 2 * shape.folds + 16)
        elements = {
            "first start row": 0,
            "last start row": shape.start_rows - 1,
            "last multiplicity row": rows - 1,
            "A_I1": rows,
            "root": rows + 3,
            "middle masked scalar": (rows + opening) // 2,
            "last masked scalar": opening - 1,
            "D": opening,
            "s": opening + 1,
            "omega": opening + 2,
            "fold point": opening + 3,
            "vector": closing - 1,
            "T_1": closing,
            "t_x": closing + 5,
            "b": shape.element_count - 1,
        }
        first_of = {"R": "first R row", "Z": "first Z row", "P": "first P row"}
        at = shape.start_rows
        for column, name in first_of.items():
            if shape.counts[column]:
                elements[name] = at
            at += shape.counts[column]
        self.offsets = {name: self.start + 32 * index for name, index in elements.items()}


class NetworkSiteTests(SiteTests):
    """What is the same at `head` and `full`."""

    samples = 1

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.start = 0 if cls.assurance == "full" else cls.model.head
        cls.regions = NetworkRegions(cls.proof, cls.model, cls.start)

    def test_altered(self):
        for region, offset in self.regions.offsets.items():
            with self.subTest(region=region):
                self.judge_altered(offset)

    def test_exchanged_rows(self):
        """Points that decode, at the wrong place; of the start rows, the sensor's signature says so first."""
        for region, check in (("first R row", "opening equation"), ("first start row", "attestation: signature")):
            at = self.regions.offsets[region]
            if region == "first start row" and self.regions.shape.start_rows == 1:
                continue
            altered = bytearray(self.proof)
            altered[at : at + 32], altered[at + 32 : at + 64] = altered[at + 32 : at + 64], altered[at : at + 32]
            with self.subTest(region=region):
                self.assertEqual(self.judge(bytes(altered)), f"refused: {check}")

    def test_network_proof_of_another_login(self):
        """Its challenge, start rows and embedding are others."""
        other = self.enrolment.read_bytes()
        _, _, body = envelope(other)
        start, size = self.regions.start, self.regions.size
        spliced = self.proof[:start] + body[:size] + self.proof[start + size :]
        self.assertEqual(self.judge(spliced), "refused: attestation: signature")

    def test_length(self):
        self.assertEqual(self.judge(self.proof + b"\0"), "refused: body: trailing bytes")
        start, size = self.regions.start, self.regions.size
        for proof in (self.proof[:-1], self.proof[:start] + self.proof[start + size :]):
            self.assertEqual(self.judge(proof), "refused: body: truncated")

    def test_other_model(self):
        """Each field of a published model, by its identity; and no model."""
        data = self.site.published.read_bytes()
        others = 0
        for offset in range(14, len(data) - 32 * len(self.model.rows), 7):
            altered = bytearray(data)
            altered[offset] ^= 1
            try:
                model = decode_model(bytes(altered))
            except Refused:
                continue
            others += 1
            self.assertEqual(self.judge(self.proof, model=model), "refused: model: identity")
        self.assertGreater(others, 10)
        with self.assertRaisesRegex(Refused, "model: missing"):
            reference.verify(self.proof, bytes.fromhex(self.key))

    def test_other_model_of_the_same_identity(self):
        """The model's own fields and rows count, not only its name."""

        def last(model):
            return model.tables[model.layers[-1].table]

        opening, closing = "refused: opening equation", "refused: closing equation (t)"
        changes = {
            "row": (lambda model: model.rows.__setitem__(0, model.rows[1]), opening),
            "quotients": (lambda model: setattr(last(model), "q_high", last(model).q_high - 1), closing),
            "pads": (lambda model: setattr(model.layers[self.start].terms[0], "pads", (0, 1)), opening),
        }
        for name, (change, check) in changes.items():
            model = decode_model(self.site.published.read_bytes())
            change(model)
            with self.subTest(change=name):
                self.assertEqual(self.judge(self.proof, model=model), check)


@unittest.skipUnless(os.geteuid() == 0, AS_ROOT)
class FullTests(NetworkSiteTests, unittest.TestCase):
    assurance = "full"

    def test_two_samples(self):
        """The network proofs belong to their samples."""
        proof = self.rotation("refresh", 1, 3)
        self.assertEqual(self.judge(proof), "biometric")
        _, _, body = envelope(proof)
        start, size = len(proof) - len(body), self.regions.size
        first, second, rest = body[:size], body[size : 2 * size], body[2 * size :]
        head = proof[:start]
        self.assertEqual(self.judge(head + first + first + rest), "refused: start rows: equal")
        self.assertEqual(self.judge(head + second + first + rest), "refused: attestation: signature")
        # The attestations follow the proofs; the transcripts still have the samples' numbers.
        flag = start - 210
        head = proof[:flag] + proof[flag + 105 : start] + proof[flag : flag + 105]
        rest = rest[32:64] + rest[:32] + rest[64:]
        self.assertEqual(self.judge(head + second + first + rest), "refused: opening equation")


@unittest.skipUnless(os.geteuid() == 0, AS_ROOT)
class HeadTests(NetworkSiteTests, unittest.TestCase):
    assurance = "head"

    def test_start(self):
        self.assertGreater(self.start, 0)


if __name__ == "__main__":
    unittest.main()

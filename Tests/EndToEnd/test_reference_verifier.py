"""The verifier in docs/reference-verifier, written from the protocol's text, judges proofs of the built programs."""

import os
import subprocess
import sys
import unittest

from harness import ROOT, Site
from varlink_client import Connection, decode

REFERENCE = ROOT / "docs" / "reference-verifier"
sys.path.insert(0, str(REFERENCE))
sys.dont_write_bytecode = True

import verify as reference  # noqa: E402
from refusal import Refused  # noqa: E402
from shape import Shape  # noqa: E402
from wire import envelope  # noqa: E402

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


@unittest.skipUnless(os.geteuid() == 0, "end-to-end tests run the daemons as their own users, which takes root")
class ReferenceVerifierTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = site = Site()
        cls.addClassCleanup(site.close)
        site.start_sensor()
        site.start_prover()
        site.start_verifier()
        cls.enrolment = site.base / "enrol.proof"
        cls.login = site.base / "login.proof"
        site.show(*site.finger("alice", 1, 3, 4))
        for result in (
            site.cli(
                "enroll", "--user", "sbl-alice", "--modality", "fingerprint", "--label", "right-index",
                "--samples", "3", "--save-proof", cls.enrolment,
            ),
            site.authenticate("sbl-alice", "alice", 6, "--save-proof", cls.login),
        ):
            assert result.code == 0, f"{result}\n{site.logs()}"
        cls.key = site.cli("status", "--json").json["verifier"]["verifierKey"]
        cls.sensor = site.cli("verify", cls.login, "--verifier-key", cls.key, "--json").json["sensorKey"]
        cls.proof = cls.login.read_bytes()

    def judge(self, proof, verifier_key=None, sensor_key=None):
        """The verdict, or the check that refused."""
        key = bytes.fromhex(verifier_key or self.key)
        try:
            return reference.verify(proof, key, sensor_key and bytes.fromhex(sensor_key))
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
            return decode(prover.call(PROVER + "Rotate", more=True, challenge=challenge)["proof"])

    def test_command(self):
        command = [sys.executable, "-B", REFERENCE / "verify.py", self.login, "--verifier-key", self.key]
        for arguments, code, output in (
            (["--sensor-key", self.sensor], 0, "biometric\n"),
            (["--sensor-key", self.key], 1, "refused: attestation: sensor key\n"),
        ):
            result = subprocess.run([*command, *arguments], capture_output=True, text=True)
            self.assertEqual((result.returncode, result.stdout), (code, output), result.stderr)

    def test_enrolment(self):
        self.assertEqual(self.judge(self.enrolment.read_bytes(), sensor_key=self.sensor), "biometric")

    def test_reblinding(self):
        self.assertEqual(self.judge(self.rotation("reblind", 6)), "biometric")

    def test_refresh(self):
        self.assertEqual(self.judge(self.rotation("refresh", 1, 3)), "biometric")

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
                altered = bytearray(self.proof)
                altered[offset] ^= 2
                answer = self.judge(bytes(altered))
                self.assertTrue(answer.startswith("refused: "), answer)

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


if __name__ == "__main__":
    unittest.main()

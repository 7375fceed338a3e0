"""Rotation by upgrade with the built programs: a template moves to a model whose weights are private."""

import os
import sys
import unittest

from harness import ROOT, Site
from varlink_client import Connection, VarlinkError, decode, encode, expectation

sys.path.insert(0, str(ROOT / "docs" / "reference-verifier"))
sys.dont_write_bytecode = True

import verify as reference  # noqa: E402
from model import decode_model  # noqa: E402
from refusal import Refused  # noqa: E402

VERIFIER = "org.semblance.Verifier."
PROVER = "org.semblance.Prover."


@unittest.skipUnless(os.geteuid() == 0, "end-to-end tests run the daemons as their own users, which takes root")
class UpgradeTests(unittest.TestCase):
    """One enrolment, from the old model alone to the new model alone."""

    target = ("--user", "sbl-alice", "--label", "right-index")

    def setUp(self):
        self.site = Site()
        self.addCleanup(self.site.close)
        self.start()
        self.assertCode(self.site.enroll(), 0)
        self.old = self.site.policy["models"][0]

    def start(self):
        for name in list(self.site.processes):
            self.site.stop(name)
        self.site.start_sensor()
        self.site.start_prover()
        self.site.start_verifier()

    def assertCode(self, result, code):
        self.assertEqual(result.code, code, f"{result}\n{self.site.logs()}")

    def introduce(self):
        """Makes a model of the same network with private weights, which serves new enrolments from now on."""
        site = self.site
        model = site.base / "private.semblance-model"
        self.assertCode(site.cli("model", "blind", site.model, "--output", model), 0)
        model.chmod(0o644)
        self.published = site.base / "private.semblance-public"
        self.new = site.publish(model, self.published)
        # Other bounds than the old model's, so that a proof which mixes them up is refused.
        self.new["threshold"] += 100
        self.new["minimumNorm"] += 500
        site.other_models = [model]
        site.policy["models"] = [self.new, self.old]

    def upgrade(self, person="alice", numbers=(1, 3, 4)):
        self.site.show(*self.site.finger(person, *numbers))
        return self.site.cli("rotate", "--upgrade", "--samples", str(len(numbers)), *self.target, "--json")

    def model_in_force(self):
        (enrolment,) = self.site.cli("list", "--user", "sbl-alice", "--json").json
        return enrolment["model"]

    def test_upgrade(self):
        site = self.site
        none = self.upgrade()
        self.assertCode(none, 3)
        self.assertIn("there is no model to upgrade to", none.err)
        self.introduce()
        self.start()
        # Under the policy that prefers the new model, the old template still serves.
        self.assertCode(site.authenticate(), 0)
        self.assertCode(self.upgrade("mallory"), 1)
        self.assertCode(self.upgrade(numbers=(1, 1)), 6)
        self.assertEqual(self.model_in_force(), self.old["identity"])

        moved = self.upgrade()
        self.assertCode(moved, 0)
        self.assertEqual((moved.json["role"], moved.json["epoch"]), ("upgrade", 1))
        self.assertEqual(self.model_in_force(), self.new["identity"])
        proof = site.base / "login.proof"
        self.assertCode(site.authenticate("sbl-alice", "alice", 6, "--save-proof", proof), 0)
        key = site.cli("status", "--json").json["verifier"]["verifierKey"]
        checked = site.cli("verify", proof, "--verifier-key", key, "--model", self.published, "--json")
        self.assertEqual(checked.json["model"], self.new["identity"], checked)
        self.assertCode(site.authenticate("sbl-alice", "mallory", 4), 1)
        self.assertCode(self.upgrade(), 3)

        # The old model may go.
        site.policy["models"] = [self.new]
        self.start()
        self.assertCode(site.authenticate(), 0)
        site.show(*site.finger("alice", 6))
        self.assertEqual(site.pam("sbl-alice").code, 0)

    def test_parts_and_replays(self):
        """An upgrade's proof serves once, for its own challenge, whole."""
        self.introduce()
        self.start()
        site = self.site
        proofs = []
        with Connection(site.verifier_socket()) as verifier, Connection(site.prover_socket) as prover:
            for _ in range(2):
                site.show(*site.finger("alice", 1, 3))
                challenge = verifier.call(
                    VERIFIER + "RotateChallenge", subject="sbl-alice", modality="fingerprint", label="right-index",
                    kind="upgrade", samples=2,
                )["challenge"]
                expected = expectation(site.verifier_socket(), "sbl-alice", "rotate", "upgrade", 2)
                reply = prover.call(PROVER + "Rotate", more=True, challenge=challenge, expected=expected)
                proofs.append(decode(reply["proof"]))
            first, second = proofs
            self.assertEqual(len(first), len(second))
            # The second verifier, written from the text, agrees on both and on what is altered.
            key = bytes.fromhex(site.cli("status", "--json").json["verifier"]["verifierKey"])
            models = [decode_model(path.read_bytes()) for path in (self.published, site.published)]
            for proof in proofs:
                self.assertEqual(reference.verify(proof, key, None, models), "biometric")
            half = len(first) // 2
            for altered in (first[:half] + second[half:], second[:half] + first[half:], first[:-32]):
                with self.assertRaises(Refused):
                    reference.verify(altered, key, None, models)
                with self.assertRaises(VarlinkError) as caught:
                    verifier.call(VERIFIER + "Rotate", proof=encode(altered))
                self.assertEqual(caught.exception.name, VERIFIER + "Refused")
            # The altered proofs have used their challenges up.
            with self.assertRaises(VarlinkError):
                verifier.call(VERIFIER + "Rotate", proof=encode(first))
        self.assertEqual(self.model_in_force(), self.old["identity"])
        self.assertCode(site.authenticate(), 0)


if __name__ == "__main__":
    unittest.main()

"""Any enrolled finger or face logs in, by one capture and one attempt, and one set of challenges is one login."""

import os
import pathlib
import subprocess
import unittest

from harness import FIXTURES, SHARED, Site, free_port
from varlink_client import Attending, Connection, VarlinkError, expectation

VERIFIER = "org.semblance.Verifier."
PROVER = "org.semblance.Prover."
PERSON = "sbl-alice"
# The fixtures are of one finger each; the person of these tests has two of them.
RIGHT, LEFT = "alice", "bob"
CASCADE = pathlib.Path("/usr/share/opencv4/haarcascades/haarcascade_frontalface_alt2.xml")


def enrol_both(site, **options):
    for person, label in ((RIGHT, "right-index"), (LEFT, "left-thumb")):
        enrolled = site.enroll(PERSON, person, (1, 3, 4), label, **options)
        assert enrolled.code == 0, f"{enrolled}\n{site.logs()}"


@unittest.skipUnless(os.geteuid() == 0, "end-to-end tests run the daemons as their own users, which takes root")
class TwoFingerTests(unittest.TestCase):
    """One site, one person with two fingers at three verifiers; every test leaves it usable."""

    @classmethod
    def setUpClass(cls):
        cls.site = site = Site()
        port = free_port()
        cls.remote = f"http://127.0.0.1:{port}"
        site.start_sensor()
        site.start_prover()
        site.start_verifier()
        site.start_verifier("other")
        site.start_verifier("remote", http_port=port)
        enrol_both(site)
        enrol_both(site, verifier="other")
        for person, label in ((RIGHT, "right-index"), (LEFT, "left-thumb")):
            token = site.as_verifier("enrol-token", "--config", site.base / "remote.json", "--subject", PERSON)
            site.show(*site.finger(person, 1, 3, 4))
            enrolled = site.cli(
                "enroll", "--user", PERSON, "--label", label, "--samples", "3", "--enrolment-token",
                token.out.strip(), verifier=cls.remote,
            )
            assert enrolled.code == 0, f"{enrolled}\n{site.logs()}"

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def assertCode(self, result, code):
        self.assertEqual(result.code, code, f"{result}\n{self.site.logs()}")

    def issue(self, connection, **options):
        return connection.call(VERIFIER + "Challenge", subject=PERSON, purpose="test", **options)

    def prove(self, issued, alternatives=None, verifier="verifier"):
        """What semblanced makes of these challenges."""
        if alternatives is None:
            alternatives = [entry["challenge"] for entry in issued.get("alternatives", [])]
        with Connection(self.site.prover_socket) as prover:
            return prover.call(
                PROVER + "Prove", challenge=issued["challenge"], alternatives=alternatives,
                expected=expectation(self.site.verifier_socket(verifier), PERSON),
            )["proof"]

    # -- any finger

    def test_either_finger_logs_in_locally(self):
        for person in (RIGHT, LEFT):
            result = self.site.authenticate(PERSON, person, 6)
            self.assertCode(result, 0)
            self.assertEqual(result.out, "biometric\n")
        # A label is that finger and no other.
        self.assertCode(self.site.authenticate(PERSON, LEFT, 5, "--label", "left-thumb"), 0)
        self.assertCode(self.site.authenticate(PERSON, LEFT, 6, "--label", "right-index"), 1)
        self.assertCode(self.site.authenticate(PERSON, RIGHT, 6), 0)

    def test_either_finger_logs_in_remotely_and_the_question_names_both(self):
        for person in (RIGHT, LEFT):
            result = self.site.authenticate(PERSON, person, 6, "--json", verifier=self.remote)
            self.assertCode(result, 0)
            self.assertEqual(result.json["verdict"], "biometric")
            self.assertIn("asks for your right index finger or your left thumb", " ".join(result.screen.split()))

    def test_either_finger_logs_in_by_pam_which_names_both(self):
        for person in (RIGHT, LEFT):
            self.site.show(*self.site.finger(person, 6))
            result = self.site.pam(PERSON)
            self.assertCode(result, 0)
            self.assertIn("present your right index finger or your left thumb", result.out + result.err)
        self.site.show(*self.site.finger("mallory", 4))
        self.assertNotEqual(self.site.pam(PERSON, arguments="max-tries=1").code, 0)
        self.assertCode(self.site.authenticate(PERSON, LEFT, 6), 0)

    def test_an_agent_is_told_all_that_would_do(self):
        with Connection(self.site.verifier_socket()) as verifier, Attending(self.site.prover_socket) as agent:
            issued = self.issue(verifier)
            self.site.show(*self.site.finger(LEFT, 6))
            with Connection(self.site.prover_socket) as prover:
                proof = prover.call(
                    PROVER + "Prove", challenge=issued["challenge"],
                    alternatives=[entry["challenge"] for entry in issued["alternatives"]], confirm=True,
                    expected=expectation(self.site.verifier_socket(), PERSON),
                )["proof"]
            self.assertEqual(verifier.call(VERIFIER + "Verify", proof=proof), {"verdict": "biometric"})
        self.assertEqual(
            [question["presented"] for question in agent.questions], ["your right index finger or your left thumb"]
        )

    # -- one login, one attempt

    def test_a_set_is_one_login(self):
        """The attack: answer each challenge of one set, and hand in all the proofs."""
        with Connection(self.site.verifier_socket()) as verifier:
            for order in ((0, 1), (1, 0)):
                issued = self.issue(verifier)
                self.assertEqual((issued["modality"], issued["label"]), ("fingerprint", "right-index"))
                (other,) = issued["alternatives"]
                self.assertEqual((other["modality"], other["label"]), ("fingerprint", "left-thumb"))
                proofs = []
                for person, challenge in ((RIGHT, issued), (LEFT, other)):
                    self.site.show(*self.site.finger(person, 6))
                    proofs.append(self.prove(challenge, alternatives=[]))
                first, second = (proofs[place] for place in order)
                self.assertEqual(verifier.call(VERIFIER + "Verify", proof=first), {"verdict": "biometric"})
                with self.assertRaises(VarlinkError) as refused:
                    verifier.call(VERIFIER + "Verify", proof=second)
                self.assertEqual(refused.exception.name, VERIFIER + "Refused")

    def test_a_wrong_finger_is_one_attempt(self):
        """Not one for each enrolment: of five free failures, five are left."""
        codes = [self.site.authenticate(PERSON, "mallory", number).code for number in (4, 5, 4, 5)]
        self.assertEqual(codes, [1] * 4, self.site.logs())
        self.assertCode(self.site.authenticate(PERSON, LEFT, 6), 0)

    # -- what does not belong to the set

    def assertMismatch(self, field, issued, alternatives):
        self.site.show(*self.site.finger(LEFT, 6))
        with self.assertRaises(VarlinkError) as refused:
            self.prove(issued, alternatives)
        self.assertEqual(refused.exception.name, PROVER + "ChallengeMismatch", refused.exception.parameters)
        self.assertEqual(refused.exception.parameters["field"], field)

    def test_what_is_smuggled_into_a_set_is_named(self):
        with Connection(self.site.verifier_socket()) as verifier, Connection(
            self.site.verifier_socket("other")
        ) as other:
            issued = self.issue(verifier)
            left = issued["alternatives"][0]["challenge"]
            # Another verifier's, where the person is enrolled as well; the same one's of another request; twice the same.
            self.assertMismatch("audience", issued, [self.issue(other)["challenge"]])
            self.assertMismatch("nonce", issued, [self.issue(verifier)["alternatives"][0]["challenge"]])
            self.assertMismatch("label", issued, [left, left])
            self.assertMismatch("alternatives", issued, [left] * 9)
            purpose = verifier.call(VERIFIER + "Challenge", subject=PERSON, purpose="payment", label="left-thumb")
            self.assertMismatch("purpose", issued, [purpose["challenge"]])
            rotation = verifier.call(
                VERIFIER + "RotateChallenge", subject=PERSON, modality="fingerprint", label="left-thumb", kind="reblind",
                samples=1,
            )
            self.assertMismatch("role", issued, [rotation["challenge"]])
            # Whole, it is answered.
            self.site.show(*self.site.finger(LEFT, 6))
            proof = self.prove(issued)
            self.assertEqual(verifier.call(VERIFIER + "Verify", proof=proof), {"verdict": "biometric"})

    def test_what_is_enrolled_elsewhere_only_is_passed_over(self):
        """The verifier knows a finger that this machine has not: the other one still logs in, and alone it is told."""
        with Connection(self.site.prover_socket) as prover:
            prover.call(
                PROVER + "Revoke", subject=PERSON, audience="other.semblance.test", modality="fingerprint",
                label="right-index",
            )
        self.assertCode(self.site.authenticate(PERSON, LEFT, 6, verifier="other"), 0)
        self.assertCode(self.site.authenticate(PERSON, RIGHT, 6, "--label", "right-index", verifier="other"), 3)


@unittest.skipUnless(os.geteuid() == 0, "end-to-end tests run the daemons as their own users, which takes root")
class FaceOrFingerTests(unittest.TestCase):
    """A face and a finger of one person, by two networks."""

    @classmethod
    def setUpClass(cls):
        archive = SHARED / "data" / "orl.tar"
        if not archive.exists():
            raise unittest.SkipTest(f"no pictures of faces: {archive.name} is not among the shared data")
        if not CASCADE.exists():
            raise unittest.SkipTest("no cascade to find faces with; install opencv-data")
        cls.site = site = Site()
        faces = site.base / "faces"
        faces.mkdir()
        subprocess.run(["tar", "-xf", archive, "-C", faces, "--no-same-owner"], check=True)
        cls.faces = faces / "orl"
        face = FIXTURES / "models" / "face-v2.semblance-model"
        site.other_models.append(face)
        published = site.publish(face, site.base / "face.semblance-public")
        site.policy["models"].append(published | {"modality": "face"})
        site.start_sensor()
        site.start_prover()
        site.start_verifier()
        enrolled = site.enroll(PERSON, RIGHT, (1, 3, 4), "right-index")
        assert enrolled.code == 0, f"{enrolled}\n{site.logs()}"
        site.show(*cls.face(1, 2, 3, 4, 5))
        enrolled = site.cli("enroll", "--user", PERSON, "--modality", "face", "--label", "plain", "--samples", "3")
        assert enrolled.code == 0, f"{enrolled}\n{site.logs()}"

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    @classmethod
    def face(cls, *numbers, person="s1"):
        return [cls.faces / person / f"{number}.pgm" for number in numbers]

    def assertCode(self, result, code):
        self.assertEqual(result.code, code, f"{result}\n{self.site.logs()}")

    def look(self):
        """Logs in by face; a picture in which the person is not known again is one of the honest failures."""
        for number in (6, 7, 8, 9):
            self.site.show(*self.face(number))
            result = self.site.cli("authenticate", "--user", PERSON, "--json")
            if result.code == 0:
                return result
        return result

    def test_either_modality_logs_in(self):
        result = self.site.authenticate(PERSON, RIGHT, 6)
        self.assertCode(result, 0)
        self.assertCode(self.look(), 0)
        # Each modality by name as well.
        self.assertCode(self.site.authenticate(PERSON, RIGHT, 5, "--modality", "fingerprint"), 0)
        self.site.show(*self.site.finger(RIGHT, 6))
        self.assertNotEqual(self.site.cli("authenticate", "--user", PERSON, "--modality", "face").code, 0)

    def test_pam_names_both(self):
        self.site.show(*self.site.finger(RIGHT, 6))
        result = self.site.pam(PERSON)
        self.assertCode(result, 0)
        self.assertIn("present your right index finger or your face", result.out + result.err)

    def test_strangers_are_strangers_to_both(self):
        self.site.show(*self.face(1, person="s9"))
        self.assertCode(self.site.cli("authenticate", "--user", PERSON), 1)
        self.assertCode(self.site.authenticate(PERSON, "mallory", 4), 1)
        self.assertCode(self.site.authenticate(PERSON, RIGHT, 6), 0)
        self.assertCode(self.look(), 0)

    def test_an_empty_view_is_told_of_each(self):
        grey = self.site.base / "grey.pgm"
        grey.write_bytes(b"P5\n300 360\n255\n" + bytes([128]) * (300 * 360))
        self.site.show(grey)
        result = self.site.cli("authenticate", "--user", PERSON)
        self.assertCode(result, 6)
        self.assertIn("fingerprint: ", result.err)
        self.assertIn("; face: ", result.err)


if __name__ == "__main__":
    unittest.main()

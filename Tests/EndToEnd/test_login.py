"""Enrol, log in locally, remotely and through PAM, rotate, revoke: the whole path with the built programs."""

import os
import unittest

from harness import ROOT, Site, free_port
from varlink_client import Connection, VarlinkError, decode, encode, expectation

VERIFIER = "org.semblance.Verifier."
PROVER = "org.semblance.Prover."


@unittest.skipUnless(os.geteuid() == 0, "end-to-end tests run the daemons as their own users, which takes root")
class LoginTests(unittest.TestCase):
    """One site, one enrolled person; every test leaves it usable."""

    @classmethod
    def setUpClass(cls):
        cls.site = Site()
        cls.port = free_port()
        cls.site.start_sensor()
        cls.site.start_prover()
        cls.site.start_verifier()
        cls.site.start_verifier("remote", http_port=cls.port)
        enrolled = cls.site.enroll()
        assert enrolled.code == 0, f"{enrolled}\n{cls.site.logs()}"
        assert enrolled.out == "", "silent when all is well"
        cls.remote = f"http://127.0.0.1:{cls.port}"

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def assertCode(self, result, code):
        self.assertEqual(result.code, code, f"{result}\n{self.site.logs()}")

    def login(self):
        """Succeeds, and so clears the failure counters."""
        self.assertCode(self.site.authenticate(), 0)

    # -- local

    def test_authenticate_is_biometric(self):
        result = self.site.authenticate("sbl-alice", "alice", 6, "--json")
        self.assertCode(result, 0)
        self.assertEqual(result.json["verdict"], "biometric")

    def test_impostor_is_refused(self):
        result = self.site.authenticate("sbl-alice", "mallory", 4)
        self.assertCode(result, 1)
        self.assertIn("no match", result.err)
        self.assertEqual(result.out, "")
        self.login()

    def test_list_status_doctor(self):
        entries = self.site.cli("list", "--json").json
        audiences = {entry["audience"] for entry in entries if entry["subject"] == "sbl-alice"}
        self.assertIn("verifier.semblance.test", audiences)
        self.assertEqual(self.site.cli("status").code, 0)
        findings = {entry["check"]: entry for entry in self.site.cli("doctor", "--json").json}
        self.assertTrue(findings["prover"]["ok"])
        self.assertTrue(findings["verifier"]["ok"])
        findings = {
            entry["check"]: entry for entry in self.site.cli("doctor", "--json", "--model", self.site.published).json
        }
        self.assertTrue(findings["model"]["ok"])

    def test_enrolling_twice_is_refused(self):
        result = self.site.enroll()
        self.assertCode(result, 3)
        self.assertIn("rotate --refresh", result.err)

    def test_two_people_do_not_enrol_as_one(self):
        self.site.show(*self.site.finger("bob", 1), *self.site.finger("carol", 1))
        result = self.site.cli(
            "enroll", "--user", "sbl-chimera", "--label", "right-index", "--samples", "2", "--modality", "fingerprint"
        )
        self.assertCode(result, 1)
        self.assertCode(self.site.cli("authenticate", "--user", "sbl-chimera"), 3)

    # -- proofs

    def proof(self, connection):
        """A fresh, valid proof for a challenge of this verifier connection."""
        self.site.show(*self.site.finger("alice", 6))
        challenge = connection.call(VERIFIER + "Challenge", subject="sbl-alice", purpose="test")["challenge"]
        with Connection(self.site.prover_socket) as prover:
            expected = expectation(self.site.verifier_socket(), "sbl-alice")
            return decode(prover.call(PROVER + "Prove", more=True, challenge=challenge, expected=expected)["proof"])

    def assertRefused(self, connection, proof):
        with self.assertRaises(VarlinkError) as caught:
            connection.call(VERIFIER + "Verify", proof=encode(proof))
        self.assertEqual(caught.exception.name, VERIFIER + "Refused")
        self.assertEqual(caught.exception.parameters, {})

    def test_replay_is_refused(self):
        with Connection(self.site.verifier_socket()) as verifier:
            proof = self.proof(verifier)
            self.assertEqual(verifier.call(VERIFIER + "Verify", proof=encode(proof)), {"verdict": "biometric"})
            self.assertRefused(verifier, proof)

    def test_proof_is_bound_to_its_connection(self):
        with Connection(self.site.verifier_socket()) as one, Connection(self.site.verifier_socket()) as other:
            proof = self.proof(one)
            self.assertRefused(other, proof)
        self.login()

    def test_tampered_proof_is_refused(self):
        with Connection(self.site.verifier_socket()) as verifier:
            proof = bytearray(self.proof(verifier))
            proof[len(proof) // 2] ^= 1
            self.assertRefused(verifier, bytes(proof))
        self.login()

    def test_proof_of_another_verifier_is_refused(self):
        with Connection(self.site.verifier_socket()) as verifier:
            proof = self.proof(verifier)
            with Connection(self.site.verifier_socket("remote")) as other:
                self.assertRefused(other, proof)
            self.assertEqual(verifier.call(VERIFIER + "Verify", proof=encode(proof))["verdict"], "biometric")

    def test_proof_file_verifies_offline(self):
        path = self.site.base / "login.proof"
        self.assertCode(self.site.authenticate("sbl-alice", "alice", 6, "--save-proof", path), 0)
        key = self.site.cli("status", "--json").json["verifier"]["verifierKey"]

        def verify(file, *arguments):
            return self.site.cli("verify", file, "--model", self.site.published, "--verifier-key", *arguments)

        good = verify(path, key, "--json")
        self.assertCode(good, 0)
        self.assertEqual(good.json["subject"], "sbl-alice")
        self.assertEqual(good.json["assurance"], "full")
        self.assertEqual(good.json["model"], self.site.policy["models"][0]["identity"])
        sensor = good.json["sensorKey"]
        self.assertCode(verify(path, key, "--sensor-key", sensor), 0)
        self.assertCode(verify(path, key, "--sensor-key", key), 1)
        self.assertCode(verify(path, sensor), 1)
        # The network is not in the proof.
        missing = self.site.cli("verify", path, "--verifier-key", key)
        self.assertCode(missing, 8)
        self.assertIn("--model", missing.err)
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        bad = self.site.base / "bad.proof"
        bad.write_bytes(data)
        self.assertIn(verify(bad, key).code, (1, 8))
        bad.write_bytes(data[:-1])
        self.assertCode(verify(bad, key), 8)
        # Several are checked together; one that does not hold spoils no other.
        data[-1] ^= 1
        data[-32] ^= 1
        false = self.site.base / "false.proof"
        false.write_bytes(data)
        several = [path, bad, path, false, "--model", self.site.published, "--verifier-key", key]
        told = self.site.cli("verify", *several, "--json")
        self.assertCode(told, 8)
        self.assertEqual([entry["file"] for entry in told.json], [str(file) for file in several[:4]])
        self.assertEqual(told.json[0]["subject"], "sbl-alice")
        self.assertEqual(told.json[1]["error"]["code"], "badInput")
        self.assertEqual(told.json[2]["verdict"], told.json[0]["verdict"])
        self.assertEqual(told.json[3]["error"]["code"], "refused")
        told = self.site.cli("verify", path, false, *several[4:])
        self.assertCode(told, 1)
        self.assertEqual(len(told.out.splitlines()), 1)
        self.assertIn("false.proof: the proof does not hold", told.err)
        self.assertIn("1 of 2 proofs do not hold", told.err)
        self.assertCode(self.site.cli("verify", path, path, *several[4:]), 0)

    # -- authorisation

    def test_another_user_cannot_act_for_alice(self):
        for command in (
            ["authenticate", "--user", "sbl-alice"],
            ["enroll", "--user", "sbl-alice", "--label", "left", "--samples", "1"],
            ["rotate", "--reblind", "--user", "sbl-alice", "--label", "right-index"],
            ["revoke", "--user", "sbl-alice", "--label", "right-index"],
            ["list", "--user", "sbl-alice"],
        ):
            result = self.site.cli(*command, user="nobody")
            self.assertIn(result.code, (3, 7), f"{command}: {result}")
        self.login()

    # -- remote

    def test_remote_login(self):
        result = self.site.enroll(subject="sbl-alice", verifier=self.remote)
        self.assertCode(result, 7)
        self.assertIn("enrol-token", result.err)
        made = self.site.as_verifier(
            "enrol-token", "--config", self.site.base / "remote.json", "--subject", "sbl-alice"
        )
        self.assertCode(made, 0)
        self.site.show(*self.site.finger("alice", 1, 3, 4))
        command = [
            "enroll", "--user", "sbl-alice", "--label", "right-index", "--samples", "3",
            "--enrolment-token", made.out.strip(),
        ]
        self.assertCode(self.site.cli(*command, verifier=self.remote), 0)
        # The token is spent.
        again = self.site.cli(*command[:4], "left-index", *command[5:], verifier=self.remote)
        self.assertEqual(again.code, 1, again)

        answer = self.site.authenticate("sbl-alice", "alice", 6, "--json", verifier=self.remote)
        self.assertCode(answer, 0)
        self.assertEqual(answer.json["verdict"], "biometric")
        self.assertEqual(len(answer.json["token"].split(".")), 3)
        self.assertCode(self.site.authenticate("sbl-alice", "bob", 4, verifier=self.remote), 1)

        entries = [e for e in self.site.cli("list", "--json").json if e["subject"] == "sbl-alice"]
        self.assertEqual(len({entry["audience"] for entry in entries}), 2)
        self.assertEqual(
            {entry["origin"] for entry in entries}, {self.remote, f"unix:{self.site.verifier_socket()}"}
        )

    # -- rotation

    def epoch(self, label="right-index"):
        entries = self.site.cli("list", "--user", "sbl-alice", "--json").json
        return [
            entry["epoch"]
            for entry in entries
            if entry["label"] == label and entry["audience"] == "verifier.semblance.test"
        ][0]

    def test_rotation(self):
        before = self.epoch()
        with Connection(self.site.verifier_socket()) as verifier:
            old = self.proof(verifier)
            self.site.show(*self.site.finger("alice", 6))
            arguments = ["--user", "sbl-alice", "--label", "right-index", "--modality", "fingerprint"]
            result = self.site.cli("rotate", "--reblind", *arguments, "--json")
            self.assertCode(result, 0)
            self.assertEqual(result.json["epoch"], before + 1)
            # A proof against the old commitment is worthless now.
            self.assertRefused(verifier, old)
        self.login()
        self.site.show(*self.site.finger("alice", 1, 3))
        self.assertCode(self.site.cli("rotate", "--refresh", "--samples", "2", *arguments), 0)
        self.assertEqual(self.epoch(), before + 2)
        self.login()
        self.site.show(*self.site.finger("mallory", 4))
        self.assertCode(self.site.cli("rotate", "--reblind", *arguments), 1)
        self.assertEqual(self.epoch(), before + 2)
        self.login()

    # -- restart

    def test_everything_survives_a_restart(self):
        for name, start in (
            ("verifier", lambda: self.site.start_verifier()),
            ("prover", self.site.start_prover),
            ("sensor", self.site.start_sensor),
        ):
            self.assertEqual(self.site.stop(name), 0, f"{name} stops gracefully\n{self.site.logs()}")
            start()
            self.login()

    # -- PAM

    def test_pam_login(self):
        self.site.show(*self.site.finger("alice", 6))
        result = self.site.pam("sbl-alice", "authenticate", "acct_mgmt")
        self.assertCode(result, 0)
        self.assertIn("successfully authenticated", result.out)

    def test_pam_impostor(self):
        self.site.show(*self.site.finger("mallory", 4))
        result = self.site.pam("sbl-alice", arguments="max-tries=1")
        self.assertNotEqual(result.code, 0)
        self.assertIn("Authentication failure", result.err + result.out)
        self.login()

    def test_pam_unknown_user_falls_through(self):
        result = self.site.pam("nobody")
        self.assertNotEqual(result.code, 0)
        self.assertIn("cannot retrieve authentication info", (result.err + result.out).lower())

    def test_pam_sufficient_falls_to_the_next_module(self):
        module = ROOT / "pam" / "build" / "release" / "pam_semblance.so"
        line = f"verifier={self.site.verifier_socket()} prover={self.site.prover_socket}"
        stack = (
            f"auth [success=done default=ignore] {module} {line}\nauth required pam_permit.so\n"
            "account required pam_permit.so\n"
        )
        self.assertCode(self.site.pam("nobody", stack=stack), 0)


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class AssuranceTests(unittest.TestCase):
    """The other assurances, and what happens between them."""

    def assurances(self, site):
        return {entry["label"]: entry["assurance"] for entry in site.cli("list", "--json").json}

    def test_every_assurance_logs_in(self):
        for least in ("match", "head"):
            with self.subTest(least), Site(assurance=least) as site:
                site.start_sensor()
                site.start_prover()
                site.start_verifier()
                enrolled = site.enroll()
                self.assertEqual(enrolled.code, 0, f"{enrolled}{site.logs()}")
                self.assertEqual(self.assurances(site), {"right-index": least})
                self.assertEqual(site.authenticate().code, 0, site.logs())
                self.assertEqual(site.authenticate("sbl-alice", "mallory", 4).code, 1, site.logs())
                self.assertEqual(site.authenticate().code, 0, site.logs())
                self.assertEqual(site.pam("sbl-alice").code, 0, site.logs())

    def test_more_may_be_asked_for_than_the_policy_does_but_not_less(self):
        with Site(assurance="head") as site:
            site.start_sensor()
            site.start_prover()
            site.start_verifier()
            site.show(*site.finger("alice", 1, 3, 4))
            command = ["enroll", "--user", "sbl-alice", "--label", "thumb", "--samples", "3", "--assurance"]
            self.assertNotEqual(site.cli(*command, "match").code, 0)
            self.assertEqual(site.cli(*command, "total").code, 64)
            enrolled = site.cli(*command, "full")
            self.assertEqual(enrolled.code, 0, f"{enrolled}{site.logs()}")
            self.assertEqual(self.assurances(site), {"thumb": "full"})
            self.assertEqual(site.authenticate().code, 0, site.logs())

    def test_what_is_missing_is_said(self):
        with Site() as site:
            site.start_sensor()
            site.start_prover()
            config = site.verifier_config()
            text = config.read_text()
            other = site.base / "other.semblance-public"
            other.write_bytes(site.published.read_bytes()[:-1])
            config.write_text(text.replace(str(site.published), str(other)))
            made = site.as_verifier("init", "--config", config)
            self.assertNotEqual(made.code, 0)
            self.assertIn("policy.models.0.published", made.err)
            config.write_text(text)
            site.start_verifier(config=config)
            # A prover daemon without the network cannot prove it.
            model, site.model = site.model, site.base / "model.semblance-model"
            made = site.cli("model", "blind", model, "-o", site.model)
            self.assertEqual(made.code, 0, made)
            site.model.chmod(0o644)
            site.stop("prover")
            site.start_prover()
            enrolled = site.enroll()
            self.assertEqual(enrolled.code, 6, enrolled)
            self.assertIn("--model", enrolled.err)


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class LockOutTests(unittest.TestCase):
    def test_five_failures_lock_out_and_survive_a_restart(self):
        with Site() as site:
            site.start_sensor()
            site.start_prover()
            site.start_verifier()
            enrolled = site.enroll()
            self.assertEqual(enrolled.code, 0, f"{enrolled}{site.logs()}")
            codes = [site.authenticate("sbl-alice", "mallory", 4).code for _ in range(6)]
            self.assertEqual(codes[:5], [1] * 5, site.logs())
            self.assertEqual(codes[5], 4, site.logs())
            site.stop("prover")
            site.stop("verifier")
            site.start_prover()
            site.start_verifier()
            result = site.authenticate("sbl-alice", "alice", 6)
            self.assertEqual(result.code, 4, result)
            self.assertIn("try again in", result.err)
            site.show(*site.finger("alice", 6))
            locked = site.pam("sbl-alice")
            self.assertIn("maximum number of retries", (locked.err + locked.out).lower(), locked)

    def test_root_unlocks_both_ends(self):
        """The prover has counted five samples that did not match, the verifier five proofs that it refused."""
        with Site() as site:
            site.start_sensor()
            site.start_prover()
            site.start_verifier()
            enrolled = site.enroll()
            self.assertEqual(enrolled.code, 0, f"{enrolled}{site.logs()}")
            site.show(*site.finger("alice", 6))
            with Connection(site.verifier_socket()) as verifier, Connection(site.prover_socket) as prover:
                refusals = 0
                with self.assertRaises(VarlinkError) as caught:
                    # A flipped bit may leave something that is no proof at all, which counts for nothing.
                    for place in range(40):
                        challenge = verifier.call(VERIFIER + "Challenge", subject="sbl-alice", purpose="test")
                        expected = expectation(site.verifier_socket(), "sbl-alice")
                        challenge = challenge["challenge"]
                        proof = prover.call(PROVER + "Prove", more=True, challenge=challenge, expected=expected)["proof"]
                        proof = bytearray(decode(proof))
                        proof[-1 - 97 * place] ^= 1
                        with self.assertRaises(VarlinkError):
                            verifier.call(VERIFIER + "Verify", proof=encode(bytes(proof)))
                        refusals += 1
                self.assertEqual(caught.exception.name, VERIFIER + "LockedOut")
                self.assertGreaterEqual(refusals, 5)
            self.assertEqual(site.authenticate("sbl-alice", "alice", 6).code, 4)
            self.assertEqual(site.cli("unlock", "--user", "sbl-alice").code, 0, site.logs())
            for _ in range(5):
                self.assertEqual(site.authenticate("sbl-alice", "mallory", 4).code, 1, site.logs())
            self.assertEqual(site.authenticate("sbl-alice", "alice", 6).code, 4)
            self.assertIn("locked out for", site.cli("list", "--user", "sbl-alice").out)
            self.assertIn("sbl-alice's fingerprint is locked out for", site.cli("status").out)
            doctor = site.cli("doctor", "--user", "sbl-alice")
            self.assertNotEqual(doctor.code, 0)
            self.assertIn("semblance unlock --user sbl-alice", doctor.out)
            self.assertEqual(site.cli("unlock", "--user", "sbl-alice").code, 0, site.logs())
            self.assertEqual(site.authenticate("sbl-alice", "alice", 6).code, 0, site.logs())

    def test_a_sensor_without_a_sample_locks_nobody_out(self):
        """A locked laptop with its lid shut asks again and again; nobody is locked out of it."""
        with Site() as site:
            site.start_sensor()
            site.start_prover()
            site.start_verifier()
            enrolled = site.enroll()
            self.assertEqual(enrolled.code, 0, f"{enrolled}{site.logs()}")
            with Connection(site.verifier_socket()) as verifier:
                for _ in range(60):
                    verifier.call(VERIFIER + "Challenge", subject="sbl-alice", purpose="test")
            self.assertEqual(site.authenticate("sbl-alice", "alice", 6).code, 0, site.logs())


if __name__ == "__main__":
    unittest.main()

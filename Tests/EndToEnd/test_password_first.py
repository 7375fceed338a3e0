"""A password first: real daemons, the real module, pamtester for the host."""

import json
import unittest

from harness import MODULE, Site

BOOT = "it was not entered since this computer was started"


class PasswordFirstTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = Site(assurance="match")
        cls.config = cls.site.base / "prover.json"
        cls.config.write_text(json.dumps({"passwordFirst": {"afterBoot": True, "afterFailures": 2}}))
        cls.config.chmod(0o644)
        cls.site.start_sensor()
        cls.site.start_prover("--config", cls.config)
        cls.site.start_verifier()
        enrolled = cls.site.enroll()
        assert enrolled.code == 0, f"{enrolled}\n{cls.site.logs()}"

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def stack(self, control, password=""):
        sockets = f"verifier={self.site.verifier_socket()} prover={self.site.prover_socket}"
        return f"auth {control} {MODULE} {sockets} timeout=20\n{password}account required pam_permit.so\n"

    def match(self):
        self.site.show(*self.site.finger("alice", 6))
        return self.site.pam("sbl-alice", "authenticate", stack=self.stack("required"))

    def enter_password(self, subject="sbl-alice"):
        """The module lets nobody in here, as no rule allows it yet; one that lets everybody in stands for the password's."""
        stack = self.stack("sufficient", "auth required pam_permit.so\n")
        entered = self.site.pam(subject, "authenticate", "setcred", stack=stack)
        self.assertEqual(entered.code, 0, entered)

    def test_from_the_start_of_the_computer_to_failed_tries(self):
        site = self.site
        refused = site.authenticate()
        self.assertEqual(refused.code, 7, refused)
        self.assertIn(f"your password comes first: {BOOT}", refused.err)
        told = self.match()
        self.assertNotEqual(told.code, 0)
        self.assertIn(f"your password comes first: {BOOT}", told.out + told.err)

        # Another's password does not do.
        self.enter_password("sbl-bob")
        self.assertEqual(site.authenticate().code, 7)
        self.enter_password()
        self.assertEqual(site.authenticate().code, 0, site.logs())
        self.assertEqual(self.match().code, 0, site.logs())

        # A restart of the daemon is no start of the computer.
        site.stop("prover")
        site.start_prover("--config", self.config)
        self.assertEqual(self.match().code, 0, site.logs())

        for _ in range(2):
            self.assertEqual(site.authenticate(person="bob").code, 1)
        refused = site.authenticate()
        self.assertIn("your password comes first: the last 2 tries failed", refused.err)
        self.enter_password()
        self.assertEqual(site.authenticate().code, 0, site.logs())

    def test_only_root_says_that_one_was_entered(self):
        request = json.dumps(
            {
                "method": "org.semblance.Prover.PasswordEntered",
                "parameters": {"subject": "sbl-alice", "purpose": "sudo"},
            }
        )
        script = (
            "import socket, sys; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
            "s.sendall(sys.argv[2].encode() + b'\\0'); print(s.recv(65536).decode())"
        )
        for user in ("sbl-alice", "nobody"):
            reply = self.site.run(["python3", "-c", script, self.site.prover_socket, request], user=user)
            self.assertIn("org.semblance.Prover.NotAuthorized", reply.out, reply)

    def test_a_rule_out_of_its_limits_ends_the_start(self):
        for rule, words in (
            ({"afterHours": 0}, '"passwordFirst.afterHours": must be 1 to 8760'),
            ({"afterFailures": 50}, '"passwordFirst.afterFailures": must be 1 to 49'),
            ({"afterboot": True}, "passwordFirst.afterboot"),
            ({"afterHours": 1.5}, "passwordFirst.afterHours"),
        ):
            with self.subTest(rule):
                wrong = self.site.base / "wrong.json"
                wrong.write_text(json.dumps({"passwordFirst": rule}))
                wrong.chmod(0o644)
                result = self.site.run([self.site.bin / "semblanced", "--config", wrong], user="semblance")
                self.assertNotEqual(result.code, 0)
                self.assertIn(words, result.out + result.err)


if __name__ == "__main__":
    unittest.main()

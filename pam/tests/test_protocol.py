"""Daemons that talk rubbish, too much, too slowly, or not at all: never a success, and never beyond the deadline."""

from daemons import CHALLENGE, PROOF, Close, Drip, Hang, Run, Sleep, error, message, progress, reply
from harness import *

# Scripts that no reply to a call may look like, whatever the call.
RUBBISH = {
    "empty message": [b"\0"],
    "not JSON": [b"biometric\0"],
    "array": [b"[]\0"],
    "string": [b'"biometric"\0'],
    "no parameters": [b"{}\0"],
    "null parameters": [message(parameters=None)],
    "parameters are an array": [message(parameters=["biometric"])],
    "parameters are a string": [message(parameters="biometric")],
    "empty parameters": [reply()],
    "truncated": [b'{"parameters":{"verdict":"biometric"\0'],
    "trailing bytes": [b'{"parameters":{"verdict":"biometric","challenge":"AAAA","proof":"AAAA"}}x\0'],
    "unknown member": [
        message(parameters={"verdict": "biometric", "challenge": "AAAA", "proof": "AAAA"}, verdict="biometric")
    ],
    "error is a number": [message(error=1, parameters={"verdict": "biometric", "challenge": "AAAA", "proof": "AAAA"})],
    "error is empty": [message(error="", parameters={"verdict": "biometric", "challenge": "AAAA", "proof": "AAAA"})],
    "error is false": [message(error=False, parameters={"verdict": "biometric", "challenge": "AAAA", "proof": "AAAA"})],
    "continues is a number": [
        message(parameters={"verdict": "biometric", "challenge": "AAAA", "proof": "AAAA"}, continues=0)
    ],
    "error that continues": [message(error="org.semblance.Prover.NoMatch", continues=True)],
    "two replies": [reply(verdict="biometric", challenge="AAAA", proof="AAAA") * 2],
    "reply and a half": [reply(verdict="biometric", challenge="AAAA", proof="AAAA") + b"{"],
    "duplicate members": [
        b'{"parameters":{"verdict":"biometric","challenge":"AAAA","proof":"AAAA"},'
        b'"parameters":{"verdict":"biometric","challenge":"AAAA","proof":"AAAA"}}\0'
    ],
    "duplicate parameters": [
        b'{"parameters":{"verdict":"refused","verdict":"biometric","challenge":"AAAA","challenge":"AAAB",'
        b'"proof":"AAAA","proof":"AAAB"}}\0'
    ],
    "ill-formed UTF-8": [b'{"parameters":{"verdict":"biometric","challenge":"AAAA","proof":"AAAA","x":"\xff"}}\0'],
    "NUL in a string": [
        b'{"parameters":{"verdict":"biometric\\u0000","challenge":"AAAA\\u0000","proof":"AAAA\\u0000"}}\0'
    ],
    "too deep": [
        b'{"parameters":{"verdict":"biometric","challenge":"AAAA","proof":"AAAA","x":' + b"[" * 50 + b"]" * 50 + b"}}\0"
    ],
    "too long": [
        b'{"parameters":{"verdict":"biometric","challenge":"AAAA","proof":"AAAA","x":"' + b"a" * 270000 + b'"}}\0'
    ],
    "endless": [b" " * 4096] * 100 + [Hang],
    "wrong types": [reply(verdict=True, challenge=1, proof=["AAAA"])],
    "wrong values": [reply(verdict="Biometric", challenge="A", proof="====")],
    "not base64": [reply(verdict="biometric ", challenge="AA\nA", proof="AA-_")],
    "empty values": [reply(verdict="", challenge="", proof="")],
}


class protocol(Case):
    def rubbish(self, where):
        self.serve("timeout=3")
        for name, script in RUBBISH.items():
            with self.subTest(name):
                self.start(**{where: [script]})
                self.authenticate(SYSTEM_ERR)

    def test_rubbish_for_a_challenge(self):
        self.rubbish("challenge")

    def test_rubbish_for_a_proof(self):
        self.rubbish("proof")

    def test_rubbish_for_a_verdict(self):
        self.rubbish("verdict")

    def test_rubbish_is_logged_as_an_error(self):
        self.start(verdict=[RUBBISH["two replies"]])
        self.authenticate(SYSTEM_ERR)
        self.assertTrue(
            any(line.startswith("<83>") and "a daemon broke the protocol" in line for line in self.logged())
        )

    def test_single_calls_may_not_continue(self):
        for where, script in (
            ("challenge", message(parameters={"challenge": "AAAA"}, continues=True)),
            ("verdict", message(parameters={"verdict": "biometric"}, continues=True)),
        ):
            with self.subTest(where):
                self.start(**{where: [[script]]})
                self.authenticate(SYSTEM_ERR)

    def test_proof_may_not_come_with_progress(self):
        self.start(proof=[[progress("x", proof=PROOF), reply(proof=PROOF)]])
        self.authenticate(SYSTEM_ERR)

    def test_challenge_has_a_maximum_length(self):
        self.start(challenge=[[reply(challenge="A" * 20000)]])
        self.authenticate(SYSTEM_ERR)
        self.assertEqual(self.prover.requests, [])

    def test_proof_that_fits_no_request_is_refused(self):
        self.start(proof=[[reply(proof="A" * (256 * 1024 - 40))]])
        self.assertNotEqual(self.run_client().code(), SUCCESS)
        self.assertNotIn("org.semblance.Verifier.Verify", self.verifier.methods())

    def test_verdict_before_the_question_is_refused(self):
        """A reply that is there before its call answers nothing."""
        self.start(
            challenge=[[reply(challenge=CHALLENGE), Sleep(0.1), reply(verdict="biometric")]],
            proof=[[Sleep(0.5), reply(proof=PROOF)]],
        )
        self.authenticate(SYSTEM_ERR)
        self.assertNotIn("org.semblance.Verifier.Verify", self.verifier.methods())

    def test_verdict_together_with_the_challenge_is_refused(self):
        self.start(challenge=[[reply(challenge=CHALLENGE) + reply(verdict="biometric")]])
        self.authenticate(SYSTEM_ERR)

    def test_greeting_is_refused(self):
        self.start(greeting=[reply(challenge=CHALLENGE, proof=PROOF, verdict="biometric")])
        time.sleep(0.1)
        self.assertNotEqual(self.run_client().code(), SUCCESS)

    def test_endless_progress_ends(self):
        self.serve("timeout=2")
        self.start(proof=[[progress(None)] * 5000 + [reply(proof=PROOF)]])
        self.authenticate(SYSTEM_ERR)

    def test_reply_in_single_bytes_is_understood(self):
        self.start(verdict=[[Drip(reply(verdict="biometric"), 0.002)]])
        self.authenticate(SUCCESS)

    def deadline(self, **scripts):
        self.serve("timeout=1")
        self.start(**scripts)
        result = self.authenticate(AUTHINFO_UNAVAIL)
        self.assertGreater(result.seconds, 0.9)
        self.assertLess(result.seconds, 5)

    def test_deadline_without_a_challenge(self):
        self.deadline(challenge=[[Hang]])

    def test_deadline_without_a_proof(self):
        self.deadline(proof=[[Hang]])

    def test_deadline_without_a_verdict(self):
        self.deadline(verdict=[[Hang]])

    def test_deadline_within_a_reply(self):
        self.deadline(verdict=[[b'{"parameters":{"verdict":"biometric"}}', Hang]])

    def test_deadline_under_slow_drip(self):
        self.deadline(challenge=[[Drip(b" " * 1000, 0.05)]])

    def test_deadline_under_steady_progress(self):
        self.deadline(proof=[[step for i in range(300) for step in (progress(f"{i}"), Sleep(0.05))]])

    def test_deadline_is_one_for_all_tries(self):
        self.serve("timeout=1 max-tries=10")
        self.start(proof=[[Sleep(0.3), error("org.semblance.Prover.NoMatch")]])
        self.assertLess(self.authenticate(AUTH_ERR).seconds, 5)

    def test_deadline_when_the_queue_is_full(self):
        self.serve("timeout=1")
        full = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        full.bind(self.path("verifier"))
        full.listen(0)
        waiting = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) for _ in range(4)]
        for one in waiting:
            one.connect_ex(self.path("verifier"))
        self.assertLess(self.authenticate(AUTHINFO_UNAVAIL).seconds, 5)
        for one in waiting + [full]:
            one.close()

    def test_deadline_when_nothing_is_read(self):
        self.serve("timeout=1")
        self.start(proof=[[reply(proof="A" * 180000)]], challenge=[[reply(challenge=CHALLENGE), Sleep(10)]])
        self.assertLess(self.authenticate(AUTHINFO_UNAVAIL).seconds, 5)

    def test_full_queue_that_empties_is_waited_for(self):
        self.serve("timeout=5")
        self.start()
        self.verifier.stop()
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        listener.bind(self.path("verifier"))
        listener.listen(0)
        waiting = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) for _ in range(4)]
        for one in waiting:
            one.connect_ex(self.path("verifier"))

        def drain():
            time.sleep(0.3)
            while True:
                connection, _ = listener.accept()
                connection.settimeout(0.2)
                try:
                    if connection.recv(4096):
                        connection.sendall(error("org.semblance.Verifier.LockedOut"))
                        return
                except OSError:
                    pass

        threading.Thread(target=drain, daemon=True).start()
        self.authenticate(MAXTRIES)
        listener.close()

    def test_verifier_that_dies_is_unavailable(self):
        for where in ("challenge", "verdict"):
            for script in ([Close], [b'{"parameters":{', Close], [reply(verdict="biometric")[:-1], Close]):
                with self.subTest(where=where, script=script):
                    self.start(**{where: [script]})
                    self.authenticate(AUTHINFO_UNAVAIL)

    def test_prover_that_dies_is_unavailable(self):
        for script in ([Close], [progress("x"), Close], [reply(proof=PROOF)[:-1], Close]):
            with self.subTest(script=script):
                self.start(proof=[script])
                self.authenticate(AUTHINFO_UNAVAIL)

    def test_verifier_that_restarts_is_not_asked_again(self):
        """The challenge belonged to the connection that is gone."""
        self.start()
        old, self.verifier = self.verifier, None

        def restart():
            old.stop()
            self.verifier = daemons.verifier(self.path("verifier"))

        self.prover.scripts["Prove"] = [[Run(restart), reply(proof=PROOF)]]
        self.authenticate(AUTHINFO_UNAVAIL)
        self.assertEqual(self.verifier.connections, 0)

    def test_secrets_stay_out_of_the_log(self):
        self.serve("debug")
        self.start(proof=[[error("org.semblance.Prover.NoMatch")], [reply(proof=PROOF)]])
        self.authenticate(SUCCESS)
        log_text = "\n".join(self.logged())
        self.assertIn("proof accepted", log_text)
        self.assertIn("org.semblance.Prover.NoMatch", log_text)
        for secret in (CHALLENGE, PROOF[:64]):
            self.assertNotIn(secret, log_text)

"""What is asked of whom, and what the user is told."""

from daemons import CHALLENGE, PROOF, error, progress, reply
from harness import *

CHALLENGE_REQUEST = b'{"method":"org.semblance.Verifier.Challenge","parameters":{%s}}'
NO_MATCH = [error("org.semblance.Prover.NoMatch")]


class flow(Case):
    def test_requests_are_exact(self):
        self.start()
        self.authenticate(SUCCESS)
        self.assertEqual(
            [raw for _, raw in self.verifier.requests],
            [
                CHALLENGE_REQUEST % b'"subject":"alice","purpose":"lock"',
                b'{"method":"org.semblance.Verifier.Verify","parameters":{"proof":"%s"}}' % PROOF.encode(),
            ],
        )
        self.assertEqual(
            [raw for _, raw in self.prover.requests],
            [
                b'{"method":"org.semblance.Prover.Prove","parameters":{"challenge":"%s","expected":{"origin":"unix:%s",'
                b'"role":"authenticate","subject":"alice","purpose":"lock","samples":1}},"more":true}'
                % (CHALLENGE.encode(), self.path("verifier").encode())
            ],
        )

    def test_modality_and_label_are_passed_on(self):
        self.start()
        self.serve("modality=fingerprint label=left\\ index".replace("\\ ", "_"))
        self.authenticate(SUCCESS)
        self.assertEqual(
            self.verifier.requests[0][1],
            CHALLENGE_REQUEST % (b'"subject":"alice","purpose":"lock","modality":"fingerprint","label":"left_index"'),
        )
        expected = self.prover.parameters(0)["expected"]
        self.assertEqual((expected["modality"], expected["label"]), ("fingerprint", "left_index"))

    def test_proof_goes_back_over_the_connection_of_its_challenge(self):
        self.start()
        self.authenticate(SUCCESS)
        self.assertEqual([number for number, _ in self.verifier.requests], [1, 1])
        self.assertEqual((self.verifier.connections, self.prover.connections), (1, 1))

    def test_service_is_the_purpose(self):
        self.start()
        self.serve(service="sudo-i")
        self.authenticate(SUCCESS, service="sudo-i")
        self.assertEqual(self.verifier.parameters(0)["purpose"], "sudo-i")

    def test_user_is_told_what_for(self):
        self.start()
        result = self.authenticate(SUCCESS)
        self.assertEqual(
            result.told(),
            ["info Semblance: present your face or finger for lock as alice", "info Semblance: hold still"],
        )

    def test_modality_is_named(self):
        for modality, thing in (("face", "face"), ("fingerprint", "finger")):
            self.start()
            self.serve(f"modality={modality}")
            self.assertEqual(
                self.authenticate(SUCCESS).told()[0], f"info Semblance: present your {thing} for lock as alice"
            )

    def test_enrolment_that_was_chosen_is_named(self):
        """L5: the prompt says which finger, by what the verifier says of its challenge."""
        for modality, label, words, again in (
            ("fingerprint", "right-index", "your right index finger", "lift your finger and try again"),
            ("fingerprint", "left-thumb", "your left thumb", "lift your finger and try again"),
            ("fingerprint", "a\x1b[2Jb", 'your finger "a?[2Jb"', "lift your finger and try again"),
            ("face", "default", "your face", "look again"),
            ("gait", "default", "your face or finger", "please try again"),
        ):
            with self.subTest(label):
                self.start(
                    challenge=[[reply(challenge=CHALLENGE, modality=modality, label=label)]],
                    proof=[NO_MATCH, [reply(proof=PROOF)]],
                )
                self.serve("confirm")
                self.assertEqual(
                    self.authenticate(SUCCESS, "-a", "").told("prompt", "info", "error"),
                    [
                        f"prompt Password (or press Enter to present {words} for lock as alice): ",
                        f"info Semblance: present {words} for lock as alice",
                        f"error Semblance: no match, {again}",
                    ],
                )

    def test_all_enrolments_that_would_do_are_named_and_passed_on(self):
        """L5: glasses or none, any finger: the verifier's alternatives reach the prover, and the prompt names them."""
        others = [
            {"challenge": "QUFB", "modality": "fingerprint", "label": "left-thumb"},
            {"challenge": "QkJC", "modality": "face", "label": "default"},
        ]
        for count, words, again in (
            (0, "your right index finger", "lift your finger and try again"),
            (1, "your right index finger or your left thumb", "lift your finger and try again"),
            (2, "your right index finger, your left thumb or your face", "please try again"),
        ):
            with self.subTest(count):
                self.start(
                    challenge=[[reply(
                        challenge=CHALLENGE, modality="fingerprint", label="right-index", alternatives=others[:count]
                    )]],
                    proof=[NO_MATCH, [reply(proof=PROOF)]],
                )
                self.serve("confirm")
                self.assertEqual(
                    self.authenticate(SUCCESS, "-a", "").told("prompt", "info", "error"),
                    [
                        f"prompt Password (or press Enter to present {words} for lock as alice): ",
                        f"info Semblance: present {words} for lock as alice",
                        f"error Semblance: no match, {again}",
                    ],
                )
                passed = [entry["challenge"] for entry in others[:count]]
                for place in (0, 1):
                    self.assertEqual(self.prover.parameters(place)["challenge"], CHALLENGE)
                    self.assertEqual(self.prover.parameters(place).get("alternatives", []), passed)

    def test_alternatives_are_bounded_and_well_formed(self):
        entry = {"challenge": "QUFB", "modality": "face", "label": "x"}
        self.start(challenge=[[reply(challenge=CHALLENGE, alternatives=[entry] * 7)]])
        self.authenticate(SUCCESS)
        self.assertEqual(self.prover.parameters(0)["alternatives"], ["QUFB"] * 7)
        for wrong in (
            [entry] * 8, "QUFB", {"challenge": "QUFB"}, ["QUFB"], [entry, None], [[entry]], [entry | {"challenge": 1}],
            [entry | {"challenge": "no base64!"}], [entry | {"challenge": "Q" * 16400}], [{"modality": "face"}],
            [entry | {"label": 1}], [entry | {"modality": ["face"]}], True, 7,
        ):
            with self.subTest(str(wrong)[:60]):
                self.start(challenge=[[reply(challenge=CHALLENGE, alternatives=wrong)]])
                self.authenticate(SYSTEM_ERR)
                self.assertEqual(self.prover.requests, [])

    def test_enrolment_that_is_no_text_is_refused(self):
        for wrong in ({"modality": 1}, {"label": ["x"]}, {"modality": True, "label": "x"}):
            self.start(challenge=[[reply(challenge=CHALLENGE, **wrong)]])
            self.authenticate(SYSTEM_ERR)
            self.assertEqual(self.prover.requests, [])

    def test_signature_for_remote_verifiers_is_ignored(self):
        for signature in ("AAAA", None, 7):
            self.start(proof=[[reply(proof=PROOF, clientSignature=signature)]])
            self.authenticate(SUCCESS)
            self.assertEqual(self.verifier.parameters(1), {"proof": PROOF})

    def test_tries_are_apart(self):
        """L8: one bad look at the camera is one try, not three within 0.2 s."""
        self.start(proof=[NO_MATCH])
        self.serve("timeout=20")
        result = self.authenticate(MAXTRIES)
        self.assertEqual(len(self.prover.requests), 3)
        self.assertGreaterEqual(result.seconds, 1.4)

    def test_only_mismatches_are_tried_again(self):
        """Field report 1: what showed no sample, or was cancelled, is no failed try; it is not repeated either."""
        for name in ("PoorSample", "SensorUnavailable", "Busy", "PresenceRequired", "ConsentRefused"):
            self.start(proof=[[error("org.semblance.Prover." + name, hint="x")]])
            self.authenticate(AUTHINFO_UNAVAIL)
            self.assertEqual((len(self.prover.requests), len(self.verifier.requests)), (1, 1))

    def test_nothing_is_said_where_nothing_can_be_done(self):
        self.start(challenge=[[error("org.semblance.Verifier.NotEnrolled")]])
        self.assertEqual(self.authenticate(AUTHINFO_UNAVAIL).told(), [])
        self.assertEqual(self.prover.requests, [])

    def test_progress_is_shown_once_and_made_harmless(self):
        self.start(
            proof=[
                [
                    progress("too dark"),
                    progress("too dark"),
                    progress(None),
                    progress(""),
                    b'{"continues":true}\0',
                    progress("\x1b[2Jx\u202ey%s%n"),
                    progress("z" * 5000),
                    reply(proof=PROOF),
                ]
            ]
        )
        told = self.authenticate(SUCCESS).told()[1:]
        self.assertEqual(told[:2], ["info Semblance: too dark", "info Semblance: ?[2Jx?y%s%n"])
        self.assertEqual(told[2], "info Semblance: " + "z" * 255)

    def test_progress_does_not_flood_the_user(self):
        self.start(proof=[[progress(f"message {i}") for i in range(500)] + [reply(proof=PROOF)]])
        self.assertEqual(len(self.authenticate(SUCCESS).told()), 1 + 32)

    def test_escaped_slashes_in_base64_are_understood(self):
        challenge, proof = "ab/+", "//+/"
        self.start(
            challenge=[[b'{"parameters":{"challenge":"ab\\/+"}}\0']],
            proof=[[b'{"parameters":{"proof":"\\/\\/\\u002b\\/"}}\0']],
        )
        self.authenticate(SUCCESS)
        self.assertEqual(self.prover.parameters(0)["challenge"], challenge)
        self.assertEqual(self.verifier.parameters(1), {"proof": proof})

    def test_unknown_parameters_are_ignored(self):
        self.start(verdict=[[reply(verdict="biometric", later={"a": [1, None, "x"]})]])
        self.authenticate(SUCCESS)

    def test_largest_proof_is_carried(self):
        proof = "A" * (180 * 1024)
        self.start(proof=[[reply(proof=proof)]])
        self.authenticate(SUCCESS)
        self.assertEqual(self.verifier.parameters(1)["proof"], proof)

    def test_no_match_is_retried_with_a_fresh_challenge(self):
        self.start(
            challenge=[[reply(challenge="AAAA")], [reply(challenge="BBBB")], [reply(challenge="CCCC")]],
            proof=[NO_MATCH, NO_MATCH, [reply(proof=PROOF)]],
        )
        result = self.authenticate(SUCCESS)
        self.assertEqual([self.prover.parameters(i)["challenge"] for i in range(3)], ["AAAA", "BBBB", "CCCC"])
        self.assertEqual(result.told("error"), ["error Semblance: no match, please try again"] * 2)
        self.assertEqual(len(result.told("info")), 1)
        self.assertEqual(self.verifier.connections, 1)

    def test_tries_are_counted(self):
        for tries in (2, 4):
            self.start(proof=[NO_MATCH])
            self.serve(f"max-tries={tries}")
            self.authenticate(MAXTRIES)
            self.assertEqual(len(self.prover.requests), tries)
            self.assertNotIn("org.semblance.Verifier.Verify", self.verifier.methods())

    def test_refused_proof_is_not_retried(self):
        self.start(verdict=[[error("org.semblance.Verifier.Refused")]])
        self.authenticate(AUTH_ERR)
        self.assertEqual(len(self.prover.requests), 1)

    def test_possession_needs_to_be_asked_for(self):
        for requirement, verdict, code in (
            ("", "possession", AUTH_ERR),
            ("require=biometric", "possession", AUTH_ERR),
            ("require=possession", "possession", SUCCESS),
            ("require=possession", "biometric", SUCCESS),
            ("require=biometric", "biometric", SUCCESS),
        ):
            with self.subTest(requirement=requirement, verdict=verdict):
                self.start(verdict=[[reply(verdict=verdict)]])
                self.serve(requirement)
                self.authenticate(code)

    def test_hints_are_shown(self):
        for name, hint, text in (
            ("SensorUnavailable", {"hint": "plug it in"}, "no sensor is available: plug it in"),
            ("PoorSample", {"hint": "too dark: mean 32, need 60"}, "no usable sample: too dark: mean 32, need 60"),
            ("PoorSample", {}, "no usable sample"),
            ("PoorSample", {"hint": 7}, "no usable sample"),
            ("LockedOut", {"retryAfterSeconds": 30}, "too many failed tries, wait 30 s"),
            ("LockedOut", {"retryAfterSeconds": -1}, "too many failed tries; root can lift it: semblance unlock"),
            ("LockedOut", {"retryAfterSeconds": 0}, "too many failed tries"),
            ("LockedOut", {"retryAfterSeconds": 1e300}, "too many failed tries"),
            ("Busy", {}, "the sensor is busy with another login"),
        ):
            with self.subTest(name=name, hint=hint):
                self.start(proof=[[error("org.semblance.Prover." + name, **hint)]])
                self.assertEqual(
                    self.authenticate(MAXTRIES if name == "LockedOut" else AUTHINFO_UNAVAIL).told("error"),
                    ["error Semblance: " + text],
                )

    def test_confirm_waits_for_enter(self):
        self.start()
        self.serve("confirm")
        result = self.authenticate(SUCCESS, "-a", "")
        self.assertEqual(
            result.told("prompt"),
            ["prompt Password (or press Enter to present your face or finger for lock as alice): "],
        )

    def test_confirm_keeps_a_password_for_the_next_module(self):
        self.start()
        seen = os.path.join(self.place, "seen")
        self.write_service(
            "lock",
            self.line("sufficient", "confirm") + f"\nauth required pam_exec.so quiet expose_authtok "
            f"/usr/bin/tee {seen}",
        )
        self.authenticate(SUCCESS, "-a", "secret", expect_clean=False)
        self.assertEqual(self.prover.requests, [])
        with open(seen, "rb") as file:
            self.assertEqual(file.read().rstrip(b"\0"), b"secret")
        self.assertLogged("<86>.*alice: the user typed a password instead")

    def test_confirm_does_not_replace_a_password(self):
        self.start()
        seen = os.path.join(self.place, "seen")
        # An application may not set PAM_AUTHTOK itself: a module before ours asks for the first password.
        self.write_service(
            "lock",
            "auth required pam_exec.so quiet expose_authtok /bin/true\n"
            + self.line("sufficient", "confirm")
            + f"\nauth required pam_exec.so quiet expose_authtok /usr/bin/tee {seen}",
        )
        self.authenticate(SUCCESS, "-a", "first", "-a", "second", expect_clean=False)
        with open(seen, "rb") as file:
            self.assertEqual(file.read().rstrip(b"\0"), b"first")

    def test_confirm_without_an_answer_fails(self):
        self.start()
        self.serve("confirm")
        self.authenticate(CONV_ERR)
        self.assertEqual(self.prover.requests, [])

    def test_confirm_asks_nothing_when_the_daemons_are_down(self):
        self.serve("confirm")
        self.assertEqual(self.authenticate(AUTHINFO_UNAVAIL, "-a", "").told("prompt"), [])

    def test_time_to_confirm_is_not_charged(self):
        self.start()
        self.serve("confirm timeout=1")
        self.authenticate(SUCCESS, "-a", "", "-c", "slow-answer")

    def test_late_confirmation_gets_a_fresh_challenge(self):
        """A challenge lives for a minute, and the daemons close connections that are silent for long."""
        self.start(challenge=[[reply(challenge="AAAA")], [reply(challenge="BBBB")]])
        self.serve("confirm timeout=5")
        self.authenticate(SUCCESS, "-a", "", "-c", "very-slow-answer")
        self.assertEqual(self.prover.parameters(0)["challenge"], "BBBB")
        self.assertEqual((self.verifier.connections, self.prover.connections), (2, 2))

    def test_setcred_succeeds(self):
        self.start()
        result = self.authenticate(SUCCESS, operations=("authenticate", "setcred", "acct_mgmt"))
        self.assertEqual((result.code("setcred"), result.code("acct_mgmt")), (SUCCESS, SUCCESS))

    def test_account_management_is_left_to_others(self):
        self.write_service("lock", self.line(kind="account"))
        self.assertEqual(self.run_client(operations=("acct_mgmt",)).code("acct_mgmt"), PERM_DENIED)

    def test_pamtester_under_pam_wrapper(self):
        if SANITIZED:
            self.skipTest("the sanitizer must be loaded before the wrapper")
        environment = self.environment(
            LD_PRELOAD="libpam_wrapper.so", PAM_WRAPPER="1", PAM_WRAPPER_SERVICE_DIR=self.services
        )
        for verdict, code in (("biometric", 0), ("possession", 1)):
            self.start(verdict=[[reply(verdict=verdict)]])
            result = self.wrapped(
                [*self.neutral_prefix(), "pamtester", "lock", "alice", "authenticate", "acct_mgmt"], env=environment
            )
            self.assertEqual(result.returncode, code, result.errors)
        self.assertIn("present your face or finger for lock as alice", result.errors + "\n".join(result.lines))

"""The table of return codes: a test for each row, and one for each error of the interfaces."""

from daemons import PROOF, Close, Hang, Sleep, error, progress, reply
from harness import *

NO_MATCH = [error("org.semblance.Prover.NoMatch")]


class codes(Case):
    def test_proof_verified_is_success(self):
        self.start()
        self.authenticate(SUCCESS)

    def test_no_match_is_auth_err(self):
        self.start(proof=[NO_MATCH])
        self.serve("max-tries=1")
        self.authenticate(AUTH_ERR)

    def test_tries_used_up_is_maxtries(self):
        self.start(proof=[NO_MATCH])
        self.authenticate(MAXTRIES)

    def test_locked_out_is_maxtries(self):
        lockout = {"retryAfterSeconds": 30}
        for scripts in (
            {"challenge": [[error("org.semblance.Verifier.LockedOut", **lockout)]]},
            {"proof": [[error("org.semblance.Prover.LockedOut", **lockout)]]},
            {"verdict": [[error("org.semblance.Verifier.LockedOut", **lockout)]]},
        ):
            with self.subTest(scripts):
                self.start(**scripts)
                self.authenticate(MAXTRIES)

    def test_proof_refused_is_auth_err(self):
        self.start(verdict=[[error("org.semblance.Verifier.Refused")]])
        self.authenticate(AUTH_ERR)

    def test_possession_is_auth_err(self):
        self.start(verdict=[[reply(verdict="possession")]])
        self.authenticate(AUTH_ERR)

    def test_verifier_down_is_authinfo_unavail(self):
        self.start()
        self.verifier.stop()
        self.authenticate(AUTHINFO_UNAVAIL)

    def test_prover_down_is_authinfo_unavail(self):
        self.start()
        self.prover.stop()
        self.authenticate(AUTHINFO_UNAVAIL)
        self.assertEqual(self.verifier.requests, [])

    def test_nobody_listening_is_authinfo_unavail(self):
        self.start()
        stale = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.verifier.stop()
        stale.bind(self.path("verifier"))
        stale.close()
        self.authenticate(AUTHINFO_UNAVAIL)

    def test_no_sensor_is_authinfo_unavail(self):
        self.start(proof=[[error("org.semblance.Prover.SensorUnavailable", hint="x")]])
        self.authenticate(AUTHINFO_UNAVAIL)

    def test_poor_sample_is_authinfo_unavail(self):
        self.start(proof=[[error("org.semblance.Prover.PoorSample", hint="x")]])
        self.authenticate(AUTHINFO_UNAVAIL)

    def test_busy_is_authinfo_unavail(self):
        for scripts in (
            {"challenge": [[error("org.semblance.Verifier.Busy")]]},
            {"proof": [[error("org.semblance.Prover.Busy")]]},
            {"verdict": [[error("org.semblance.Verifier.Busy")]]},
        ):
            with self.subTest(scripts):
                self.start(**scripts)
                self.authenticate(AUTHINFO_UNAVAIL)

    def test_remote_is_authinfo_unavail(self):
        self.start()
        self.authenticate(AUTHINFO_UNAVAIL, "-i", "rhost=198.51.100.7")

    def test_timeout_without_a_sample_is_authinfo_unavail(self):
        self.start(proof=[[progress("waiting"), Hang]])
        self.serve("timeout=1")
        self.authenticate(AUTHINFO_UNAVAIL)

    def test_timeout_after_a_mismatch_is_auth_err(self):
        self.start(proof=[NO_MATCH, [Hang]])
        self.serve("timeout=1")
        self.authenticate(AUTH_ERR)

    def test_cancelled_is_authinfo_unavail(self):
        self.serve("timeout=60")
        self.start(proof=[[progress("waiting"), Sleep(10), reply(proof=PROOF)]])
        self.assertIn(f"authenticate {AUTHINFO_UNAVAIL}\n", self.interrupt("-w", "interrupt-caught")[0])

    def test_not_enrolled_is_authinfo_unavail(self):
        for scripts in (
            {"challenge": [[error("org.semblance.Verifier.NotEnrolled")]]},
            {"proof": [[error("org.semblance.Prover.NotEnrolled")]]},
            {"verdict": [[error("org.semblance.Verifier.NotEnrolled")]]},
        ):
            with self.subTest(scripts):
                self.start(**scripts)
                self.authenticate(AUTHINFO_UNAVAIL)

    def test_new_refusals_of_the_prover(self):
        """What the prover refuses before it captures: the code, the words for the user, the line in the log."""
        for name, parameters, code, told, logged in (
            (
                "ChallengeMismatch",
                {"field": "audience", "expected": "a", "found": "b"},
                AUTHINFO_UNAVAIL,
                "the verifier asks for something else than this login",
                "<81>.*about something else than this login: audience",
            ),
            (
                "VerifierKeyChanged",
                {"audience": "a", "origin": "unix:/a", "pinned": "00", "offered": "0f"},
                AUTHINFO_UNAVAIL,
                "the verifier's key has changed since you enrolled",
                "<81>.*not the one that was pinned at enrolment: 0f",
            ),
            (
                "PresenceRequired",
                {"reason": "your session is not in front"},
                AUTHINFO_UNAVAIL,
                "you do not seem to be at this computer: your session is not in front",
                "<86>.*alice: not asked: the prover sees nobody at this computer: your session is not in front",
            ),
            (
                "PasswordRequired",
                {"reason": "it was not entered since this computer was started"},
                AUTHINFO_UNAVAIL,
                "your password comes first: it was not entered since this computer was started",
                "<86>.*alice: not asked: the password comes first: it was not entered since",
            ),
            ("ConsentRequired", {}, AUTHINFO_UNAVAIL, None, "<86>.*alice: not asked: nothing was there to ask"),
            ("ConsentRefused", {}, AUTHINFO_UNAVAIL, "you have refused", "<85>.*alice: the user refused"),
            (
                "ConsentRefused",
                {"retryAfterSeconds": 40},
                AUTHINFO_UNAVAIL,
                "you have refused lately, wait 40 s",
                "<85>.*alice: the user refused",
            ),
            (
                "TooManyProofs",
                {"retryAfterSeconds": 7},
                MAXTRIES,
                "too many logins in a short time, wait 7 s",
                "<85>.*alice: too many logins in a short time",
            ),
            (
                "TooManyProofs",
                {"retryAfterSeconds": -1},
                MAXTRIES,
                "too many logins in a short time",
                "<85>.*too many logins",
            ),
        ):
            with self.subTest(name):
                self.start(proof=[[error("org.semblance.Prover." + name, **parameters)]])
                self.mark()
                result = self.authenticate(code)
                self.assertEqual(result.told("error"), [] if told is None else ["error Semblance: " + told])
                self.assertLogged(logged)

    def test_not_enrolled_is_one_line(self):
        self.start(challenge=[[error("org.semblance.Verifier.NotEnrolled")]])
        self.assertEqual(self.authenticate(AUTHINFO_UNAVAIL).told(), [])
        self.assertLogged("^<86>.*alice: not asked: the user is not enrolled")

    def test_busy_is_told_as_busy(self):
        """L12: whose fault it is, and which daemon it is (field report 6: the verifier's storage is no sensor)."""
        sensor = "the sensor is busy with another login"
        for scripts, told, logged in (
            ({"proof": [[error("org.semblance.Prover.Busy")]]}, sensor, sensor),
            (
                {"challenge": [[error("org.semblance.Verifier.Busy")]]},
                "too much to do at the moment, try again later",
                "a daemon has too much to do",
            ),
        ):
            self.start(**scripts)
            self.mark()
            self.assertEqual(self.authenticate(AUTHINFO_UNAVAIL).told("error"), ["error Semblance: " + told])
            self.assertTrue(any(f"alice: {logged}" in line for line in self.logged()))

    def test_every_error_of_the_interfaces_has_a_meaning(self):
        """And the table has no others, but those that are agreed and not yet in the interface files."""
        agreed = {
            "org.semblance.Prover." + name
            for name in (
                "ChallengeMismatch",
                "VerifierKeyChanged",
                "PresenceRequired",
                "PasswordRequired",
                "ConsentRequired",
                "ConsentRefused",
                "TooManyProofs",
            )
        }
        root = os.path.dirname(os.path.dirname(HERE))
        declared = set()
        for interface in ("org.semblance.Prover", "org.semblance.Verifier"):
            path = os.path.join(root, "Sources/Services/Interfaces/Descriptions", interface + ".varlink")
            with open(path, encoding="utf-8") as file:
                declared |= {f"{interface}.{name}" for name in re.findall(r"^error (\w+)", file.read(), re.M)}
        self.assertGreater(len(declared), 15)
        with open(os.path.join(root, "pam/src/outcome.c"), encoding="utf-8") as file:
            known = set(re.findall(r'{"(org\.semblance\.\w+\.\w+)", OUTCOME_\w+}', file.read()))
        self.assertEqual(declared - known, set())
        self.assertEqual(known - declared - agreed, set())

    def test_not_authorised_is_authinfo_unavail(self):
        for scripts in (
            {"challenge": [[error("org.semblance.Verifier.NotAuthorized")]]},
            {"proof": [[error("org.semblance.Prover.NotAuthorized")]]},
            {"verdict": [[error("org.varlink.service.PermissionDenied")]]},
        ):
            with self.subTest(scripts):
                self.start(**scripts)
                self.authenticate(AUTHINFO_UNAVAIL)

    def test_challenge_refused_is_authinfo_unavail(self):
        self.start(proof=[[error("org.semblance.Prover.ChallengeRefused")]])
        self.authenticate(AUTHINFO_UNAVAIL)

    def test_bad_configuration_is_service_err(self):
        self.start()
        for arguments in (
            "timeout=0",
            "timeout=x",
            "nouserok",
            "require=none",
            "verifier=relative",
            "timeout=1 timeout=1",
        ):
            with self.subTest(arguments):
                self.serve(arguments)
                self.authenticate(SERVICE_ERR)
        self.assertEqual(self.verifier.connections, 0)
        # LOG_AUTHPRIV | LOG_ERR
        self.assertEqual(sum(line.startswith("<83>") and "bad argument: " in line for line in self.logged()), 6)

    def test_bad_request_is_service_err(self):
        for scripts in (
            {"challenge": [[error("org.semblance.Verifier.BadRequest")]]},
            {"verdict": [[error("org.semblance.Verifier.BadRequest")]]},
            {"challenge": [[error("org.varlink.service.MethodNotFound", method="x")]]},
            {"proof": [[error("org.varlink.service.InterfaceNotFound", interface="x")]]},
        ):
            with self.subTest(scripts):
                self.start(**scripts)
                self.authenticate(SERVICE_ERR)

    def test_storage_failure_is_system_err(self):
        for scripts in (
            {"challenge": [[error("org.semblance.Verifier.StorageFailure")]]},
            {"proof": [[error("org.semblance.Prover.StorageFailure", hint="disk full")]]},
            {"verdict": [[error("org.semblance.Verifier.StorageFailure")]]},
        ):
            with self.subTest(scripts):
                self.start(**scripts)
                self.authenticate(SYSTEM_ERR)

    def test_unknown_errors_are_system_err(self):
        for scripts in (
            {"challenge": [[error("org.semblance.Verifier.AlreadyEnrolled")]]},
            {"challenge": [[error("org.semblance.Prover.NotEnrolled")]]},
            {"proof": [[error("org.semblance.Prover.AlreadyEnrolled")]]},
            {"proof": [[error("org.semblance.Verifier.Busy")]]},
            {"verdict": [[error("biometric", verdict="biometric")]]},
            {"verdict": [[error("org.semblance.Prover.NoMatch")]]},
        ):
            with self.subTest(scripts):
                self.start(**scripts)
                self.authenticate(SYSTEM_ERR)

    def test_conversation_failure_is_conv_err(self):
        self.start()
        self.authenticate(CONV_ERR, "-c", "error")
        self.assertEqual(self.prover.requests, [])

    def test_out_of_memory_is_buf_err(self):
        if SANITIZED:
            self.skipTest("the sanitizer's allocator ends the program instead")
        self.start(proof=[[reply(proof="A" * 200000)]])
        self.authenticate(BUF_ERR, "-w", "no-memory")

    def test_bad_user_name_is_user_unknown(self):
        self.start()
        self.authenticate(USER_UNKNOWN, user="a\nb")

    def test_no_failure_is_ignored(self):
        """CVE-2025-23013: an internal error that reads as PAM_IGNORE lets a `required` second factor be skipped."""
        self.write_service("lock", "auth required pam_permit.so\n" + self.line())
        for scripts in (
            {"challenge": [[b"\0"]]},
            {"challenge": [[Close]]},
            {"proof": [[Close]]},
            {"verdict": [[Close]]},
            {"proof": [NO_MATCH]},
            {"challenge": [[error("org.semblance.Verifier.NotEnrolled")]]},
            {"verdict": [[reply(verdict="possession")]]},
        ):
            with self.subTest(scripts):
                self.start(**scripts)
                self.assertNotEqual(self.run_client().code(), SUCCESS)
        self.stop()
        self.assertNotEqual(self.run_client().code(), SUCCESS)

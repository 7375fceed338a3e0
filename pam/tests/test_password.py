"""Who got in by his password: the prover hears of it, for its rule that a password comes first."""

from daemons import error, reply
from harness import *

NO_MATCH = [error("org.semblance.Prover.NoMatch")]
REQUIRED = [error("org.semblance.Prover.PasswordRequired", reason="it was not entered yet")]
STEPS = ("authenticate", "setcred")
NOTE = "org.semblance.Prover.PasswordEntered"


class password(Case):
    def log_in(self, proof, after="auth required pam_permit.so", operations=STEPS, arguments="timeout=5", **options):
        self.start(proof=[proof], **options)
        self.serve(arguments, control="sufficient", after=after)
        return self.run_client(operations=operations)

    def notes(self):
        return [self.prover.parameters(i) for i, method in enumerate(self.prover.methods()) if method == NOTE]

    def test_a_password_is_told(self):
        for proof in (REQUIRED, NO_MATCH, [error("org.semblance.Prover.PoorSample", hint="x")]):
            with self.subTest(proof):
                result = self.log_in(proof, arguments="timeout=5 max-tries=1")
                self.assertEqual((result.code(), result.code("setcred")), (SUCCESS, SUCCESS))
                self.assertEqual(self.notes(), [{"subject": "alice", "purpose": "lock"}])

    def test_once_for_each_login(self):
        self.log_in(REQUIRED, operations=(*STEPS, "setcred", "setcred"))
        self.assertEqual(len(self.notes()), 1)
        self.log_in(REQUIRED, operations=(*STEPS, *STEPS))
        self.assertEqual(len(self.notes()), 2)

    def test_a_match_is_no_password(self):
        result = self.log_in([reply(proof="AAAA")])
        self.assertEqual(result.code(), SUCCESS)
        self.assertEqual(self.notes(), [])

    def test_a_match_after_a_failed_try_is_no_password(self):
        """The stack is played through again with the same handle, as sudo does."""
        self.start(proof=[NO_MATCH, [reply(proof="AAAA")]])
        self.serve("timeout=5 max-tries=1", control="sufficient", after="auth required pam_deny.so")
        result = self.run_client(operations=("authenticate", *STEPS))
        self.assertEqual(result.code("setcred"), SUCCESS)
        self.assertEqual(self.notes(), [])

    def test_nobody_is_told_where_nobody_would_listen(self):
        self.start(challenge=[[error("org.semblance.Verifier.NotEnrolled")]])
        self.serve(control="sufficient", after="auth required pam_permit.so")
        self.assertEqual(self.run_client(operations=STEPS).code("setcred"), SUCCESS)
        self.assertEqual(self.prover.requests, [])

    def test_setcred_alone_tells_nothing(self):
        """ssh with a key calls it without having asked anybody."""
        self.log_in(REQUIRED, operations=("setcred",))
        self.assertEqual(self.prover.requests, [])

    def test_a_failed_report_spoils_no_login(self):
        for answer in ([error("org.semblance.Prover.NotAuthorized")], [], [b"nonsense\0"]):
            with self.subTest(answer):
                result = self.log_in(REQUIRED, noted=[answer])
                self.assertEqual((result.code(), result.code("setcred")), (SUCCESS, SUCCESS))

    def test_a_prover_that_hangs_holds_nobody_up(self):
        self.start(proof=[REQUIRED], noted=[[daemons.Sleep(30)]])
        self.serve(control="sufficient", after="auth required pam_permit.so")
        result = self.run_client(operations=STEPS)
        self.assertEqual(result.code("setcred"), SUCCESS)
        self.assertLess(result.seconds, 8)

    def test_a_prover_of_before_is_no_trouble(self):
        result = self.log_in(REQUIRED, noted=[[error("org.varlink.service.MethodNotFound", method=NOTE)]])
        self.assertEqual(result.code("setcred"), SUCCESS)

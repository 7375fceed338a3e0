"""pam-semblance-check: it says of a login what the module does, and does nothing itself."""

from daemons import Hang, error
from harness import *
from screens import ScreenCase
from test_remote import IN_MANAGER, IN_SESSION_V2, REMOTE_SESSION, SESSION

OURS = SESSION.replace("UID=1000", "UID=65534")


class CheckCase(Case):
    def setUp(self):
        super().setUp()
        self.start()

    def check(self, status, *arguments, user="nobody", service="lock", prefix=None, **options):
        command = [os.path.join(BUILD, "pam-semblance-check"), user, service, *self.paths(), *arguments]
        prefix = self.in_fake_system("0::/\n") if prefix is None else prefix
        result = self.wrapped([*prefix, *command], env=self.environment(), **options)
        self.assertEqual((result.returncode, result.errors), (status, ""), result.lines)
        found = {}
        for line in result.lines:
            mark, what, text = re.fullmatch(r"(ok|warn|fail) (\w+): (.+)", line).groups()
            self.assertNotIn(what, found)
            found[what] = (mark, text)
        self.assertEqual(status != 0, any(mark == "fail" for mark, _ in found.values()))
        return found

    def paths(self):
        return [f"verifier={self.path('verifier')}", f"prover={self.path('prover')}"]


class check(CheckCase):
    def test_login_that_would_work(self):
        found = self.check(0, "confirm", "timeout=7", user="root")
        self.assertEqual(
            found,
            {
                "arguments": ("ok", "confirm; at most 7 s"),
                "place": ("ok", "nothing speaks against somebody in front of this computer"),
                "question": ("ok", "asked in the program's own prompt"),
                "challenge": ("ok", "asks for your face or finger"),
            },
        )
        # As the module asks, and no further.
        self.assertEqual(self.verifier.methods(), ["org.semblance.Verifier.Challenge"])
        self.assertEqual(self.verifier.parameters(0), {"subject": "root", "purpose": "lock"})
        self.assertEqual(self.prover.requests, [])
        self.assertEqual([line for line in self.logged() if "semblance" in line], [])

    def test_names_and_arguments(self):
        for what, text, options in (
            ("arguments", "bad argument: timeout=0", {"arguments": ["timeout=0"]}),
            ("arguments", "bad argument: confirm", {"arguments": ["confirm", "confirm"]}),
            ("user", "not a user name", {"user": ""}),
            ("user", "not a user name", {"user": "a\nok b: c"}),
            ("user", "there is no account alice", {"user": "alice"}),
            ("service", "not a service name", {"service": ""}),
            ("service", "not a login in front of this computer: the service is one for remote users", {"service": "sshd"}),
        ):
            with self.subTest(options):
                options = dict(options)
                found = self.check(1, *options.pop("arguments", []), **options)
                self.assertEqual(found[what], ("fail", text))

    def test_daemons(self):
        name = "org.semblance.Verifier."
        for reply, text in (
            ([error(name + "NotEnrolled")], "the user is not enrolled"),
            ([error(name + "LockedOut", retryAfterSeconds=30)],
             "locked out after too many failures: too many failed tries, wait 30 s"),
            ([error(name + "Busy")], "a daemon has too much to do: too much to do at the moment, try again later"),
            ([Hang], "timed out"),
        ):
            self.start(challenge=[reply])
            self.assertEqual(self.check(1, "timeout=1")["challenge"], ("fail", text))
        self.start(listener=1)
        found = self.check(1)["challenge"]
        self.assertEqual(found, ("fail", f"a socket or its owner cannot be trusted: {self.path('verifier')}"))
        self.start()
        self.prover.stop()
        found = self.check(1)["challenge"]
        self.assertEqual(found, ("fail", f"a daemon is not available: {self.path('prover')}"))

    def test_somebody_else_asked_about_by_root(self):
        """Root's own place says nothing then: the person's sessions do."""
        here, away = ("5", OURS), ("6", REMOTE_SESSION.replace("UID=1000", "UID=65534"))
        for mark, text, sessions, service in (
            ("ok", "nobody is in front of this computer", [here], "lock"),
            ("warn", "nobody is in front of this computer, but logged in elsewhere, too", [here, away], "lock"),
            ("fail", "not a login in front of this computer: a session of the user is remote, or unknown", [here, away], "polkit-1"),
            ("fail", "not a login in front of this computer: the user has no active session on a seat", [away], "lock"),
            ("fail", "not a login in front of this computer: nothing is known about the user's sessions", [], "lock"),
        ):
            with self.subTest(text):
                users = {"65534": "SESSIONS=" + " ".join(name for name, _ in sessions) + "\n"} if sessions else {}
                # In a session of root's own that is remote.
                system = dict(sessions=[*sessions, ("7", REMOTE_SESSION.replace("UID=1000", "UID=0"))], users=users)
                group = "0::/user.slice/user-0.slice/session-7.scope\n"
                found = self.check(int(mark == "fail"), service=service, prefix=self.in_fake_system(group, **system))
                self.assertEqual(found["place"], (mark, text))
                self.assertNotIn("question", found)

    def test_root_in_the_persons_own_session(self):
        """`sudo semblance doctor`."""
        for session, mark in ((OURS, "ok"), (OURS.replace("ACTIVE=1", "ACTIVE=0"), "fail")):
            prefix = self.in_fake_system(IN_SESSION_V2, sessions={"5": session})
            found = self.check(int(mark == "fail"), prefix=prefix)
            self.assertEqual((found["place"][0], "question" in found), (mark, True))

    def test_it_says_what_the_module_says(self):
        manager = IN_MANAGER.replace("1000", "65534")
        users = {"65534": "SESSIONS=5 6\n"}
        for system in (
            dict(control_group=IN_SESSION_V2, sessions={"5": OURS}),
            dict(control_group=IN_SESSION_V2, sessions={"5": OURS.replace("REMOTE=0", "REMOTE=1")}),
            dict(control_group=IN_SESSION_V2, sessions={"5": OURS.replace("SEAT=seat0\n", "")}),
            dict(control_group=IN_SESSION_V2, sessions={"5": OURS.replace("gdm-password", "sshd")}),
            dict(control_group=manager, users=users, sessions={"5": OURS, "6": OURS}),
            dict(control_group=manager, users=users, sessions={"5": OURS, "6": OURS.replace("REMOTE=0", "REMOTE=1")}),
        ):
            with self.subTest(system):
                self.mark()
                code = self.run_client(user="nobody", prefix=self.in_fake_system(**system)).code()
                said = re.search(r"nobody: (?:not asked: )?(.*)", self.logged()[0])[1].strip()
                found = self.check(int(code != SUCCESS), prefix=self.in_fake_system(**system))
                self.assertEqual(found["place"][0] == "ok", code == SUCCESS)
                if code != SUCCESS:
                    self.assertEqual(found["place"][1], said)


class check_of_the_question(CheckCase, ScreenCase):
    def at_terminal(self, script, service, *arguments):
        """Runs it by a shell at the terminal, as `{}` in the script."""
        program = os.path.join(BUILD, "pam-semblance-check")
        command = " ".join([program, "root", service, *self.paths(), "confirm", *arguments])
        process = self.terminal.run(["bash", "-c", script.replace("{}", command)], env=self.environment())
        # The shell tells what became of its jobs on the standard error.
        return process.communicate(timeout=30)[0]

    def test_where_it_would_be_asked(self):
        for service, script, line in (
            ("lock", "{}", "ok question: asked at this terminal"),
            ("lock", "set -m; {} & wait", "fail question: nobody could be told what for: a job in the background"),
            ("lock", "{} </dev/null", "fail question: nobody could be told what for: its input is not its terminal"),
            ("sudo", "{} </dev/null", "ok question: asked at this terminal"),
            ("polkit-1", "{}", "warn question: by a confirmation agent, which must attend"),
            ("gdm-password", "{} </dev/null", "ok question: asked in the program's own prompt"),
        ):
            with self.subTest(service=service, script=script):
                self.assertIn(line, self.at_terminal(script, service))
                # It has asked for nothing, and left the terminal alone.
                self.assertEqual((self.terminal.rest(), self.terminal.settings()), ("", self.usual))

    def test_program_that_is_raised(self):
        """By its file, whoever runs the check."""
        if not os.path.exists("/usr/bin/su"):
            self.skipTest("su is not installed")
        for service in ("su", "su-l"):
            found = self.check(0, "confirm", service=service, user="root")
            self.assertEqual(found["question"], ("warn", "by a confirmation agent, which must attend"))

"""Who is in front of the sensor, who is asked, and who is kept out: the attacks of a remote session, and of an idle one.

No logind runs where the tests run, so the daemon is shown one: its /run/systemd is a directory of the test, by a mount
namespace of its own, and the callers are put into control groups as logind would name them.
"""

import contextlib
import os
import pathlib
import pwd
import subprocess
import sys
import threading
import time
import unittest

from harness import Site, free_port
from varlink_client import Connection, VarlinkError

AGENT = "org.semblance.Agent."


def control_group_root():
    """Where libsystemd looks for units (the unified hierarchy), if this test may make groups there; else why not."""
    for root in ("/sys/fs/cgroup", "/sys/fs/cgroup/unified"):
        if not os.path.exists(root + "/cgroup.controllers"):
            continue
        if os.path.exists("/run/systemd/system"):
            return None, "a systemd runs here, whose control groups these tests leave alone"
        probe = pathlib.Path(root) / "semblance-probe"
        try:
            probe.mkdir()
            probe.rmdir()
        except OSError as error:
            return None, f"no control group can be made below {root}: {error.strerror}"
        return pathlib.Path(root), None
    return None, "there is no unified control group hierarchy"


GROUPS, WHY_NOT = control_group_root() if os.geteuid() == 0 else (None, "needs root")


class FakeLogind:
    """State files as logind writes them (sd-login(3) reads nothing else), and control groups."""

    def __init__(self, base):
        self.base = base / "systemd"
        self.groups = []
        for name in ("sessions", "users", "seats"):
            (self.base / name).mkdir(parents=True)
            (self.base / name).chmod(0o755)
        self.base.chmod(0o755)
        self.sessions = {}
        self.write()

    def session(self, name, user, *, active=True, remote=False, seat="seat0", kind="user"):
        self.sessions[name] = {
            "UID": pwd.getpwnam(user).pw_uid, "USER": user, "ACTIVE": int(active),
            "STATE": "active" if active else "online", "REMOTE": int(remote), "CLASS": kind, "TYPE": "tty",
            "IS_DISPLAY": 0, **({"SEAT": seat} if seat else {}),
        }
        self.write()

    def end(self, *names):
        for name in names:
            del self.sessions[name]
        self.write()

    def clear(self):
        self.sessions = {}
        self.write()

    def write(self):
        def put(directory, name, values):
            path = self.base / directory / name
            path.write_text("".join(f"{key}={value}\n" for key, value in values.items()))
            path.chmod(0o644)

        for directory in ("sessions", "users", "seats"):
            for old in (self.base / directory).iterdir():
                old.unlink()
        for name, values in self.sessions.items():
            put("sessions", name, values)
        for uid in {values["UID"] for values in self.sessions.values()}:
            own = {name: values for name, values in self.sessions.items() if values["UID"] == uid}
            active = " ".join(name for name, values in own.items() if values["ACTIVE"])
            every = " ".join(own)
            put("users", str(uid), {
                "NAME": "x", "STATE": "active", "SESSIONS": every, "ONLINE_SESSIONS": every, "ACTIVE_SESSIONS": active,
            })
        front = [
            name for name, values in self.sessions.items() if values["ACTIVE"] and values.get("SEAT") == "seat0"
        ]
        seat = {"IS_SEAT0": 1, "CAN_MULTI_SESSION": 1}
        if front:
            seat |= {"ACTIVE": front[0], "ACTIVE_UID": self.sessions[front[0]]["UID"]}
        put("seats", "seat0", seat | {"SESSIONS": " ".join(self.sessions)})

    @property
    def prefix(self):
        """Runs a command where these files are /run/systemd."""
        script = f'mount --bind {self.base} /run/systemd && exec "$@"'
        return ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh"]

    def inside(self, group):
        """Runs a command in that control group."""
        path = GROUPS / group
        path.mkdir(parents=True, exist_ok=True)
        self.groups.append(path)
        return ["sh", "-c", f'echo $$ > {path}/cgroup.procs && exec "$@"', "sh"]

    def close(self):
        for path in self.groups:
            while path != GROUPS:
                with contextlib.suppress(OSError):
                    path.rmdir()
                path = path.parent


def of_session(user, name):
    return f"user.slice/user-{pwd.getpwnam(user).pw_uid}.slice/session-{name}.scope"


def of_manager(user, unit="run-u5.service"):
    uid = pwd.getpwnam(user).pw_uid
    return f"user.slice/user-{uid}.slice/user@{uid}.service/app.slice/{unit}"


def forget_attempts(site, verifier):
    """The verifier counts the challenges that nobody answered, and refusals leave many."""
    config = site.base / f"{verifier}.json"
    forgotten = site.as_verifier("unlock", "--config", config, "--subject", "sbl-alice")
    assert forgotten.code == 0, forgotten


@unittest.skipUnless(GROUPS, f"presence cannot be shown: {WHY_NOT}")
class PresenceTests(unittest.TestCase):
    """One site whose daemon has the real rule."""

    machine_wide = True  # makes control groups

    @classmethod
    def setUpClass(cls):
        cls.site = Site(assurance="match")
        cls.logind = FakeLogind(cls.site.base)
        cls.site.start_sensor()
        cls.site.start_prover(presence="session", prefix=cls.logind.prefix)
        cls.site.start_verifier()
        cls.logind.session("1", "sbl-alice")
        enrolled = cls.site.enroll(wrapper=cls.logind.inside(of_session("sbl-alice", "1")))
        assert enrolled.code == 0, f"{enrolled}\n{cls.site.logs()}"

    @classmethod
    def tearDownClass(cls):
        cls.site.close()
        cls.logind.close()

    def setUp(self):
        self.logind.clear()

    def ask(self, group, user="sbl-alice"):
        """Asks for a proof of alice from that control group, her finger on the sensor."""
        forget_attempts(self.site, "verifier")
        return self.site.authenticate(user=user, wrapper=self.logind.inside(group))

    def served(self, group, user="sbl-alice"):
        result = self.ask(group, user)
        self.assertEqual(result.code, 0, f"{result}\n{self.site.logs()}")
        self.assertIn("biometric", result.out)

    def refused(self, group, reason, user="sbl-alice"):
        """Refused with that reason, one line in the log, and before anything was captured."""
        log = self.site.base / "prover.log"
        before = log.read_text()
        result = self.ask(group, user)
        self.assertEqual(result.code, 7, f"{result}\n{self.site.logs()}")
        self.assertIn(reason, result.err)
        self.assertEqual(result.out, "")
        written = log.read_text()[len(before):]
        self.assertEqual(written.count("nobody is taken to be here"), 1, written)
        self.assertIn("info", written)
        self.assertIn(reason, written)
        self.assertNotIn("proved", written)

    # -- the attacks of L1

    def test_an_ssh_session_does_not_reach_the_sensor(self):
        self.logind.session("2", "sbl-alice", remote=True, seat=None)
        self.refused(of_session("sbl-alice", "2"), "is remote")
        # Nor while the same person sits at the screen; nor as root, by sudo.
        self.logind.session("1", "sbl-alice")
        self.refused(of_session("sbl-alice", "2"), "is remote")
        self.refused(of_session("sbl-alice", "2"), "is remote", user=None)
        self.served(of_session("sbl-alice", "1"))

    def test_systemd_run_from_an_ssh_session_does_not_either(self):
        self.logind.session("1", "sbl-alice")
        self.served(of_manager("sbl-alice"))  # a terminal of the desktop
        self.logind.session("2", "sbl-alice", remote=True, seat=None)
        self.refused(of_manager("sbl-alice"), "logged in remotely as well")
        self.refused(of_manager("sbl-alice"), "logged in remotely as well", user=None)  # systemd-run --user --pty sudo
        # A unit that is called like a session is none.
        self.refused(of_manager("sbl-alice", "session-1.scope"), "logged in remotely as well")
        self.logind.end("2")
        self.served(of_manager("sbl-alice"))
        self.logind.clear()
        self.refused(of_manager("sbl-alice"), "no session in front")

    def test_a_session_that_is_switched_away_does_not_either(self):
        self.logind.session("1", "sbl-alice", active=False)
        self.refused(of_session("sbl-alice", "1"), "not in front")
        self.logind.session("3", "sbl-bob")
        self.refused(of_session("sbl-alice", "1"), "not in front")
        self.refused(of_manager("sbl-alice"), "no session in front")

    def test_cron_at_and_services_do_not_either(self):
        self.logind.session("1", "sbl-alice")
        for group in ("system.slice/cron.service", "system.slice/atd.service", "system.slice/ssh.service", "init.scope"):
            for user in ("sbl-alice", None):
                with self.subTest(group, user=user):
                    self.refused(group, "belongs to no session", user=user)
        # A session without a seat: batch jobs through PAM, machinectl shell.
        self.logind.session("9", "sbl-alice", seat=None, kind="background")
        self.refused(of_session("sbl-alice", "9"), "not at the sensor's seat")
        self.logind.session("4", "sbl-alice", seat="seat1")
        self.refused(of_session("sbl-alice", "4"), "not at the sensor's seat")

    # -- who is served

    def test_root_in_a_persons_session_acts_for_others(self):
        self.logind.session("3", "sbl-bob")
        self.served(of_session("sbl-bob", "3"), user=None)  # su alice, by bob at the screen

    def test_login_screens_and_helpers(self):
        self.logind.session("c1", "nobody", kind="greeter")
        self.served("system.slice/gdm.service", user=None)
        self.refused("system.slice/polkit-agent-helper@7.service", "no session in front", user=None)
        self.logind.clear()
        self.logind.session("1", "sbl-alice")
        self.served("system.slice/gdm.service", user=None)  # unlock
        self.served("system.slice/polkit-agent-helper@7.service", user=None)
        self.logind.session("2", "sbl-alice", remote=True, seat=None)
        self.refused("system.slice/polkit-agent-helper@7.service", "logged in remotely as well", user=None)

    def test_agents_are_in_front_as_well(self):
        self.logind.session("2", "sbl-alice", remote=True, seat=None)
        result = self.site.run(
            [self.site.bin / "semblance", "agent", "--prover", self.site.prover_socket], user="sbl-alice", typed=b"",
            wrapper=self.logind.inside(of_session("sbl-alice", "2")), timeout=20,
        )
        self.assertEqual(result.code, 7, result)
        self.assertIn("is remote", result.err)


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class NoLogindTests(unittest.TestCase):
    def test_without_logind_nobody_is_here(self):
        with Site(assurance="match") as site:
            empty = site.base / "empty"
            empty.mkdir()
            script = f'mount --bind {empty} /run/systemd && exec "$@"'
            site.start_sensor()
            site.start_verifier()
            site.start_prover(
                presence="session",
                prefix=["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh"],
            )
            result = site.enroll()
            self.assertEqual(result.code, 7, f"{result}\n{site.logs()}")
            self.assertIn("no logind", result.err)
            site.stop("prover")
            site.start_prover()
            self.assertEqual(site.enroll().code, 0, site.logs())
            self.assertIn("presence is not checked", site.logs())


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class ConsentTests(unittest.TestCase):
    """A remote verifier, and the person who is asked."""

    @classmethod
    def setUpClass(cls):
        cls.site = Site(assurance="match")
        cls.remote = f"http://127.0.0.1:{free_port()}"
        cls.site.start_sensor()
        cls.site.start_prover()
        cls.site.start_verifier("remote", http_port=int(cls.remote.rsplit(":", 1)[1]))
        made = cls.site.as_verifier(
            "enrol-token", "--config", cls.site.base / "remote.json", "--subject", "sbl-alice"
        )
        assert made.code == 0, made
        cls.site.show(*cls.site.finger("alice", 1, 3, 4))
        enrolled = cls.site.cli(
            "enroll", "--user", "sbl-alice", "--label", "right-index", "--samples", "3",
            "--enrolment-token", made.out.strip(), verifier=cls.remote,
        )
        assert enrolled.code == 0, f"{enrolled}\n{cls.site.logs()}"

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def setUp(self):
        forget_attempts(self.site, "remote")

    def login(self, **options):
        forget_attempts(self.site, "remote")
        return self.site.authenticate(verifier=self.remote, **{"user": "sbl-alice"} | options)

    def captures(self):
        return (self.site.base / "prover.log").read_text().count("proved")

    def assertCode(self, result, code):
        self.assertEqual(result.code, code, f"{result}\n{self.site.logs()}")

    def test_enter_allows_and_the_question_names_site_purpose_and_finger(self):
        result = self.login()
        self.assertCode(result, 0)
        for part in (
            "remote.semblance.test", "your right index finger", 'log sbl-alice in, for "semblance"',
        ):
            self.assertIn(part, result.screen)
        self.assertNotIn("asks for your", result.out + result.err)

    def test_anything_else_refuses_before_a_capture(self):
        before = self.captures()
        for typed in (b"n\n", b"yes\n", b" \n", b"\x04"):
            with self.subTest(typed):
                result = self.login(typed=typed)
                self.assertCode(result, 1)
                self.assertIn("it was not allowed", result.err)
        # Ctrl-C ends the program, and with it the question.
        self.assertLess(self.login(typed=b"\x03").code, 0)
        self.assertEqual(self.captures(), before)

    def test_without_a_terminal_nobody_can_say_yes(self):
        before = self.captures()
        command = [
            self.site.bin / "semblance", "authenticate", "--user", "sbl-alice", "--prover", self.site.prover_socket,
            "--verifier", self.remote,
        ]
        # An Enter through a pipe is no consent, and neither is a job in the background of a terminal.
        piped = self.site.run(command, user="sbl-alice", input="\n\n\n")
        self.assertCode(piped, 7)
        self.assertIn("semblance agent", piped.err)
        job = "import os, subprocess, sys; sys.exit(subprocess.run(sys.argv[1:], preexec_fn=os.setpgrp).returncode)"
        background = self.site.run(
            [sys.executable, "-B", "-c", job, *command], user="sbl-alice", typed=b"\n", early=b"\n\n"
        )
        self.assertCode(background, 7)
        self.assertEqual(self.captures(), before)

    def test_what_was_typed_before_the_question_is_no_answer(self):
        before = self.captures()
        self.site.stop("prover")
        self.site.start_prover()
        # Enters wait in the terminal when it asks; they are thrown away, and the next line is the answer.
        result = self.login(early=b"\n\n\n\n", typed=b"no\n")
        self.assertCode(result, 1)
        self.assertEqual(self.captures(), before)

    def test_an_agent_of_ones_own_answers_for_programs_without_a_terminal(self):
        def agent():
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.site.run(
                    [self.site.bin / "semblance", "agent", "--prover", self.site.prover_socket], user="sbl-alice",
                    typed=b"\n", timeout=6,
                )

        thread = threading.Thread(target=agent)
        thread.start()
        time.sleep(1)
        result = self.login(typed=None)
        thread.join()
        self.assertCode(result, 0)

    def test_agents_by_varlink(self):
        with Connection(self.site.prover_socket) as connection:
            with self.assertRaises(VarlinkError) as caught:
                connection.call(AGENT + "Attend")
            self.assertEqual(caught.exception.name, "org.varlink.service.ExpectedMore")
            with self.assertRaises(VarlinkError) as caught:
                connection.call(AGENT + "Answer", id="00", allow=True)
            self.assertEqual(caught.exception.name, AGENT + "NotFound")


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class QueueTests(unittest.TestCase):
    def test_who_keeps_asking_with_nothing_on_the_sensor_does_not_keep_others_out(self):
        """L12 and V18: one user's loop used to make every other login busy."""
        with Site(assurance="match") as site:
            config = site.base / "prover.json"
            config.write_text('{"captureTimeoutSeconds": 8}')
            config.chmod(0o644)
            site.start_sensor()
            site.start_prover("--config", config)
            site.start_verifier()
            for subject in ("sbl-alice", "sbl-bob"):
                enrolled = site.enroll(subject, subject.removeprefix("sbl-"))
                self.assertEqual(enrolled.code, 0, f"{enrolled}\n{site.logs()}")
            stop = threading.Event()

            def loop():
                while not stop.is_set():
                    site.cli("authenticate", "--user", "sbl-bob", user="sbl-bob")

            site.show()
            thread = threading.Thread(target=loop)
            thread.start()
            try:
                time.sleep(18)  # two captures without a sample, and the third has begun
                begun = time.monotonic()
                waiting = threading.Timer(1, lambda: site.show(*site.finger("alice", 6)))
                waiting.start()
                result = site.cli("authenticate", "--user", "sbl-alice", user="sbl-alice")
                waiting.join()
                self.assertEqual(result.code, 0, f"{result}\n{site.logs()}")
                self.assertLess(time.monotonic() - begun, 5)
            finally:
                stop.set()
                thread.join()

    def test_busy_says_who_is_at_the_sensor(self):
        with Site(assurance="match") as site:
            site.start_sensor()
            site.start_prover()
            site.start_verifier()
            self.assertEqual(site.enroll().code, 0, site.logs())
            site.show()
            callers = [
                threading.Thread(target=site.cli, args=("authenticate", "--user", "sbl-alice"),
                                 kwargs={"user": "sbl-alice"})
                for _ in range(2)
            ]
            for caller in callers:
                caller.start()
                time.sleep(1)
            # One at the sensor, one waiting: there is no third place for the same user.
            result = site.cli("authenticate", "--user", "sbl-alice", user="sbl-alice")
            self.assertEqual(result.code, 6, f"{result}\n{site.logs()}")
            self.assertIn("another login is using the sensor", result.err)
            site.show(*site.finger("alice", 6))
            for caller in callers:
                caller.join()


if __name__ == "__main__":
    unittest.main()

"""Hosts: what state they are in, what they do to signals, whom they name, how they talk to the user."""

import signal

from daemons import CHALLENGE, PROOF, Deaf, Hang, Sleep, error, progress, reply
from harness import *

# The leak checker has to open files when the program ends.
WITHOUT_PROC = {"ASAN_OPTIONS": "detect_leaks=0"}


class host(Case):
    def test_hundred_logins_leave_nothing_behind(self):
        self.start()
        result = self.authenticate(SUCCESS, "-n", "100", operations=("authenticate", "setcred"))
        self.assertEqual(len(result.state()), 100)

    def test_failures_leave_nothing_behind(self):
        for scripts in (
            {"challenge": [[b"\0"]]},
            {"proof": [[error("org.semblance.Prover.NoMatch")]]},
            {"verdict": [[reply(verdict="possession")]]},
        ):
            self.start(**scripts)
            self.serve("max-tries=1")
            self.assertNotEqual(self.run_client("-n", "10").code(), SUCCESS)

    def test_loading_and_unloading_leaves_nothing_behind(self):
        result = self.wrapped([os.path.join(BUILD, "cycle"), self.module, "1000"], env=self.environment())
        self.assertEqual((result.lines, result.errors), (["clean"], ""))

    def test_identity_in_the_log_stays_the_hosts(self):
        self.start()
        self.authenticate(SUCCESS)
        lines = self.logged()
        # LOG_AUTH | LOG_INFO, as the host opened it; LOG_AUTHPRIV | LOG_INFO, as ours are
        self.assertTrue(
            any(line.startswith("<38>") and " the-host: the host's own message" in line for line in lines), lines
        )
        self.assertTrue(
            any(
                line.startswith("<86>") and "pam_semblance(lock:auth): alice: proof accepted" in line for line in lines
            ),
            lines,
        )

    def test_nothing_is_written_to_the_standard_streams(self):
        self.start()
        self.serve("debug")
        result = self.authenticate(SUCCESS)
        self.assertEqual({line.split(" ")[0] for line in result.lines}, {"info", "authenticate", "state"})

    def test_standard_streams_closed(self):
        """No connection may take the place of the host's standard error, which it writes to all the same."""
        self.start()
        self.authenticate(SUCCESS, "-w", "closed-streams")
        self.assertEqual([len(daemon.requests) for daemon in (self.verifier, self.prover)], [2, 1])

    def test_children_ignored(self):
        self.start()
        self.authenticate(SUCCESS, "-w", "child-ignored")

    def test_no_descriptors_left(self):
        self.start()
        self.assertNotEqual(self.run_client("-w", "no-descriptors", env=WITHOUT_PROC).code(), SUCCESS)
        self.assertEqual(self.verifier.connections, 0)

    def test_chroot_without_anything(self):
        self.start()
        self.authenticate(AUTHINFO_UNAVAIL, "-w", "chroot", env=WITHOUT_PROC)

    def test_broken_pipe_does_not_kill_the_host(self):
        self.start(challenge=[[reply(challenge=CHALLENGE), Deaf, Sleep(2)]], proof=[[Sleep(0.2), reply(proof=PROOF)]])
        self.authenticate(AUTHINFO_UNAVAIL)

    def test_storm_of_signals_does_not_cancel(self):
        """Timers and children of the host interrupt nothing, and their handlers still run."""
        self.start(proof=[[progress("x"), Sleep(0.6), reply(proof=PROOF)]])
        self.assertIn("storm raged", self.authenticate(SUCCESS, "-w", "signal-storm").lines)

    def wait_for_interrupt(self, seconds=0.5):
        self.start(proof=[[progress("waiting"), Sleep(seconds), reply(proof=PROOF)]])

    def cancels(self, *condition, number=signal.SIGINT):
        # Were it not cancelled, it would succeed: the proof comes long before the deadline.
        self.serve("timeout=60")
        self.wait_for_interrupt(seconds=10)
        output, _ = self.interrupt(*condition, number=number)
        self.assertIn(f"authenticate {AUTHINFO_UNAVAIL}\nstate unchanged\n", output)

    def test_interrupt_that_the_host_catches_cancels(self):
        self.cancels("-w", "interrupt-caught")

    def test_cancelling_closes_the_connection(self):
        """Which is what the prover takes as the end of the capture."""
        self.serve("timeout=60")
        self.start(proof=[[progress("waiting"), Hang]])
        self.assertIn(f"authenticate {AUTHINFO_UNAVAIL}\n", self.interrupt("-w", "interrupt-caught")[0])
        self.assertTrue(self.prover.closed_by_peer.wait(2))

    def test_interrupt_amid_a_storm_of_signals_cancels(self):
        self.cancels("-w", "signal-storm")

    def test_termination_that_the_host_catches_cancels(self):
        self.cancels("-w", "termination-caught", number=signal.SIGTERM)

    def test_interrupt_that_kills_the_host_cancels(self):
        self.start(proof=[[progress("waiting"), Hang]])
        output, code = self.interrupt()
        self.assertEqual((code, "authenticate" in output), (-signal.SIGINT, False))
        self.assertTrue(self.prover.closed_by_peer.wait(2), "the capture was not cancelled")

    def test_interrupt_that_the_host_ignores_is_ignored(self):
        self.wait_for_interrupt()
        self.assertIn(f"authenticate {SUCCESS}\n", self.interrupt("-w", "interrupt-ignored")[0])

    def cancels_blocked(self, number, *pending, condition="keys-blocked"):
        """Within 200 ms, and the host goes on to the password."""
        self.serve("timeout=60")
        self.start(proof=[[progress("waiting"), Hang]])
        process = self.launch("-w", condition)
        self.wait_for_capture(process)
        time.sleep(0.25)
        process.send_signal(number)
        started = time.monotonic()
        self.assertTrue(self.prover.closed_by_peer.wait(5), "the capture was not cancelled")
        seconds = time.monotonic() - started
        output = process.communicate(timeout=30)[0]
        self.assertLess(seconds, 0.2 if not SANITIZED else 1)
        expected = "".join(f"pending {one}\n" for one in pending)
        self.assertIn(f"authenticate {AUTHINFO_UNAVAIL}\n{expected}state unchanged\n", output)
        self.assertEqual(process.returncode, 0)

    def test_interrupt_that_the_host_blocks_cancels_and_is_taken(self):
        """L3: sudo blocks it while it authenticates. Left pending, it would end sudo before the password prompt."""
        self.cancels_blocked(signal.SIGINT)

    def test_quit_that_the_host_blocks_cancels_and_is_taken(self):
        self.cancels_blocked(signal.SIGQUIT)

    def test_termination_that_the_host_blocks_cancels_and_is_left_to_it(self):
        self.cancels_blocked(signal.SIGTERM, signal.SIGTERM, condition="all-blocked")

    def test_hangup_that_the_host_blocks_cancels_and_is_left_to_it(self):
        self.cancels_blocked(signal.SIGHUP, signal.SIGHUP, condition="all-blocked")

    def test_other_signals_that_the_host_blocks_do_not_cancel(self):
        self.wait_for_interrupt()
        output, _ = self.interrupt("-w", "all-blocked", number=signal.SIGUSR1)
        self.assertIn(f"authenticate {SUCCESS}\npending {int(signal.SIGUSR1)}\nstate unchanged\n", output)

    def test_other_signals_that_the_host_catches_do_not_cancel(self):
        for number in (signal.SIGUSR1, signal.SIGCHLD, signal.SIGWINCH, signal.SIGALRM, signal.SIGCONT):
            with self.subTest(number):
                self.wait_for_interrupt()
                self.assertIn(f"authenticate {SUCCESS}\n", self.interrupt("-w", "others-caught", number=number)[0])

    def test_stopping_and_continuing_does_not_cancel(self):
        self.wait_for_interrupt()
        process = self.launch("-w", "interrupt-caught")
        self.wait_for_capture(process)
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.1)
        process.send_signal(signal.SIGCONT)
        self.assertIn(f"authenticate {SUCCESS}\n", process.communicate(timeout=30)[0])


class user(Case):
    def test_hostile_names_arrive_unharmed(self):
        for name in (
            "../x",
            "a/b",
            "-x",
            "--help",
            "%s%n%n%n",
            "root",
            "0",
            "1000",
            "nobody-of-that-name",
            "j\u00fcrgen",
            "\u65e5\u672c",
            'a"b',
            "a\\b",
            "a','b",
            '","subject":"root',
            "a b",
            "$(id)",
            "`id`",
            "x" * 255,
            "\u00fc" * 127,
        ):
            with self.subTest(name):
                self.start()
                self.authenticate(SUCCESS, user=name)
                self.assertEqual(self.verifier.parameters(0), {"subject": name, "purpose": "lock"})

    def test_names_that_are_none_reach_nobody(self):
        self.start()
        for name in (
            "",
            "x" * 256,
            "\u00fc" * 128,
            "a\nb",
            "a\x1b[2J",
            "a\x7f",
            "a\x01",
            b"a\xff",
            b"\xc0\xaf",
            b"\xed\xa0\x80",
            "a\x9b0m",
            "a\u202eb",
        ):
            with self.subTest(name):
                self.authenticate(USER_UNKNOWN, user=name)
        self.assertEqual(self.verifier.connections, 0)

    def test_name_that_is_not_set_is_asked_for(self):
        self.start()
        result = self.authenticate(SUCCESS, "-a", "bob", user="-")
        self.assertEqual(self.verifier.parameters(0)["subject"], "bob")
        self.assertEqual(len(result.told("prompt-echo")), 1)

    def test_name_that_cannot_be_asked_for(self):
        self.start()
        self.authenticate(CONV_ERR, "-c", "error", user="-")
        self.assertEqual(self.run_client("-c", "again", user="-").code(), INCOMPLETE)
        self.assertNotEqual(self.run_client("-c", "no-response", user="-").code(), SUCCESS)
        self.assertEqual(self.verifier.connections, 0)

    def test_two_names_for_one_uid_are_two_subjects(self):
        """toor and root have uid 0: the name decides, and is never looked up."""
        for name in ("root", "toor"):
            self.start()
            self.authenticate(SUCCESS, user=name)
            self.assertEqual(self.verifier.parameters(0)["subject"], name)


class conversation(Case):
    def test_without_a_function(self):
        self.start()
        self.authenticate(CONV_ERR, "-c", "none")
        self.assertEqual(self.prover.requests, [])

    def test_that_fails_before_the_capture_prevents_it(self):
        for how in ("error", "again", "rubbish"):
            with self.subTest(how):
                self.start()
                self.authenticate(CONV_ERR, "-c", how)
                self.assertEqual(self.prover.requests, [])

    def test_that_leaves_no_response(self):
        self.start()
        self.authenticate(SUCCESS, "-c", "no-response")

    def test_that_answers_what_was_not_asked(self):
        self.start()
        self.authenticate(SUCCESS, "-c", "talkative")

    def test_that_takes_longer_than_the_deadline(self):
        self.start()
        self.serve("timeout=1")
        self.authenticate(AUTHINFO_UNAVAIL, "-c", "slow")

    def test_silence_withholds_advice_and_no_more(self):
        """L2: a sensor that starts without a word on the screen serves whoever started it."""
        self.start(
            proof=[
                [progress("hold still"), error("org.semblance.Prover.NoMatch")],
                [error("org.semblance.Prover.SensorUnavailable", hint="x")],
            ]
        )
        result = self.authenticate(AUTHINFO_UNAVAIL, "-s", "-i", "tty=/dev/tty1")
        self.assertEqual(
            result.told("info", "error", "prompt"),
            [
                "info Semblance: present your face or finger for lock as alice",
                "error Semblance: no match, please try again",
                "error Semblance: no sensor is available: x",
            ],
        )

    def test_silence_tells_the_last_mismatch(self):
        self.start(proof=[[error("org.semblance.Prover.NoMatch")]])
        self.serve("max-tries=1")
        self.assertEqual(self.authenticate(AUTH_ERR, "-s").told("error"), ["error Semblance: no match"])

    def test_silence_does_not_prevent_a_login(self):
        self.start()
        self.authenticate(SUCCESS, "-s", "-i", "tty=/dev/pts/0")

    def test_silence_without_a_conversation_prevents_the_capture(self):
        self.start()
        self.authenticate(CONV_ERR, "-s", "-c", "none")
        self.assertEqual(self.prover.requests, [])

    def test_silence_still_asks_to_confirm(self):
        self.start()
        self.serve("confirm")
        result = self.authenticate(SUCCESS, "-s", "-i", "tty=/dev/pts/0", "-a", "")
        self.assertEqual((len(result.told("prompt")), len(result.told())), (1, 1))

"""Consent at the controlling terminal: which keys give it, and what the terminal is like afterwards."""

import json
import signal

from daemons import error
from harness import *
from screens import PROMPT, ScreenCase


class consent_at_the_terminal(ScreenCase):
    def test_enter_is_consent(self):
        process = self.run_at_terminal("-s", "-a", "an answer of the conversation")
        self.terminal.wait_for(PROMPT)
        self.assertEqual(self.prover.requests, [])
        self.terminal.type("\r")
        self.assertNotIn("prompt", self.ends(process, SUCCESS))
        self.assertIn("Semblance: present your face or finger for lock as alice", self.terminal.rest())
        self.assertNotIn("confirm", self.prover.parameters(0))

    def test_anything_else_is_the_password(self):
        seen = os.path.join(self.place, "seen")
        self.write_service(
            "lock",
            self.line("sufficient", "confirm")
            + f"\nauth required pam_exec.so quiet expose_authtok /usr/bin/tee {seen}",
        )
        process = self.run_at_terminal()
        self.terminal.wait_for(PROMPT)
        self.terminal.type("sx\x7fecr\u00e9\u00fc\x7fxx\x15secr\u00e9t\n")
        self.assertIn(f"authenticate {SUCCESS}\n", self.output(process))
        self.assertEqual(self.prover.requests, [])
        self.assertEqual(self.terminal.settings(), self.usual)
        self.assertNotIn("s", self.terminal.rest())
        with open(seen, "rb") as file:
            self.assertEqual(file.read().rstrip(b"\0").decode(), "secr\u00e9t")

    def test_what_was_typed_before_is_no_consent(self):
        os.write(self.terminal.master, b"\n\n\n")
        process = self.run_at_terminal()
        self.terminal.wait_for(PROMPT)
        time.sleep(0.3)
        self.assertIsNone(process.poll())
        self.assertEqual(self.prover.requests, [])
        self.terminal.type("\n")
        self.ends(process, SUCCESS)

    def test_what_is_typed_behind_is_left_for_the_next(self):
        process = self.run_at_terminal()
        self.terminal.wait_for(PROMPT)
        self.terminal.type("\nnext\n")
        self.ends(process, SUCCESS)
        self.assertEqual(os.read(self.terminal.slave, 100), b"next\n")

    def questions(self):
        """The calls about the module's own question, each with what it says."""
        calls = [json.loads(raw) for _, raw in self.prover.questions]
        for call in calls:
            self.assertEqual(call["parameters"], {"subject": "alice", "purpose": "lock"})
        return [call["method"].rsplit(".", 1)[1] for call in calls]

    def test_prover_learns_of_a_refusal(self):
        """It remembers, so that a program that asks again and again gets no Enter to be rid of it."""
        for key, calls, code in (
            ("\n", ["MayAsk"], SUCCESS),
            ("secret\n", ["MayAsk", "Answered"], AUTHINFO_UNAVAIL),
            ("\x03", ["MayAsk", "Declined"], AUTHINFO_UNAVAIL),
            ("\x04", ["MayAsk", "Declined"], AUTHINFO_UNAVAIL),
        ):
            with self.subTest(key=key):
                # What becomes of the report changes nothing.
                self.start(declined=[[error("org.semblance.Prover.NotAuthorized")]])
                process = self.run_at_terminal()
                self.terminal.wait_for(PROMPT)
                self.terminal.type(key)
                self.ends(process, code)
                self.assertEqual(self.questions(), calls)

    def test_prover_learns_of_a_late_refusal(self):
        """By a new connection: the daemons close those that were silent for so long."""
        process = self.run_at_terminal()
        self.terminal.wait_for(PROMPT)
        time.sleep(31)
        self.terminal.type("\x03")
        self.ends(process, AUTHINFO_UNAVAIL)
        self.assertEqual([number for number, _ in self.prover.questions], [1, 2])
        self.assertEqual(self.questions(), ["MayAsk", "Declined"])

    def test_prover_that_remembers_a_refusal(self):
        """Nobody is asked: the password follows."""
        for name, parameters, text in (
            ("ConsentRefused", {"retryAfterSeconds": 40}, "you have refused lately, wait 40 s"),
            ("PresenceRequired", {"reason": "it is remote"}, "you do not seem to be at this computer: it is remote"),
            ("TooManyProofs", {"retryAfterSeconds": 2}, "too many logins in a short time, wait 2 s"),
        ):
            with self.subTest(name):
                self.start(may_ask=[[error("org.semblance.Prover." + name, **parameters)]])
                self.ends(self.run_at_terminal(), MAXTRIES if name == "TooManyProofs" else AUTHINFO_UNAVAIL)
                shown = self.terminal.rest()
                self.assertIn("Semblance: " + text, shown)
                self.assertNotIn("press Enter", shown)
                self.assertEqual((self.questions(), self.prover.requests), (["MayAsk"], []))
                self.terminal.shown = ""

    def test_keys_that_cancel(self):
        for key in ("\x03", "\x1c", "\x04", "half\x03"):
            for condition in ([], ["-w", "interrupt-caught"], ["-w", "keys-blocked"]):
                with self.subTest(key=key, condition=condition):
                    self.start()
                    process = self.run_at_terminal(*condition)
                    self.terminal.wait_for(PROMPT)
                    self.terminal.type(key)
                    self.ends(process, AUTHINFO_UNAVAIL)
                    self.assertEqual(self.prover.requests, [])

    def test_keys_that_do_nothing(self):
        process = self.run_at_terminal()
        self.terminal.wait_for(PROMPT)
        self.terminal.type("\x1a\x00\x7f\x7fab\x7f\x7f\x7f\n")
        self.ends(process, SUCCESS)

    def test_line_that_is_too_long_cancels(self):
        process = self.run_at_terminal()
        self.terminal.wait_for(PROMPT)
        self.terminal.type("x" * 600 + "\x7f" * 600 + "\n")
        self.ends(process, AUTHINFO_UNAVAIL)
        self.assertEqual(self.prover.requests, [])

    def test_hangup_is_no_consent(self):
        process = self.run_at_terminal("-w", "others-caught")
        self.terminal.wait_for(PROMPT)
        self.terminal.hang_up()
        self.assertIn(f"authenticate {AUTHINFO_UNAVAIL}\n", self.output(process))
        self.assertEqual(self.prover.requests, [])

    def test_signals_find_the_terminal_restored(self):
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
            with self.subTest(number):
                self.start()
                process = self.run_at_terminal()
                self.terminal.wait_for(PROMPT)
                time.sleep(0.05)
                self.assertNotEqual(self.terminal.settings(), self.usual)
                process.send_signal(number)
                self.output(process)
                self.assertEqual(process.returncode, -number)
                self.assertEqual(self.terminal.settings(), self.usual)
                self.assertEqual(self.prover.requests, [])

    def test_signals_that_the_host_catches_cancel(self):
        for condition, number in (("interrupt-caught", signal.SIGINT), ("termination-caught", signal.SIGTERM)):
            process = self.run_at_terminal("-w", condition)
            self.terminal.wait_for(PROMPT)
            time.sleep(0.05)
            process.send_signal(number)
            self.ends(process, AUTHINFO_UNAVAIL)
        self.assertEqual(self.prover.requests, [])

    def test_interrupt_that_the_host_blocks_cancels_and_is_taken(self):
        process = self.run_at_terminal("-w", "keys-blocked")
        self.terminal.wait_for(PROMPT)
        process.send_signal(signal.SIGINT)
        self.assertNotIn("pending", self.ends(process, AUTHINFO_UNAVAIL))

    def test_timers_do_not_disturb(self):
        process = self.run_at_terminal("-w", "signal-storm")
        self.terminal.wait_for(PROMPT)
        time.sleep(0.5)
        self.terminal.type("\n")
        self.assertIn("storm raged", self.ends(process, SUCCESS))

    def test_stop_and_start(self):
        process = self.run_at_terminal()
        self.terminal.wait_for(PROMPT)
        process.send_signal(signal.SIGSTOP)
        time.sleep(0.1)
        process.send_signal(signal.SIGCONT)
        self.terminal.type("\n")
        self.ends(process, SUCCESS)

    def test_standard_streams_closed(self):
        """Its input is then no terminal: nobody is asked, and no descriptor takes the place of a stream."""
        process = self.run_at_terminal("-w", "closed-streams")
        self.assertIn(f"authenticate {AUTHINFO_UNAVAIL}\n", self.output(process))
        self.nobody_is_asked("its input is not its terminal")

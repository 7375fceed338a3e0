"""Consent: who is asked where, and whose answer counts. Each attack is one of L2 in its kind."""

import signal

from daemons import Hang, Sleep, error, progress, reply, CHALLENGE, PROOF
from harness import *

PROMPT = "Password (or press Enter to present your face or finger for lock as alice): "
NOBODY = 65534


class screen(Case):
    def setUp(self):
        super().setUp()
        self.start()
        self.serve("confirm timeout=20")
        self.terminal = Terminal()
        self.addCleanup(self.terminal.close)
        self.usual = self.terminal.settings()

    def run_at_terminal(self, *options, **more):
        command = self.command(*options)
        return self.terminal.run(command, env=self.environment(), **more)

    def output(self, process):
        output, errors = process.communicate(timeout=30)
        self.assertEqual(errors, "")
        return output

    def ends(self, process, code):
        output = self.output(process)
        self.assertIn(f"authenticate {code}\n", output)
        self.assertIn("state unchanged\n", output)
        self.assertEqual(self.terminal.settings(), self.usual)
        return output

    def raised(self):
        """A client that its file raises above its caller, as sudo's does."""
        if SANITIZED:
            self.skipTest("the sanitizers are not for programs that are raised")
        path = os.path.join(self.place, "raised")
        shutil.copy(self.client, path)
        os.chmod(path, 0o4755)
        return path

    def nobody_is_asked(self, reason):
        self.assertEqual((self.verifier.connections, self.prover.connections), (0, 0))
        self.assertLogged("^<86>.*alice: not asked: nobody could be told what for: " + reason)


class consent_at_the_terminal(screen):
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
            self.line("sufficient", "confirm") + f"\nauth required pam_exec.so quiet expose_authtok /usr/bin/tee {seen}",
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


class attack(screen):
    def test_job_in_the_background(self):
        """Malware in the session of somebody who sits there: `sudo id &`."""
        for arguments in ("confirm", ""):
            for options in (["-s"], []):
                with self.subTest(arguments=arguments, options=options):
                    self.serve(arguments)
                    self.mark()
                    command = " ".join(self.command(*options, "-a", "''"))
                    process = self.terminal.run(["bash", "-c", f"set -m; {command} & wait"], env=self.environment())
                    self.terminal.type("\n\n\n")
                    self.assertIn(f"authenticate {AUTHINFO_UNAVAIL}\n", process.communicate(timeout=30)[0])
                    self.nobody_is_asked("a job in the background of its terminal")

    def test_job_that_goes_to_the_background_while_it_asks(self):
        """The shell that takes its terminal back. What is typed from then on is the shell's, not the module's."""
        shell = (
            "import os, signal, subprocess, sys\n"
            "signal.signal(signal.SIGTTOU, signal.SIG_IGN)\n"
            "signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])\n"
            "job = subprocess.Popen(['sh', '-c', 'kill -STOP $$; exec \"$@\"', 'sh', *sys.argv[1:]], process_group=0)\n"
            "os.waitpid(job.pid, os.WUNTRACED)\n"
            "os.tcsetpgrp(0, job.pid)\n"
            "os.kill(job.pid, signal.SIGCONT)\n"
            "signal.sigwait([signal.SIGUSR1])\n"
            "os.tcsetpgrp(0, os.getpid())\n"
            "sys.exit(job.wait())\n"
        )
        process = self.terminal.run([sys.executable, "-c", shell, *self.command()], env=self.environment())
        self.terminal.wait_for(PROMPT)
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.2)
        self.terminal.type("\n")
        self.assertIn(f"authenticate {AUTHINFO_UNAVAIL}\n", process.communicate(timeout=30)[0])
        self.assertEqual(self.prover.requests, [])
        self.assertEqual(self.terminal.settings(), self.usual)

    def test_enter_through_a_pipe(self):
        """`echo | sudo -S id`."""
        for arguments in (["-s"], []):
            self.mark()
            with self.subTest(arguments):
                process = self.run_at_terminal(*arguments, "-a", "", stdin=subprocess.PIPE)
                process.stdin.write("\n\n\n")
                self.assertIn(f"authenticate {AUTHINFO_UNAVAIL}\n", self.output(process))
                self.nobody_is_asked("its input is not its terminal")

    def test_input_from_nowhere(self):
        process = self.run_at_terminal("-a", "", stdin=subprocess.DEVNULL)
        self.assertIn(f"authenticate {AUTHINFO_UNAVAIL}\n", self.output(process))
        self.nobody_is_asked("its input is not its terminal")

    def test_input_from_another_terminal(self):
        other = Terminal()
        self.addCleanup(other.close)
        os.write(other.master, b"\n\n")
        process = self.run_at_terminal("-a", "", stdin=other.slave)
        self.assertIn(f"authenticate {AUTHINFO_UNAVAIL}\n", self.output(process))
        self.nobody_is_asked("its input is not its terminal")

    def test_silent_capture_is_seen_on_the_terminal(self):
        """Without `confirm`: the words come to the screen whatever the caller does to the host's streams."""
        self.serve("timeout=20")
        process = self.run_at_terminal("-s", stdin=subprocess.DEVNULL)
        self.assertNotIn("info", self.ends(process, SUCCESS))
        self.assertIn("Semblance: present your face or finger for lock as alice", self.terminal.rest())

    def test_terminal_that_shows_nothing_prevents_the_capture(self):
        """Ctrl-S."""
        self.serve("timeout=20")
        fcntl.ioctl(self.terminal.slave, termios.TCXONC, termios.TCOOFF)
        process = self.run_at_terminal("-s")
        self.ends(process, CONV_ERR)
        self.assertEqual(self.prover.requests, [])
        fcntl.ioctl(self.terminal.slave, termios.TCXONC, termios.TCOON)

    def run_raised(self, *options, service="lock", **more):
        command = [*self.neutral_prefix(), self.raised(), *options, self.services, service, "alice", "authenticate"]
        return self.wrapped(command, env=self.environment(), user=NOBODY, group=NOBODY, **more)

    def test_raised_program_without_a_terminal(self):
        """Its conversation is with whoever started it: the prover asks, by its agent. Without one: no capture."""
        for arguments in ("confirm", ""):
            for options in ([], ["-s"], ["-s", "-i", "tty=/dev/pts/0"]):
                with self.subTest(arguments=arguments, options=options):
                    self.serve(arguments)
                    self.mark()
                    self.start(proof=[[error("org.semblance.Prover.ConsentRequired")]])
                    result = self.run_raised("-a", "", *options)
                    self.assertEqual((result.code(), result.told("prompt")), (AUTHINFO_UNAVAIL, []))
                    self.assertIs(self.prover.parameters(0)["confirm"], True)
                    self.assertLogged("^<86>.*alice: not asked: nothing was there to ask for consent")

    def test_raised_program_that_the_agent_attends(self):
        result = self.run_raised("-a", "")
        self.assertEqual(result.code(), SUCCESS)
        self.assertEqual(
            result.told()[0],
            "info Semblance: when you have confirmed it, present your face or finger for lock as alice",
        )

    def test_program_raised_by_capabilities(self):
        """`setcap cap_setuid+p su` in place of the set-user-id bit: no uid is root's, and yet it can become root."""
        if SANITIZED or shutil.which("setcap") is None:
            self.skipTest("needs setcap")
        path = os.path.join(self.place, "capable")
        shutil.copy(self.client, path)
        subprocess.run(["setcap", "cap_setuid+p", path], check=True)
        self.start(proof=[[error("org.semblance.Prover.ConsentRequired")]])
        command = [*self.neutral_prefix(), path, "-a", "", self.services, "lock", "alice", "authenticate"]
        result = self.wrapped(command, env=self.environment(), user=NOBODY, group=NOBODY)
        self.assertEqual((result.code(), result.told("prompt")), (AUTHINFO_UNAVAIL, []))

    def test_polkits_helper(self):
        """Raised, at a terminal (pkttyagent), or started by the system: its conversation is another program's."""
        self.serve("confirm", service="polkit-1")
        self.start(proof=[[error("org.semblance.Prover.ConsentRequired")]])
        for start in (
            lambda: self.run_raised("-a", "", service="polkit-1").code(),
            lambda: self.run_client("-a", "", service="polkit-1").code(),
            lambda: int(
                self.output(
                    self.terminal.run(
                        self.command("-a", "", service="polkit-1"), env=self.environment(), stdin=subprocess.PIPE
                    )
                )
                .split("authenticate ")[1]
                .split()[0]
            ),
        ):
            self.assertEqual(start(), AUTHINFO_UNAVAIL)
        self.assertEqual([self.prover.parameters(i).get("confirm") for i in range(3)], [True] * 3)


class consent_by_conversation(screen):
    def test_host_without_privilege(self):
        """A lock screen, even one that was started from a terminal: it has nothing to give that its user has not."""
        for options in (["-a", ""], ["-s", "-a", ""]):
            self.start()
            process = self.run_at_terminal(*options, user=NOBODY, group=NOBODY)
            output = self.output(process)
            self.assertIn(f"prompt {PROMPT}\n", output)
            self.assertIn(f"authenticate {SUCCESS}\n", output)
            self.assertEqual(self.terminal.rest(), "")
            self.assertNotIn("confirm", self.prover.parameters(0))

    def test_host_without_privilege_in_the_background(self):
        command = " ".join(self.command("-a", "''"))
        process = self.terminal.run(
            ["bash", "-c", f"set -m; {command} & wait"], env=self.environment(), user=NOBODY, group=NOBODY
        )
        self.assertIn(f"authenticate {SUCCESS}\n", process.communicate(timeout=30)[0])

    def test_display_managers(self):
        for service in ("gdm-password", "lightdm", "sddm", "greetd", "ly"):
            with self.subTest(service):
                self.start()
                self.serve("confirm", service=service)
                # With a terminal (ly draws on it by itself) and without.
                process = self.terminal.run(self.command("-s", "-a", "", service=service), env=self.environment())
                self.assertIn(f"authenticate {SUCCESS}\n", self.output(process))
                self.authenticate(SUCCESS, "-s", "-a", "", service=service)
                self.assertEqual(self.terminal.rest(), "")
                self.assertNotIn("confirm", self.prover.parameters(1))

    def test_program_that_root_has_started(self):
        self.assertEqual(len(self.authenticate(SUCCESS, "-a", "").told("prompt")), 1)
        self.assertNotIn("confirm", self.prover.parameters(0))

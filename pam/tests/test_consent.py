"""Consent that is not the person's: who is asked where, and whose answer counts. Each attack is of the kind of L2."""

import fcntl
import signal
import termios

from daemons import PROOF, Sleep, error, progress, reply
from harness import *
from screens import PROMPT, ScreenCase
from terminal import Terminal

NOBODY = 65534


class attack(ScreenCase):
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
                    self.assertEqual(self.prover.parameters(0)["asker"], NOBODY)
                    self.assertLogged("^<86>.*alice: not asked: nothing was there to ask for consent")

    def test_raised_program_that_the_agent_attends(self):
        result = self.run_raised("-a", "")
        self.assertEqual(result.code(), SUCCESS)
        self.assertEqual(
            result.told()[0],
            "info Semblance: when you have confirmed it, present your face or finger for lock as alice",
        )

    def test_time_of_the_agents_question_is_not_charged(self):
        """As that of a question at the terminal is not: the person may look for the window, and read it."""
        self.serve("confirm timeout=2", service="polkit-1")
        question = progress("waiting for your consent", stage="consent")
        for script, code in (
            ([question, Sleep(3), progress("hold still"), Sleep(1), reply(proof=PROOF)], SUCCESS),
            ([question, Sleep(3), progress("wait", stage="queue"), Sleep(3), reply(proof=PROOF)], AUTHINFO_UNAVAIL),
            # Once: a prover that asked again and again would hold the login for ever.
            ([*[question, progress("hold still"), Sleep(1)] * 5, reply(proof=PROOF)], AUTHINFO_UNAVAIL),
            ([progress("", stage=7), reply(proof=PROOF)], SYSTEM_ERR),
        ):
            self.start(proof=[script])
            result = self.authenticate(code, service="polkit-1")
            self.assertLess(result.seconds, 5.5)

    def test_time_of_a_question_that_nobody_wanted_is_charged(self):
        """Where the module has asked by itself, no prover gets more time by saying so."""
        self.serve("confirm timeout=2")
        self.start(proof=[[progress("waiting", stage="consent"), Sleep(3), reply(proof=PROOF)]])
        self.assertLess(self.authenticate(AUTHINFO_UNAVAIL, "-a", "").seconds, 3)

    def test_standard_input_of_a_raised_helper_says_nothing(self):
        """It is its caller's to choose: here a socket whose other end is root's."""
        self.serve("confirm", service="polkit-1")
        self.start(proof=[[error("org.semblance.Prover.ConsentRequired")]])
        ours, theirs = socket.socketpair()
        with ours, theirs:
            self.run_raised("-a", "", service="polkit-1", stdin=theirs)
        self.assertEqual(self.prover.parameters(0)["asker"], NOBODY)

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
        # Whose program has started one that its file raises, the kernel says.
        self.assertEqual([self.prover.parameters(i).get("asker") for i in range(3)], [NOBODY, None, None])


class consent_by_conversation(ScreenCase):
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
            # Its caller can have that of it: there is nothing to be nagged for.
            self.assertEqual(self.prover.questions, [])

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

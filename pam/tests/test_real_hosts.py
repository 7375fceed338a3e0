"""The real hosts of Debian: sudo, su, chfn and polkit's helper, set-user-id and started by an ordinary user; login."""

import json
import signal

from daemons import Hang, error, progress
from harness import *
from terminal import Terminal

USER = "nobody"
SUDO_PROMPT = "Password (or press Enter to present your face or finger for sudo as nobody): "


class real_host(Case):
    """In a mount namespace of its own: /etc/sudoers, /etc/pam.d and what the next module keeps of a password."""

    def setUp(self):
        super().setUp()
        if SANITIZED:
            self.skipTest("the sanitizers are not for programs that are raised")
        if shutil.which("sudo") is None:
            self.skipTest("sudo is not installed")
        self.seen = os.path.join(self.place, "seen")
        self.stack("confirm timeout=20")
        sudoers = os.path.join(self.place, "sudoers")
        with open(sudoers, "w", encoding="utf-8") as file:
            file.write(f"Defaults !lecture, timestamp_timeout=0\n{USER} ALL=(ALL:ALL) ALL\n")
        os.chmod(sudoers, 0o440)
        self.start()
        self.terminal = Terminal()
        self.addCleanup(self.terminal.close)
        os.chown(os.ttyname(self.terminal.slave), 65534, -1)

    def stack(self, arguments):
        # The password's module: it accepts any, and writes it down.
        text = self.line("sufficient", arguments) + (
            f"\nauth required pam_exec.so quiet expose_authtok /usr/bin/tee {self.seen}\n"
            "auth required pam_permit.so\naccount required pam_permit.so\nsession required pam_permit.so\n"
        )
        for service in ("sudo", "su", "login", "chfn", "polkit-1"):
            self.write_service(service, text)

    def command(self, *command):
        script = (
            f"mount --bind {self.place}/sudoers /etc/sudoers && mount --bind {self.services} /etc/pam.d && "
            f"exec setpriv --reuid {USER} --regid nogroup --clear-groups " + '"$@"'
        )
        return [*self.neutral_prefix(), "unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh", *command]

    def at_terminal(self, *command, **options):
        options = {"stdout": self.terminal.slave, "stderr": self.terminal.slave, **options}
        return self.terminal.run(self.command(*command), env=self.environment(), **options)

    def password(self):
        try:
            with open(self.seen, "rb") as file:
                return file.read().rstrip(b"\0").decode()
        except FileNotFoundError:
            return None

    def prover_heard_of_a_password(self, subject, service):
        """Nothing else was asked of it but what goes before a question."""
        self.assertEqual(self.prover.methods(), ["org.semblance.Prover.PasswordEntered"])
        self.assertEqual(self.prover.parameters(0), {"subject": subject, "purpose": service})

    def nobody_is_asked(self, reason):
        self.assertEqual((self.verifier.connections, self.prover.connections), (0, 0))
        lines = [line for line in self.logged() if "pam_semblance(" in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], r"pam_semblance\(sudo:auth\): nobody: not asked: .*" + reason)


class sudo(real_host):
    def test_enter_at_the_terminal(self):
        process = self.at_terminal("sudo", "-k", "id", "-u")
        self.terminal.wait_for(SUDO_PROMPT)
        self.terminal.type("\r")
        self.terminal.wait_for("Semblance: present your face or finger for sudo as nobody")
        self.terminal.wait_for("\n0\r\n")
        self.assertEqual(process.wait(10), 0)
        self.assertIsNone(self.password())

    def test_password_at_the_terminal(self):
        process = self.at_terminal("sudo", "-k", "id", "-u")
        self.terminal.wait_for(SUDO_PROMPT)
        self.terminal.type("secret\r")
        self.terminal.wait_for("\n0\r\n")
        self.assertEqual((process.wait(10), self.password()), (0, "secret"))
        self.prover_heard_of_a_password(USER, "sudo")

    def test_in_a_pipeline_that_is_not_its_input(self):
        process = self.at_terminal("sh", "-c", "sudo -k id -u | tr 0 z")
        self.terminal.wait_for(SUDO_PROMPT)
        self.terminal.type("\r")
        self.terminal.wait_for("z\r\n")
        self.assertEqual(process.wait(10), 0)

    def test_background_job_with_a_wrong_password(self):
        """L2 (a), as it was found: with the right finger there, this got root, and not a character was shown."""
        for arguments in ("confirm timeout=20", "timeout=20"):
            self.mark()
            self.stack(arguments)
            script = "set -m; (echo wrong | sudo -k -S -p '' id -u) & wait"
            process = self.at_terminal("bash", "-c", script, stdout=subprocess.PIPE)
            process.communicate(timeout=30)
            self.assertEqual(self.password(), "wrong")
            self.nobody_is_asked("a job in the background of its terminal")

    def test_background_job_that_presses_enter(self):
        """L2: `echo | sudo -S` got root even with `confirm`."""
        process = self.at_terminal("bash", "-c", "set -m; (yes '' | head -n 9 | sudo -k -S -p '' id -u) & wait")
        self.assertEqual(process.wait(30), 0)
        self.assertEqual(self.password(), "")
        self.nobody_is_asked("a job in the background of its terminal")

    def test_pipe_that_presses_enter(self):
        for script in ("echo | sudo -k -S -p '' id -u", "sudo -k -S -p '' id -u </dev/null"):
            with self.subTest(script):
                self.mark()
                process = self.at_terminal("sh", "-c", script)
                process.wait(30)
                self.nobody_is_asked("its input is not its terminal")

    def test_end_of_a_pipeline(self):
        """`command | sudo tee`: sudo would ask for the password at the terminal too, and so the module may."""
        made = os.path.join(self.place, "made")
        for options in ([], ["-u", "root"], ["-uroot", "A=b"], ["--user=root"], ["-p", "-S"], ["--"]):
            with self.subTest(options):
                self.start()
                process = self.at_terminal("sh", "-c", f'echo content | sudo -k "$@" tee {made}', "sh", *options)
                self.terminal.wait_for(SUDO_PROMPT)
                self.terminal.type("\r")
                self.terminal.wait_for("content\r\n")
                self.assertEqual((process.wait(10), len(self.prover.requests), self.password()), (0, 1, None))
                self.assertEqual(os.stat(made).st_uid, 0)

    def test_end_of_a_pipeline_that_presses_enter(self):
        """What comes through the pipe is the command's input: neither consent nor password."""
        process = self.at_terminal("sh", "-c", "yes '' | head -n 9 | sudo -k cat")
        self.terminal.wait_for(SUDO_PROMPT)
        time.sleep(0.5)
        self.assertIsNone(process.poll())
        self.assertEqual(self.prover.requests, [])
        self.terminal.type("secret\r")
        self.assertEqual((process.wait(10), self.password()), (0, "secret"))
        self.prover_heard_of_a_password(USER, "sudo")
        self.assertEqual(self.terminal.rest().count("\r\n"), 10)

    def test_end_of_a_pipeline_in_the_background(self):
        process = self.at_terminal("bash", "-c", "set -m; (yes '' | head -n 9 | sudo -k tee /dev/null) & sleep 1; kill %1")
        self.terminal.type("\r\r\r")
        process.wait(30)
        self.nobody_is_asked("a job in the background of its terminal")

    def test_password_from_elsewhere(self):
        """A script that brings its password is not held up by a question, however it says so."""
        for options in (
            ["-kS"], ["-k", "--stdin"], ["-k", "--st"], ["-u", "root", "-k", "-S"], ["-p", "", "-kS"], ["-k", "A=b", "-S"],
            ["-k", "--user", "root", "-S"], ["-kA"], ["-k", "--askpass"],
        ):
            with self.subTest(options):
                self.mark()
                process = self.at_terminal("sh", "-c", 'echo secret | SUDO_ASKPASS=/bin/echo sudo "$@" id -u', "sh", *options)
                self.assertEqual(process.wait(30), 0)
                # The helper, echo, answers with the prompt.
                self.assertIn(self.password(), ("secret", "[sudo] password for nobody: "))
                self.nobody_is_asked("its input is not its terminal")

    def test_without_a_terminal(self):
        """cron, at, a program of the desktop: the prover's agent is to ask. There is none here."""
        for script in ("echo | sudo -k -S id -u", "SUDO_ASKPASS=/bin/echo sudo -k -A id -u"):
            with self.subTest(script):
                self.mark()
                self.start(proof=[[error("org.semblance.Prover.ConsentRequired")]])
                self.wrapped(self.command("sh", "-c", script), env=self.environment())
                self.assertIs(self.prover.parameters(0)["confirm"], True)
                self.assertEqual(self.prover.parameters(0)["asker"], 65534)
                self.assertTrue(
                    any("nobody: not asked: nothing was there to ask for consent" in line for line in self.logged())
                )

    def test_interrupt_during_the_capture(self):
        """L3: within 200 ms, and the password prompt follows; sudo does not die of the key afterwards."""
        self.start(proof=[[progress("hold still"), Hang]])
        process = self.at_terminal("sudo", "-k", "id", "-u")
        self.terminal.wait_for(SUDO_PROMPT)
        self.terminal.type("\r")
        self.terminal.wait_for("present your face or finger")
        time.sleep(0.5)
        os.write(self.terminal.master, b"\x03")
        started = time.monotonic()
        self.assertTrue(self.prover.closed_by_peer.wait(10), "the capture was not cancelled")
        self.assertLess(time.monotonic() - started, 0.2)
        self.terminal.wait_for("[sudo] password for nobody: ", seconds=2)
        self.terminal.type("secret\r")
        self.terminal.wait_for("\n0\r\n")
        self.assertEqual((process.wait(10), self.password()), (0, "secret"))

    def test_interrupt_at_the_prompt(self):
        process = self.at_terminal("sudo", "-k", "id", "-u")
        self.terminal.wait_for(SUDO_PROMPT)
        self.terminal.type("\x03")
        self.terminal.wait_for("[sudo] password for nobody: ", seconds=2)
        self.terminal.type("secret\r")
        self.terminal.wait_for("\n0\r\n")
        self.assertEqual((process.wait(10), self.password()), (0, "secret"))
        self.prover_heard_of_a_password(USER, "sudo")

    def test_not_interactive_fires_nothing(self):
        process = self.at_terminal("sudo", "-k", "-n", "id", "-u")
        self.assertNotEqual(process.wait(10), 0)
        self.assertEqual((self.verifier.connections, self.prover.connections), (0, 0))

    def test_not_interactive_that_authenticates_asks_nothing(self):
        path = os.path.join(self.place, "sudoers")
        with open(path, "a", encoding="utf-8") as file:
            file.write("Defaults noninteractive_auth\n")
        if subprocess.run(["visudo", "-c", "-f", path], capture_output=True, check=False).returncode != 0:
            self.skipTest("sudo is older than noninteractive_auth")
        process = self.at_terminal("sudo", "-k", "-n", "id", "-u")
        self.assertNotEqual(process.wait(10), 0)
        self.assertNotIn("press Enter", self.terminal.rest())
        self.assertEqual((self.prover.requests, self.prover.questions), ([], []))


class su(real_host):
    def setUp(self):
        super().setUp()
        self.prompt = SUDO_PROMPT.replace("for sudo as nobody", "for su as root")

    def test_enter_at_the_terminal(self):
        process = self.at_terminal("su", "-c", "id -u")
        self.terminal.wait_for(self.prompt)
        self.terminal.type("\r")
        self.terminal.wait_for("\n0\r\n")
        self.assertEqual(process.wait(10), 0)
        # The prover is told who asks about root, for the question's row and for the proof's.
        self.assertEqual(json.loads(self.prover.questions[0][1])["parameters"]["asker"], 65534)
        self.assertEqual(self.prover.parameters(0)["asker"], 65534)

    def test_input_from_a_pipe(self):
        process = self.at_terminal("sh", "-c", "echo | su -c 'id -u'")
        process.wait(30)
        self.assertEqual((self.verifier.connections, self.prover.connections), (0, 0))

    def test_interrupt_at_the_prompt_leads_to_the_password(self):
        process = self.at_terminal("su", "-c", "id -u")
        self.terminal.wait_for(self.prompt)
        self.terminal.type("\x03")
        self.terminal.wait_for("Password: ", seconds=2)
        self.terminal.type("secret\r")
        self.terminal.wait_for("\n0\r\n")
        self.assertEqual((process.wait(10), self.password()), (0, "secret"))
        self.prover_heard_of_a_password("root", "su")

    def test_interrupt_during_the_capture_ends_su(self):
        """As the manual says: su leaves the signal at its default. The capture ends with it."""
        self.start(proof=[[progress("hold still"), Hang]])
        process = self.at_terminal("su", "-c", "id -u")
        self.terminal.wait_for(self.prompt)
        self.terminal.type("\r")
        self.terminal.wait_for("present your face or finger")
        time.sleep(0.3)
        os.write(self.terminal.master, b"\x03")
        self.assertEqual(process.wait(10), -signal.SIGINT)
        self.assertTrue(self.prover.closed_by_peer.wait(2), "the capture was not cancelled")


class others(real_host):
    def log_in(self, typed, told=None):
        """As daemon on its terminal, as getty starts it."""
        process = self.terminal.run(
            self.command_as_root("login"),
            env=self.environment(),
            stdout=self.terminal.slave,
            stderr=self.terminal.slave,
        )
        self.terminal.wait_for("login: ")
        self.terminal.type("daemon\r")
        self.terminal.wait_for("Password (or press Enter to present your face or finger for login as daemon): ")
        self.terminal.type(typed)
        if told is not None:
            self.terminal.wait_for(told)
        self.terminal.rest()
        process.kill()
        process.wait(10)

    def test_login(self):
        self.log_in("\r", "Semblance: present your face or finger for login as daemon")
        self.assertEqual(len(self.prover.requests), 1)

    def test_login_by_password(self):
        self.log_in("secret\r")
        self.prover_heard_of_a_password("daemon", "login")

    def command_as_root(self, *command):
        words = self.command(*command)
        words[words.index("-c") + 1] = re.sub(r"setpriv \S+ \S+ \S+ \S+ \S+", "", words[words.index("-c") + 1])
        return words

    def test_chfn(self):
        process = self.at_terminal("chfn", "-h", "1")
        self.terminal.wait_for("Password (or press Enter to present your face or finger for chfn as ")
        self.terminal.type("\x03")
        self.terminal.wait_for("Password: ", seconds=2)
        process.kill()
        process.wait(10)

    def test_polkits_helper(self):
        """Started by a program of the user's that answers everything with Enter."""
        helper = "/usr/lib/polkit-1/polkit-agent-helper-1"
        if not os.path.exists(helper):
            self.skipTest("polkit is not installed")
        self.start(proof=[[error("org.semblance.Prover.ConsentRequired")]])
        self.wrapped(self.command(helper, USER), env=self.environment(), input="cookie\n\n\n\n")
        self.assertEqual(self.prover.parameters(0)["asker"], 65534)
        self.assertIs(self.prover.parameters(0)["confirm"], True)
        self.assertEqual(self.verifier.parameters(0)["purpose"], "polkit-1")

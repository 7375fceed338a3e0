"""Stacks of modules, as libpam runs them and as pam-auth-update writes them."""

from daemons import Close, error, reply
from harness import *

PAM = os.path.dirname(HERE)
SNIPPETS = os.path.join(PAM, "pam-configs")
FAILURES = (
    {"challenge": [[error("org.semblance.Verifier.NotEnrolled")]]},
    {"challenge": [[b"rubbish\0"]]},
    {"proof": [[error("org.semblance.Prover.NoMatch")]]},
    {"proof": [[error("org.semblance.Prover.SensorUnavailable", hint="x")]]},
    {"proof": [[Close]]},
    {"verdict": [[error("org.semblance.Verifier.Refused")]]},
    {"verdict": [[reply(verdict="possession")]]},
)


class stack(Case):
    def line(self, control="required", arguments="timeout=5 max-tries=1", kind="auth"):
        return super().line(control, arguments, kind)

    def each_failure(self):
        for scripts in FAILURES:
            with self.subTest(scripts):
                self.start(**scripts)
                yield
        self.stop()
        yield

    def test_required_denies_on_every_failure(self):
        """Two factors: the password was right, and that must not be enough."""
        self.write_service("lock", "auth required pam_permit.so\n" + self.line("required"))
        for _ in self.each_failure():
            self.assertNotEqual(self.run_client().code(), SUCCESS)
        self.start()
        self.authenticate(SUCCESS)

    def test_required_before_the_password_denies_on_every_failure(self):
        self.write_service("lock", self.line("required") + "\nauth required pam_permit.so")
        for _ in self.each_failure():
            self.assertNotEqual(self.run_client().code(), SUCCESS)

    def test_required_denies_on_bad_configuration(self):
        self.start()
        self.write_service("lock", "auth required pam_permit.so\n" + self.line("required", "typing-error"))
        self.authenticate(SERVICE_ERR)

    def test_required_denies_without_the_module(self):
        self.write_service("lock", "auth required pam_permit.so\nauth required /nonexistent/pam_semblance.so")
        self.assertNotEqual(self.run_client().code(), SUCCESS)

    def test_success_does_not_outweigh_a_failed_factor(self):
        self.start()
        self.write_service("lock", "auth required pam_deny.so\n" + self.line("required"))
        self.assertNotEqual(self.run_client().code(), SUCCESS)
        self.write_service("lock", "auth required pam_deny.so\n" + self.line("sufficient"))
        self.assertNotEqual(self.run_client().code(), SUCCESS)

    def falls_through(self, control):
        for password, code in (("pam_permit.so", SUCCESS), ("pam_deny.so", AUTH_ERR)):
            self.write_service("lock", self.line(control) + f"\nauth required {password}")
            for _ in self.each_failure():
                self.authenticate(code)
        self.start()
        self.authenticate(SUCCESS)

    def test_sufficient_falls_to_the_password(self):
        self.falls_through("sufficient")

    def test_success_done_falls_to_the_password(self):
        self.falls_through("[success=done default=ignore]")

    def test_jump_falls_to_the_password(self):
        self.start()
        self.write_service(
            "lock",
            self.line("[success=1 default=ignore]") + "\nauth requisite pam_deny.so\nauth required pam_permit.so",
        )
        self.authenticate(SUCCESS)
        for _ in self.each_failure():
            self.assertNotEqual(self.run_client().code(), SUCCESS)

    def test_setcred_after_a_jump(self):
        self.start()
        self.write_service(
            "lock",
            self.line("[success=1 default=ignore]") + "\nauth requisite pam_deny.so\nauth required pam_permit.so",
        )
        self.assertEqual(self.run_client(operations=("authenticate", "setcred")).code("setcred"), SUCCESS)

    def failures(self):
        listing = subprocess.run(
            ["faillock", "--dir", os.path.join(self.place, "tally"), "--user", "daemon"], capture_output=True, text=True
        ).stdout
        return listing.count("V\n")

    def faillock_service(self, password):
        """The stack of the manual."""
        tally = f"dir={self.place}/tally deny=2 unlock_time=600 silent nodelay"
        self.write_service(
            "lock",
            "\n".join(
                (
                    f"auth required pam_faillock.so preauth {tally}",
                    self.line("sufficient"),
                    f"auth [success=1 default=ignore] {password}",
                    f"auth [default=die] pam_faillock.so authfail {tally}",
                    f"auth sufficient pam_faillock.so authsucc {tally}",
                    "auth required pam_deny.so",
                )
            ),
        )

    def succeeds(self):
        # pam_faillock keeps what it knows in PAM's data: the state is not ours to check.
        return self.run_client(user="daemon", expect_clean=False).code() == SUCCESS

    def test_faillock_is_not_bypassed(self):
        """A match does not let a locked account in."""
        self.faillock_service("pam_deny.so")
        self.start(proof=[[error("org.semblance.Prover.NoMatch")]])
        self.assertEqual([self.succeeds(), self.succeeds(), self.failures()], [False, False, 2])
        self.start()
        self.assertFalse(self.succeeds())

    def test_faillock_is_not_reset(self):
        self.faillock_service("pam_deny.so")
        self.start(proof=[[error("org.semblance.Prover.NoMatch")]])
        self.assertEqual([self.succeeds(), self.failures()], [False, 1])
        self.start()
        self.assertEqual([self.succeeds(), self.failures()], [True, 1])
        self.stop()
        self.faillock_service("pam_permit.so")
        self.assertEqual([self.succeeds(), self.failures()], [True, 0])


class snippet(Case):
    def update(self, *profiles):
        """What the real pam-auth-update makes of the snippet, on copies of the files that it works on."""
        copies = os.path.join(self.place, "system")
        shutil.rmtree(copies, True)
        script = ["set -e"]
        for number, directory in enumerate(
            ("/etc/pam.d", "/usr/share/pam-configs", "/var/lib/pam", "/var/cache/debconf")
        ):
            copy = os.path.join(copies, str(number))
            shutil.copytree(directory, copy, symlinks=True)
            script.append(f"mount --bind {copy} {directory}")
        for name in os.listdir(SNIPPETS):
            shutil.copy(os.path.join(SNIPPETS, name), os.path.join(copies, "1", name))
        script.append("pam-auth-update --package --force " + " ".join(profiles))
        result = subprocess.run(
            ["unshare", "-m", "--propagation", "private", "sh", "-c", "\n".join(script)],
            capture_output=True,
            text=True,
            env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        )
        self.assertEqual(result.returncode, 0, result.stderr)
        with open(os.path.join(copies, "0", "common-auth"), encoding="utf-8") as file:
            return [line for line in file.read().splitlines() if line and not line.startswith("#")]

    def test_is_off_by_default(self):
        self.assertFalse(any("semblance" in line for line in self.update()))

    def test_asks_for_consent(self):
        """L2: by default. The other profile says what it gives up, and never comes on top of this one."""
        self.assertRegex(self.module_line("--enable semblance"), r"pam_semblance\.so confirm\s*$")
        self.assertRegex(self.module_line("--enable semblance-presence"), r"pam_semblance\.so\s*$")
        for name, said in (("semblance", False), ("semblance-presence", True)):
            with open(os.path.join(SNIPPETS, name), encoding="utf-8") as file:
                self.assertEqual("without asking" in file.readline(), said)
        both = self.update("--enable semblance", "--enable semblance-presence")
        self.assertLessEqual(sum("pam_semblance.so" in line for line in both), 1)

    def module_line(self, *profiles):
        lines = [line for line in self.update(*profiles) if "pam_semblance.so" in line]
        self.assertEqual(len(lines), 1)
        return lines[0]

    def test_password_that_was_typed_is_not_asked_for_again(self):
        lines = self.update("--enable semblance")
        self.assertTrue(any("pam_unix.so" in line and "try_first_pass" in line for line in lines), lines)

    def test_becomes_a_jump_over_the_denial(self):
        lines = self.update("--enable semblance")
        index = next(i for i, line in enumerate(lines) if "pam_semblance.so" in line)
        match = re.fullmatch(r"auth\s+\[success=(\d+) default=ignore\]\s+pam_semblance\.so confirm\s*", lines[index])
        self.assertIsNotNone(match, lines)
        self.assertIn("pam_permit.so", lines[index + 1 + int(match.group(1))])
        self.assertTrue(any("pam_deny.so" in line for line in lines[index + 1 : index + 1 + int(match.group(1))]))
        self.assertLess(index, next(i for i, line in enumerate(lines) if "pam_unix.so" in line))

    def test_works_as_written_by_pam_auth_update(self):
        lines = self.update("--enable semblance")
        arguments = f"verifier={self.path('verifier')} prover={self.path('prover')} timeout=5 max-tries=1"
        text = "\n".join(line for line in lines if "pam_cap.so" not in line)
        text = text.replace("pam_semblance.so", f"{self.module} {arguments}")
        for password, expected in (("pam_deny.so", "PAM_AUTH_ERR"), ("pam_permit.so", SUCCESS)):
            self.write_service("lock", re.sub(r"pam_unix\.so.*", password, text))
            self.start()
            self.authenticate(SUCCESS, "-a", "")
            for scripts in FAILURES:
                self.start(**scripts)
                code = self.run_client("-a", "").code()
                self.assertEqual(code == SUCCESS, expected == SUCCESS)

    def test_success_end_is_only_for_snippets(self):
        """In a service file `end` is no keyword: libpam ignores the success, and the stack denies."""
        self.start()
        self.write_service("lock", self.line("[success=end default=ignore]") + "\nauth required pam_deny.so")
        self.assertNotEqual(self.run_client().code(), SUCCESS)


class package(Case):
    def test_exports_are_the_entry_points(self):
        output = subprocess.run(
            ["nm", "-D", "--defined-only", self.module], capture_output=True, text=True, check=True
        ).stdout
        symbols = {line.split()[-1] for line in output.splitlines()}
        if SANITIZED:
            symbols = {symbol for symbol in symbols if not symbol.startswith("__")}
        self.assertEqual(symbols, {"pam_sm_authenticate", "pam_sm_setcred", "pam_sm_acct_mgmt"})

    def test_imports_stay_harmless(self):
        output = subprocess.run(
            ["nm", "-D", "--undefined-only", self.module], capture_output=True, text=True, check=True
        ).stdout
        imports = {line.split()[-1].split("@")[0] for line in output.splitlines()}
        # No environment, no child, no thread, no signal handler, no standard stream, nothing that changes the host's
        # identity, locale, log, directory or mask of files. Whatever is new here needs a reason.
        allowed = {
            "memory and text": "malloc free memchr memcpy memmove explicit_bzero strchr strcmp strcspn strlen strncmp "
            "strnlen strrchr strspn strstr strtoull snprintf fnmatch strdup",
            "files and sockets": "open openat close read write access fcntl fstat fstatat socket connect send recv "
            "getsockopt",
            "time and waiting": "clock_gettime poll ppoll",
            # Signals that the host blocks are looked at, and those of the keyboard taken, where no handler is allowed;
            # the mask of the thread is put back before the call returns (test_hosts compares it).
            "signals": "sigaddset sigdelset sigemptyset sigfillset sigismember sigpending sigtimedwait pthread_sigmask "
            "__libc_current_sigrtmax",
            # Consent is asked for at the controlling terminal itself, which is restored (test_terminal compares it).
            "terminal": "tcgetattr tcsetattr tcflush tcgetpgrp getpgrp",
            # Whether the host has more rights than whoever started it. Neither can be forged by the environment.
            "privilege": "getresuid getauxval",
            # What is kept in the handle is a name, whose password the prover is told of. The last one only in polkit's helper,
            # as logind knows users by uid.
            "PAM": "pam_get_data pam_set_data pam_get_item pam_get_user pam_set_item pam_syslog pam_modutil_getpwnam",
            "the compiler's": "__errno_location __stack_chk_fail __cxa_finalize __gmon_start__ "
            "_ITM_deregisterTMCloneTable _ITM_registerTMCloneTable",
        }
        names = {name for group in allowed.values() for name in group.split()}
        if not SANITIZED:
            self.assertEqual({re.sub(r"^__(\w+)_chk$", r"\1", name) for name in imports} - names - {"stack"}, set())

    def test_needs_nothing_but_libpam_and_libc(self):
        if SANITIZED:
            self.skipTest("the sanitizers are libraries")
        output = subprocess.run(["readelf", "-dW", self.module], capture_output=True, text=True, check=True).stdout
        self.assertEqual(set(re.findall(r"NEEDED.*\[(.*)\]", output)), {"libpam.so.0", "libc.so.6"})

    def test_has_no_mutable_globals(self):
        if SANITIZED:
            self.skipTest("the sanitizers keep globals")
        output = subprocess.run(["objdump", "-t", self.module], capture_output=True, text=True, check=True).stdout
        objects = re.findall(r" O (\.data|\.bss|\.tdata|\.tbss)\s+\S+\s+(?:\.hidden )?(\S+)", output)
        self.assertEqual({name for _, name in objects} - {"completed.0", "__dso_handle", "__TMC_END__"}, set())

    def test_is_hardened(self):
        if SANITIZED:
            self.skipTest("not the library that is shipped")
        headers = subprocess.run(["readelf", "-lWd", self.module], capture_output=True, text=True, check=True).stdout
        self.assertIn("GNU_RELRO", headers)
        self.assertRegex(headers, r"FLAGS.*(BIND_)?NOW")
        self.assertRegex(headers, r"GNU_STACK.*RW ")
        self.assertNotIn("TEXTREL", headers)
        symbols = subprocess.run(["nm", "-D", self.module], capture_output=True, text=True, check=True).stdout
        self.assertIn("__stack_chk_fail", symbols)
        self.assertIn("_chk@", symbols)

    def test_installs_below_destdir(self):
        destination = os.path.join(self.place, "destination")
        subprocess.run(
            ["make", "-C", PAM, "install", f"DESTDIR={destination}"],
            capture_output=True,
            check=True,
            env={"PATH": os.environ["PATH"]},
        )
        found = {
            os.path.relpath(os.path.join(root, name), destination): os.stat(os.path.join(root, name)).st_mode & 0o7777
            for root, _, names in os.walk(destination)
            for name in names
        }
        module = [name for name in found if name.endswith("/security/pam_semblance.so")]
        self.assertEqual(len(module), 1)
        self.assertEqual(
            found,
            {
                module[0]: 0o644,
                "usr/libexec/semblance/pam-semblance-check": 0o755,
                "usr/share/man/man8/pam_semblance.8": 0o644,
                "usr/share/pam-configs/semblance": 0o644,
                "usr/share/pam-configs/semblance-presence": 0o644,
            },
        )

    def test_manual_is_well_formed_and_complete(self):
        page = os.path.join(PAM, "pam_semblance.8")
        result = subprocess.run(["groff", "-man", "-Tutf8", "-ww", "-z", page], capture_output=True, text=True)
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        with open(page, encoding="utf-8") as file:
            text = file.read().replace("\\-", "-")
        with open(os.path.join(PAM, "src", "args.c"), encoding="utf-8") as file:
            arguments = re.findall(r'\[ARGUMENT_\w+\] = "([^"]+)"', file.read())
        self.assertEqual(len(arguments), 9)
        for argument in arguments:
            self.assertIn(argument, text)
        for code in (
            "PAM_SUCCESS",
            "PAM_AUTH_ERR",
            "PAM_MAXTRIES",
            "PAM_AUTHINFO_UNAVAIL",
            "PAM_USER_UNKNOWN",
            "PAM_SERVICE_ERR",
            "PAM_SYSTEM_ERR",
            "PAM_CONV_ERR",
            "PAM_BUF_ERR",
            "PAM_INCOMPLETE",
        ):
            self.assertIn(code, text)

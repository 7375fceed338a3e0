"""Logins from elsewhere must not fire the camera here."""

from harness import *

SESSION = (
    "UID=1000\nUSER=alice\nACTIVE=1\nSTATE=active\nREMOTE=0\nTYPE=wayland\nCLASS=user\nSEAT=seat0\n"
    "SERVICE=gdm-password\n"
)
REMOTE_SESSION = SESSION.replace("REMOTE=0", "REMOTE=1").replace("gdm-password", "sshd")
IN_SESSION = (
    "12:cpu:/user.slice\n1:name=systemd:/user.slice/user-1000.slice/session-5.scope\n0::/user.slice/user-1000.slice/"
    "session-5.scope\n"
)
IN_SESSION_V2 = "0::/user.slice/user-1000.slice/session-5.scope\n"
IN_MANAGER = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/session-7.scope/x.service\n"


class remote(Case):
    def setUp(self):
        super().setUp()
        self.start()

    def refused(self, *options, **more):
        self.authenticate(AUTHINFO_UNAVAIL, *options, **more)
        self.assertEqual(self.verifier.connections, 0)

    def system(self, expected, *options, service="lock", **system):
        before = self.verifier.connections
        self.authenticate(expected, *options, service=service, prefix=self.in_fake_system(**system))
        self.assertEqual(self.verifier.connections - before, 1 if expected == SUCCESS else 0)

    def test_any_remote_host(self):
        for name in (
            "198.51.100.7",
            "host.example",
            "localhost",
            "localhost.localdomain",
            "127.0.0.1",
            "::1",
            "::",
            "-",
            "UNKNOWN",
        ):
            with self.subTest(name):
                self.refused("-i", "rhost=" + name)

    def test_empty_remote_host_is_none(self):
        self.authenticate(SUCCESS, "-i", "rhost=")

    def test_requester_and_terminal_alone_are_not_remote(self):
        self.authenticate(SUCCESS, "-i", "ruser=bob", "-i", "tty=/dev/pts/3")

    def test_services_for_remote_users(self):
        for service in (
            "sshd",
            "sshd-session",
            "xrdp-sesman",
            "xrdp",
            "tigervnc",
            "vncserver-x11",
            "kasmvnc",
            "nxserver",
            "xpra",
            "x2go",
            "cockpit",
            "remote",
            "rlogin",
            "telnetd",
            "vsftpd",
            "dovecot",
            "smtp",
            "saslauthd",
            "squid",
            "samba",
            "openvpn",
            "ppp",
            "cups",
            "gnome-remote-desktop",
        ):
            with self.subTest(service):
                self.serve(service=service)
                self.refused(service=service)

    def test_local_services_are_not_among_them(self):
        for service in (
            "login",
            "su",
            "su-l",
            "sudo",
            "sudo-i",
            "doas",
            "polkit-1",
            "gdm-password",
            "lightdm",
            "sddm",
            "kde",
            "swaylock",
            "i3lock",
            "hyprlock",
            "xscreensaver",
            "common-auth",
            "passwd",
            "chsh",
        ):
            with self.subTest(service):
                self.serve(service=service)
                self.authenticate(SUCCESS, service=service)

    def test_local_session(self):
        for group in (IN_SESSION, IN_SESSION_V2):
            self.system(SUCCESS, control_group=group, sessions={"5": SESSION})

    def test_sudo_inside_ssh(self):
        for group in (
            IN_SESSION,
            IN_SESSION_V2,
            "0::/user.slice/user-1000.slice/session-5.scope/sub/group\n",
            "0::/user.slice/user-0.slice/session-c2.scope\n",
        ):
            self.serve(service="sudo")
            self.system(
                AUTHINFO_UNAVAIL,
                "-i",
                "tty=/dev/tty1",
                service="sudo",
                control_group=group,
                sessions={"5": REMOTE_SESSION, "c2": REMOTE_SESSION},
            )

    def test_su_from_remote_root(self):
        self.serve(service="su")
        self.system(
            AUTHINFO_UNAVAIL,
            service="su",
            control_group="0::/user.slice/user-0.slice/session-9.scope\n",
            sessions={"9": REMOTE_SESSION.replace("1000", "0")},
        )

    def test_session_of_a_remote_desktop(self):
        """xrdp and VNC sessions are not remote to logind, but it tells who opened them."""
        for opener in ("xrdp-sesman", "tigervnc", "sshd"):
            self.system(
                AUTHINFO_UNAVAIL, control_group=IN_SESSION_V2, sessions={"5": SESSION.replace("gdm-password", opener)}
            )

    def test_session_that_says_nothing(self):
        for text in (
            "",
            "UID=1000\n",
            SESSION.replace("REMOTE=0", "REMOTE="),
            SESSION.replace("REMOTE=0", "REMOTE=yes"),
            "XREMOTE=0\n",
            "REMOTE=00\n",
        ):
            with self.subTest(text):
                self.system(AUTHINFO_UNAVAIL, control_group=IN_SESSION_V2, sessions={"5": text})

    def test_session_that_logind_does_not_know(self):
        self.system(AUTHINFO_UNAVAIL, control_group=IN_SESSION_V2, sessions={"6": SESSION})

    def test_session_that_was_switched_away_from(self):
        """L1: whoever is at the screen now is somebody else."""
        for text in (
            SESSION.replace("ACTIVE=1", "ACTIVE=0").replace("STATE=active", "STATE=online"),
            SESSION.replace("ACTIVE=1\n", ""),
            SESSION.replace("ACTIVE=1", "ACTIVE=yes"),
        ):
            with self.subTest(text):
                self.system(AUTHINFO_UNAVAIL, control_group=IN_SESSION_V2, sessions={"5": text})

    def test_session_without_a_seat(self):
        for text in (SESSION.replace("SEAT=seat0\n", ""), SESSION.replace("SEAT=seat0", "SEAT=")):
            self.system(AUTHINFO_UNAVAIL, control_group=IN_SESSION_V2, sessions={"5": text})

    def test_users_manager_with_a_local_session(self):
        for user_file in ("SESSIONS=2\n", "NAME=alice\nDISPLAY=2\nSESSIONS=2 3\n", "SESSIONS=3 2\n"):
            with self.subTest(user_file):
                self.system(
                    SUCCESS,
                    control_group=IN_MANAGER,
                    sessions={"2": SESSION, "3": SESSION.replace("ACTIVE=1", "ACTIVE=0")},
                    users={"1000": user_file},
                )

    def test_systemd_run_in_an_ssh_session_beside_a_local_one(self):
        """L1: `systemd-run --user --pty sudo` there is a process of the user's manager, whoever started it."""
        self.serve(service="sudo")
        for user_file in ("NAME=alice\nDISPLAY=2\nSESSIONS=2 5\n", "DISPLAY=2\nSESSIONS=5 2\n", "SESSIONS=2 8\n"):
            with self.subTest(user_file):
                self.system(
                    AUTHINFO_UNAVAIL,
                    service="sudo",
                    control_group="0::/user.slice/user-1000.slice/user@1000.service/app.slice/run-u12.service\n",
                    sessions={"2": SESSION, "5": REMOTE_SESSION},
                    users={"1000": user_file},
                )

    def test_users_manager_while_nobody_is_in_front(self):
        for session in (
            SESSION.replace("ACTIVE=1", "ACTIVE=0"),
            SESSION.replace("SEAT=seat0\n", ""),
        ):
            self.system(
                AUTHINFO_UNAVAIL,
                control_group=IN_MANAGER,
                sessions={"2": session},
                users={"1000": "DISPLAY=2\nSESSIONS=2\n"},
            )

    def test_users_manager_with_a_remote_session(self):
        for user_file in (
            "DISPLAY=5\nSESSIONS=5\n",
            "SESSIONS=5\n",
            "SESSIONS=2 5\n",
            "SESSIONS=2 ../2\n",
            "SESSIONS=\n",
            "DISPLAY=2\n",
            "NAME=alice\n",
            "SESSIONS=2" + " 2" * 600 + "\n",
            "",
        ):
            with self.subTest(user_file[:40]):
                self.system(
                    AUTHINFO_UNAVAIL,
                    control_group=IN_MANAGER,
                    sessions={"2": SESSION, "5": REMOTE_SESSION, "7": SESSION},
                    users={"1000": user_file},
                )

    def test_users_manager_that_logind_does_not_know(self):
        self.system(AUTHINFO_UNAVAIL, control_group=IN_MANAGER, sessions={"7": SESSION})

    def test_system_service(self):
        group = "0::/system.slice/mail.service\n"
        self.system(AUTHINFO_UNAVAIL, control_group=group)
        self.system(AUTHINFO_UNAVAIL, "-i", "tty=/dev/pts/1", control_group=group)
        self.system(AUTHINFO_UNAVAIL, "-i", "tty=/dev/ttyS0", control_group=group)
        self.system(AUTHINFO_UNAVAIL, "-i", "tty=tty", control_group=group)
        self.system(AUTHINFO_UNAVAIL, "-i", "tty=host:0", control_group=group)

    def test_greeter(self):
        for service in ("gdm-password", "lightdm", "sddm"):
            self.serve(service=service)
            self.system(SUCCESS, service=service, control_group="0::/system.slice/a.service\n")

    def polkit(self, expected, user="daemon", stdin=None, **system):
        """polkit from version 127 on: the helper is a system service, whoever asked (field report: polkit 705)."""
        self.serve(service="polkit-1")
        before = self.verifier.connections
        self.run_client(
            service="polkit-1",
            user=user,
            prefix=self.in_fake_system(
                control_group="0::/system.slice/system-polkit\\x2dagent\\x2dhelper.slice/"
                "polkit-agent-helper@3-2214-1000.service\n",
                **system,
            ),
            # What libpam's look-up of the account leaves behind belongs to the handle.
            expect_clean=False,
            stdin=stdin,
        )
        self.assertEqual(self.verifier.connections - before, 1 if expected == SUCCESS else 0)

    def test_polkit_over_ssh(self):
        for users in (
            {"1": "NAME=daemon\nSESSIONS=5\n"},
            {"1": "DISPLAY=2\nSESSIONS=2 5\n"},
            {"0": "SESSIONS=2\n"},
            {},
        ):
            with self.subTest(users):
                self.polkit(AUTHINFO_UNAVAIL, sessions={"2": SESSION, "5": REMOTE_SESSION}, users=users)

    def test_polkit_at_the_screen(self):
        self.polkit(SUCCESS, sessions={"2": SESSION}, users={"1": "NAME=daemon\nDISPLAY=2\nSESSIONS=2\n"})

    def test_polkit_for_a_program_of_another_user(self):
        """The helper's standard input is the socket by which the agent has connected: anybody may."""
        here = {"sessions": {"2": SESSION}, "users": {"1": "SESSIONS=2\n"}}
        path = os.path.join(self.place, "helper")
        with socket.socket(socket.AF_UNIX) as helper:
            helper.bind(path)
            os.chmod(path, 0o777)
            helper.listen()
            # As pkexec: what exec has raised is root by its effective uid, and its caller's by the real one.
            for uid, raised, expected in (
                (1, False, SUCCESS),
                (0, False, SUCCESS),
                (65534, False, AUTHINFO_UNAVAIL),
                (1, True, SUCCESS),
                (65534, True, AUTHINFO_UNAVAIL),
            ):
                with self.subTest(uid=uid, raised=raised):
                    become = f"os.setresuid({uid}, 0, 0)" if raised else f"os.setresuid({uid}, {uid}, {uid})"
                    before = len(self.prover.requests)
                    agent = subprocess.Popen(
                        [sys.executable, "-c", f"import os, socket, sys; {become}; s = socket.socket(socket.AF_UNIX); s.connect(sys.argv[1]); "
                         "s.recv(1)", path],
                    )
                    with helper.accept()[0] as connection:
                        self.polkit(expected, stdin=connection, **here)
                    agent.wait(10)
                    asked = [self.prover.parameters(i) for i in range(before, len(self.prover.requests))]
                    self.assertEqual([one["asker"] for one in asked], [uid] if expected == SUCCESS else [])
        self.assertTrue(
            any(
                "daemon: not asked: not a login in front of this computer: a program of another user's asks" in line
                for line in self.logged()
            )
        )
        # Who connected as root, and is gone before it was looked at: whose it was, nothing says any more.
        with socket.socket(socket.AF_UNIX) as helper:
            helper.bind(path + "2")
            helper.listen()
            subprocess.run(
                [sys.executable, "-c", "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])", path + "2"],
                check=True,
            )
            with helper.accept()[0] as connection:
                self.polkit(AUTHINFO_UNAVAIL, stdin=connection, **here)
        self.assertTrue(any("who asks cannot be found out" in line for line in self.logged()))
        # Not a Unix socket: it says nothing of who asks.
        with socket.socket(socket.AF_INET) as other:
            self.polkit(SUCCESS, stdin=other, **here)
        self.assertNotIn("asker", self.prover.parameters(-1))

    def test_polkit_for_somebody_who_is_not_there(self):
        local = {"sessions": {"2": SESSION}, "users": {"1": "SESSIONS=2\n"}}
        self.polkit(AUTHINFO_UNAVAIL, user="root", **local)
        self.polkit(AUTHINFO_UNAVAIL, user="nobody-of-that-name", **local)
        self.polkit(AUTHINFO_UNAVAIL, sessions={"2": SESSION.replace("ACTIVE=1", "ACTIVE=0")}, users=local["users"])

    def test_console_login(self):
        for terminal in ("/dev/tty1", "tty2", ":0", ":1.0"):
            self.system(
                SUCCESS,
                "-i",
                "tty=" + terminal,
                control_group="0::/system.slice/system-getty.slice/getty@tty1.service\n",
            )

    def test_elogind(self):
        self.system(SUCCESS, control_group="3:name=elogind:/c1\n", sessions={"c1": SESSION})
        self.system(AUTHINFO_UNAVAIL, control_group="3:name=elogind:/c1\n", sessions={"c1": REMOTE_SESSION})
        self.system(AUTHINFO_UNAVAIL, control_group="3:name=elogind:/c1/a\n", sessions={"c1": REMOTE_SESSION})
        self.system(SUCCESS, control_group="3:name=elogind:/\n")

    def test_audit_session(self):
        if not os.path.exists("/proc/self/sessionid"):
            self.skipTest("this kernel does not audit")
        self.system(AUTHINFO_UNAVAIL, control_group="0::/\n", audit_session="5", sessions={"5": REMOTE_SESSION})
        self.system(SUCCESS, control_group="0::/\n", audit_session="5", sessions={"5": SESSION})
        self.system(SUCCESS, control_group="0::/\n", audit_session="8", sessions={"5": REMOTE_SESSION})
        self.system(SUCCESS, control_group="0::/\n", sessions={"4294967295": REMOTE_SESSION})

    def test_control_group_that_cannot_be_read(self):
        self.system(AUTHINFO_UNAVAIL, control_group=None)

    def test_control_groups_that_are_none_of_these(self):
        for group in (
            "",
            "\n",
            "0",
            "0:",
            "0::",
            "::",
            "x" * 5000,
            "0::/session-../../5.scope\n",
            "0::/init.scope\n",
            "0::/" + "a.slice/" * 500 + "\n",
            "0::/../../a\n",
        ):
            with self.subTest(group[:40]):
                self.system(SUCCESS, control_group=group, sessions={"5": REMOTE_SESSION})

    def test_strange_identifiers(self):
        for group in (
            "0::/session-.scope\n",
            "0::/session-a-b.scope\n",
            "0::/session-" + "5" * 32 + ".scope\n",
            "0::/session-..scope\n",
            "0::/user@.service\n",
            "0::/user@...service\n",
        ):
            with self.subTest(group[:40]):
                self.system(AUTHINFO_UNAVAIL, control_group=group, sessions={"5": SESSION})

    def test_control_group_without_end(self):
        self.system(AUTHINFO_UNAVAIL, control_group="0::/" + "a" * 20000)

    def test_session_file_that_root_did_not_write(self):
        prefix = self.in_fake_system(IN_SESSION_V2, {"5": SESSION})
        path = os.path.join(self.place, "fake/sessions/5")
        os.chown(path, 1000, -1)
        self.refused(prefix=prefix)
        os.chown(path, 0, -1)
        os.chmod(path, 0o666)
        self.refused(prefix=prefix)
        os.unlink(path)
        os.symlink("/etc/passwd", path)
        self.refused(prefix=prefix)

    def test_refusal_leaves_one_line_that_says_why(self):
        """L9: without `debug`, at level info."""
        self.serve(service="sshd")
        cases = (
            ("a remote host is set", ["-i", "rhost=::1"], "lock", {"control_group": "0::/\n"}),
            ("the service is one for remote users", [], "sshd", {"control_group": "0::/\n"}),
            (
                "its session is remote",
                [],
                "lock",
                {"control_group": IN_SESSION_V2, "sessions": {"5": REMOTE_SESSION}},
            ),
            (
                "its session is not the active one",
                [],
                "lock",
                {"control_group": IN_SESSION_V2, "sessions": {"5": SESSION.replace("ACTIVE=1", "ACTIVE=0")}},
            ),
            ("a system service, and nothing shows", [], "lock", {"control_group": "0::/system.slice/a.service\n"}),
        )
        for reason, options, service, system in cases:
            with self.subTest(reason):
                self.mark()
                self.authenticate(AUTHINFO_UNAVAIL, *options, service=service, prefix=self.in_fake_system(**system))
                self.assertLogged(r"^<86>.*alice: not asked: not a login in front of this computer: " + reason)

"""Whom the module believes: socket paths, their owners, and who listens."""

from harness import *

OTHER, ANOTHER = 1234, 4321


class sockets(Case):
    def refused(self, expected=SERVICE_ERR):
        self.authenticate(expected)
        for daemon in (self.verifier, self.prover):
            if daemon is not None:
                self.assertEqual(daemon.requests, [])

    def test_root_is_believed(self):
        self.start(owner=0, listener=0)
        self.authenticate(SUCCESS)

    def test_owner_of_the_socket_is_believed(self):
        self.start(owner=OTHER, listener=OTHER)
        self.authenticate(SUCCESS)

    def test_service_manager_is_believed_for_the_owner(self):
        self.start(owner=OTHER, listener=0)
        self.authenticate(SUCCESS)

    def test_stranger_behind_roots_socket_is_not_believed(self):
        self.start(owner=0, listener=OTHER)
        self.refused()
        # LOG_AUTHPRIV | LOG_ALERT
        self.assertTrue(any(line.startswith("<81>") for line in self.logged()))

    def test_stranger_behind_anothers_socket_is_not_believed(self):
        self.start(owner=OTHER, listener=ANOTHER)
        self.refused()

    def test_prover_is_checked_as_well(self):
        self.start()
        self.prover.stop()
        self.prover = daemons.prover(self.path("prover"), owner=0, listener=OTHER)
        self.refused()

    def test_lock_screen_runs_as_the_user(self):
        os.chmod(self.client, 0o755)
        self.start(owner=OTHER, listener=OTHER)
        self.authenticate(
            SUCCESS, prefix=[*self.neutral_prefix(), "setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        )

    def test_directory_that_others_may_write_to(self):
        for mode in (0o777, 0o775, 0o757, 0o707, 0o770):
            with self.subTest(oct(mode)):
                self.start()
                os.chmod(self.sockets, mode)
                self.refused()
                os.chmod(self.sockets, 0o755)

    def test_parent_directory_that_others_may_write_to(self):
        self.start()
        os.chmod(self.place, 0o777)
        self.refused()

    def test_directory_of_another_owner(self):
        self.start()
        os.chown(self.sockets, OTHER, -1)
        self.refused()

    def test_sticky_directory_with_what_is_roots(self):
        self.start()
        os.chmod(self.sockets, 0o1777)
        self.authenticate(SUCCESS)

    def test_sticky_directory_with_what_is_not_roots(self):
        self.start(owner=OTHER, listener=OTHER)
        os.chmod(self.sockets, 0o1777)
        self.refused()

    def test_sticky_directory_of_another_owner(self):
        self.start()
        os.chmod(self.sockets, 0o1755)
        os.chown(self.sockets, OTHER, -1)
        self.refused()

    def test_link_in_place_of_the_socket(self):
        self.start()
        os.rename(self.path("verifier"), self.path("real"))
        os.symlink("real", self.path("verifier"))
        self.refused()

    def test_dangling_link_in_place_of_the_socket(self):
        os.symlink("nothing", self.path("verifier"))
        self.refused()

    def test_link_in_place_of_a_directory(self):
        self.start()
        os.rename(self.sockets, self.sockets + ".real")
        os.symlink(self.sockets + ".real", self.sockets)
        self.refused()

    def test_not_a_socket(self):
        path = self.path("verifier")
        for make, remove in (
            (os.mkfifo, os.unlink),
            (os.mkdir, os.rmdir),
            (lambda name: open(name, "w").close(), os.unlink),
        ):
            make(path)
            self.refused()
            remove(path)

    def test_file_in_place_of_a_directory(self):
        shutil.rmtree(self.sockets)
        with open(self.sockets, "w"):
            pass
        self.refused()

    def test_datagram_socket(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as wrong:
            wrong.bind(self.path("verifier"))
            self.refused()

    def test_nothing_there(self):
        self.refused(AUTHINFO_UNAVAIL)
        shutil.rmtree(self.sockets)
        self.refused(AUTHINFO_UNAVAIL)

    def test_abstract_socket_is_not_configurable(self):
        self.write_service("lock", f"auth required {self.module} verifier=@semblance")
        self.refused()

    def test_environment_is_ignored(self):
        """Whoever starts a setuid program chooses its environment."""
        self.start()
        fake = os.path.join(self.place, "fake")
        os.mkdir(fake, 0o755)
        impostor = daemons.verifier(os.path.join(fake, "verifier"))
        names = (
            "SEMBLANCE_SOCKET",
            "SEMBLANCE_VERIFIER",
            "SEMBLANCE_PROVER",
            "SEMBLANCE_CONFIG",
            "SEMBLANCE_SHARED",
            "TMPDIR",
            "HOME",
            "XDG_RUNTIME_DIR",
            "XDG_CONFIG_HOME",
            "XDG_SESSION_ID",
            "RUNTIME_DIRECTORY",
            "NOTIFY_SOCKET",
            "DBUS_SYSTEM_BUS_ADDRESS",
            "PAM_SEMBLANCE",
            "SUDO_USER",
            "LANG",
            "LANGUAGE",
            "TEXTDOMAINDIR",
            "MALLOC_CHECK_",
        )
        environment = {name: fake for name in names}
        self.authenticate(SUCCESS, env=environment)
        self.assertEqual((self.verifier.connections, impostor.connections), (1, 0))
        # Nor does any variable make a remote login a local one, or the other way round.
        self.authenticate(AUTHINFO_UNAVAIL, "-i", "rhost=a.example", env={"XDG_SEAT": "seat0", "DISPLAY": ":0"})
        self.authenticate(SUCCESS, env={"SSH_CONNECTION": "198.51.100.7 1 198.51.100.8 22", "SSH_TTY": "/dev/pts/0"})
        impostor.stop()

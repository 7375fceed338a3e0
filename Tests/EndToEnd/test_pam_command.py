"""`semblance pam`, on a copy of a system's files: what it shows, changes, refuses, and brings back."""

import json
import os
import pathlib
import pty
import shutil
import stat
import subprocess
import tempfile
import unittest

from harness import BIN, INSTALLED_CHECK, MODULE, MODULE_CHECK, ROOT, in_place_of

COMMON = """# here are the per-package modules (the "Primary" block)
auth\t[success=1 default=ignore]\tpam_unix.so nullok
# here's the fallback if no module succeeds
auth\trequisite\t\t\tpam_deny.so
# prime the stack with a positive return value if there isn't one already;
auth\trequired\t\t\tpam_permit.so
"""
SUDO = "#%PAM-1.0\n\n# Set up user limits from /etc/security/limits.conf.\nsession    required   pam_limits.so\n\n@include common-auth\n"
LINE = "auth\tsufficient\tpam_semblance.so confirm"


@unittest.skipUnless(os.geteuid() == 0, "changes files of root's")
class PamCommandTests(unittest.TestCase):
    def setUp(self):
        self.enterContext(in_place_of(INSTALLED_CHECK, MODULE.with_name(MODULE_CHECK)))
        # Below no directory that others may write to: such files are not trusted.
        self.root = pathlib.Path(tempfile.mkdtemp(prefix="semblance-root."))
        self.addCleanup(shutil.rmtree, self.root)
        for folder in ("etc/pam.d", "var/lib/pam", "usr/share/pam-configs", "lib/security"):
            (self.root / folder).mkdir(parents=True)
        shutil.copy(MODULE, self.root / "lib/security/pam_semblance.so")
        self.write("sudo", SUDO)
        self.write("common-auth", COMMON)

    def file(self, name):
        return self.root / "etc/pam.d" / name

    def write(self, name, text):
        self.file(name).write_text(text)
        self.file(name).chmod(0o644)

    def pam(self, command, *arguments, code=0, **options):
        done = subprocess.run(
            [BIN / "semblance", "pam", command, "--root", self.root, *arguments],
            capture_output=True, text=True, stdin=subprocess.DEVNULL, start_new_session=True, **options,
        )
        self.assertEqual(done.returncode, code, done)
        return done

    def test_one_service_there_and_back(self):
        self.pam("status", "--service", "sudo", code=1)
        shown = self.pam("enable", "--service", "sudo", "--dry-run").stdout
        self.assertIn(f"\n+{LINE}\n @include common-auth\n", shown)
        self.assertEqual(self.file("sudo").read_text(), SUDO)
        self.pam("enable", "--service", "sudo", code=7)  # Nobody to ask.
        self.assertEqual(self.file("sudo").read_text(), SUDO)
        enabled = self.pam("enable", "--service", "sudo", "--yes")
        self.assertIn("semblance pam disable --service sudo", enabled.stderr)
        self.assertEqual(self.file("sudo").read_text(), SUDO.replace("@include", f"{LINE}\n@include"))
        self.assertIn("asks for face or finger, then the password", self.pam("status", "--service", "sudo").stdout)
        self.assertIn("nothing to do", self.pam("enable", "--service", "sudo", "--yes").stderr)
        self.pam("disable", "--service", "sudo", "--yes")
        self.assertEqual(self.file("sudo").read_text(), SUDO)
        self.assertIn("nothing to do", self.pam("disable", "--service", "sudo").stderr)
        kept = sorted((self.root / "var/backups/semblance/pam.d").iterdir())
        self.assertEqual(kept[0].read_text(), SUDO)
        self.assertEqual(len(kept), 2)

    def test_what_surrounds_the_text_stays(self):
        """Mode, owner, attributes, and the link that leads to it."""
        real = self.root / "etc" / "sudo.pam"
        self.file("sudo").rename(real)
        self.file("sudo").symlink_to("../sudo.pam")
        real.chmod(0o640)
        os.chown(real, 0, 1)
        os.setxattr(real, "user.semblance", b"kept")
        self.pam("enable", "--service", "sudo", "--yes")
        self.assertTrue(self.file("sudo").is_symlink())
        status = real.lstat()
        self.assertEqual((stat.S_IMODE(status.st_mode), status.st_gid), (0o640, 1))
        self.assertEqual(os.getxattr(real, "user.semblance"), b"kept")
        self.assertIn(LINE, real.read_text())

    def test_what_is_not_understood_is_left_alone(self):
        for text, words in (
            ("auth sufficient pam_unix.so\nauth required pam_permit.so\n", "let a wrong password in"),
            ("auth required pam_permit.so\n", "no password that is known here"),
            ("@include common-auth\nauth required pam_listfile.so\n", "pam_listfile.so"),
            ("auth requird pam_unix.so\n", "line 1 of"),
            ("@include nowhere\n", "no PAM configuration 'nowhere'"),
        ):
            self.write("odd", text)
            self.assertIn(words, self.pam("enable", "--service", "odd", "--yes", code=8).stderr)
            self.assertEqual(self.file("odd").read_text(), text)
        self.write("vault", "auth required pam_unix.so\nauth required pam_semblance.so\n")
        self.assertIn("by hand", self.pam("disable", "--service", "vault", "--yes", code=8).stderr)
        self.file("sudo").chmod(0o666)
        self.pam("enable", "--service", "sudo", "--yes", code=70)
        self.assertEqual(self.file("sudo").read_text(), SUDO)
        self.pam("enable", "--service", "../sudo", code=64)
        self.pam("status", "--service", "nothing", code=8)

    def test_a_folder_that_cannot_be_read_is_told(self):
        """What is not seen there would pass as sound."""
        self.root.chmod(0o755)
        self.file("sudo").parent.chmod(0o711)
        told = self.pam("status", code=8, user=65534, group=65534, extra_groups=[]).stderr
        self.assertIn("etc/pam.d: ", told)
        self.assertIn("may not read it", told)
        self.file("sudo").parent.chmod(0o755)
        # A vendor's folder that is a file: root is not told that no service there is harmed.
        (self.root / "usr/lib").mkdir(parents=True)
        (self.root / "usr/lib/pam.d").write_text("")
        told = self.pam("enable", "--service", "sudo", "--yes", code=8).stderr
        self.assertIn("usr/lib/pam.d: ", told)
        self.assertEqual(self.file("sudo").read_text(), SUDO)

    def test_without_the_module_nothing_names_it(self):
        (self.root / "lib/security/pam_semblance.so").unlink()
        self.assertIn("not installed", self.pam("enable", "--service", "sudo", "--yes", code=70).stderr)
        self.pam("status", "--service", "sudo", code=1)

    def test_only_root_changes_and_everybody_may_look(self):
        self.root.chmod(0o755)
        user = {"user": 65534, "group": 65534, "extra_groups": []}
        self.pam("enable", "--service", "sudo", "--yes", code=7, **user)
        self.assertIn(f"+{LINE}", self.pam("enable", "--service", "sudo", "--dry-run", **user).stdout)

    def test_as_json(self):
        report = json.loads(self.pam("enable", "--service", "sudo", "--yes", "--json").stdout)
        self.assertEqual((report["service"], report["enables"], report["isChanged"]), ("sudo", True, True))
        self.assertTrue(pathlib.Path(report["files"][0]["backup"]).exists())
        (sudo,) = [entry for entry in json.loads(self.pam("status", "--json").stdout) if entry["service"] == "sudo"]
        self.assertEqual((sudo["asks"], sudo["line"]), (True, 6))
        refused = json.loads(self.pam("status", "--service", "nothing", "--json", code=8).stdout)
        self.assertEqual(refused["error"]["code"], "badInput")

    def test_asks_at_the_terminal(self):
        for typed, asks in ((b"n\n", False), (b"\n", False), (b"yes\n", True)):
            terminal, other = pty.openpty()
            process = subprocess.Popen(
                ["setsid", "--ctty", BIN / "semblance", "pam", "enable", "--service", "sudo", "--root", self.root],
                stdin=other, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            os.close(other)
            os.write(terminal, typed)
            self.assertEqual(process.wait(30), 0 if asks else 1)
            os.close(terminal)
            self.assertEqual(LINE in self.file("sudo").read_text(), asks)

    @unittest.skipUnless(os.path.exists("/usr/sbin/pam-auth-update"), "takes Debian's pam-auth-update")
    def test_every_service_by_pam_auth_update(self):
        for kind in ("auth", "account", "password", "session", "session-noninteractive"):
            shutil.copy(f"/usr/share/pam/common-{kind}", self.file(f"common-{kind}"))
        for profile in [*(ROOT / "pam/pam-configs").iterdir(), "/usr/share/pam-configs/unix"]:
            shutil.copy(profile, self.root / "usr/share/pam-configs")
        database = f"File{{{self.root}/debconf.dat}}"
        subprocess.run(
            ["pam-auth-update", "--root", self.root, "--force", "--package"], check=True, capture_output=True,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "DEBIAN_FRONTEND": "noninteractive", "DEBCONF_DB_REPLACE": database},
        )
        before = self.file("common-auth").read_text()
        self.assertIn("pam_unix.so", before)
        self.assertNotIn("pam_semblance.so", before)
        debconf = pathlib.Path("/var/cache/debconf/config.dat").read_bytes()
        shown = self.pam("enable", "--dry-run").stdout
        self.assertIn("+auth\t[success=2 default=ignore]\tpam_semblance.so confirm", shown)
        self.assertEqual(self.file("common-auth").read_text(), before)
        self.pam("enable", "--yes")
        self.assertIn("pam_semblance.so confirm", self.file("common-auth").read_text())
        self.pam("status", "--service", "sudo")
        self.assertIn("nothing to do", self.pam("enable", "--service", "sudo").stderr)
        self.pam("disable", "--yes")
        self.assertEqual(self.file("common-auth").read_text(), before)
        self.assertEqual(pathlib.Path("/var/cache/debconf/config.dat").read_bytes(), debconf)
        # By hand: left alone.
        self.write("common-auth", before.replace("pam_deny.so", "pam_deny.so # mine").replace("# here are", "# there are"))
        self.assertIn("changed by hand", self.pam("enable", "--yes", code=8).stderr)

    def test_completions_know_accounts_and_services(self):
        script = subprocess.run(
            [BIN / "semblance", "--generate-completion-script", "bash"], capture_output=True, text=True, check=True
        ).stdout
        for words in ("getent passwd", "ls /etc/pam.d", "face", "semblance-model"):
            self.assertIn(words, script)
        # Labels are asked of semblanced; where it does not answer there are none, and no error.
        asked = subprocess.run(
            [BIN / "semblance", "---completion", "authenticate", "--", "--label", "3", "0", "semblance", "authenticate", "--label", ""],
            capture_output=True, text=True,
        )
        self.assertEqual(asked.returncode, 0, asked)


if __name__ == "__main__":
    unittest.main()

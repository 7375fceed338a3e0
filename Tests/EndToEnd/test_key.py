"""`semblance key`, on the real paths, with systemd's own systemd-creds and a TPM in software (swtpm) where there is one."""

import fcntl
import os
import pathlib
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

from at_terminal import at_terminal
from harness import BIN, Result
from test_setup import ETC, Machine, said, written

KEY = pathlib.Path("/var/lib/semblance/key")
VAULT = KEY.with_name("vault.sqlite")
SEALED = pathlib.Path("/etc/credstore.encrypted/vault-key")
DROP_IN = pathlib.Path("/etc/systemd/system/semblanced.service.d/vault-key.conf")
LETTERS = "cbdefghijklnrtuv"
SEALER = shutil.which("systemd-creds")


def written_down(key):
    """By another program than the one under test."""
    text = "".join(LETTERS[byte >> 4] + LETTERS[byte & 15] for byte in key)
    return "-".join(text[at:at + 8] for at in range(0, 64, 8))


class KeyCase(unittest.TestCase):
    device = ()

    @classmethod
    def setUpClass(cls):
        cls.machine = Machine()
        cls.addClassCleanup(cls.machine.close)
        written(ETC / "prover.json", {"models": ["/usr/share/semblance/fingerprint-v2.semblance-model"]})

    def setUp(self):
        for path in (KEY, VAULT, SEALED, DROP_IN):
            path.unlink(missing_ok=True)

    def key(self, *arguments, code=0, stdin="", **options):
        """`semblance key`, without a terminal."""
        ended = said(BIN / "semblance", "key", *arguments, input=stdin, start_new_session=True, cwd="/", **options)
        result = Result(ended)
        self.assertEqual(result.code, code, result)
        return result

    def opened(self):
        """The sealed key, by systemd's program."""
        ended = subprocess.run(
            [SEALER, "decrypt", "--name=vault-key", *self.device, str(SEALED), "-"], capture_output=True
        )
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout

    def make_vault(self, key=None):
        """As the daemon does at its start, with this key or with one that it makes itself."""
        with tempfile.TemporaryDirectory(dir="/run") as folder:
            environment = {"PATH": "/usr/bin:/bin"}
            if key is not None:
                credential = pathlib.Path(folder) / "vault-key"
                credential.write_bytes(key)
                pathlib.Path(folder).chmod(0o755)
                credential.chmod(0o400)
                shutil.chown(credential, "semblance", "semblance")
                environment["CREDENTIALS_DIRECTORY"] = folder
            socket_path = pathlib.Path(folder) / "prover"
            daemon = subprocess.Popen(
                [
                    "systemd-socket-activate", f"--listen={socket_path}", "--fdname=prover", "-E", "CREDENTIALS_DIRECTORY",
                    "setpriv", "--reuid=semblance", "--regid=semblance", "--clear-groups",
                    str(BIN / "semblanced"), "--config", str(ETC / "prover.json"),
                ],
                env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, cwd="/",
            )
            try:
                deadline = time.monotonic() + 20
                while not VAULT.exists() and daemon.poll() is None and time.monotonic() < deadline:
                    with socket.socket(socket.AF_UNIX) as caller:
                        if caller.connect_ex(str(socket_path)) == 0:
                            time.sleep(0.3)
                    time.sleep(0.02)
            finally:
                daemon.terminate()
                _, log = daemon.communicate(timeout=20)
            self.assertTrue(VAULT.exists(), log)

    def status(self):
        return self.key("status", "--json").json


@unittest.skipUnless(os.geteuid() == 0, "mounts, which takes root")
@unittest.skipUnless(SEALER, "needs systemd-creds (Debian's package systemd)")
class HostKeyTests(KeyCase):
    def test_from_nothing_to_a_sealed_key_and_back(self):
        self.assertEqual(self.key("status").out, "not made yet\n")
        preview = self.key("seal", "--with", "host", "--dry-run")
        self.assertIn(str(SEALED), preview.out)
        self.assertFalse(SEALED.exists() or DROP_IN.exists() or KEY.exists())
        for pcrs in ("", "24", "7,14", "-1", "7+"):
            self.key("seal", "--with", "tpm2", f"--pcrs={pcrs}", code=64)
        self.key("seal", "--with", "host")
        self.assertEqual((SEALED.stat().st_uid, SEALED.stat().st_mode & 0o777), (0, 0o600))
        self.assertIn(f"LoadCredentialEncrypted=vault-key:{SEALED}\n", DROP_IN.read_text())
        key = self.opened()
        self.assertEqual(len(key), 32)
        self.make_vault(key)
        self.assertFalse(KEY.exists())
        status = self.status()
        self.assertEqual((status["sealing"], status["sealed"], status.get("file")), ("host", str(SEALED), None))
        # Sealed anew: another text, the same key.
        before = SEALED.read_bytes()
        self.key("seal", "--with", "host")
        self.assertNotEqual(SEALED.read_bytes(), before)
        self.assertEqual(self.opened(), key)
        self.key("unseal")
        self.assertFalse(SEALED.exists() or DROP_IN.exists())
        entry = pwd.getpwnam("semblance")
        self.assertEqual((KEY.stat().st_uid, KEY.stat().st_mode & 0o777, KEY.read_bytes()), (entry.pw_uid, 0o600, key))
        self.key("unseal", code=8)

    def test_a_key_that_lay_in_a_file(self):
        self.make_vault()
        key = KEY.read_bytes()
        self.assertIn(str(KEY), self.key("status").out)
        sealed = self.key("seal", "--with", "host")
        self.assertEqual(self.opened(), key)
        # Nobody has shown here that the service starts with it.
        self.assertIn(f"{KEY} stays", sealed.err)
        self.assertEqual(KEY.read_bytes(), key)
        self.assertIn(str(KEY), self.status()["hint"])

    def test_a_sealed_key_that_is_not_loaded_is_not_replaced(self):
        self.key("seal", "--with", "host")
        key = self.opened()
        DROP_IN.unlink()
        self.assertIn("does not load", self.key("status").out)
        self.key("seal", "--with", "host")
        self.assertEqual(self.opened(), key)
        self.assertTrue(DROP_IN.exists())
        # One that others look after does not stop it.
        DROP_IN.with_name("mask.conf").symlink_to("/dev/null")
        self.addCleanup(DROP_IN.with_name("mask.conf").unlink)
        self.assertEqual(self.status()["sealing"], "host")

    def test_a_vault_is_not_given_another_key(self):
        self.make_vault()
        KEY.unlink()
        daemon = said(
            "setpriv", "--reuid=semblance", "--regid=semblance", "--clear-groups", BIN / "semblanced", "--config",
            ETC / "prover.json", "--socket", "/run/semblance/key-test", cwd="/", env={"PATH": "/usr/bin:/bin"}, timeout=20,
        )
        self.assertNotEqual(daemon.returncode, 0)
        self.assertIn("the vault's key is gone", daemon.stderr)
        self.assertFalse(KEY.exists())

    def test_one_at_a_time_and_by_the_right_configuration(self):
        with open("/run/semblance-key.lock", "w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            self.key("seal", "--with", "host", code=9)
        right = (ETC / "prover.json").read_text()
        self.addCleanup(written, ETC / "prover.json", right)
        written(ETC / "prover.json", "{")
        self.key("seal", "--with", "host", code=8)
        self.assertFalse(SEALED.exists())

    def test_the_recovery_key(self):
        self.make_vault()
        key = KEY.read_bytes()
        self.key("seal", "--with", "host")
        KEY.unlink()
        # Nowhere but at a terminal.
        hidden = self.key("recovery", code=7)
        self.assertNotIn(written_down(key)[:8], f"{hidden}")
        shown = at_terminal([str(BIN / "semblance"), "key", "recovery"], None, env={"PATH": "/usr/bin:/bin"})
        self.assertEqual((shown.returncode, shown.stdout), (0, ""), shown.stderr)
        self.assertEqual(shown.screen.strip(), written_down(key))
        # The disk in another machine: its host's key is another.
        secret = pathlib.Path("/var/lib/systemd/credential.secret")
        subprocess.run(["chattr", "-i", secret], capture_output=True)
        secret.unlink()
        lost = self.key("seal", "--with", "host", code=70)
        self.assertIn("semblance key recover", lost.err)
        wrong = written_down(bytes([key[0] ^ 1]) + key[1:])
        for typed, code in ((wrong, 1), (wrong[:-1], 8), ("", 8), ("x" * 5000, 8)):
            before = SEALED.read_bytes()
            refused = self.key("recover", "--stdin", "--with", "host", stdin=typed, code=code)
            self.assertNotIn(wrong[9:17], f"{refused}")
            self.assertEqual(SEALED.read_bytes(), before)
        typed = f"{written_down(key).upper()}\n".encode()
        ended = at_terminal(
            [str(BIN / "semblance"), "key", "recover", "--with", "host"], typed, env={"PATH": "/usr/bin:/bin"},
            prompt=b"Recovery key: ",
        )
        self.assertEqual(ended.returncode, 0, ended.stderr)
        self.assertNotIn(written_down(key)[:8].upper(), ended.screen)
        self.assertEqual(self.opened(), key)

    def test_recovered_into_a_file(self):
        self.make_vault()
        key = KEY.read_bytes()
        KEY.unlink()
        gone = self.key("seal", "--with", "host", code=70)
        self.assertIn("gone", gone.err)
        self.key("recover", "--stdin", "--file", stdin=written_down(key))
        self.assertEqual((KEY.read_bytes(), KEY.stat().st_mode & 0o777), (key, 0o600))
        self.assertFalse(SEALED.exists())

    def test_what_the_daemons_user_plants_is_not_read_by_root(self):
        secret = pathlib.Path("/etc/sbl-secret")
        written(secret, "0123456789abcdef0123456789abcdef", 0o600)
        for plant in (lambda: KEY.symlink_to(secret), lambda: os.mkfifo(KEY), lambda: KEY.write_bytes(b"short")):
            KEY.unlink(missing_ok=True)
            plant()
            os.chown(KEY, *pwd.getpwnam("semblance")[2:4], follow_symlinks=False)
            with self.subTest(kind=KEY.lstat().st_mode):
                refused = self.key("seal", "--with", "host", code=70)
                self.assertNotIn("0123456789abcdef", f"{refused}")
                self.assertFalse(SEALED.exists())
        self.assertEqual(secret.read_text(), "0123456789abcdef0123456789abcdef")

    def test_only_root(self):
        entry = pwd.getpwnam("sbl-alice")
        for command in (["status"], ["seal"], ["unseal"], ["recovery"], ["recover", "--stdin"]):
            self.key(*command, code=7, user=entry.pw_uid, group=entry.pw_gid, extra_groups=[])

    def test_doctor_says_how_it_is_kept(self):
        def finding():
            doctor = said(BIN / "semblance", "doctor", "--json", cwd="/")
            return next((one for one in Result(doctor).json if one["check"] == "vault key"), None)

        self.assertIsNone(finding())
        self.make_vault()
        self.assertIn("semblance key seal", finding()["hint"])
        self.key("seal", "--with", "host")
        self.assertEqual(finding()["detail"], f"sealed with this host's key: {SEALED}")
        SEALED.unlink()
        self.assertEqual((finding()["ok"], finding()["hint"]), (False, "semblance key recover"))


@unittest.skipUnless(os.geteuid() == 0, "mounts, which takes root")
@unittest.skipUnless(SEALER and shutil.which("swtpm"), "needs systemd-creds and swtpm (Debian's packages systemd, swtpm)")
@unittest.skipUnless(
    any(pathlib.Path("/usr/lib").rglob("libtss2-tcti-swtpm.so.0")), "needs Debian's package libtss2-tcti-swtpm0"
)
class TPMTests(KeyCase):
    def setUp(self):
        super().setUp()
        self.plug_in()

    def plug_in(self):
        """A TPM that has never been seen. It has not the kernel's resource manager before it: every use leaves a session behind, and
        after a few it has no room for more."""
        state = pathlib.Path(tempfile.mkdtemp(prefix="tpm.", dir="/run"))
        place = state / "socket"
        chip = subprocess.Popen(
            [
                "swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--server", f"type=unixio,path={place}",
                "--ctrl", f"type=unixio,path={place}.ctrl", "--flags", "not-need-init,startup-clear",
            ],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )
        self.addCleanup(chip.wait)
        self.addCleanup(chip.terminate)
        deadline = time.monotonic() + 10
        while not place.exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        self.device = (f"--tpm2-device=swtpm:path={place}",)

    def chip(self, *arguments):
        return (*arguments, "--tpm2-device", self.device[0].partition("=")[2])

    def check_sealed(self, kind, name):
        self.make_vault()
        key = KEY.read_bytes()
        self.key(*self.chip("seal", "--with", kind, "--pcrs", "7+14"))
        self.assertEqual(self.opened(), key)
        self.assertEqual(self.status()["sealing"], name)

    def test_sealed_to_a_tpm(self):
        self.check_sealed("tpm2", "tpm2")

    def test_sealed_to_a_tpm_and_the_host(self):
        self.check_sealed("host+tpm2", "hostAndTPM2")

    def test_another_tpm_opens_nothing_and_the_recovery_key_does(self):
        self.make_vault()
        key = KEY.read_bytes()
        self.key(*self.chip("seal", "--with", "tpm2"))
        KEY.unlink()
        self.plug_in()
        refused = self.key(*self.chip("seal", "--with", "tpm2"), code=70)
        self.assertIn("semblance key recover", refused.err)
        self.key(*self.chip("recover", "--stdin", "--with", "tpm2"), stdin=written_down(key))
        self.assertEqual(self.opened(), key)


if __name__ == "__main__":
    unittest.main()

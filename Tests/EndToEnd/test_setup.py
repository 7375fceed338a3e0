"""`semblance setup` and `semblance config`, on the real paths: each class has mounts of its own, under which /etc and what the
daemons keep are layers that go away with it."""

import json
import os
import pathlib
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from harness import BIN, FIXTURES, MODULE, MODULE_CHECK, Result, is_listening

ETC = pathlib.Path("/etc/semblance")
TRAY = pathlib.Path("/srv/semblance-tray")
RUN = pathlib.Path("/run")
# What is written to, or has to be there; nothing of it reaches the machine.
LAYERS = ["/etc", "/var", "/usr", "/srv"]
PLAIN_STACK = "auth required pam_unix.so\naccount required pam_unix.so\n"
SERVICE = "sbl-setup"


def said(*command, **options):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, **options)


class Machine:
    """This machine as it is after `make install`, with nothing configured."""

    def __init__(self):
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="semblance-setup."))
        self.base.chmod(0o755)
        self.processes = {}
        layers = self.base / "layers"
        layers.mkdir()
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "none", layers], check=True)
        for folder in map(pathlib.Path, LAYERS):
            upper, work = layers / folder.name, layers / f"{folder.name}.work"
            upper.mkdir(), work.mkdir()
            mounted = said("mount", "-t", "overlay", "-o", f"lowerdir={folder},upperdir={upper},workdir={work}", "none", folder)
            if mounted.returncode:
                raise unittest.SkipTest(f"no overlay can be mounted here: {mounted.stderr}")
        subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "none", "/run"], check=True)
        self.install()

    def install(self):
        """What the packages put there; the daemons stay beside `semblance`, where it finds them as well."""
        shutil.rmtree(ETC, ignore_errors=True)
        for folder in (RUN / "semblance", RUN / "semblance-sensor"):
            folder.mkdir()
        for user in ("semblance", "semblance-sensor", "semblance-verifier"):
            state = pathlib.Path("/var/lib") / user
            shutil.rmtree(state, ignore_errors=True)
            state.mkdir(mode=0o700)
            shutil.chown(state, user, user)
        shared = pathlib.Path("/usr/share/semblance")
        shutil.rmtree(shared, ignore_errors=True)
        shared.mkdir()
        for name in ("fingerprint-v2.semblance-model", "fingerprint-v2.calibration.json", "finger-localiser.semblance-model"):
            shutil.copy(FIXTURES / "models" / name, shared)
            (shared / name).chmod(0o644)
        helpers = pathlib.Path("/usr/libexec/semblance")
        helpers.mkdir(parents=True, exist_ok=True)
        shutil.copy(MODULE.with_name(MODULE_CHECK), helpers)
        shutil.copy(MODULE, pathlib.Path("/usr/lib/x86_64-linux-gnu/security/pam_semblance.so"))
        self.stack.write_text(PLAIN_STACK)
        self.stack.chmod(0o644)

    @property
    def stack(self):
        return pathlib.Path("/etc/pam.d") / SERVICE

    def semblance(self, *arguments, user=None, wait=True):
        command = [BIN / "semblance", *arguments]
        if user:
            entry = pwd.getpwnam(user)
            command = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups", *command]
        process = subprocess.Popen(
            [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True, cwd="/", start_new_session=True, env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"},
        )
        if not wait:
            return process
        process.stdout, process.stderr = process.communicate(timeout=180)
        return Result(process)

    def setup(self, *more, **options):
        return self.semblance(
            "setup", "--sensor", f"tray={TRAY}", "--audience", "setup.test", "--user", "sbl-alice", "--label", "right-index",
            "--service", SERVICE, *more, **options,
        )

    def show(self, person, *numbers):
        for old in TRAY.iterdir():
            old.unlink()
        for number in numbers:
            shutil.copy(FIXTURES / "fingerprints" / person / f"{number}.png", TRAY / f"{number}.png")

    def start(self):
        """No service manager runs here: this is its part."""
        for name, user, socket, command in (
            ("sensor", "semblance-sensor", RUN / "semblance-sensor/sensor", ["semblance-sensor"]),
            ("prover", "semblance", RUN / "semblance/prover", ["semblanced"]),
            ("verifier", "semblance-verifier", RUN / "semblance/verifier", ["semblance-verifier", "serve"]),
        ):
            log = open(self.base / f"{name}.log", "ab")
            self.processes[name] = subprocess.Popen(
                [
                    "systemd-socket-activate", f"--listen={socket}", f"--fdname={name}", "setpriv", f"--reuid={user}",
                    f"--regid={user}", "--clear-groups", str(BIN / command[0]), *command[1:], "--config", ETC / f"{name}.json",
                ],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                env={"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"},
            )
            for _ in range(500):
                if is_listening(socket):
                    break
                time.sleep(0.02)
            shutil.chown(socket, user)
            socket.chmod(0o666)

    def logs(self):
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')}" for path in self.base.glob("*.log"))

    def close(self):
        for process in self.processes.values():
            process.terminate()
            process.wait(timeout=20)


def tree(*folders):
    """Every file below, by its contents, mode and owner."""
    found = {}
    for path in (path for folder in folders for path in [folder, *sorted(folder.rglob("*"))] if path.exists()):
        info = path.lstat()
        found[str(path)] = (info.st_mode, info.st_uid, path.read_bytes() if path.is_file() else None)
    return found


def written(path, text, mode=0o644):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text if isinstance(text, str) else json.dumps(text))
    path.chmod(mode)


@unittest.skipUnless(os.geteuid() == 0, "mounts, which takes root")
class MachineTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.machine = Machine()
        cls.addClassCleanup(cls.machine.close)

    def assertCode(self, result, code):
        self.assertEqual(result.code, code, f"{result}\n{self.machine.logs()}")


class SetupTests(MachineTests):
    """From nothing to a login, in the order of the tests' names; each leaves the machine to the next."""

    def test_1_dry_run_changes_nothing(self):
        folders = [pathlib.Path("/etc"), pathlib.Path("/var/lib"), pathlib.Path("/srv"), pathlib.Path("/var/backups")]
        before = tree(*folders)
        result = self.machine.setup("--dry-run")
        self.assertCode(result, 0)
        for part in ("would write /etc/semblance/prover.json", '+  "audience": "setup.test",', "would enrol sbl-alice",
                     "would try a login", "pam_semblance.so", "not on a sensor of the kind image-file", "nothing was changed"):
            self.assertIn(part, result.out)
        self.assertEqual(tree(*folders), before)

    def test_2_nothing_is_done_without_a_yes_and_not_by_users(self):
        before = tree(pathlib.Path("/etc"), pathlib.Path("/srv"))
        result = self.machine.setup()
        self.assertCode(result, 7)
        self.assertIn("--yes", result.err)
        self.assertCode(self.machine.setup("--yes", user="sbl-alice"), 7)
        self.assertEqual(tree(pathlib.Path("/etc"), pathlib.Path("/srv")), before)

    def test_3_bad_answers_are_told_before_anything_is_done(self):
        before = tree(pathlib.Path("/etc"), pathlib.Path("/srv"))
        for arguments, code, words in (
            (["--audience", "a\nb"], 64, "control characters"), (["--sensor", "tray=relative"], 64, "--sensor"),
            (["--sensor", "mouse=/dev/x"], 64, "--sensor"), (["--samples", "9"], 64, "1 to 5"),
            (["--model", "/nowhere.semblance-model"], 8, "does not exist"), (["--user", "sbl-nobody"], 3, "no account"),
            (["--false-match-rate", "0.5"], 8, "no threshold"), (["--false-match-rate", "nan"], 64, "between 0 and 1"),
            (["--service", "../x"], 64, "--service"),
        ):
            result = self.machine.setup("--yes", *arguments)
            self.assertCode(result, code)
            self.assertIn(words, result.err)
        theirs = self.machine.base / "theirs.semblance-model"
        shutil.copy(FIXTURES / "models" / "fingerprint-v2.semblance-model", theirs)
        theirs.chmod(0o666)
        result = self.machine.setup("--yes", "--model", theirs)
        self.assertCode(result, 8)
        self.assertIn("lets others in", result.err)
        self.assertEqual(tree(pathlib.Path("/etc"), pathlib.Path("/srv")), before)

    @unittest.skipIf(list(pathlib.Path("/dev").glob("video*")), "this machine has a camera")
    def test_4_sensor_missing(self):
        result = self.machine.semblance("setup", "--yes", "--user", "sbl-alice")
        self.assertCode(result, 6)
        self.assertIn("no sensor was found", result.err)

    def test_5_stops_where_services_have_to_be_started(self):
        written(ETC / "prover.json.d" / "50-here.json", {"presence": "none"})
        written(ETC / "verifier.json", {"limits": {"auditRetentionDays": 30}})
        result = self.machine.setup("--yes")
        self.assertCode(result, 5)
        self.assertIn("no systemd runs here", result.err)
        self.assertIn("stopped at step", result.err)
        self.assertIn('+  "audience": "setup.test",', result.out)
        verifier = json.loads((ETC / "verifier.json").read_text())
        self.assertEqual(verifier["limits"], {"auditRetentionDays": 30})
        self.assertEqual(len(list(pathlib.Path("/var/backups/semblance").glob("verifier.json.*"))), 1)
        for path in ETC.rglob("*.json"):
            self.assertEqual((path.stat().st_mode & 0o7777, path.stat().st_uid), (0o644, 0), path)
        key = pathlib.Path("/var/lib/semblance-verifier/signing-key").stat()
        self.assertEqual((key.st_mode & 0o7777, key.st_uid), (0o600, pwd.getpwnam("semblance-verifier").pw_uid))
        self.assertEqual(self.machine.stack.read_text(), PLAIN_STACK)

    def test_6_interrupted_while_it_enrols(self):
        self.machine.start()
        before = tree(ETC)
        process = self.machine.setup("--yes", wait=False)
        for line in process.stdout:
            if "enrol sbl-alice" in line:
                break
        time.sleep(1)
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=30)
        self.assertNotEqual(process.returncode, 0)
        self.assertEqual(tree(ETC), before)
        self.assertEqual(self.machine.stack.read_text(), PLAIN_STACK)

    def test_7_a_failed_login_leaves_logins_alone(self):
        self.machine.show("alice", 1, 3, 4)
        enrolled = self.machine.setup("--yes", "--no-pam")
        self.assertCode(enrolled, 0)
        self.machine.show("mallory", 4, 5)
        result = self.machine.setup("--yes")
        self.assertCode(result, 1)
        self.assertIn("no login was changed", result.err)
        self.assertEqual(self.machine.stack.read_text(), PLAIN_STACK)
        self.assertCode(self.machine.semblance("unlock", "--user", "sbl-alice"), 0)

    def test_8_goes_on_to_the_end(self):
        self.machine.show("alice", 6, 1, 3)
        result = self.machine.setup("--yes")
        self.assertCode(result, 0)
        self.assertNotIn("enrol sbl-alice", result.out)
        self.assertIn("biometric", result.out)
        self.assertIn("+auth", result.out)
        self.assertIn("pam_semblance.so", self.machine.stack.read_text())

    def test_9_a_second_run_only_looks(self):
        folders = [ETC, pathlib.Path("/etc/pam.d"), pathlib.Path("/srv"), pathlib.Path("/var/backups")]
        before = tree(*folders)
        result = self.machine.setup("--yes")
        self.assertCode(result, 0)
        self.assertIn("[3/3]", result.out)
        self.assertEqual(tree(*folders), before)
        # And without flags: what is configured is the answer.
        again = self.machine.semblance("setup", "--yes", "--user", "sbl-alice", "--label", "right-index", "--service", SERVICE)
        self.assertCode(again, 0)
        self.assertIn("[3/3]", again.out)


class HostileTests(MachineTests):
    """What a stranger may have left where root sets up."""

    def setUp(self):
        for path in (ETC, TRAY):
            shutil.rmtree(path, ignore_errors=True)
            if path.is_symlink():
                path.unlink()

    def refused(self, words, code=8):
        result = self.machine.setup("--yes", "--no-enrol")
        self.assertCode(result, code)
        self.assertIn(words, result.err)
        return result

    def test_configuration_that_is_a_link(self):
        ETC.mkdir()
        (self.machine.base / "elsewhere.json").write_text("{}")
        (ETC / "sensor.json").symlink_to(self.machine.base / "elsewhere.json")
        self.refused("is a link")
        self.assertEqual((self.machine.base / "elsewhere.json").read_text(), "{}")

    def test_configuration_that_others_can_write(self):
        written(ETC / "prover.json", "{}", 0o666)
        self.refused("lets others in")

    def test_drop_in_that_others_can_write(self):
        written(ETC / "prover.json.d" / "1.json", "{}", 0o666)
        self.refused("1.json: mode 666 lets others in")

    def test_drop_in_that_makes_no_sense(self):
        written(ETC / "sensor.json.d" / "1.json", '{"dotsPerInch": 1e400}')
        self.refused("1.json: line 1: a number")
        written(ETC / "sensor.json.d" / "1.json", '{"tary": "/x"}')
        self.refused('1.json: unknown option "tary"')

    def test_configuration_that_makes_no_sense(self):
        for text, words in (
            ('{"models": NaN}', "'N' may not stand there"), ('{"a":' * 4000, "too many levels"), ("[]", "not a JSON object"),
            ('{"captureTimeoutSeconds": 99999999999999999999}', "out of range"), ("\xff", "prover.json"),
        ):
            written(ETC / "prover.json", text)
            self.refused(words)

    def test_links_that_users_planted(self):
        theirs = self.machine.base / "theirs"
        theirs.mkdir(exist_ok=True)
        alice = pwd.getpwnam("sbl-alice").pw_uid
        TRAY.symlink_to(theirs)
        os.chown(TRAY, alice, alice, follow_symlinks=False)
        self.refused("is a link")
        TRAY.unlink()
        # A folder of a user's above the tray: she could put another in its place.
        os.chown(theirs, alice, alice)
        (theirs / "tray").mkdir(exist_ok=True)
        result = self.machine.semblance("setup", "--yes", "--no-enrol", "--sensor", f"tray={theirs}/tray")
        self.assertCode(result, 8)
        self.assertIn("not trusted", result.err)

    def test_a_name_that_somebody_waits_at(self):
        """The file that is written beside the target is made anew, whatever lies there."""
        ETC.mkdir()
        victim = self.machine.base / "victim"
        victim.write_text("mine")
        (ETC / ".sensor.json.semblance-new").symlink_to(victim)
        result = self.machine.setup("--yes", "--no-enrol")
        self.assertIn(f'"tray": "{TRAY}"', (ETC / "sensor.json").read_text())
        self.assertEqual(victim.read_text(), "mine")
        self.assertIn("no systemd runs here", result.err)

    def test_published_model_of_another(self):
        ETC.mkdir()
        shutil.copy(FIXTURES / "models" / "finger-localiser.semblance-model", ETC / "fingerprint-v2.semblance-public")
        self.refused("fingerprint-v2.semblance-public")


class ConfigTests(MachineTests):
    def setUp(self):
        shutil.rmtree(ETC, ignore_errors=True)
        model = "/usr/share/semblance/fingerprint-v2.semblance-model"
        written(ETC / "prover.json", {"models": [model], "presence": "none"})
        written(ETC / "sensor.json", {"models": [model], "tray": "/srv"})

    def check(self, *arguments):
        return self.machine.semblance("config", "check", *arguments)

    def test_sound_files(self):
        result = self.check()
        self.assertCode(result, 0)
        self.assertEqual(result.out, "ok    /etc/semblance/prover.json\nok    /etc/semblance/sensor.json\n")

    def test_faults_name_file_and_key(self):
        written(ETC / "prover.json.d" / "10-a.json", {"captureTimeoutSeconds": 500})
        written(ETC / "prover.json.d" / "90-b.json", {"seat": "seat1"})
        result = self.check()
        self.assertCode(result, 8)
        self.assertIn('FAIL  /etc/semblance/prover.json.d/10-a.json: "captureTimeoutSeconds": must be 1 to 120', result.out)
        self.assertIn("semblance-prover.json(5)", result.out)
        (found,) = [entry for entry in json.loads(self.check("--json").out) if entry.get("fault")]
        self.assertEqual(found["fault"]["key"], "captureTimeoutSeconds")
        self.assertEqual(found["fault"]["file"], "/etc/semblance/prover.json.d/10-a.json")
        self.assertEqual(len(found["dropIns"]), 2)

    def test_what_a_daemon_would_stop_at(self):
        written(ETC / "sensor.json", {"models": ["/usr/share/semblance/fingerprint-v2.semblance-model"], "camera": "auto"})
        self.assertIn("a camera sees faces only", self.check().out)
        written(ETC / "sensor.json", {"models": ["/nowhere"], "tray": "/srv"})
        self.assertIn("/nowhere", self.check().out)
        written(ETC / "verifier.json", {"audience": "a", "policy": {"models": [], "assurence": "full"}})
        result = self.check("--verifier", ETC / "verifier.json")
        self.assertCode(result, 8)
        self.assertIn("verifier.json: ", result.out)

    def test_show(self):
        written(ETC / "prover.json.d" / "10-a.json", {"presence": None, "seat": "seat3"})
        result = self.machine.semblance("config", "show", "prover")
        self.assertCode(result, 0)
        lines = {line.split()[0]: line for line in result.out.splitlines()[1:]}
        self.assertIn('"seat3"  (/etc/semblance/prover.json.d/10-a.json)', lines["seat"])
        self.assertIn('"session"  (default)', lines["presence"])
        self.assertIn("(/etc/semblance/prover.json)", lines["models"])
        shown = json.loads(self.machine.semblance("config", "show", "sensor", "--json").out)
        self.assertIn({"key": "readerRidges", "value": "dark", "source": "default"}, shown[0]["values"])

    def test_secrets_are_not_shown(self):
        written(ETC / "verifier.json", {
            "audience": "a.example", "database": "/d", "signingKey": "/k", "policy": {"models": []},
            "http": {"address": "127.0.0.1", "port": 1, "administratorTokenHash": "ab" * 32},
        })
        result = self.machine.semblance("config", "show", "verifier")
        self.assertNotIn("abab", result.out + result.err)
        self.assertIn("(not shown)", result.out)

    def test_daemons_read_drop_ins(self):
        written(ETC / "prover.json.d" / "1.json", {"socet": "/x"})
        result = self.machine.semblance("config", "show", "prover")
        self.assertCode(result, 8)
        started = said(BIN / "semblanced", "--config", ETC / "prover.json")
        self.assertNotEqual(started.returncode, 0)
        self.assertIn('/etc/semblance/prover.json.d/1.json: unknown option "socet"', (started.stdout + started.stderr).replace("\\", ""))


del MachineTests

if __name__ == "__main__":
    unittest.main()

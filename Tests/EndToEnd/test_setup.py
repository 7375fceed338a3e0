"""`semblance setup` and `semblance config`, on the real paths: each class has mounts of its own, under which /etc and what the
daemons keep are layers that go away with it."""

import ctypes
import errno
import json
import os
import pathlib
import pwd
import shutil
import signal
import struct
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


def without_directories():
    """Has the kernel fail to list directories, as a bad disk does (seccomp(2))."""
    number = {"x86_64": 217, "aarch64": 61}[os.uname().machine]
    load, equal, end = 0x20, 0x15, 0x06
    rules = ((load, 0, 0, 0), (equal, 0, 1, number), (end, 0, 0, 0x00050000 | errno.EIO), (end, 0, 0, 0x7FFF0000))
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *rule) for rule in rules))
    program = ctypes.create_string_buffer(struct.pack("@HP", len(rules), ctypes.addressof(code)))
    library = ctypes.CDLL(None)
    assert library.prctl(38, 1, 0, 0, 0) == 0
    assert library.prctl(22, 2, program, 0, 0) == 0


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


class DropInTests(MachineTests):
    """What is configured counts wherever it stands, and no secret of it is shown."""

    def setUp(self):
        shutil.rmtree(ETC, ignore_errors=True)
        described = self.machine.semblance("model", "inspect", "--json", "/usr/share/semblance/fingerprint-v2.semblance-model")
        self.listed = {
            "identity": described.json["identity"], "published": "/etc/semblance/fingerprint-v2.semblance-public", "falseMatchRate": 0.01,
        }
        written(ETC / "verifier.json", {"audience": "setup.test", "policy": {"models": [self.listed]}})

    def preview(self, *more, code=0):
        result = self.machine.setup("--dry-run", "--no-enrol", *more)
        self.assertCode(result, code)
        return result

    def test_what_a_drop_in_says_is_known(self):
        written(ETC / "prover.json.d" / "1.json", {"models": ["/usr/share/semblance/fingerprint-v2.semblance-model"]})
        database = self.machine.base / "verifier.sqlite"
        database.touch()
        written(ETC / "verifier.json.d" / "1.json", {"database": str(database)})
        shown = self.preview().out
        self.assertNotIn('"database"', shown)
        self.assertNotIn("make the verifier's key and database", shown)
        self.assertIn("would write /etc/semblance/prover.json", shown)
        self.assertNotIn('+  "models": ["/usr/share', shown.split("prover.json")[2].split("would")[0])
        # A sensor whose tray a drop-in names needs no flag.
        written(ETC / "sensor.json", {"models": ["/usr/share/semblance/fingerprint-v2.semblance-model"]})
        written(ETC / "sensor.json.d" / "1.json", {"tray": str(TRAY)})
        shown = self.machine.semblance("setup", "--dry-run", "--no-enrol")
        self.assertCode(shown, 0)
        self.assertIn(f"sensor: image files in {TRAY}", shown.out)
        self.assertNotIn("sensor.json", shown.out)

    def test_a_drop_in_that_would_win_is_named(self):
        written(ETC / "sensor.json.d" / "5-other.json", {"tray": "/srv/other"})
        refused = self.preview(code=8)
        self.assertIn('/etc/semblance/sensor.json.d/5-other.json decides about "tray"', refused.err)

    def test_a_rate_that_is_asked_for_is_set(self):
        self.assertIn('+        "falseMatchRate": 0.01,', self.preview().out)
        self.assertIn('+        "falseMatchRate": 0.001,', self.preview("--false-match-rate", "0.001").out)
        written(ETC / "verifier.json.d" / "1.json", {"policy": {"models": [self.listed]}})
        self.assertIn('verifier.json.d/1.json decides about "policy.models"', self.preview("--false-match-rate", "0.001", code=8).err)

    def test_secrets_are_not_in_differences(self):
        token = "ab" * 32
        text = f'{{"audience": "setup.test", "http": {{"address": "127.0.0.1", "administrator\\u0054okenHash": "{token}"}}, "policy": {{}}}}'
        written(ETC / "verifier.json", text)
        shown = self.preview()
        self.assertIn("would change /etc/semblance/verifier.json", shown.out)
        self.assertIn('+        "falseMatchRate"', shown.out)
        self.assertIn("(not shown)", shown.out)
        self.assertNotIn("abab", shown.out + shown.err)
        self.assertNotIn('+  "http"', shown.out)
        # A verifier that cannot read its file cannot say what of it is secret.
        (ETC / "verifier.json").chmod(0o600)
        shown = self.preview(code=8)
        self.assertIn("verifier.json: user semblance-verifier, as whom this program runs, may not read it", shown.err)
        self.assertNotIn("abab", shown.out + shown.err)


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

    def test_a_file_is_judged_as_its_daemons_user(self):
        file = ETC / "prover.json"
        shutil.chown(file, "semblance", "semblance")
        file.chmod(0o600)
        self.assertCode(self.check("--prover", file), 0)
        for owner, mode, words in (
            ("root", 0o600, "user semblance, as whom this program runs, may not read it"), ("sbl-alice", 0o644, "who is not trusted"),
            ("semblance-sensor", 0o644, "who is not trusted"),
        ):
            shutil.chown(file, owner, owner)
            file.chmod(mode)
            result = self.check("--prover", file)
            self.assertCode(result, 8)
            self.assertIn(words, result.out)
            # The daemon says the same.
            started = said("setpriv", "--reuid=semblance", "--regid=semblance", "--clear-groups", BIN / "semblanced", "--config", file)
            self.assertNotEqual(started.returncode, 0)
            self.assertIn(words, started.stdout + started.stderr)

    def test_drop_ins_that_cannot_be_read_are_told(self):
        folder = ETC / "prover.json.d"
        folder.write_text("{}")
        self.assertIn("prover.json.d: is a link or not the right kind of file", self.check().out)
        folder.unlink()
        folder.mkdir(mode=0o700)
        self.assertIn("prover.json.d: user semblance, as whom this program runs, may not read it", self.check().out)
        folder.chmod(0o755)
        written(folder / "1.json", {"seat": "seat7"})
        # A disk that fails in the middle of a directory: what was read so far is no answer.
        report = said(BIN / "semblanced", "--report-config", "--config", ETC / "prover.json", preexec_fn=without_directories)
        self.assertIn("prover.json.d: cannot read the directory: Input/output error", json.loads(report.stdout)["fault"]["message"])

    def test_a_folder_that_cannot_be_read_is_told(self):
        ETC.chmod(0o700)
        self.addCleanup(ETC.chmod, 0o755)
        result = self.machine.semblance("config", "check", user="sbl-alice")
        self.assertCode(result, 8)
        self.assertIn("/etc/semblance: user sbl-alice", result.err)

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

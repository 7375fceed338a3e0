"""Starts the built programs in a temporary directory, under the users they would have, and drives them.

Needs root: the programs run as system users of their own, and sockets live below directories of root.
"""

import atexit
import contextlib
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import unittest

from at_terminal import at_terminal

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("semblance", "semblanced", "semblance-sensor", "semblance-verifier", "semblance-fprintd")
MODULE_CHECK = "pam-semblance-check"
INSTALLED_CHECK = pathlib.Path("/usr/libexec/semblance") / MODULE_CHECK


def open_to_all(directory):
    """Whether every user may go through the directory and all above it."""
    return all(path.stat().st_mode & 0o005 == 0o005 for path in (directory, *directory.parents))


def staged():
    """Programs, fixtures and PAM module where every user can read them: a clone in somebody's home is closed to others.
    Beside the module lies the program that makes its checks."""
    built, fixtures = ROOT / ".build" / "release", ROOT / "Fixtures"
    module = ROOT / "pam" / "build" / "release" / "pam_semblance.so"
    if open_to_all(built.resolve()) and open_to_all(fixtures):
        return built, fixtures, module
    stage = pathlib.Path(os.environ.get("SEMBLANCE_STAGE") or make_stage(built, fixtures, module))
    return stage / "bin", stage / "Fixtures", stage / module.name


def make_stage(built, fixtures, module):
    """Copies them; run.py does so once for all its processes, and tells them by SEMBLANCE_STAGE."""
    stage = pathlib.Path(tempfile.mkdtemp(prefix="semblance-stage."))
    atexit.register(shutil.rmtree, stage, ignore_errors=True)
    stage.chmod(0o755)
    (stage / "bin").mkdir()
    for program in PROGRAMS:
        subprocess.run(["install", "-m", "0755", built / program, stage / "bin"], check=True)
    shutil.copytree(fixtures, stage / "Fixtures")
    subprocess.run(["chmod", "-R", "a+rX", stage / "Fixtures"], check=True)
    subprocess.run(["install", "-m", "0755", module, module.with_name(MODULE_CHECK), stage], check=True)
    return stage


BIN, FIXTURES, MODULE = staged()
LOCALISER = FIXTURES / "models" / "finger-localiser.semblance-model"
SHARED = pathlib.Path(os.environ.get("SEMBLANCE_SHARED", ROOT.parent / "shared"))

SERVICE_USERS = ("semblance", "semblance-sensor", "semblance-verifier", "semblance-fprintd")
# Accounts that log in; the prover refuses subjects without one.
ACCOUNTS = ("sbl-alice", "sbl-bob", "sbl-chimera")


def ensure_user(name):
    """A system user without a shell; returns whether it was made now."""
    try:
        pwd.getpwnam(name)
        return False
    except KeyError:
        subprocess.run(
            ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", name], check=True
        )
        return True


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_listening(path):
    """Whether somebody listens there; between its binding and its listening, connections are refused."""
    sockets = (line.split() for line in pathlib.Path("/proc/net/unix").read_text().splitlines())
    return any(fields[-1] == str(path) and fields[3] == "00010000" for fields in sockets)


def overlaid(folder):
    """Makes a folder one that can be written to for this class alone: a layer over it goes away with its mounts."""
    layer = pathlib.Path(tempfile.mkdtemp(prefix="semblance-layer."))
    subprocess.run(["mount", "-t", "tmpfs", "-o", "mode=0755", "none", layer], check=True)
    (layer / "upper").mkdir(), (layer / "work").mkdir()
    options = f"lowerdir={folder},upperdir={layer}/upper,workdir={layer}/work"
    made = subprocess.run(["mount", "-t", "overlay", "-o", options, "none", folder], capture_output=True, text=True)
    if made.returncode:
        raise unittest.SkipTest(f"no overlay can be mounted here: {made.stderr}")


@contextlib.contextmanager
def in_place_of(path, stand_in):
    """While it lasts, for this class alone, that file or folder is what lies at `path`: what the programs run and read on the real paths
    is named by no option of theirs, with which root could be led to run anything."""
    if "SEMBLANCE_PRIVATE_MOUNTS" not in os.environ:
        raise unittest.SkipTest("takes mounts of its own: run it by Tests/EndToEnd/run.py, as root")
    path, stand_in = pathlib.Path(path), pathlib.Path(stand_in)
    if not path.exists():
        overlaid(next(parent for parent in path.parents if parent.exists()))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.mkdir() if stand_in.is_dir() else path.touch(0o755)
    subprocess.run(["mount", "--bind", stand_in, path], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", path], check=True)


class Result:
    """What a command printed, and how it ended."""

    def __init__(self, process):
        self.code = process.returncode
        self.out = process.stdout
        self.err = process.stderr

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"exit {self.code}\n--- stdout\n{self.out}--- stderr\n{self.err}"


class Site:
    """A sensor, a prover and any number of verifiers below one temporary directory."""

    def __init__(
        self, model=None, modality="fingerprint", threshold=None, bin=BIN, accounts=ACCOUNTS, assurance="full"
    ):
        self.bin = bin
        self.base = pathlib.Path(tempfile.mkdtemp(prefix="semblance-test."))
        self.base.chmod(0o755)
        self.model = pathlib.Path(model or FIXTURES / "models" / "fingerprint-v2.semblance-model")
        # What sensor and prover have besides.
        self.other_models = []
        self.modality = modality
        self.processes = {}
        self.users_made = []
        for user in (*SERVICE_USERS, *accounts):
            if ensure_user(user):
                self.users_made.append(user)
        self.run_dir = self.base / "run"
        self.tray = self.base / "tray"
        self.run_dir.mkdir()
        self.tray.mkdir(mode=0o755)
        self.directory("prover-state", "semblance")
        self.directory("sensor-state", "semblance-sensor")
        self.published = self.base / "model.semblance-public"
        self.policy = {"models": [self.publish(self.model, self.published, threshold)], "assurance": assurance}

    def publish(self, model, published, threshold=None):
        """Publishes a model and returns what a policy says of it."""
        description = self.cli("model", "publish", "--json", model, "--output", published).json
        published.chmod(0o644)
        return {
            "identity": description["identity"],
            "modality": self.modality,
            "dimension": description["dimension"],
            "threshold": threshold or description["thresholds"][0]["numerator"],
            "minimumNorm": description["minimumNorm"],
            "published": str(published),
        }

    def model_options(self):
        return [part for model in (self.model, *self.other_models) for part in ("--model", model)]

    # -- files

    def directory(self, name, owner, mode=0o700):
        path = self.base / name
        path.mkdir(mode=mode)
        path.chmod(mode)
        shutil.chown(path, owner, pwd.getpwnam(owner).pw_gid)
        return path

    def show(self, *images):
        """Puts these images in front of the sensor, in this order."""
        for old in self.tray.iterdir():
            old.unlink()
        for index, image in enumerate(images):
            target = self.tray / f"{index:03d}{pathlib.Path(image).suffix}"
            shutil.copyfile(image, target)
            target.chmod(0o644)

    def finger(self, person, *numbers):
        return [FIXTURES / "fingerprints" / person / f"{number}.png" for number in numbers]

    @property
    def prover_socket(self):
        return self.run_dir / "prover"

    @property
    def sensor_socket(self):
        return self.run_dir / "sensor"

    def verifier_socket(self, name="verifier"):
        return self.run_dir / name

    # -- processes

    def start(self, name, socket_path, user, command, mode=0o666, prefix=()):
        """Starts a daemon by socket activation, as systemd would: root makes the socket, the daemon runs as its user."""
        log = open(self.base / f"{name}.log", "ab")
        environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"}
        with contextlib.suppress(FileNotFoundError):
            socket_path.unlink()
        process = subprocess.Popen(
            [
                *prefix, "systemd-socket-activate", f"--listen={socket_path}", f"--fdname={name}",
                "setpriv", f"--reuid={user}", f"--regid={pwd.getpwnam(user).pw_gid}", "--clear-groups",
                "--inh-caps=-all", *map(str, command),
            ],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment, cwd="/",
        )
        log.close()
        self.processes[name] = process
        self.wait_for(lambda: is_listening(socket_path), f"socket of {name}")
        shutil.chown(socket_path, user)
        os.chmod(socket_path, mode)
        return process

    def start_sensor(self):
        return self.start(
            "sensor", self.sensor_socket, "semblance-sensor",
            [
                self.bin / "semblance-sensor", "--tray", self.tray, *self.model_options(),
                "--secret", self.base / "sensor-state" / "secret", "--prover-user", "semblance",
                "--localiser", LOCALISER,
            ],
        )

    def start_prover(self, *arguments, presence="none", prefix=()):
        """No logind runs here; test_presence.py shows the daemon one, and starts it with the real rule."""
        return self.start(
            "prover", self.prover_socket, "semblance",
            [
                self.bin / "semblanced", "--vault", self.base / "prover-state",
                "--sensor-socket", self.sensor_socket, "--sensor-user", "semblance-sensor",
                "--presence", presence, *self.model_options(), *arguments,
            ],
            prefix=prefix,
        )

    def verifier_config(self, name="verifier", audience=None, http_port=None, http=None, **policy):
        state = self.base / f"{name}-state"
        if not state.exists():
            self.directory(f"{name}-state", "semblance-verifier")
        config = {
            "audience": audience or f"{name}.semblance.test",
            "database": str(state / "verifier.sqlite"),
            "signingKey": str(state / "signing-key"),
            "policy": self.policy | policy,
            "varlink": {"socket": str(self.verifier_socket(name))},
        }
        if http_port:
            config["http"] = {"address": "127.0.0.1", "port": http_port} | (http or {})
        path = self.base / f"{name}.json"
        path.write_text(json.dumps(config))
        path.chmod(0o644)
        return path

    def as_verifier(self, *arguments):
        """Runs a subcommand of semblance-verifier as its user."""
        return self.run(
            ["setpriv", "--reuid=semblance-verifier", f"--regid={pwd.getpwnam('semblance-verifier').pw_gid}",
             "--clear-groups", str(self.bin / "semblance-verifier"), *map(str, arguments)]
        )

    def start_verifier(self, name="verifier", config=None, **options):
        config = config or self.verifier_config(name, **options)
        state = self.base / f"{name}-state"
        if not (state / "verifier.sqlite").exists():
            made = self.as_verifier("init", "--config", config)
            assert made.code == 0, made
        process = self.start(
            name, self.verifier_socket(name), "semblance-verifier",
            [self.bin / "semblance-verifier", "serve", "--config", config],
        )
        if json.loads(pathlib.Path(config).read_text()).get("http"):
            # Activation waits for a local connection; HTTP is served from then on.
            self.cli("status", verifier=name)
        return process

    def stop(self, name, sig=signal.SIGTERM):
        process = self.processes.pop(name)
        process.send_signal(sig)
        return process.wait(timeout=20)

    def wait_for(self, condition, what, seconds=20):
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError(f"{what}: not in {seconds} s\n{self.logs()}")
            time.sleep(0.02)

    def logs(self):
        return "\n".join(f"--- {path.name}\n{path.read_text(errors='replace')}" for path in self.base.glob("*.log"))

    # -- commands

    def run(self, command, user=None, env=None, timeout=120, wrapper=(), typed=None, early=b"", **options):
        """Runs a command. With `typed`, at a terminal of its own, where that is typed as soon as it asks, and `early`
        before (at_terminal.py); without, at none. `wrapper` is a command that runs it, still as root."""
        command = [str(part) for part in command]
        if user:
            entry = pwd.getpwnam(user)
            command = [
                "setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups", *command
            ]
        command = [*map(str, wrapper), *command]
        environment = {"PATH": "/usr/bin:/bin:/usr/sbin:/sbin", "LANG": "C.UTF-8"} | (env or {})
        if typed is not None:
            ended = at_terminal(command, typed, env=environment, timeout=timeout, early=early)
            result = Result(ended)
            result.screen = ended.screen
            return result
        return Result(
            subprocess.run(
                command, capture_output=True, text=True, timeout=timeout, env=environment, cwd="/",
                start_new_session=True, **options
            )
        )

    def cli(self, *arguments, user=None, verifier="verifier", **options):
        """Runs `semblance`. With a remote verifier it asks its person first: at a terminal, where Enter is pressed."""
        command = [self.bin / "semblance", *arguments]
        if "://" in str(verifier):
            options.setdefault("typed", b"\n")
        if arguments[0] in ("enroll", "enrol", "authenticate", "rotate", "revoke", "status", "doctor", "list", "unlock"):
            place = verifier if "://" in str(verifier) else self.verifier_socket(verifier)
            command += ["--prover", self.prover_socket, "--verifier", place]
        return self.at_a_persons_pace(command, user=user, **options)

    def at_a_persons_pace(self, command, **options):
        """Runs it, and again as long as the prover says that nobody logs in so often: on a fast machine the tests do."""
        deadline = time.monotonic() + 30
        while True:
            result = self.run(command, **options)
            if "too many logins in a short time" not in f"{result}" or time.monotonic() > deadline:
                return result
            time.sleep(1)

    def enroll(self, subject="sbl-alice", person="alice", numbers=(1, 3, 4), label="right-index", **options):
        self.show(*self.finger(person, *numbers))
        return self.cli(
            "enroll", "--user", subject, "--modality", self.modality, "--label", label,
            "--samples", str(len(numbers)), **options
        )

    def authenticate(self, subject="sbl-alice", person="alice", number=6, *arguments, **options):
        self.show(*self.finger(person, number))
        return self.cli("authenticate", "--user", subject, *arguments, **options)

    # -- PAM

    def pam(self, subject, *operations, service="semblance", stack=None, user=None, arguments="", module=None):
        """Runs pamtester against the real module, by pam_wrapper, with a service file of this site."""
        module = module or MODULE
        services = self.base / "pam.d"
        services.mkdir(exist_ok=True)
        line = f"verifier={self.verifier_socket()} prover={self.prover_socket} {arguments}"
        stack = stack or f"auth required {module} {line}\naccount required pam_permit.so\n"
        (services / service).write_text(stack)
        (services / "other").write_text("auth required pam_deny.so\naccount required pam_deny.so\n")
        environment = {
            "LD_PRELOAD": "libpam_wrapper.so",
            "PAM_WRAPPER": "1",
            "PAM_WRAPPER_SERVICE_DIR": str(services),
        }
        return self.at_a_persons_pace(
            ["pamtester", service, subject, *(operations or ("authenticate",))],
            user=user, env=environment, stdin=subprocess.DEVNULL,
        )

    # -- end

    def close(self):
        for name in list(self.processes):
            process = self.processes.pop(name)
            process.terminate()
            try:
                process.wait(timeout=10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.base, ignore_errors=True)
        for user in self.users_made:
            subprocess.run(["userdel", user], capture_output=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class EnrolledSite:
    """Mixed into a test case: one site for all its tests, with alice's finger enrolled."""

    assurance = "full"

    @classmethod
    def setUpClass(cls):
        cls.site = Site(assurance=cls.assurance)
        cls.site.start_sensor()
        cls.site.start_prover()
        cls.site.start_verifier()
        enrolled = cls.site.enroll()
        assert enrolled.code == 0, f"{enrolled}\n{cls.site.logs()}"

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

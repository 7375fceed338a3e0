"""What the tests share: a private place, PAM services, the client, the log, and a runner: one line per test."""

import os
import re
import shutil
import socket
import stat
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import daemons

HERE = os.path.dirname(os.path.abspath(__file__))
VARIANT = os.environ.get("VARIANT", "release")
BUILD = os.path.join(os.environ["BUILD"], VARIANT)
SANITIZED = VARIANT == "asan"

with open("/proc/self/cgroup", encoding="utf-8") as groups:
    # Where the tests themselves run in a session or a service, the module would take that into account.
    IN_UNIT = re.search(r"\.(service|scope)", groups.read()) is not None

SUCCESS, SERVICE_ERR, SYSTEM_ERR, BUF_ERR, PERM_DENIED, AUTH_ERR = 0, 3, 4, 5, 6, 7
AUTHINFO_UNAVAIL, USER_UNKNOWN, MAXTRIES, CONV_ERR, INCOMPLETE = 9, 10, 11, 19, 31


class Log:
    """Listens at /dev/log of the private mount namespace."""

    def __init__(self):
        self.lines = []
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("/dev/log")
        os.chmod("/dev/log", 0o666)
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            self.lines.append(self.socket.recv(65536).decode(errors="replace"))

    def since(self, position):
        time.sleep(0.05)
        return self.lines[position:]


log = None


class Result:
    """What the client printed, and how long it took."""

    def __init__(self, output, seconds, returncode, errors):
        self.lines = output.splitlines()
        self.seconds, self.returncode, self.errors = seconds, returncode, errors

    def code(self, operation="authenticate"):
        codes = [int(line.split()[1]) for line in self.lines if line.startswith(operation + " ")]
        return codes[-1] if codes else None

    def told(self, *kinds):
        return [line for line in self.lines if line.split(" ")[0] in (kinds or ("info", "error"))]

    def state(self):
        return [line for line in self.lines if line.startswith("state ")]


class Case(unittest.TestCase):
    arguments = ""

    def setUp(self):
        # Below /tmp, which is sticky: tolerated, as everything in it that is used belongs to root.
        self.place = tempfile.mkdtemp(prefix="semblance-", dir="/tmp")
        self.addCleanup(shutil.rmtree, self.place, True)
        os.chmod(self.place, 0o755)
        self.sockets = os.path.join(self.place, "run")
        self.services = os.path.join(self.place, "pam.d")
        os.mkdir(self.sockets, 0o755)
        os.mkdir(self.services, 0o755)
        self.module = os.path.join(self.place, "pam_semblance.so")
        shutil.copy(os.path.join(BUILD, "pam_semblance.so"), self.module)
        self.client = os.path.join(self.place, "client")
        shutil.copy(os.path.join(BUILD, "client"), self.client)
        self.verifier = self.prover = None
        self.mark()
        self.write_service("other", "auth required pam_deny.so\naccount required pam_deny.so")
        self.serve()

    def tearDown(self):
        self.stop()

    def path(self, name):
        return os.path.join(self.sockets, name)

    def stop(self):
        for daemon in (self.verifier, self.prover):
            if daemon is not None:
                daemon.stop()
        self.verifier = self.prover = None

    def start(self, challenge=None, proof=None, verdict=None, may_ask=None, declined=None, noted=None, **options):
        """Starts both daemons, with these scripts in place of what is right."""
        self.stop()
        self.verifier = daemons.verifier(self.path("verifier"), challenge, verdict, **options)
        self.prover = daemons.prover(self.path("prover"), proof, may_ask, declined, noted, **options)

    def write_service(self, name, text):
        with open(os.path.join(self.services, name), "w", encoding="utf-8") as file:
            file.write(text + "\n")

    def line(self, control="required", arguments="timeout=5", kind="auth"):
        paths = f"verifier={self.path('verifier')} prover={self.path('prover')}"
        return f"{kind} {control} {self.module} {paths} {arguments}"

    def serve(self, arguments="timeout=5", control="required", before="", after="", service="lock"):
        self.write_service(
            service,
            "\n".join(
                [
                    before,
                    self.line(control, arguments),
                    after,
                    self.line(control, arguments, "account"),
                    "account required pam_permit.so",
                ]
            ),
        )

    def command(self, *options, user="alice", service="lock", operations=("authenticate",)):
        return [*self.neutral_prefix(), self.client, *options, self.services, service, user, *operations]

    def neutral_prefix(self):
        return self.in_fake_system("0::/\n") if IN_UNIT else []

    def environment(self, **more):
        environment = {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", **more}
        if SANITIZED:
            environment.setdefault("ASAN_OPTIONS", "detect_leaks=1:exitcode=99")
        return environment

    def wrapped(self, command, **options):
        started = time.monotonic()
        # In a session of its own, and so without the terminal of whoever runs the tests.
        process = subprocess.run(
            command, capture_output=True, text=True, timeout=60, errors="replace", start_new_session=True, **options
        )
        return Result(process.stdout, time.monotonic() - started, process.returncode, process.stderr)

    def run_client(
        self,
        *options,
        user="alice",
        service="lock",
        operations=("authenticate",),
        prefix=None,
        env=None,
        expect_clean=True,
        **process_options,
    ):
        command = [self.client, *options, self.services, service, user, *operations]
        result = self.wrapped(
            [*(self.neutral_prefix() if prefix is None else prefix), *command],
            env=self.environment(**(env or {})),
            **process_options,
        )
        if expect_clean:
            self.assertEqual(result.returncode, 0, result.errors)
            self.assertEqual(result.errors, "")
            self.assertEqual(set(result.state()), {"state unchanged"}, result.lines)
        return result

    def authenticate(self, expected, *options, **more):
        result = self.run_client(*options, **more)
        self.assertEqual(result.code(), expected, result.lines)
        return result

    def wait_for_capture(self, process):
        """Reads what the client prints until the prover says that it is waiting."""
        for line in process.stdout:
            if "waiting" in line:
                return
        self.fail("the login ended before the capture")

    def launch(self, *options):
        """Starts a login and leaves it running, without a terminal as `wrapped` does."""
        return subprocess.Popen(
            self.command(*options), stdout=subprocess.PIPE, text=True, env=self.environment(), start_new_session=True
        )

    def interrupt(self, *options, number=2):
        """Starts a login, sends the host a signal during the capture, and returns its output and its exit status."""
        process = self.launch(*options)
        self.wait_for_capture(process)
        # A signal that comes before the module waits again is not its to see.
        time.sleep(0.15)
        process.send_signal(number)
        return process.communicate(timeout=30)[0], process.returncode

    def mark(self):
        self.position = len(log.lines)

    def logged(self):
        return log.since(self.position)

    def assertLogged(self, pattern):
        """One line of the module's, and no more, since the mark."""
        lines = [line for line in self.logged() if "pam_semblance(" in line]
        self.assertEqual(len(lines), 1, lines)
        self.assertRegex(lines[0], pattern)

    def in_fake_system(self, control_group, sessions=(), users=(), audit_session="4294967295"):
        """A command prefix that shows a program another control group, audit session and state files of logind.

        The files are mounted over those of the shell's own /proc directory, and the shell then becomes the program.
        A control group of None is one that cannot be read.
        """
        fake = os.path.join(self.place, "fake")
        shutil.rmtree(fake, True)
        for directory in ("sessions", "users"):
            os.makedirs(os.path.join(fake, directory))
        files = {"sessionid": audit_session, "cgroup": control_group or ""}
        files.update({f"sessions/{name}": text for name, text in dict(sessions).items()})
        files.update({f"users/{name}": text for name, text in dict(users).items()})
        for name, text in files.items():
            with open(os.path.join(fake, name), "w", encoding="utf-8") as file:
                file.write(text)
        cgroup = "/dev/null" if control_group is None else f"{fake}/cgroup"
        script = (
            f"mkdir -p /run/systemd && mount --bind {fake} /run/systemd && mount --bind {cgroup} /proc/$$/cgroup && "
            f'if [ -e /proc/$$/sessionid ]; then mount --bind {fake}/sessionid /proc/$$/sessionid; fi && exec "$@"'
        )
        return ["unshare", "-m", "--propagation", "private", "sh", "-c", script, "sh"]


class LineResult(unittest.TestResult):
    passed = failed = skipped_count = 0

    @staticmethod
    def name(test):
        return re.sub(r"^test_", "", test.id().split(".", 1)[1]).replace(".test_", ".")

    def addSuccess(self, test):
        print("ok", self.name(test), flush=True)

    def failure(self, test, problem):
        print("FAIL", self.name(test), flush=True)
        for line in self._exc_info_to_string(problem, test).splitlines():
            print("#", line, flush=True)

    addFailure = addError = failure

    def addSubTest(self, test, subtest, outcome):
        if outcome is not None:
            self.failure(subtest, outcome)
            self.subtest_failed = True

    def addSkip(self, test, reason):
        print("skip", self.name(test), "-", reason, flush=True)


def main(modules):
    global log
    log = Log()
    loader = unittest.defaultTestLoader
    suite = unittest.TestSuite(loader.loadTestsFromModule(module) for module in modules)
    suite.run(LineResult())
    sys.stdout.flush()
    os._exit(0)

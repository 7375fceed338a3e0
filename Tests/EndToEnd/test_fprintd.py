"""semblance-fprintd on a bus of the test's own, with the bus policy that is installed: by Debian's fprintd tools and
pam_fprintd, and by clients that do what those do not.
"""

import contextlib
import json
import os
import pathlib
import pwd
import shutil
import subprocess
import sys
import time
import unittest

from bus_client import Bus, BusError
from harness import ROOT, Site
from test_presence import GROUPS, WHY_NOT, FakeLogind, of_session

SERVICE = "semblance-fprintd"
# Of scripts/install-dependencies.sh, which unpacks the packages and installs none: what tests fprintd's clients.
UNPACKED = ROOT / ".build" / "fprintd-clients"
MODULES = sorted(UNPACKED.glob("lib/*/security/pam_fprintd.so"))
CLIENTS_MISSING = not (UNPACKED / "usr/bin/fprintd-verify").exists() or not MODULES
BUS_MISSING = shutil.which("dbus-daemon") is None

BUS_CONFIGURATION = """<busconfig>
  <type>system</type>
  <listen>unix:path={socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus"/>
    <allow send_destination="org.freedesktop.DBus" send_interface="org.freedesktop.DBus.Properties"/>
  </policy>
  <include>{policy}</include>
</busconfig>
"""


class FprintSite(Site):
    """A site with a bus, and the service on it."""

    def __init__(self, self_enrol=True, capture_timeout=20, proxy=SERVICE, **options):
        super().__init__(**options)
        self.capture_timeout, self.self_enrol, self.proxy = capture_timeout, self_enrol, proxy
        self.socket = self.base / "bus"
        self.clients = []
        self.start_bus()
        self.start_sensor()

    @property
    def address(self):
        return f"unix:path={self.socket}"

    def start_bus(self):
        policy = self.base / "policy.conf"
        shutil.copyfile(ROOT / "systemd/dbus/semblance-fprintd.conf", policy)
        configuration = self.base / "bus.conf"
        configuration.write_text(BUS_CONFIGURATION.format(socket=self.socket, policy=policy))
        self.daemon("bus", ["dbus-daemon", f"--config-file={configuration}", "--nofork", "--nopidfile"])
        self.wait_for(self.socket.exists, "the bus")

    def daemon(self, name, command):
        with open(self.base / f"{name}.log", "ab") as log:
            self.processes[name] = subprocess.Popen(
                [str(part) for part in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/",
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
            )

    def start_daemons(self, **options):
        """Prover and verifier, which take the service's word for who asks."""
        prover = self.base / "prover.json"
        settings = {"captureTimeoutSeconds": self.capture_timeout, "selfEnrol": self.self_enrol}
        prover.write_text(json.dumps(settings | ({"proxyUser": self.proxy} if self.proxy else {})))
        prover.chmod(0o644)
        self.start_prover("--config", prover, **options)
        path = self.verifier_config(selfEnrol=self.self_enrol)
        config = json.loads(path.read_text())
        if self.proxy:
            config["varlink"]["proxyUser"] = self.proxy
        path.write_text(json.dumps(config))
        self.start_verifier(config=path)

    def start_service(self):
        self.daemon(
            "fprintd",
            [
                "setpriv", f"--reuid={SERVICE}", f"--regid={pwd.getpwnam(SERVICE).pw_gid}", "--clear-groups",
                self.bin / SERVICE, "--prover", self.prover_socket, "--verifier", self.verifier_socket(),
                "--bus", self.address,
            ],
        )
        bus = Bus(self.address)
        self.wait_for(bus.owner, "the service on the bus")
        bus.close()

    def tool(self, name, *arguments, user="sbl-alice", **options):
        """One of fprintd's own."""
        return self.run(
            [UNPACKED / "usr/bin" / name, *arguments], user=user, env={"DBUS_SYSTEM_BUS_ADDRESS": self.address}, **options
        )

    def client(self, user="sbl-alice", wrapper=()):
        made = Client(self, user, wrapper)
        self.clients.append(made)
        return made

    def close(self):
        for client in self.clients:
            client.leave()
        super().close()


class Client:
    """A connection of another process, and so of another user."""

    def __init__(self, site, user, wrapper=()):
        command = [sys.executable, "-B", pathlib.Path(__file__).with_name("bus_client.py"), site.address]
        if user:
            entry = pwd.getpwnam(user)
            command = ["setpriv", f"--reuid={entry.pw_uid}", f"--regid={entry.pw_gid}", "--clear-groups", *command]
        self.process = subprocess.Popen(
            [str(part) for part in (*wrapper, *command)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def __call__(self, member, *arguments):
        print(json.dumps([member, *arguments]), file=self.process.stdin, flush=True)
        error, reply = json.loads(self.process.stdout.readline())
        if error:
            raise BusError(error, reply)
        return reply

    def signal(self, member, seconds=30):
        found = self("signal", member, seconds)
        return found and tuple(found)

    def leave(self):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()


class Refusals:
    @contextlib.contextmanager
    def refused(self, name, words=""):
        with self.assertRaises(BusError) as caught:
            yield
        self.assertEqual(caught.exception.name, name, caught.exception)
        self.assertIn(words, caught.exception.message)


@unittest.skipUnless(os.geteuid() == 0, "needs root")
@unittest.skipIf(BUS_MISSING, "there is no dbus-daemon")
@unittest.skipIf(CLIENTS_MISSING, f"fprintd's clients are not below {UNPACKED}; make deps fetches them")
class DebianClientTests(unittest.TestCase):
    """Debian's fprintd-enroll, -list, -verify, -delete and pam_fprintd, unchanged."""

    def test_from_enrolment_to_deletion(self):
        with FprintSite(assurance="match") as site:
            site.start_daemons()
            site.start_service()
            nothing = site.tool("fprintd-list", "sbl-alice")
            self.assertIn("has no fingers enrolled", nothing.out, f"{nothing}\n{site.logs()}")

            site.show(*site.finger("alice", 1, 3, 4))
            enrolled = site.tool("fprintd-enroll", "-f", "right-index-finger")
            self.assertEqual(enrolled.code, 0, f"{enrolled}\n{site.logs()}")
            self.assertEqual(enrolled.out.count("Enroll result: enroll-stage-passed"), 3, enrolled)
            self.assertIn("Enroll result: enroll-completed", enrolled.out)
            self.assertIn("right-index-finger", site.tool("fprintd-list", "sbl-alice").out)
            self.assertIn("right-index ", site.cli("list", user="sbl-alice").out)
            again = site.tool("fprintd-enroll", "-f", "right-index-finger")
            self.assertNotEqual(again.code, 0)
            self.assertIn("FingerAlreadyEnrolled", again.out + again.err)

            site.show(*site.finger("alice", 6))
            for arguments in ((), ("-f", "right-index-finger")):
                matched = site.tool("fprintd-verify", *arguments)
                self.assertIn("Verify result: verify-match (done)", matched.out, f"{matched}\n{site.logs()}")
            self.pam(site, "alice", 0)
            site.show(*site.finger("bob", 6))
            other = site.tool("fprintd-verify")
            self.assertIn("Verify result: verify-no-match (done)", other.out, f"{other}\n{site.logs()}")
            self.pam(site, "bob", 1)

            # Of another person nothing is shown, done or undone.
            for command in (
                ("fprintd-list", "sbl-alice"), ("fprintd-verify", "sbl-alice"),
                ("fprintd-enroll", "-f", "left-thumb", "sbl-alice"), ("fprintd-delete", "sbl-alice"),
            ):
                refused = site.tool(*command, user="sbl-bob")
                self.assertIn("only root may ask about another account", refused.out + refused.err, command)
            self.assertIn("right-index-finger", site.tool("fprintd-list", "sbl-alice", user=None).out)
            # What is root's word alone is not to be had of a service.
            for command in (
                ("fprintd-enroll", "-f", "left-thumb", "sbl-alice"), ("fprintd-delete", "sbl-alice"),
            ):
                refused = site.tool(*command, user=None)
                self.assertIn("not for root by this service", refused.out + refused.err, f"{command} {refused}")

            deleted = site.tool("fprintd-delete", "sbl-alice", "-f", "right-index-finger")
            self.assertEqual(deleted.code, 0, f"{deleted}\n{site.logs()}")
            self.assertIn("has no fingers enrolled", site.tool("fprintd-list", "sbl-alice").out)
            self.assertEqual(site.cli("list", user="sbl-alice").out, "")

    def pam(self, site, person, failures):
        """pam_fprintd, as root's sudo has it, with that person's finger."""
        site.show(*site.finger(person, 6))
        services = site.base / "pam.d"
        services.mkdir(exist_ok=True)
        (services / "desk").write_text(
            f"auth required {MODULES[0]} max-tries=1 timeout=10\naccount required pam_permit.so\n"
        )
        result = site.run(
            ["pamtester", "desk", "sbl-alice", "authenticate"], stdin=subprocess.DEVNULL,
            env={
                "LD_PRELOAD": "libpam_wrapper.so", "PAM_WRAPPER": "1", "PAM_WRAPPER_SERVICE_DIR": str(services),
                "DBUS_SYSTEM_BUS_ADDRESS": site.address,
            },
        )
        self.assertEqual(result.code, failures, f"{result}\n{site.logs()}")


class EnrolledFprintSite:
    """Mixed into a test case: one site with the service for all its tests, with alice's finger enrolled."""

    @classmethod
    def setUpClass(cls):
        cls.site = FprintSite(assurance="match", **cls.options)
        cls.site.start_daemons()
        enrolled = cls.site.enroll()
        assert enrolled.code == 0, f"{enrolled}\n{cls.site.logs()}"
        cls.site.start_service()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()


@unittest.skipUnless(os.geteuid() == 0, "needs root")
@unittest.skipIf(BUS_MISSING, "there is no dbus-daemon")
class ClientTests(EnrolledFprintSite, Refusals, unittest.TestCase):
    """What each method says to whom; one site, with alice's finger enrolled, whose sensor sees nothing for long."""

    options = {"capture_timeout": 3}

    def setUp(self):
        self.site.show()
        self.alice = self.site.client()

    def tearDown(self):
        for client in self.site.clients:
            client.leave()

    def test_devices_and_their_properties(self):
        bus = Bus(self.site.address)
        self.addCleanup(bus.close)
        self.assertEqual(bus.call("GetDevices"), ["/net/reactivated/Fprint/Device/0"])
        self.assertEqual(bus.call("GetDefaultDevice"), "/net/reactivated/Fprint/Device/0")
        self.assertEqual([bus.property("name"), bus.property("scan-type")], ["sensor", "press"])
        self.assertEqual(bus.property("num-enroll-stages"), -1)
        self.alice("Claim", "")
        self.assertEqual(bus.property("num-enroll-stages"), 3)
        self.assertFalse(bus.property("finger-needed"))
        self.alice("VerifyStart", "any")
        # It is set a moment after the answer.
        deadline = time.monotonic() + 10
        while not bus.property("finger-needed") and time.monotonic() < deadline:
            time.sleep(0.05)
        self.assertTrue(bus.property("finger-needed"))
        self.alice("Release")
        self.assertEqual([bus.property("num-enroll-stages"), bus.property("finger-needed")], [-1, False])

    def test_nothing_without_a_claim_and_no_second_one(self):
        for method, arguments in (
            ("Release", ()), ("VerifyStart", ("any",)), ("VerifyStop", ()), ("EnrollStart", ("left-thumb",)),
            ("EnrollStop", ()), ("DeleteEnrolledFinger", ("left-thumb",)), ("DeleteEnrolledFingers2", ()),
        ):
            with self.subTest(method), self.refused("ClaimDevice"):
                self.alice(method, *arguments)
        self.alice("Claim", "sbl-alice")
        with self.refused("AlreadyInUse"):
            self.alice("Claim", "")
        bob = self.site.client("sbl-bob")
        with self.refused("AlreadyInUse"):
            bob("Claim", "")
        for method in ("Release", "VerifyStop"):
            with self.refused("AlreadyInUse"):
                bob(method)
        with self.refused("NoActionInProgress"):
            self.alice("VerifyStop")
        self.alice("VerifyStart", "any")
        with self.refused("AlreadyInUse"):
            self.alice("EnrollStart", "left-thumb")
        with self.refused("NoActionInProgress"):
            self.alice("EnrollStop")
        self.alice("VerifyStop")

    def test_names(self):
        self.alice("Claim", "")
        for method, name in (
            ("EnrollStart", "any"), ("EnrollStart", "sixth-finger"), ("EnrollStart", ""), ("VerifyStart", "right-index"),
            ("DeleteEnrolledFinger", "any"), ("DeleteEnrolledFinger", "\t"),
        ):
            with self.subTest(method, name=name), self.refused("InvalidFingername"):
                self.alice(method, name)
        with self.refused("FingerAlreadyEnrolled"):
            self.alice("EnrollStart", "right-index-finger")
        for method in ("VerifyStart", "DeleteEnrolledFinger"):
            with self.refused("NoEnrolledPrints"):
                self.alice(method, "left-thumb")
        for name in ("root", "sbl-bob", "no-such-account"):
            for method in ("ListEnrolledFingers", "DeleteEnrolledFingers"):
                with self.subTest(method, name=name), self.refused("PermissionDenied"):
                    self.alice(method, name)

    def test_a_finger_that_comes_late(self):
        """The sensor sees nothing for longer than a capture; the verification goes on, and ends with the finger."""
        self.alice("Claim", "")
        self.alice("VerifyStart", "right-index-finger")
        self.assertEqual(self.alice.signal("VerifyFingerSelected")[0], "right-index-finger")
        self.assertIsNone(self.alice.signal("VerifyStatus", 5))
        self.site.show(*self.site.finger("alice", 6))
        self.assertEqual(self.alice.signal("VerifyStatus"), ("verify-match", True))
        # Over is not stopped.
        with self.refused("AlreadyInUse"):
            self.alice("VerifyStart", "any")
        self.alice("VerifyStop")

    def claims(self, client):
        try:
            client("Claim", "")
            return True
        except BusError as error:
            self.assertEqual(error.name, "AlreadyInUse")
            return False

    def test_who_vanishes_frees_device_and_sensor(self):
        self.alice("Claim", "")
        self.alice("VerifyStart", "any")
        self.alice.leave()
        bob = self.site.client("sbl-bob")
        self.site.wait_for(lambda: self.claims(bob), "the claim is free", seconds=5)
        # Nothing holds the sensor: root's login is not queued behind anybody.
        self.assertEqual(self.site.authenticate().code, 0, self.site.logs())

    def test_a_verification_that_is_stopped_says_nothing_more(self):
        self.alice("Claim", "")
        self.alice("VerifyStart", "any")
        self.alice("VerifyStop")
        self.alice("VerifyStart", "any")
        self.site.show(*self.site.finger("bob", 6))
        self.assertEqual(self.alice.signal("VerifyStatus"), ("verify-no-match", True))
        self.alice("VerifyStop")
        with self.refused("NoActionInProgress"):
            self.alice("VerifyStop")

    def test_an_enrolment_of_two_fingers_fails(self):
        self.alice("Claim", "")
        self.site.show(*self.site.finger("alice", 1), *self.site.finger("bob", 1), *self.site.finger("bob", 3))
        self.alice("EnrollStart", "left-middle-finger")
        results = []
        while not results or not results[-1][1]:
            results.append(self.alice.signal("EnrollStatus", 60))
        self.assertIn(("enroll-retry-scan", False), results)
        self.assertEqual(results[-1], ("enroll-failed", True), f"{results}\n{self.site.logs()}")
        self.alice("EnrollStop")
        self.assertEqual(self.alice("ListEnrolledFingers", ""), ["right-index-finger"])

    def test_no_prover_running(self):
        self.site.stop("prover")
        try:
            with self.refused("Internal"):
                self.alice("Claim", "")
            with self.refused("Internal"):
                self.alice("ListEnrolledFingers", "")
            bus = Bus(self.site.address)
            self.addCleanup(bus.close)
            with self.refused("Internal"):
                bus.call("GetDevices")
        finally:
            self.site.start_prover("--config", self.site.base / "prover.json")
        self.assertEqual(self.alice("ListEnrolledFingers", ""), ["right-index-finger"])


@unittest.skipUnless(os.geteuid() == 0, "needs root")
@unittest.skipIf(BUS_MISSING, "there is no dbus-daemon")
class ProxyTests(EnrolledFprintSite, Refusals, unittest.TestCase):
    """Who may say for whom he asks, and what that gives him."""

    options = {"self_enrol": False}

    def act_for(self, daemon, user, uid, pid):
        """The error with which the daemon answers that user."""
        path = self.site.prover_socket if daemon == "prover" else self.site.verifier_socket()
        script = (
            "import sys; sys.path.insert(0, sys.argv[1]); from varlink_client import Connection, VarlinkError\n"
            "connection = Connection(sys.argv[2])\n"
            "for method, parameters in eval(sys.argv[3]):\n"
            "    try: print('ok', connection.call(method, **parameters) and '')\n"
            "    except VarlinkError as error: print(str(error))\n"
        )
        calls = [("org.semblance.Proxy.ActFor", {"uid": uid, "pid": pid}), *self.calls]
        result = self.site.run(
            [sys.executable, "-B", "-c", script, pathlib.Path(__file__).parent, path, repr(calls)], user=user
        )
        self.assertEqual(result.code, 0, result)
        return result.out.splitlines()

    def test_only_the_configured_user_names_a_caller(self):
        self.calls = []
        alice = pwd.getpwnam("sbl-alice").pw_uid
        for daemon in ("prover", "verifier"):
            for user in ("sbl-alice", "sbl-bob", "semblance-sensor", None):
                with self.subTest(daemon, user=user):
                    self.assertIn("org.semblance.Proxy.NotAuthorized", self.act_for(daemon, user, alice, os.getpid())[0])

    def test_the_process_is_that_users_and_lives(self):
        self.calls = []
        sleeper = subprocess.Popen(["setpriv", "--reuid=sbl-alice", "--clear-groups", "sleep", "60"])
        self.addCleanup(sleeper.wait)
        self.addCleanup(sleeper.kill)
        alice, bob = (pwd.getpwnam(name).pw_uid for name in ("sbl-alice", "sbl-bob"))
        self.site.wait_for(lambda: os.stat(f"/proc/{sleeper.pid}").st_uid == alice, "setpriv")
        self.assertTrue(self.act_for("prover", SERVICE, alice, sleeper.pid)[0].startswith("ok"))
        gone = subprocess.Popen(["true"])
        gone.wait()
        for uid, pid in ((bob, sleeper.pid), (0, sleeper.pid), (alice, gone.pid), (alice, os.getpid())):
            with self.subTest(uid=uid, pid=pid):
                self.assertIn("org.semblance.Proxy.CallerGone", self.act_for("prover", SERVICE, uid, pid)[0])
        for uid, pid in ((-1, 1), (2**32, 1), (2**32 - 1, 1), (alice, 0), (alice, -1), (alice, 2**32 + sleeper.pid)):
            with self.subTest(uid=uid, pid=pid):
                self.assertIn("InvalidParameter", self.act_for("prover", SERVICE, uid, pid)[0])

    def test_a_connection_is_one_callers_and_root_is_not_to_be_had(self):
        prover, verifier = "org.semblance.Prover.", "org.semblance.Verifier."
        self.calls = [
            ("org.semblance.Proxy.ActFor", {"uid": 0, "pid": os.getpid()}),
            (prover + "List", {"subject": "sbl-alice"}),
            (prover + "Unlock", {"subject": "sbl-alice"}),
            (prover + "PasswordEntered", {"subject": "sbl-alice", "purpose": "login"}),
            (prover + "MayAsk", {"subject": "sbl-alice", "purpose": "login"}),
            (prover + "Commit", {"receipt": "AAAA"}),
            (
                prover + "Revoke",
                {"subject": "sbl-alice", "audience": "x", "modality": "fingerprint", "label": "right-index"},
            ),
            ("org.semblance.Agent.Answer", {"question": 1, "allow": True}),
            ("org.semblance.Agent.Attend", {}),
        ]
        said = self.act_for("prover", SERVICE, 0, os.getpid())
        self.assertTrue(said[0].startswith("ok") and said[2].startswith("ok"), said)
        self.assertIn("org.semblance.Proxy.NotAuthorized", said[1])
        for line in said[3:]:
            self.assertRegex(line, "PermissionDenied|InvalidParameter", said)
        self.calls = [
            (verifier + "Unlock", {"subject": "sbl-alice"}),
            (verifier + "Revoke", {"subject": "sbl-alice", "modality": "fingerprint", "label": "right-index"}),
            (
                verifier + "EnrolChallenge",
                {"subject": "sbl-alice", "modality": "fingerprint", "label": "left-index", "samples": 3},
            ),
        ]
        said = self.act_for("verifier", SERVICE, 0, os.getpid())
        self.assertTrue(said[0].startswith("ok"), said)
        for line in said[1:]:
            self.assertIn("PermissionDenied", line, said)

    def test_the_service_itself_is_nobody(self):
        result = self.site.authenticate(user=SERVICE)
        self.assertEqual(result.code, 7, result)
        result = self.site.cli("list", "--user", "sbl-alice", user=SERVICE)
        self.assertEqual(result.code, 7, result)

    def test_who_may_not_enrol_himself_may_not_here(self):
        alice = self.site.client()
        alice("Claim", "")
        with self.refused("PermissionDenied", "selfEnrol"):
            alice("EnrollStart", "left-thumb")
        with self.refused("PermissionDenied", "selfEnrol"):
            alice("DeleteEnrolledFingers2")
        self.assertEqual(alice("ListEnrolledFingers", ""), ["right-index-finger"])

    def test_without_their_word_nobody_is_served(self):
        with FprintSite(assurance="match", proxy=None) as site:
            site.start_daemons()
            site.start_service()
            with self.refused("Internal", "proxyUser"):
                site.client()("ListEnrolledFingers", "")


@unittest.skipUnless(GROUPS, f"presence cannot be shown: {WHY_NOT}")
@unittest.skipIf(BUS_MISSING, "there is no dbus-daemon")
class ElsewhereTests(Refusals, unittest.TestCase):
    """Callers on the bus are judged by the rule about presence, by their own processes."""

    machine_wide = True  # makes control groups

    def test_who_is_here_and_who_is_not(self):
        with FprintSite(assurance="match") as site:
            logind = FakeLogind(site.base)
            self.addCleanup(logind.close)
            site.start_daemons(presence="session", prefix=logind.prefix)
            logind.session("1", "sbl-alice")
            enrolled = site.enroll(wrapper=logind.inside(of_session("sbl-alice", "1")))
            self.assertEqual(enrolled.code, 0, f"{enrolled}\n{site.logs()}")
            site.start_service()
            logind.session("2", "sbl-alice", remote=True, seat=None)
            here = site.client(wrapper=logind.inside(of_session("sbl-alice", "1")))
            remote = site.client(wrapper=logind.inside(of_session("sbl-alice", "2")))
            with self.refused("PermissionDenied", "is remote"):
                remote("Claim", "")
            # Root there, by sudo, may claim; but nothing is captured.
            root = site.client(user=None, wrapper=logind.inside(of_session("sbl-alice", "2")))
            root("Claim", "sbl-alice")
            with self.refused("PermissionDenied", "is remote"):
                root("VerifyStart", "any")
            root("Release")

            here("Claim", "")
            site.show(*site.finger("alice", 6))
            here("VerifyStart", "any")
            self.assertEqual(here.signal("VerifyStatus"), ("verify-match", True), site.logs())
            here("VerifyStop")

            # Whoever is no longer in front does not keep the device from who is.
            logind.session("1", "sbl-alice", active=False)
            logind.session("3", "sbl-bob")
            with self.refused("PermissionDenied", "not in front"):
                here("VerifyStart", "any")
            bob = site.client("sbl-bob", wrapper=logind.inside(of_session("sbl-bob", "3")))
            bob("Claim", "")
            with self.refused("AlreadyInUse"):
                here("VerifyStart", "any")
            for client in site.clients:
                client.leave()


if __name__ == "__main__":
    unittest.main()

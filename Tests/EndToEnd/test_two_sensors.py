"""Two sensors, a reader and a camera, each a process with a tray of its own: both look at the same time."""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import threading
import time
import unittest

from harness import FIXTURES, LOCALISER, SHARED, Site
from test_any_enrolment import CASCADE, PERSON, RIGHT
from varlink_client import Connection, VarlinkError, expectation

VERIFIER = "org.semblance.Verifier."
PROVER = "org.semblance.Prover."
SENSOR = "org.semblance.Sensor."
BOTH = "touch the reader or look at the camera"


class TwoSensorSite(Site):
    """A site whose sensors are named; each has the models of one modality, a tray, a socket and a secret."""

    def __init__(self, sensors):
        super().__init__()
        self.sensors = sensors
        for name in sensors:
            self.tray_of(name).mkdir(mode=0o755)
            self.directory(f"{name}-state", "semblance-sensor")

    def tray_of(self, name):
        return self.base / f"tray-{name}"

    def socket_of(self, name):
        return self.run_dir / name

    def start_named(self, name, *arguments):
        process = self.start(
            name, self.socket_of(name), "semblance-sensor",
            [
                self.bin / "semblance-sensor", "--tray", self.tray_of(name), "--model", self.sensors[name],
                "--secret", self.base / f"{name}-state" / "secret", "--prover-user", "semblance",
                "--localiser", LOCALISER, *arguments,
            ],
        )
        # The first question starts it, which takes the time that loading its models takes.
        with Connection(self.socket_of(name)) as sensor:
            sensor.call(SENSOR + "GetInfo")
        return process

    def start_prover(self, *arguments, **_):
        sensors = [part for name in self.sensors for part in ("--sensor", f"{name}={self.socket_of(name)}")]
        return self.start(
            "prover", self.prover_socket, "semblance",
            [
                self.bin / "semblanced", "--vault", self.base / "prover-state", "--sensor-user", "semblance-sensor",
                "--presence", "none", *sensors, *self.model_options(), *arguments,
            ],
        )

    def place(self, name, *images):
        """Puts these images in front of one sensor, in this order."""
        for old in self.tray_of(name).iterdir():
            old.unlink()
        for index, image in enumerate(images):
            target = self.tray_of(name) / f"{index:03d}{image.suffix}"
            # In one step: a sensor is looking.
            spare = self.base / "spare"
            shutil.copyfile(image, spare)
            spare.chmod(0o644)
            os.rename(spare, target)


class Asking:
    """A call of Prove whose progress is read as it comes; hanging up is closing it."""

    def __init__(self, site, issued):
        self.connection = Connection(site.prover_socket)
        call = {
            "method": PROVER + "Prove", "more": True,
            "parameters": {
                "challenge": issued["challenge"],
                "alternatives": [entry["challenge"] for entry in issued.get("alternatives", [])],
                "expected": expectation(site.verifier_socket(), PERSON),
            },
        }
        self.connection.socket.sendall(json.dumps(call).encode() + b"\0")

    def until(self, words):
        """Reads up to the message that has these words."""
        seen = []
        while True:
            reply = self.connection.receive()
            if not reply.get("continues"):
                raise AssertionError(f"it ended with {reply} after {seen}, and was to say {words}")
            seen.append(reply["parameters"].get("message", ""))
            if words in seen[-1]:
                return seen

    def result(self):
        while True:
            reply = self.connection.receive()
            if "error" in reply:
                raise VarlinkError(reply["error"], reply.get("parameters", {}))
            if not reply.get("continues"):
                return reply["parameters"]["proof"]

    def close(self):
        self.connection.close()


@contextlib.contextmanager
def stopped(process):
    """A sensor that hangs: it takes connections and answers nothing."""
    process.send_signal(signal.SIGSTOP)
    try:
        yield
    finally:
        process.send_signal(signal.SIGCONT)


class TwoSensorCase(unittest.TestCase):
    def assertCode(self, result, code):
        self.assertEqual(result.code, code, f"{result}\n{self.site.logs()}")

    def login(self, *arguments, **options):
        return self.site.cli("authenticate", "--user", PERSON, *arguments, **options)

    def issue(self, verifier, **options):
        return verifier.call(VERIFIER + "Challenge", subject=PERSON, purpose="test", **options)

    def captures(self, name, challenge):
        """Whether the sensor captures for somebody just now; asked by root, who may."""
        with Connection(self.site.socket_of(name)) as sensor:
            try:
                sensor.call(SENSOR + "Capture", challenge=challenge, index=0, timeoutMilliseconds=0)
            except VarlinkError as error:
                return error.name == SENSOR + "Busy"
        return False


@unittest.skipUnless(os.geteuid() == 0, "end-to-end tests run the daemons as their own users, which takes root")
class ReaderAndCameraTests(TwoSensorCase):
    """A finger and a face of one person; every test leaves the site usable."""

    @classmethod
    def setUpClass(cls):
        archive = SHARED / "data" / "orl.tar"
        if not archive.exists():
            raise unittest.SkipTest(f"no pictures of faces: {archive.name} is not among the shared data")
        if not CASCADE.exists():
            raise unittest.SkipTest("no cascade to find faces with; install opencv-data")
        finger = FIXTURES / "models" / "fingerprint-v2.semblance-model"
        face = FIXTURES / "models" / "face-v2.semblance-model"
        cls.site = site = TwoSensorSite({"reader": finger, "camera": face})
        subprocess.run(["tar", "-xf", archive, "-C", site.base, "--no-same-owner"], check=True)
        site.other_models.append(face)
        published = site.publish(face, site.base / "face.semblance-public")
        site.policy["models"].append(published | {"modality": "face"})
        for name in site.sensors:
            site.start_named(name)
        site.start_prover()
        site.start_verifier()
        cls.place_both(site.finger(RIGHT, 1, 3, 4), cls.face(1, 2, 3, 4, 5))
        for modality, label in (("fingerprint", "right-index"), ("face", "plain")):
            enrolled = site.cli(
                "enroll", "--user", PERSON, "--modality", modality, "--label", label, "--samples", "3"
            )
            assert enrolled.code == 0, f"{enrolled}\n{site.logs()}"
        # What a login takes here; one that waited for a sensor in vain would take 20 s more.
        cls.place_both(reader=site.finger(RIGHT, 6))
        start = time.monotonic()
        result = site.cli("authenticate", "--user", PERSON, "--modality", "fingerprint")
        assert result.code == 0, f"{result}\n{site.logs()}"
        cls.patience = 3 + 3 * (time.monotonic() - start)

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def setUp(self):
        self.place_both()
        self.assertCode(self.site.cli("unlock", "--user", PERSON), 0)

    @classmethod
    def face(cls, *numbers, person="s1"):
        return [cls.site.base / "orl" / person / f"{number}.pgm" for number in numbers]

    @classmethod
    def place_both(cls, reader=(), camera=()):
        cls.site.place("reader", *reader)
        cls.site.place("camera", *camera)

    def look(self):
        """Logs in by face; a picture in which the person is not known again is one of the honest failures."""
        for number in (6, 7, 8, 9):
            self.place_both(camera=self.face(number))
            result = self.login("--json")
            if result.code == 0:
                return result
        return result

    def test_either_logs_in_and_the_other_is_let_go(self):
        for _ in range(2):
            self.place_both(reader=self.site.finger(RIGHT, 6))
            start = time.monotonic()
            self.assertCode(self.login(), 0)
            self.assertLess(time.monotonic() - start, self.patience)
            self.assertCode(self.look(), 0)

    def test_pam_is_told_of_both(self):
        timer = threading.Timer(2, lambda: self.site.place("reader", *self.site.finger(RIGHT, 6)))
        timer.start()
        result = self.site.pam(PERSON)
        timer.join()
        self.assertCode(result, 0)
        self.assertIn("present your right index finger or your face", result.out + result.err)
        self.assertIn(BOTH, result.out + result.err)

    def assertReaderWorks(self):
        self.site.place("reader", *self.site.finger(RIGHT, 6))
        start = time.monotonic()
        self.assertCode(self.login(), 0)
        self.assertLess(time.monotonic() - start, self.patience)

    def test_a_camera_that_is_down_spoils_nothing(self):
        self.site.stop("camera")
        try:
            self.assertReaderWorks()
            # What is down is told, and that logins go on.
            status = self.site.cli("status", "--json").json
            faults = {sensor["name"]: sensor.get("fault") for sensor in status["prover"]["sensors"]}
            self.assertIsNone(faults["reader"])
            self.assertIn("semblance-sensor", faults["camera"])
            findings = {entry["check"]: entry for entry in self.site.cli("doctor", "--json").json}
            self.assertTrue(findings["sensor camera"]["ok"])
            self.assertIn("logins go on", findings["sensor camera"]["hint"])
            # A face alone is asked of nobody else.
            result = self.login("--modality", "face")
            self.assertCode(result, 6)
            self.assertIn("camera", result.err)
        finally:
            self.site.start_named("camera")
        self.assertCode(self.look(), 0)

    def test_a_camera_that_hangs_spoils_nothing(self):
        self.assertCode(self.look(), 0)  # it runs
        with stopped(self.site.processes["camera"]):
            self.assertReaderWorks()
            status = self.site.cli("status", "--json").json
            faults = {sensor["name"]: sensor.get("fault") for sensor in status["prover"]["sensors"]}
            self.assertIsNone(faults["reader"])
            self.assertIn("in time", faults["camera"])
        self.assertCode(self.look(), 0)

    def test_a_camera_that_is_busy_spoils_nothing(self):
        with Connection(self.site.verifier_socket()) as verifier, Connection(self.site.socket_of("camera")) as camera:
            challenge = self.issue(verifier, modality="face")["challenge"]
            call = {
                "method": SENSOR + "Capture",
                "parameters": {"challenge": challenge, "index": 0, "timeoutMilliseconds": 60_000},
            }
            camera.socket.sendall(json.dumps(call).encode() + b"\0")
            time.sleep(0.5)  # asking must not be what it is busy with
            self.site.wait_for(lambda: self.captures("camera", challenge), "the capture")
            self.assertReaderWorks()
        self.assertCode(self.look(), 0)

    def test_an_impostors_face_and_the_right_finger(self):
        """The finger lets in; each look at the stranger's face is one failed attempt of the face, and of nothing else."""
        with Connection(self.site.verifier_socket()) as verifier:
            for _ in range(5):
                self.place_both(camera=self.face(1, person="s9"))
                asking = Asking(self.site, self.issue(verifier))
                asking.until("no match; touch the reader")
                self.site.place("reader", *self.site.finger(RIGHT, 6))
                proof = asking.result()
                asking.close()
                self.assertEqual(verifier.call(VERIFIER + "Verify", proof=proof), {"verdict": "biometric"})
        self.assertCode(self.login("--modality", "face"), 4)
        self.place_both(reader=self.site.finger(RIGHT, 6))
        self.assertCode(self.login(), 0)

    def test_strangers_at_both_are_one_attempt_of_each(self):
        """After four, the fifth failure of each is free, and no sixth."""
        stranger = self.face(1, person="s9")
        for number in (4, 5, 4, 5):
            self.place_both(self.site.finger("mallory", number), stranger)
            self.assertCode(self.login(), 1)
        for modality in ("face", "fingerprint"):
            for code in (1, 4):
                self.place_both(self.site.finger("mallory", 4), stranger)
                self.assertCode(self.login("--modality", modality), code)

    def test_hanging_up_frees_both(self):
        with Connection(self.site.verifier_socket()) as verifier:
            issued = self.issue(verifier)
            challenges = {entry["modality"]: entry["challenge"] for entry in (issued, *issued["alternatives"])}
            of = {"reader": challenges["fingerprint"], "camera": challenges["face"]}
            asking = Asking(self.site, issued)
            asking.until(BOTH)
            time.sleep(0.5)  # the capture comes first, not the question whether there is one
            for name, challenge in of.items():
                self.site.wait_for(lambda: self.captures(name, challenge), f"the capture at the {name}")
            start = time.monotonic()
            asking.close()
            for name, challenge in of.items():
                while self.captures(name, challenge):
                    # At once, but for what asking takes; left alone they would go on for 20 s.
                    self.assertLess(time.monotonic() - start, min(10, self.patience), name)
        # Nobody is charged, and the place is free.
        self.assertReaderWorks()


@unittest.skipUnless(os.geteuid() == 0, "end-to-end tests run the daemons as their own users, which takes root")
class TwoReaderTests(TwoSensorCase):
    """Two sensors of one modality: an enrolment belongs to the one that it was made at, whose key the verifier pinned."""

    @classmethod
    def setUpClass(cls):
        finger = FIXTURES / "models" / "fingerprint-v2.semblance-model"
        cls.site = site = TwoSensorSite({"left": finger, "right": finger})
        for name in site.sensors:
            site.start_named(name)
        site.start_prover()
        site.start_verifier()
        site.place("left", *site.finger(RIGHT, 1, 3, 4))
        enrolled = site.cli("enroll", "--user", PERSON, "--label", "right-index", "--samples", "3")
        assert enrolled.code == 0, f"{enrolled}\n{site.logs()}"

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def test_the_sensor_of_the_enrolment_is_asked(self):
        """The same finger at the other reader would be no more than possession to the verifier."""
        self.site.place("left")
        self.site.place("right", *self.site.finger(RIGHT, 6))
        with Connection(self.site.verifier_socket()) as verifier:
            asking = Asking(self.site, self.issue(verifier))
            asking.until("touch the reader")
            time.sleep(1)
            self.site.place("left", *self.site.finger(RIGHT, 5))
            proof = asking.result()
            asking.close()
            self.assertEqual(verifier.call(VERIFIER + "Verify", proof=proof), {"verdict": "biometric"})


@unittest.skipUnless(os.geteuid() == 0, "end-to-end tests run the daemons as their own users, which takes root")
class ConfigurationTests(unittest.TestCase):
    def test_what_cannot_be_is_told(self):
        with Site() as site:
            one = {"name": "reader", "socket": "/run/a"}
            for content, words in (
                ({"sensors": []}, "1 to 8"),
                ({"sensors": [one, one]}, "two sensors are called"),
                ({"sensors": [one, one | {"name": "other"}]}, "this socket"),
                ({"sensors": [one | {"socket": "here"}]}, "absolute"),
                ({"sensors": [one | {"name": "a b"}]}, "letters"),
                ({"sensors": [one | {"seat": "x"}]}, "seat"),
                ({"sensors": [one | {"place": "x"}]}, "sensors.0.place"),
                ({"sensors": [one], "sensorSocket": "/run/b"}, "exclude"),
            ):
                path = site.base / "prover.json"
                path.write_text(json.dumps(content))
                path.chmod(0o644)
                result = site.run([site.bin / "semblanced", "--config", path, "--vault", site.base / "v"])
                self.assertNotEqual(result.code, 0)
                self.assertIn(words, result.err, content)


if __name__ == "__main__":
    unittest.main()

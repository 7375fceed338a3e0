"""A fingerprint reader: libfprint's test reader through the built programs, with fingers of the project's generator."""

import ctypes
import errno
import json
import os
import pathlib
import pwd
import shutil
import signal
import socket
import struct
import subprocess
import time
import unittest

from harness import FIXTURES, LOCALISER, Site, in_place_of
from varlink_client import Connection, VarlinkError
from virtual_reader import (
    ERROR_PROTO, ERROR_TOO_HOT, REMOVE_FINGER, TOO_SHORT, Fingers, Patient, as_it_is, grey_png, say, shrunk,
    touch, unplug,
)

# libfprint's test reader says that it is one for swipes.
SWIPE = "draw the finger over the reader, slowly and evenly"
FACE = FIXTURES / "models" / "face-v2.semblance-model"


def missing():
    """Why these tests cannot run here; None where they can."""
    try:
        library = ctypes.CDLL("libfprint-2.so.2")
    except OSError:
        return "no libfprint: install libfprint-2-2"
    with open("/proc/self/maps") as maps:
        path = next(line.split()[-1] for line in maps if "libfprint-2.so" in line)
    del library
    with open(path, "rb") as file:
        return None if b"FP_VIRTUAL_IMAGE" in file.read() else "this libfprint was built without its test readers"


def print_of(person, number):
    return grey_png(FIXTURES / "fingerprints" / person / f"{number}.png")


def without_netlink():
    """Has the kernel refuse sockets of that family, as RestrictAddressFamilies= does (seccomp(2))."""
    no_new_privileges, set_seccomp, mode_filter = 38, 22, 2
    load, equal, end = 0x20, 0x15, 0x06
    numbers = {"x86_64": 41, "aarch64": 198}
    program = (
        (load, 0, 0, 0), (equal, 0, 3, numbers[os.uname().machine]),
        (load, 0, 0, 16), (equal, 0, 1, socket.AF_NETLINK),
        (end, 0, 0, 0x00050000 | errno.EAFNOSUPPORT), (end, 0, 0, 0x7FFF0000),
    )
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *line) for line in program))
    rule = ctypes.create_string_buffer(struct.pack("@HP", len(program), ctypes.addressof(code)))
    library = ctypes.CDLL(None)
    assert library.prctl(no_new_privileges, 1, 0, 0, 0) == 0
    assert library.prctl(set_seccomp, mode_filter, rule, 0, 0) == 0


def script(folder, text):
    """A program of that shell's text."""
    path = folder / "script"
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


class ReaderSite(Site):
    def __init__(self):
        super().__init__(assurance="match")
        self.reader_socket = self.directory("reader", "semblance-sensor", 0o755) / "socket"

    def start_reader(self, *arguments, reader="virtual_image"):
        return self.start(
            "sensor", self.sensor_socket, "semblance-sensor",
            [
                "env", f"FP_VIRTUAL_IMAGE={self.reader_socket}", self.bin / "semblance-sensor", "--reader", reader,
                *self.model_options(), "--secret", self.base / "sensor-state" / "secret", "--prover-user", "semblance",
                "--localiser", LOCALISER, *arguments,
            ],
        )

    def enrol_by(self, subject, *deeds):
        with Fingers(self.reader_socket, *deeds):
            return self.cli("enroll", "--user", subject, "--modality", "fingerprint", "--label", "finger", "--samples", "3")

    def login_by(self, subject, *deeds):
        with Fingers(self.reader_socket, *deeds):
            return self.cli("authenticate", "--user", subject)

    def challenge(self):
        with Connection(self.verifier_socket()) as verifier:
            return verifier.call("org.semblance.Verifier.Challenge", subject="sbl-alice", purpose="test")["challenge"]

    def capture(self, challenge, milliseconds):
        """A capture by root: the advice that is told while it goes on. Raises its error."""
        advice = []
        with Connection(self.sensor_socket) as sensor:
            call = {
                "method": "org.semblance.Sensor.Capture", "more": True,
                "parameters": {"challenge": challenge, "index": 0, "timeoutMilliseconds": milliseconds},
            }
            sensor.socket.sendall(json.dumps(call).encode() + b"\0")
            while True:
                reply = sensor.receive()
                if "error" in reply:
                    raise VarlinkError(reply["error"], reply["parameters"])
                if not reply.get("continues"):
                    return advice
                advice.append(reply["parameters"]["advice"])

    def told(self, *deeds):
        """What a person is told who does these things, the last of which gives the sample."""
        with Fingers(self.reader_socket, *deeds):
            return self.capture(self.challenge(), 30_000)


@unittest.skipUnless(os.geteuid() == 0, "needs root")
@unittest.skipIf(missing(), missing())
class ReaderTests(Patient, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = site = ReaderSite()
        site.start_reader("--dpi", "500")
        site.start_prover()
        site.start_verifier()
        for subject, person in (("sbl-alice", "alice"), ("sbl-bob", "bob")):
            enrolled = site.enrol_by(subject, *(touch(print_of(person, number)) for number in (1, 3, 4)))
            assert enrolled.code == 0, f"{enrolled}\n{site.logs()}"

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def tearDown(self):
        self.site.cli("unlock", "--user", "sbl-alice")
        self.assertEqual(self.site.processes["sensor"].poll(), None, self.site.logs())

    def assertLogin(self, subject, person, number=6, *before):
        result = self.site.login_by(subject, *before, touch(print_of(person, number)))
        self.assertEqual(result.code, 0, f"{result}\n{self.site.logs()}")

    def test_each_logs_in_by_his_own_finger(self):
        self.assertLogin("sbl-alice", "alice")
        self.assertLogin("sbl-bob", "bob")
        for subject, person in (("sbl-alice", "bob"), ("sbl-bob", "alice"), ("sbl-alice", "mallory")):
            refused = self.site.login_by(subject, touch(print_of(person, 6)))
            self.assertEqual(refused.code, 1, f"{refused}\n{self.site.logs()}")
        self.assertLogin("sbl-alice", "alice", 5)

    def test_libfprint_is_loaded_where_a_reader_is_configured_and_nowhere_else(self):
        def maps(process):
            # The daemon has the place of systemd-socket-activate.
            return pathlib.Path(f"/proc/{process.pid}/maps").read_text()

        self.assertLogin("sbl-alice", "alice")
        self.assertIn("libfprint-2.so", maps(self.site.processes["sensor"]))
        with Site(assurance="match") as tray:
            process = tray.start_sensor()
            with Connection(tray.sensor_socket) as sensor:
                self.assertEqual(sensor.call("org.semblance.Sensor.GetInfo")["kind"], "image-file")
            self.assertNotIn("libfprint", maps(process))

    def test_the_sensor_says_what_it_is(self):
        status = self.site.cli("status", "--json").json["prover"]
        self.assertIn("reader", json.dumps(status))
        self.assertIn("fingerprint", json.dumps(status))

    def test_unplugged_in_mid_capture(self):
        # Plugged in again while the capture waits: it goes on.
        self.assertLogin("sbl-alice", "alice", 6, unplug)
        told = self.site.told(unplug, touch(print_of("alice", 6)))
        self.assertEqual(told, [SWIPE, "the fingerprint reader is gone; plug it in again", SWIPE])
        self.assertLogin("sbl-alice", "alice", 5)

    def test_unplugged_with_a_finger_on_it(self):
        self.assertLogin("sbl-alice", "alice", 6, say(-3, 0), say(-4, 1, then=0.3), unplug)

    def test_a_driver_that_fails_is_tried_again_and_one_too_hot_is_not(self):
        self.assertLogin("sbl-alice", "alice", 6, say(-2, ERROR_PROTO))
        hot = self.site.login_by("sbl-alice", say(-2, ERROR_TOO_HOT))
        self.assertNotEqual(hot.code, 0)
        self.assertIn("too hot; let it rest", hot.err)
        self.assertIn("too hot", self.site.cli("status").out + self.site.cli("doctor").out)
        self.assertLogin("sbl-alice", "alice")

    def test_the_person_is_told_what_to_do(self):
        deeds = (say(-1, TOO_SHORT), say(-1, REMOVE_FINGER), touch(print_of("alice", 6)))
        told = self.site.told(*deeds)
        self.assertEqual(
            told, [SWIPE, "that was too short; draw the whole finger over the reader", "lift the finger from the reader"]
        )

    def test_a_finger_that_lies_on_is_to_be_lifted(self):
        width, height, pixels = print_of("alice", 6)
        picture = (width, height, b"\x2a" + pixels[1:])
        deeds = (say(-3, 0), say(-4, 1), as_it_is(picture), lambda _: time.sleep(1.5), say(-4, 0))
        self.assertEqual(self.site.told(*deeds), [SWIPE, "lift the finger from the reader"])

    def test_the_same_picture_again_is_a_recording(self):
        picture = print_of("alice", 2)
        self.assertEqual(self.site.login_by("sbl-alice", as_it_is(picture)).code, 0, self.site.logs())
        again = self.site.login_by("sbl-alice", as_it_is(picture))
        self.assertNotEqual(again.code, 0)
        self.assertIn("this is a recording", again.err)
        self.assertLogin("sbl-alice", "alice")

    def test_pictures_that_are_of_no_use(self):
        small = shrunk(print_of("alice", 6), 200, 200)
        self.assertIn("the sensor is too small", self.site.told(touch(small), touch(print_of("alice", 6)))[1])

    def test_who_hangs_up_leaves_the_reader_free(self):
        command = [self.site.bin / "semblance", "authenticate", "--user", "sbl-alice", "--prover",
                   self.site.prover_socket, "--verifier", self.site.verifier_socket()]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as asking:
            connection = Fingers(self.site.reader_socket).connected()
            asking.kill()
            asking.wait()
        self.assertTrue(Fingers.is_closed(connection, 5), "the reader stays open")
        self.assertLogin("sbl-alice", "alice")

    def test_messages_that_cannot_be(self):
        """The reader's own protocol broken: nothing of it ends the sensor, and the next finger is seen."""
        def hang_up(connection):
            connection.close()

        tiny = as_it_is((1, 1, b"x"))
        self.assertLogin("sbl-alice", "alice", 6, tiny, hang_up, say(-9, -9), say(5001, 5001))

    def test_one_capture_at_a_time(self):
        challenge = self.site.challenge()
        with Fingers(self.site.reader_socket, self.ask_besides(challenge), touch(print_of("alice", 6))):
            self.assertEqual(self.site.capture(challenge, 30_000), [SWIPE])

    def ask_besides(self, challenge):
        def deed(_):
            try:
                self.site.capture(challenge, 1000)
                raise AssertionError("two captures at a time")
            except VarlinkError as error:
                assert error.name.endswith(".Busy"), error.name
        return deed

    def test_no_finger(self):
        start = time.monotonic()
        with self.assertRaises(VarlinkError) as raised:
            self.site.capture(self.site.challenge(), 1500)
        self.assertLess(time.monotonic() - start, 4)
        self.assertEqual(raised.exception.parameters, {"advice": SWIPE})
        self.assertLogin("sbl-alice", "alice")


@unittest.skipUnless(os.geteuid() == 0, "needs root")
@unittest.skipIf(missing(), missing())
class ReaderSetUpTests(Patient, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.site = ReaderSite()
        cls.site.start_prover()
        cls.site.start_verifier()

    @classmethod
    def tearDownClass(cls):
        cls.site.close()

    def tearDown(self):
        if "sensor" in self.site.processes:
            self.site.stop("sensor")

    def sensor(self, *arguments, env=None):
        return self.site.run([self.site.bin / "semblance-sensor", *arguments], env=env)

    def stop(self):
        self.assertEqual(self.site.stop("sensor"), 0, self.site.logs())

    def test_a_resolution_is_wanted_and_a_wrong_one_is_told(self):
        site, finger = self.site, touch(print_of("alice", 1))
        site.start_reader()
        result = site.enrol_by("sbl-alice", finger)
        self.assertNotEqual(result.code, 0)
        self.assertIn("does not say its resolution", result.err)
        self.stop()
        site.start_reader("--dpi", "1000")
        with Fingers(site.reader_socket, finger):
            result = site.cli("enroll", "--user", "sbl-alice", "--modality", "fingerprint", "--label", "x", "--samples", "3",
                              timeout=120)
        self.assertNotEqual(result.code, 0)
        self.assertRegex(result.err, "too small|is the resolution right")
        self.stop()

    def test_stopped_in_mid_capture(self):
        site = self.site
        site.start_reader("--dpi", "500")
        command = [site.bin / "semblance", "enroll", "--user", "sbl-alice", "--modality", "fingerprint", "--label", "x",
                   "--samples", "3", "--prover", site.prover_socket, "--verifier", site.verifier_socket()]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as asking:
            Fingers(site.reader_socket).connected()
            start = time.monotonic()
            self.assertEqual(site.stop("sensor", signal.SIGTERM), 0, site.logs())
            self.assertLess(time.monotonic() - start, 10)
            asking.communicate(timeout=30)
            self.assertNotEqual(asking.returncode, 0)

    def test_the_environment_alone_makes_no_reader(self):
        site = self.site
        site.reader_socket.unlink(missing_ok=True)
        site.start_reader("--dpi", "500", reader="auto")
        result = site.cli("enroll", "--user", "sbl-alice", "--modality", "fingerprint", "--label", "x", "--samples", "3")
        self.assertNotEqual(result.code, 0)
        self.assertIn("there is no fingerprint reader that libfprint knows", result.err)
        self.assertFalse(site.reader_socket.exists())
        self.stop()

    def test_list_and_doctor_name_readers(self):
        env = {"FP_VIRTUAL_IMAGE": str(self.site.base / "x"), "FP_VIRTUAL_DEVICE": str(self.site.base / "y")}
        listed = self.sensor("--list-readers", env=env)
        self.assertEqual(listed.code, 0, listed)
        self.assertIn("virtual_image\n    Virtual image device for debugging: a finger is drawn over it", listed.out)
        self.assertIn("virtual_device\n    Virtual device for debugging compares fingers on its own chip", listed.out)
        self.assertFalse((self.site.base / "x").exists(), "a reader was opened")
        # Root's doctor has it from the sensor, as the sensor's user and without root's environment.
        real = self.site.base / "semblance-sensor"
        shutil.copy(self.site.bin / "semblance-sensor", real)
        with in_place_of(self.site.bin / "semblance-sensor", self.script(
            f'export LD_LIBRARY_PATH={self.site.bin} ' + " ".join(f"{name}={value}" for name, value in env.items())
            + f'\nexec {real} "$@"'
        )):
            findings = {entry["check"]: entry for entry in self.site.cli("doctor", "--json").json}
        self.assertNotIn("hint", findings["reader virtual_image"])
        self.assertIn("fprintd", findings["reader virtual_device"]["hint"])
        none = self.sensor("--list-readers", env={"FP_DRIVERS_WHITELIST": "none"})
        self.assertEqual((none.code, none.out), (0, "no fingerprint reader that libfprint knows\n"))

    def script(self, text):
        return script(self.site.base, text)

    def test_a_unit_that_forbids_netlink_is_told(self):
        listed = self.site.run([self.site.bin / "semblance-sensor", "--list-readers"], preexec_fn=without_netlink)
        self.assertIn("RestrictAddressFamilies=AF_NETLINK", listed.out, listed)

    def test_what_a_configuration_may_not_say(self):
        finger = {"models": [str(self.site.model)], "localiser": str(LOCALISER)}
        for keys, words in (
            ({"reader": "auto", "tray": "/tmp", **finger}, "run a sensor for each"),
            ({"reader": "auto", "camera": "auto", **finger}, "run a sensor for each"),
            ({"reader": "auto", "models": [str(FACE)]}, "sees fingers only"),
            ({"reader": "auto", "readerRidges": "green", **finger}, "dark or light"),
            ({"reader": ["auto"], **finger}, "reader"),
            ({"raeder": "auto", **finger}, "raeder"),
            ({"reader": "auto", "dotsPerInch": 100, **finger}, "100 dots per inch"),
        ):
            config = self.site.base / "sensor.json"
            config.write_text(json.dumps(keys))
            config.chmod(0o644)
            result = self.sensor("--config", config, "--socket", self.site.base / "unused", "--secret",
                                 self.site.base / "secret", "--prover-user", "semblance")
            self.assertNotEqual(result.code, 0, keys)
            self.assertIn(words, result.err)


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class RootLooksForReadersTests(unittest.TestCase):
    """Root has readers looked for by the sensor's user, and believes nothing of what that user's program prints but its list."""

    @classmethod
    def setUpClass(cls):
        cls.site = Site(assurance="match")
        cls.addClassCleanup(cls.site.close)

    def findings(self, text):
        """What root's doctor says of readers where the sensor's program is a script of that text."""
        with in_place_of(self.site.bin / "semblance-sensor", script(self.site.base, text)):
            result = self.site.cli("doctor", "--json")
        return [entry for entry in result.json if entry["check"].startswith("reader")]

    def test_who_looks(self):
        told = self.site.base / "told"
        told.touch()
        told.chmod(0o666)
        self.findings(f"(id -u; id -G; cut -d ' ' -f 6 /proc/$$/stat; echo $$; grep -E 'NoNewPrivs|Cap|Groups' /proc/$$/status; env; "
                      f"echo $@) > {told}")
        text = told.read_text()
        uid, groups, session, pid, *rest = text.splitlines()
        account = pwd.getpwnam("semblance-sensor")
        self.assertEqual((int(uid), groups.split()), (account.pw_uid, [str(account.pw_gid)]), text)
        self.assertEqual(session, pid, "a session of its own")
        self.assertIn("NoNewPrivs:\t1", rest)
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd"):
            self.assertIn(f"{name}:\t{0:016x}", rest)
        self.assertIn("--list-readers --json", rest)
        self.assertNotIn("TMPDIR", text)

    def test_what_is_not_believed(self):
        reader = {"fault": None, "manner": "m", "name": "n", "product": "p"}
        good = {"fault": None, "readers": [reader]}
        self.assertEqual([entry["check"] for entry in self.findings(self.printing(good))], ["reader n"])
        for answer in (
            "not JSON", [], {}, {"fault": None}, {"fault": None, "readers": {}}, good | {"more": 1}, good | {"fault": 1},
            good | {"readers": [reader | {"more": 1}]}, good | {"readers": [reader | {"name": ""}]},
            good | {"readers": [reader | {"product": "\x1b[2J"}]}, good | {"readers": [reader | {"name": "n\nok"}]},
            good | {"readers": [reader | {"manner": "x" * 3000}]}, good | {"readers": [reader] * 17},
            good | {"readers": [{"name": "n"}]}, good | {"readers": ["n"]},
        ):
            with self.subTest(answer=answer):
                (finding,) = self.findings(self.printing(answer))
                self.assertEqual((finding["check"], finding["ok"]), ("readers", True))
                self.assertIn("no list of fingerprint readers that makes sense", finding["detail"])
        (finding,) = self.findings(self.printing(good) + "\nexit 3")
        self.assertIn("makes sense", finding["detail"])

    def printing(self, answer):
        file = self.site.base / "answer"
        file.write_text(answer if isinstance(answer, str) else json.dumps(answer))
        file.chmod(0o644)
        return f"cat {file}"

    def test_no_end(self):
        (finding,) = self.findings("exec yes")
        self.assertIn("printed more than", finding["detail"])
        start = time.monotonic()
        (finding,) = self.findings("trap '' TERM HUP INT\nsleep 600 &\nexec sleep 600")
        self.assertIn("did not end within 15 seconds", finding["detail"])
        self.assertLess(time.monotonic() - start, 60)
        left = subprocess.run(["pgrep", "-u", "semblance-sensor", "sleep"], capture_output=True, text=True)
        self.assertEqual(left.stdout, "")

    def test_listing_itself_is_not_roots(self):
        """The library is loaded after root was left for good."""
        source = self.site.base / "fake.c"
        source.write_text(
            "#include <stdio.h>\n#include <unistd.h>\n__attribute__((constructor)) static void tell(void)\n"
            '{ fprintf(stderr, "uid=%d back=%d\\n", (int)getuid(), setuid(0)); }\n'
        )
        subprocess.run(["cc", "-shared", "-fPIC", "-o", self.site.base / "libfprint-2.so.2", source], check=True)
        path = f"{self.site.bin}:{self.site.base}"
        listed = self.site.run([self.site.bin / "semblance-sensor", "--list-readers"], env={"LD_LIBRARY_PATH": path})
        self.assertIn(f"uid={pwd.getpwnam('semblance-sensor').pw_uid} back=-1", listed.err, listed)
        self.assertIn("libfprint", listed.out)


if __name__ == "__main__":
    unittest.main()

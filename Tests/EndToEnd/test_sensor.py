"""The sensor against files that hang, cost time, or were looked at already."""

import os
import pathlib
import pwd
import socket
import struct
import subprocess
import threading
import time
import unittest

from harness import LOCALISER, EnrolledSite, Site
from stalled_mount import StalledMount, is_possible


def scan_bomb(width, height, scans):
    """A progressive JPEG of many scans, each of which says in a few bytes that nothing changes (LJT-01-003)."""

    def segment(marker, data):
        return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data

    def pack(bits):
        bits += "1" * (-len(bits) % 8)
        return bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8)).replace(b"\xff", b"\xff\0")

    out = b"\xff\xd8" + segment(0xDB, b"\0" + b"\1" * 64)
    out += segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0")
    out += segment(0xC4, b"\0\1" + b"\0" * 15 + b"\0") + segment(0xC4, b"\x10\1" + b"\0" * 15 + b"\xe0")
    blocks = ((width + 7) // 8) * ((height + 7) // 8)
    out += segment(0xDA, b"\1\1\0\0\0\0") + pack("0" * blocks)
    run = 16384 + 0x2AAA
    rest = pack(("0" + format(0x2AAA, "014b")) * -(-blocks // run))
    for index in range(scans):
        coefficient = 1 + index % 63
        out += segment(0xDA, bytes([1, 1, 0, coefficient, coefficient, 0])) + rest
    return out + b"\xff\xd9"


def processor_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class SensorTests(EnrolledSite, unittest.TestCase):
    # What is shown here does not depend on the assurance, and `match` is fast.
    assurance = "match"

    def timed(self, **options):
        start = time.monotonic()
        result = self.site.cli("authenticate", "--user", "sbl-alice", **options)
        return result, time.monotonic() - start

    def assertStillWorks(self):
        result = self.site.authenticate()
        self.assertEqual(result.code, 0, f"{result}\n{self.site.logs()}")

    def test_fifo_that_takes_an_images_place(self):
        """As sensor-fifo-race: hung for ever at the second to sixth attempt."""
        self.site.show(*self.site.finger("alice", 6))
        place = self.site.tray / "000.png"
        data = place.read_bytes()
        spare, fifo = self.site.base / "spare", self.site.base / "fifo"
        over = threading.Event()

        def alternate():
            while not over.is_set():
                os.mkfifo(fifo)
                os.chmod(fifo, 0o644)
                os.rename(fifo, place)
                spare.write_bytes(data)
                os.chmod(spare, 0o644)
                os.rename(spare, place)

        thread = threading.Thread(target=alternate)
        thread.start()
        try:
            for _ in range(5):
                result, seconds = self.timed()
                self.assertIn(result.code, (0, 4, 6), f"{result}\n{self.site.logs()}")
                self.assertLess(seconds, 25, result)
        finally:
            over.set()
            thread.join()
        self.assertStillWorks()

    @unittest.skipUnless(is_possible(), "needs /dev/fuse")
    def test_file_that_never_answers(self):
        self.site.show(*self.site.finger("alice", 5, 6))
        stalled = self.site.tray / "000.png"
        with StalledMount(stalled):
            # The good one beside it is used, now and with the stalled one still there.
            for _ in range(2):
                result, seconds = self.timed()
                self.assertEqual(result.code, 0, f"{result}\n{self.site.logs()}")
                self.assertLess(seconds, 20)
        self.assertStillWorks()

    @unittest.skipUnless(is_possible(), "needs /dev/fuse")
    def test_tray_that_never_answers(self):
        with StalledMount(self.site.tray):
            result, seconds = self.timed()
            self.assertEqual(result.code, 6, f"{result}\n{self.site.logs()}")
            self.assertIn("not answer", result.err)
            self.assertLess(seconds, 30)
            result, seconds = self.timed()
            self.assertEqual(result.code, 6, f"{result}\n{self.site.logs()}")
            self.assertLess(seconds, 5)
        self.assertStillWorks()

    def test_jpeg_of_many_scans(self):
        self.site.show()
        path = self.site.tray / "000.jpg"
        path.write_bytes(scan_bomb(8192, 3900, 130))
        path.chmod(0o644)
        used = processor_seconds(self.site.processes["sensor"].pid)
        result, seconds = self.timed()
        self.assertEqual(result.code, 6, f"{result}\n{self.site.logs()}")
        self.assertIn("scans", result.err)
        self.assertLess(processor_seconds(self.site.processes["sensor"].pid) - used, 2)
        self.assertLess(seconds, 5)
        self.assertStillWorks()

    def test_three_tries_are_three_looks(self):
        """Three tries on one frame burnt in 0.2 s: one bad look spent them all."""
        self.site.show(*self.site.finger("bob", 1))
        start = time.monotonic()
        codes = [self.timed()[0].code for _ in range(3)]
        self.assertEqual(codes, [1, 1, 1])
        self.assertGreater(time.monotonic() - start, 5)
        # A frame that is there anew is a look at once.
        self.site.show(*self.site.finger("alice", 6))
        result, _ = self.timed()
        self.assertEqual(result.code, 0, f"{result}\n{self.site.logs()}")


@unittest.skipUnless(is_possible(), "needs root and /dev/fuse")
class WatchdogTests(unittest.TestCase):
    def test_a_sensor_that_serves_nobody_does_not_say_that_it_is_well(self):
        with Site(assurance="match") as site, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            place = site.base / "notify"
            manager.bind(str(place))
            os.chmod(place, 0o666)
            manager.settimeout(20)
            user = pwd.getpwnam("semblance-sensor")
            sensor = subprocess.Popen(
                [
                    "setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups",
                    site.bin / "semblance-sensor", "--tray", site.tray, *site.model_options(), "--localiser", LOCALISER,
                    "--socket", site.directory("made", "semblance-sensor", 0o755) / "sensor",
                    "--secret", site.base / "sensor-state" / "secret", "--prover-user", "semblance",
                ],
                env={"NOTIFY_SOCKET": str(place), "WATCHDOG_USEC": "1000000"},
                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            )
            try:
                self.beat(manager)
                site.sensor_path = site.base / "made" / "sensor"
                prover = site.start(
                    "prover", site.prover_socket, "semblance",
                    [
                        site.bin / "semblanced", "--vault", site.base / "prover-state", "--sensor-socket",
                        site.sensor_path, "--sensor-user", "semblance-sensor", "--presence", "none",
                        *site.model_options(),
                    ],
                )
                self.assertIsNotNone(prover)
                site.start_verifier()
                with StalledMount(site.tray):
                    result = site.cli(
                        "enroll", "--user", "sbl-alice", "--label", "a", "--samples", "1", timeout=60
                    )
                    self.assertEqual(result.code, 6, f"{result}\n{site.logs()}")
                    while self.has_beat(manager, 0):
                        pass
                    self.assertFalse(self.has_beat(manager, 3), "the stalled sensor says that it is well")
                self.beat(manager)
            finally:
                sensor.terminate()
                sensor.wait(timeout=20)

    def beat(self, manager):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            if b"WATCHDOG=1" in manager.recv(4096):
                return
        self.fail("no heartbeat")

    def has_beat(self, manager, seconds):
        deadline = time.monotonic() + seconds
        while True:
            manager.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                if b"WATCHDOG=1" in manager.recv(4096):
                    return True
            except (TimeoutError, BlockingIOError):
                return False
            finally:
                manager.settimeout(20)


if __name__ == "__main__":
    unittest.main()

"""Everything that goes wrong outside: each a clear error with a hint, nothing lost."""

import contextlib
import os
import shutil
import sqlite3
import struct
import subprocess
import unittest
import zlib

from harness import FIXTURES, EnrolledSite, Site


def png_header(width, height):
    """A PNG that claims a size and has no pixels."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


@unittest.skipUnless(os.geteuid() == 0, "end-to-end tests run the daemons as their own users, which takes root")
class BadInputTests(EnrolledSite, unittest.TestCase):
    def assertFails(self, result, code, *words):
        self.assertEqual(result.code, code, f"{result}\n{self.site.logs()}")
        self.assertTrue(result.err.startswith("semblance: "), result)
        for word in words:
            self.assertIn(word, result.err)

    def assertStillWorks(self):
        result = self.site.authenticate()
        self.assertEqual(result.code, 0, f"{result}\n{self.site.logs()}")

    def show_bytes(self, data, name="000.png"):
        self.site.show()
        path = self.site.tray / name
        path.write_bytes(data)
        path.chmod(0o644)

    def authenticate(self):
        return self.site.cli("authenticate", "--user", "sbl-alice")

    # -- images

    def test_truncated_image(self):
        data = self.site.finger("alice", 6)[0].read_bytes()
        for length in (0, 7, 40, len(data) // 2):
            self.show_bytes(data[:length])
            self.assertFails(self.authenticate(), 6, "hint:")
        self.assertStillWorks()

    def test_image_that_claims_to_be_huge(self):
        self.show_bytes(png_header(2**30, 2**30))
        self.assertFails(self.authenticate(), 6, "hint:")
        self.show_bytes(png_header(60_000, 60_000))
        self.assertFails(self.authenticate(), 6, "hint:")
        self.assertStillWorks()

    def test_not_an_image(self):
        self.show_bytes(b"#!/bin/sh\nexit 0\n" * 100)
        self.assertFails(self.authenticate(), 6, "hint:")
        self.assertStillWorks()

    def test_blank_image(self):
        self.show_bytes(b"P5\n128 128\n255\n" + bytes([255]) * (128 * 128), "000.pgm")
        self.assertIn(self.authenticate().code, (1, 6))
        self.assertStillWorks()

    def test_nothing_in_front_of_the_sensor(self):
        self.site.show()
        self.assertFails(self.authenticate(), 6, "hint:")
        self.assertStillWorks()

    def test_the_same_frame_twice_does_not_enrol(self):
        image = self.site.finger("bob", 1)[0]
        self.site.show(image, image)
        result = self.site.cli(
            "enroll", "--user", "sbl-bob", "--label", "twice", "--samples", "2", "--modality", "fingerprint"
        )
        self.assertFails(result, 6, "hint:")

    # -- users and daemons

    def test_unknown_user(self):
        self.assertFails(self.site.cli("authenticate", "--user", "nobody-at-all"), 3, "enroll")

    def test_stopped_daemons(self):
        self.site.stop("prover")
        try:
            self.assertFails(self.authenticate(), 5, "semblanced", "hint:")
        finally:
            self.site.start_prover()
        self.site.stop("verifier")
        try:
            self.assertFails(self.authenticate(), 5, "semblance-verifier", "hint:")
        finally:
            self.site.start_verifier()
        self.site.stop("sensor")
        try:
            self.assertFails(self.authenticate(), 6, "sensor")
        finally:
            self.site.start_sensor()
        self.assertStillWorks()

    def test_socket_of_somebody_else(self):
        shutil.chown(self.site.prover_socket, "nobody")
        try:
            self.assertFails(self.authenticate(), 5, "not safe", "hint:")
        finally:
            shutil.chown(self.site.prover_socket, "root")
        os.chmod(self.site.run_dir, 0o777)
        try:
            self.assertFails(self.authenticate(), 5, "not safe")
        finally:
            os.chmod(self.site.run_dir, 0o755)
        self.assertStillWorks()

    def test_usage_errors(self):
        self.assertEqual(self.site.cli("enroll", "--samples", "9").code, 64)
        self.assertEqual(self.site.cli("rotate").code, 64)
        self.assertEqual(self.site.run([self.site.bin / "semblance", "frobnicate"]).code, 64)

    def test_plain_http_to_a_remote_host_is_refused(self):
        result = self.site.cli("authenticate", "--user", "sbl-alice", verifier="http://verifier.example")
        self.assertFails(result, 8, "plain HTTP")

    # -- models

    def test_damaged_model(self):
        data = bytearray(self.site.model.read_bytes())
        data[len(data) // 2] ^= 0x10
        damaged = self.site.base / "damaged.semblance-model"
        damaged.write_bytes(data[:-3])
        self.assertFails(self.site.cli("model", "inspect", damaged), 8, "not a usable model")
        damaged.write_bytes(b"")
        self.assertFails(self.site.cli("model", "inspect", damaged), 8)
        self.assertFails(self.site.cli("model", "inspect", self.site.base / "absent"), 8)

    def test_another_model_than_the_verifier_allows(self):
        other = self.site.base / "other.semblance-model"
        made = self.site.cli("model", "blind", self.site.model, "-o", other)
        self.assertEqual(made.code, 0, made)
        other.chmod(0o644)
        self.site.stop("sensor")
        self.site.model, model = other, self.site.model
        try:
            self.site.start_sensor()
            self.assertFails(self.site.authenticate(), 6, "hint:")
        finally:
            self.site.model = model
            self.site.stop("sensor")
            self.site.start_sensor()
        self.assertStillWorks()

    def test_not_a_network(self):
        for data in (b"", b"not an ONNX file at all", (FIXTURES / "models" / "face-v2.onnx").read_bytes()[:5000]):
            network = self.site.base / "broken.onnx"
            network.write_bytes(data)
            result = self.site.cli(
                "model", "import", network, "--calibration", FIXTURES / "calibration", "--modality", "fingerprint",
                "--name", "x", "-o", self.site.base / "x",
            )
            self.assertFails(result, 8, "cannot import")
            self.assertFalse((self.site.base / "x").exists())


@unittest.skipUnless(os.geteuid() == 0, "needs root")
class VaultTests(unittest.TestCase):
    """What happens to the prover's storage."""

    def test_flipped_bit_in_the_vault(self):
        with Site() as site:
            site.start_sensor()
            site.start_prover()
            site.start_verifier()
            self.assertEqual(site.enroll("sbl-alice", "alice").code, 0, site.logs())
            self.assertEqual(site.enroll("sbl-bob", "bob", (1, 2, 3)).code, 0, site.logs())
            site.stop("prover")
            vault = next(path for path in (site.base / "prover-state").iterdir() if path.suffix in (".sqlite", ".db"))
            with sqlite3.connect(vault) as database:
                tables = [row[0] for row in database.execute("select name from sqlite_master where type = 'table'")]
                flipped = False
                for table in tables:
                    columns = [row[1] for row in database.execute(f"pragma table_info({table})")]
                    for column in columns:
                        for rowid, blob in database.execute(
                            f"select rowid, {column} from {table} where typeof({column}) = 'blob' "
                            f"and length({column}) > 200"
                        ).fetchall():
                            if flipped:
                                continue
                            damaged = bytearray(blob)
                            damaged[100] ^= 1
                            database.execute(f"update {table} set {column} = ? where rowid = ?", (bytes(damaged), rowid))
                            flipped = True
                self.assertTrue(flipped, "the vault holds a sealed opening")
            site.start_prover()
            alice = site.authenticate("sbl-alice", "alice", 6)
            bob = site.authenticate("sbl-bob", "bob", 5)
            failed, works = (alice, bob) if alice.code else (bob, alice)
            self.assertEqual(works.code, 0, f"{works}\n{site.logs()}")
            self.assertEqual(failed.code, 70, f"{failed}\n{site.logs()}")
            self.assertIn("hint:", failed.err)

    def test_full_disk(self):
        with Site() as site:
            state = site.base / "prover-state"
            mounted = subprocess.run(
                ["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", str(state)], capture_output=True
            )
            if mounted.returncode:
                self.skipTest("cannot mount a tmpfs here")
            try:
                shutil.chown(state, "semblance", "semblance")
                site.start_sensor()
                site.start_prover()
                site.start_verifier()
                self.assertEqual(site.enroll().code, 0, site.logs())
                filler = state / "filler"
                with contextlib.suppress(OSError), open(filler, "wb", buffering=0) as file:
                    while True:
                        file.write(bytes(4096))
                result = site.enroll("sbl-bob", "bob", (1, 2, 3))
                self.assertEqual(result.code, 70, f"{result}\n{site.logs()}")
                self.assertIn("hint:", result.err)
                filler.unlink()
                self.assertEqual(site.authenticate().code, 0, site.logs())
                site.stop("prover")
            finally:
                for name in list(site.processes):
                    site.stop(name)
                subprocess.run(["umount", str(state)], check=False)


if __name__ == "__main__":
    unittest.main()

"""What each program is made of: the modules that Package.swift gives it, and no others (docs/processes.md)."""

import pathlib
import subprocess
import unittest

from harness import BIN

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent

# Modules of whose symbols a program must be free, and some that it has, so that a change of mangling is noticed.
TOOLS = ["SwiftProtobuf", "ModelTools", "BulletproofsR1CS", "BulletproofsRange"]
PROOF = ["MatchProof", "NetworkProof", "Multilinear", "Bulletproofs"]
SENSING = ["Imaging", "FaceAlignment", "FingerprintAlignment", "SensorCore"]
PROGRAMS = {
    "semblanced": (["ProverCore", "MatchProof"], TOOLS + SENSING + ["VerifierCore"]),
    "semblance-sensor": (["SensorCore", "Imaging"], TOOLS + PROOF + ["ProverCore", "VerifierCore", "Vault"]),
    "semblance-fprintd": (["FprintService", "ServiceClients"], TOOLS + PROOF + SENSING + ["ProverCore", "VerifierCore", "Vault"]),
    "semblance-verifier": (["VerifierCore", "MatchProof"], TOOLS + SENSING + ["ProverCore", "Vault", "IntegerNetwork"]),
}
LIBRARIES = ["libcurl", "libldap", "libgssapi", "libkrb5", "libssl", "libcrypto", "libFoundationNetworking", "libxml2"]


def symbols(program):
    found = subprocess.run(["nm", BIN / program], check=True, capture_output=True, text=True).stdout
    return [line.split()[-1] for line in found.splitlines()]


class ArchitectureTests(unittest.TestCase):
    def test_daemons_link_only_what_they_serve_with(self):
        for program, (present, absent) in PROGRAMS.items():
            names = symbols(program)
            # A Swift symbol names its module with the length before it (docs of the ABI, "Mangling").
            counts = {module: sum(f"{len(module)}{module}" in name and name.startswith("$s") for name in names)
                      for module in present + absent}
            for module in present:
                self.assertGreater(counts[module], 0, f"{program} should have {module}")
            for module in absent:
                self.assertEqual(counts[module], 0, f"{program} has {module}")

    def test_no_daemon_loads_a_network_library(self):
        for program in PROGRAMS:
            loaded = subprocess.run(["ldd", BIN / program], check=True, capture_output=True, text=True).stdout
            for library in LIBRARIES:
                self.assertNotIn(library, loaded, program)
            self.assertIn("libsodium", loaded)
        self.assertNotIn("pixbuf", subprocess.run(
            ["ldd", BIN / "semblanced"], check=True, capture_output=True, text=True
        ).stdout, "the prover decodes no picture")
        sensor = subprocess.run(["ldd", BIN / "semblance-sensor"], check=True, capture_output=True, text=True).stdout
        for library in ("libFoundation.so", "FoundationInternationalization", "FoundationICU"):
            self.assertNotIn(library, sensor, "the sensor takes Foundation's essentials only")

    def test_nothing_of_fingerprint_readers_is_loaded_before_one_is_asked_for(self):
        # Nor, by a program that root runs, at all: the sensor's user looks for readers.
        for program in ("semblance", "semblanced", "semblance-verifier"):
            self.assertNotIn(b"libfprint-2.so", (BIN / program).read_bytes(), program)
            self.assertFalse([name for name in symbols(program) if "semblance_fprint" in name or "7Readers" in name], program)
        self.assertIn(b"libfprint-2.so", (BIN / "semblance-sensor").read_bytes())
        self.assertTrue([name for name in symbols("semblance-sensor") if "7Readers" in name])
        for program in (*PROGRAMS, "semblance"):
            loaded = subprocess.run(["ldd", BIN / program], check=True, capture_output=True, text=True).stdout
            for library in ("libfprint", "libgusb", "libusb", "libnss3"):
                self.assertNotIn(library, loaded, program)


if __name__ == "__main__":
    unittest.main()

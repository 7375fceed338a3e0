"""Examples/RelyingParty, a package of its own that uses the exported products, judges test vectors."""

import json
import pathlib
import subprocess
import tempfile
import unittest

from harness import FIXTURES, ROOT

EXAMPLE = ROOT / "Examples" / "RelyingParty"
VECTORS = FIXTURES / "vectors"


class RelyingPartyTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        """Built as an outsider does, without this project's test hooks, in a directory of its own, which stays for the next time.
        Unoptimised: from nothing that takes two thirds of a release build's time."""
        scratch = ROOT / ".build" / "relying-party"
        build = [
            "swift", "build", "--package-path", EXAMPLE, "--scratch-path", scratch, "--disable-index-store",
            "-debug-info-format", "none",
        ]  # fmt: skip
        ended = subprocess.run(
            ["env", "-u", "SEMBLANCE_TESTING", *map(str, build)], capture_output=True, text=True, timeout=3600
        )
        assert ended.returncode == 0, ended.stdout[-4000:] + ended.stderr[-4000:]
        cls.program = scratch / "debug" / "relying-party"

    def judge(self, login):
        ended = subprocess.run([self.program, login], capture_output=True, text=True, timeout=600)
        return ended.returncode, ended.stdout

    def test_verified(self):
        for name in ("match-authenticate-fingerprint", "head-authenticate-face"):
            with self.subTest(vector=name):
                expected = "verified: biometric, zoë at vectors.semblance.test\n"
                self.assertEqual(self.judge(VECTORS / f"{name}.json"), (0, expected))

    def test_refused(self):
        """Another challenge than the one that was asked, another key, an altered proof, no proof."""
        login = json.loads((VECTORS / "match-authenticate-fingerprint.json").read_text())
        proof = bytearray((VECTORS / login["envelope"]).read_bytes())
        other = json.loads((VECTORS / "match-reblind-fingerprint.json").read_text())
        with tempfile.TemporaryDirectory() as folder:
            altered = pathlib.Path(folder) / "altered.proof"
            proof[-1] ^= 1
            altered.write_bytes(proof)
            whole = str(VECTORS / login["envelope"])
            for change, words in (
                ({"envelope": whole, "signedChallenge": other["signedChallenge"]}, "the proof answers another challenge"),
                ({"envelope": whole, "verifierKey": login["sensorKey"]}, "the challenge is not signed by the expected verifier"),
                ({"envelope": whole, "sensorKey": login["verifierKey"]}, "the samples are signed by another sensor"),
                ({"envelope": str(altered)}, "an equation does not hold"),
            ):
                file = pathlib.Path(folder) / "login.json"
                file.write_text(json.dumps(login | change))
                with self.subTest(words):
                    self.assertEqual(self.judge(file), (1, f"refused: {words}\n"))


if __name__ == "__main__":
    unittest.main()

"""`semblance bench full` on the shipped model, and the arithmetic of `make bench-ezkl`."""

import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile
import unittest

from harness import BIN, FIXTURES, ROOT

MODEL = FIXTURES / "models" / "fingerprint-v2.semblance-model"
# Aligned already.
IMAGE = sorted((FIXTURES / "calibration").iterdir())[0]


def run(*arguments):
    return subprocess.run([BIN / "semblance", *arguments], capture_output=True, text=True, timeout=300)


def full(*arguments, model=MODEL, image=IMAGE):
    return run("bench", "full", "--model", model, "--image", image, "--repetitions", "1", *arguments)


class BenchFullTests(unittest.TestCase):
    def test_figures_belong_to_the_model(self):
        described = json.loads(run("model", "inspect", MODEL, "--json").stdout)
        with tempfile.TemporaryDirectory() as folder:
            published = pathlib.Path(folder) / "published"
            self.assertEqual(run("model", "publish", MODEL, "--output", published).returncode, 0)
            published_bytes = published.stat().st_size
        reports = {}
        for assurance in ("full", "head"):
            result = full("--assurance", assurance, "--json")
            self.assertEqual(result.returncode, 0, result.stderr)
            report = reports[assurance] = json.loads(result.stdout)
            for key in ("identity", "dimension", "activations", "weights", "multiplications"):
                self.assertEqual(report[key], described[key], key)
            self.assertEqual(report["assurance"], assurance)
            self.assertEqual(report["publishedBytes"], published_bytes)
            self.assertEqual(report["repetitions"], 1)
            for key in ("inference", "commit", "prove", "proveProcessor", "verify"):
                self.assertGreater(report[f"{key}Milliseconds"], 0)
            self.assertAlmostEqual(
                report["proveToInference"], report["proveMilliseconds"] / report["inferenceMilliseconds"], places=3
            )
            self.assertGreater(report["peakMemoryMegabytes"], 10)
            work = report["productsPerActivation"]
            phases = [work[key] for key in ("commit", "lookups", "layers", "opening", "closing")]
            self.assertTrue(all(phase > 0 for phase in phases), work)
            self.assertAlmostEqual(sum(phases), work["total"], places=3)
            self.assertGreater(report["productNanoseconds"], 1)
        # A proof from the head covers one layer, one from the image covers all.
        self.assertLess(reports["head"]["proofBytes"], reports["full"]["proofBytes"])
        self.assertIn(f"{reports['full']['proofBytes']} bytes", full().stdout)

    def test_failures_are_told_apart(self):
        for result, words in ((full(model=IMAGE), "not a usable model"), (full(image=MODEL), "cannot read")):
            self.assertEqual(result.returncode, 8, result)
            self.assertIn(words, result.stderr)
        self.assertEqual(run("bench", "full", "--model", MODEL).returncode, 64)
        self.assertEqual(full("--repetitions", "0").returncode, 64)
        self.assertEqual(full("--assurance", "match").returncode, 64)

    def test_bench_alone_measures_the_group(self):
        result = run("bench", "--only", "range", "--repetitions", "1", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertEqual(len(json.loads(result.stdout)["measurements"]), 4)


class BenchEZKLTests(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        specification = importlib.util.spec_from_file_location("bench_ezkl", ROOT / "scripts" / "bench_ezkl.py")
        cls.bench = importlib.util.module_from_spec(specification)
        specification.loader.exec_module(cls.bench)

    def run_limited(self, program, limit):
        with tempfile.TemporaryDirectory() as folder:
            return self.bench.run_limited([sys.executable, "-c", program], pathlib.Path(folder), limit)

    def test_a_process_is_measured_and_limited(self):
        mega = 1 << 20
        program = "b = bytearray(80 << 20); b[::4096] = b'1' * len(b[::4096]); print('x')"
        text, peak, processor = self.run_limited(program, 1 << 30)
        self.assertEqual(text, "x\n")
        self.assertTrue(80 * mega < peak < 160 * mega, peak)
        self.assertGreater(processor, 0)
        with self.assertRaisesRegex(self.bench.Failure, "needs more than 60 MB"):
            self.run_limited("import time\nb = b'1' * (200 << 20)\ntime.sleep(60)", 60 * mega)
        with self.assertRaisesRegex(self.bench.Failure, "status 3: no luck"):
            self.run_limited("import sys\nsys.stderr.write('no luck\\n')\nsys.exit(3)", 1 << 30)

    def test_the_table(self):
        theirs = {"setup": 20.0, "prove": 9000.0, "processor": 12000.0, "verify": 60.0, "proof": 3000,
                  "keys": 5_000_000, "peak": 2 << 30, "logrows": 17}
        ours = {"setup": 0.5, "prove": 300.0, "processor": 480.0, "verify": 30.0, "proof": 30_000, "keys": 10_000,
                "peak": 64 << 20, "activations": 14400, "weights": 5, "multiplications": 7}
        results = {"tiny": (theirs, ours, []), "huge": (None, ours, ["huge: ezkl setup: no"])}
        lines = self.bench.table(results).splitlines()
        self.assertIn("| tiny | EZKL, 2^17 rows | 20 | 9,000 | 12,000 | 60 | 3,000 | 5,000,000 | 2,048 |", lines)
        self.assertIn("| tiny | Semblance `full` | 0.5 | 300 | 480 | 30 | 30,000 | 10,000 | 64 |", lines)
        self.assertIn("|  | EZKL / Semblance | 40 x | 30 x | 25 x | 2 x | 0.1 x | 500 x | 32 x |", lines)
        self.assertIn("* huge: ezkl setup: no", lines)
        self.assertEqual(sum("EZKL / Semblance" in line for line in lines), 1)
        self.assertEqual({line.count("|") for line in lines if line.startswith("|")}, {10})


if __name__ == "__main__":
    unittest.main()

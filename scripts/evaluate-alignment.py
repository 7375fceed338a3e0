#!/usr/bin/env python3
"""Error rates of a stock face network on raw pictures (ORL), with and without automatic alignment.

    make build && scripts/evaluate-alignment.py [--shared ../shared] [--json FILE]

Imports MobileFaceNet with calibration crops of LFW, then compares every pair of the 200 pictures by
`semblance model calibrate`: what is measured is the integer decision on the frames that a sensor would take. Pictures
that are refused count as failures to acquire. Half of the people were never looked at while the method was chosen.
"""

import argparse
import itertools
import json
import subprocess
import tarfile
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CALIBRATION_IMAGES = 128
#: Subjects that the method may have been chosen on, and those that it was not.
GROUPS = {"all": range(1, 21), "odd subjects": range(1, 21, 2), "even subjects": range(2, 21, 2)}


def semblance(binary, *arguments):
    result = subprocess.run([binary, *map(str, arguments)], check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(result.stdout)


def write_pairs(path, subjects):
    """Every pair of the subjects' pictures."""
    pictures = [(s, f"orl/s{s}/{i}.pgm") for s in subjects for i in range(1, 11)]
    lines = [f"{int(a[0] == b[0])}\t{a[1]}\t{b[1]}\n" for a, b in itertools.combinations(pictures, 2)]
    path.write_text("".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shared", type=Path, default=ROOT / "../shared")
    parser.add_argument("--semblance", default=ROOT / ".build/release/semblance")
    parser.add_argument("--json", type=Path, help="also write the figures here")
    arguments = parser.parse_args()
    figures = {}
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        with tarfile.open(arguments.shared / "data/orl.tar") as tar:
            tar.extractall(work)
        with tarfile.open(arguments.shared / "data/lfw112.tar") as tar:
            crops = sorted((m for m in tar if m.name.endswith(".jpg")), key=lambda m: m.name)
            tar.extractall(work / "crops", crops[:: len(crops) // CALIBRATION_IMAGES][:CALIBRATION_IMAGES])
        for alignment in ("none", "face112"):
            model = work / f"{alignment}.semblance-model"
            semblance(
                arguments.semblance, "model", "import", arguments.shared / "models/mobilefacenet-relu6.onnx",
                "--calibration", work / "crops", "--modality", "face", "--name", "MobileFaceNet", "--mean", 127,
                "--scale", 128, "--align", alignment, "--aligned", "--output", model, "--json",
            )  # fmt: skip
            for group, subjects in GROUPS.items():
                pairs = work / "pairs.txt"
                write_pairs(pairs, subjects)
                report = semblance(
                    arguments.semblance, "model", "calibrate", model, "--pairs", pairs, "--pairs-root", work,
                    "--output", work / "calibrated", "--json",
                )  # fmt: skip
                figures[f"{alignment}, {group}"] = report
                print(
                    f"{alignment:8} {group:14} EER {100 * report['equalErrorRate']:.2f} %  "
                    f"{report['genuinePairs']} genuine, {report['impostorPairs']} impostor; "
                    f"failure to acquire {report['failuresToAcquire']['count']}/{report['images']}  "
                    + "  ".join(f"FNMR {100 * p['falseNonMatches']['rate']:.2f} % at FMR {p['fmr']:g}" for p in report["points"]),
                    flush=True,
                )
        lines = semblance(arguments.semblance, "model", "align", *sorted(work.glob("orl/*/*.pgm")), "--json")
        advice = [line["advice"] for line in lines if line.get("advice")]
        print(f"measures: {len(lines) - len(advice)} of {len(lines)} pictures pass; refused: {sorted(advice)}")
        figures["advice"] = advice
    if arguments.json:
        arguments.json.write_text(json.dumps(figures, indent=1))


main()

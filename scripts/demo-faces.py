#!/usr/bin/env python3
"""Enrols the ORL subjects with an imported MobileFaceNet and tries everybody against everybody, through the real daemons.

    scripts/demo-faces.py --data ../shared/data [--models ../shared/models] [--fmr 0.001]

Thresholds are calibrated on LFW pairs, so nothing is tuned on the people who log in. The pictures are raw: the sensor aligns
them.
"""

import argparse
import itertools
import pathlib
import random
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))
from harness import Site  # noqa: E402

ENROLLED = 3


def extract(archive, target):
    target.mkdir()
    subprocess.run(["tar", "-xf", archive, "-C", target, "--no-same-owner"], check=True)


def lfw_pairs(path, folder, genuine, impostor, output):
    """A sample of the official genuine pairs, and impostors among their people, as lines of the importer."""
    files = {}
    for image in sorted(folder.rglob("*.jpg")):
        stem = image.stem
        files[stem] = image.relative_to(folder)
    chosen = {True: [], False: []}
    for line in path.read_text().splitlines():
        parts = line.split()
        if len(parts) == 3:
            names = (f"{parts[0]}_{int(parts[1]):04d}", f"{parts[0]}_{int(parts[2]):04d}")
        elif len(parts) == 4:
            names = (f"{parts[0]}_{int(parts[1]):04d}", f"{parts[2]}_{int(parts[3]):04d}")
        else:
            continue
        if all(name in files for name in names):
            chosen[len(parts) == 3].append(names)
    rng = random.Random(1)
    # The list has too few impostor pairs to support a rate of 1 in 1,000: one listed image of each of 400 people, paired
    # with each other.
    people = {}
    for names in chosen[False] + chosen[True]:
        for name in names:
            people.setdefault(name.rsplit("_", 1)[0], name)
    strangers = rng.sample(sorted(people.values()), min(400, len(people)))
    chosen[False] = list(itertools.combinations(strangers, 2))
    lines = []
    for same, count in ((True, genuine), (False, impostor)):
        for a, b in rng.sample(chosen[same], min(count, len(chosen[same]))):
            lines.append(f"{int(same)}\t{files[a]}\t{files[b]}")
    output.write_text("\n".join(lines) + "\n")


def percentile(values, share):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=pathlib.Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--models", type=pathlib.Path)
    parser.add_argument("--fmr", type=float, default=0.001)
    parser.add_argument("--genuine", type=int, default=300, help="genuine LFW pairs for the threshold")
    parser.add_argument("--impostors", type=int, default=12000, help="impostor LFW pairs for the threshold")
    parser.add_argument("--assurance", choices=("match", "head", "full"), default="match", help="what is proved")
    arguments = parser.parse_args()
    models = arguments.models or arguments.data.parent / "models"
    network = models / "mobilefacenet-relu6.onnx"
    needed = [arguments.data / name for name in ("orl.tar", "lfw112.tar", "lfw112-pairs.txt")] + [network]
    for path in needed:
        if not path.exists():
            print(f"demo-faces: {path} is absent; this demonstration needs the shared data", file=sys.stderr)
            return 0

    with tempfile.TemporaryDirectory(prefix="semblance-faces.") as scratch:
        scratch = pathlib.Path(scratch)
        scratch.chmod(0o755)
        extract(arguments.data / "orl.tar", scratch / "orl")
        extract(arguments.data / "lfw112.tar", scratch / "lfw")
        pairs = scratch / "pairs.txt"
        lfw_pairs(arguments.data / "lfw112-pairs.txt", scratch / "lfw", arguments.genuine, arguments.impostors, pairs)
        model = scratch / "mobilefacenet.semblance-model"
        print("importing and calibrating MobileFaceNet ...", flush=True)
        subprocess.run(
            [
                ROOT / ".build/release/semblance", "model", "import", network, "--calibration", scratch / "lfw",
                "--maximum-images", "120", "--modality", "face", "--name", "mobilefacenet-relu6", "--mean", "127",
                "--scale", "128", "--align", "face112", "--aligned", "--pairs", pairs, "--pairs-root", scratch / "lfw",
                "-o", model,
            ],
            check=True, stdout=subprocess.DEVNULL,
        )
        model.chmod(0o644)
        people = {}
        for image in sorted((scratch / "orl").rglob("*.pgm"), key=lambda path: (path.parent.name, int(path.stem))):
            people.setdefault(image.parent.name, []).append(image)
        return run(model, people, arguments.fmr, arguments.assurance)


def run(model, people, fmr, assurance):
    with Site(model=model, modality="face", threshold=1, accounts=()) as probe:
        thresholds = probe.cli("model", "inspect", "--json", probe.model).json["thresholds"]
    threshold = min(thresholds, key=lambda entry: abs(entry["fmr"] - fmr))
    print(f"threshold {threshold['numerator']}/65536 for a false match rate of {threshold['fmr']} on LFW", flush=True)
    prove, verify, sizes = [], [], []
    false_accepts = false_rejects = genuine = impostors = enrolment_failures = 0
    accounts = tuple(f"orl-{name}" for name in people)
    with Site(
        model=model, modality="face", threshold=threshold["numerator"], accounts=accounts, assurance=assurance
    ) as site:
        site.start_sensor()
        site.start_prover()
        site.start_verifier()
        enrolled = []
        for name, images in people.items():
            site.show(*images[:ENROLLED])
            made = site.cli(
                "enroll", "--user", f"orl-{name}", "--modality", "face", "--label", "default",
                "--samples", str(ENROLLED),
            )
            if made.code == 0:
                enrolled.append(name)
            elif made.code == 1:
                # The three images do not match one another: the person would be asked for others.
                site.show(*images[ENROLLED:2 * ENROLLED])
                again = site.cli(
                    "enroll", "--user", f"orl-{name}", "--modality", "face", "--label", "default",
                    "--samples", str(ENROLLED),
                )
                enrolment_failures += 1
                if again.code == 0:
                    people[name] = images[ENROLLED:] + images[:ENROLLED]
                    enrolled.append(name)
            else:
                raise SystemExit(f"{made}\n{site.logs()}")
        print(f"enrolled {len(enrolled)} of {len(people)} (first attempt refused: {enrolment_failures})", flush=True)

        def attempt(subject, image):
            site.show(image)
            result = site.cli("authenticate", "--user", f"orl-{subject}", "--json")
            if result.code == 4:
                return None
            if result.code not in (0, 1):
                raise SystemExit(f"{result}\n{site.logs()}")
            if result.code == 0:
                answer = result.json
                prove.append(answer["captureAndProveMilliseconds"])
                verify.append(answer["verifyMilliseconds"])
                sizes.append(answer["proofByteCount"])
            return result.code == 0

        for position, name in enumerate(enrolled):
            for number, image in enumerate(people[name][ENROLLED:]):
                accepted = attempt(name, image)
                if accepted is not None:
                    genuine += 1
                    false_rejects += not accepted
                stranger = enrolled[(position + number + 1) % len(enrolled)]
                if stranger != name:
                    accepted = attempt(name, people[stranger][ENROLLED + number])
                    if accepted is not None:
                        impostors += 1
                        false_accepts += accepted
    print(f"genuine   {genuine} attempts, {false_rejects} false rejects")
    print(f"impostor  {impostors} attempts, {false_accepts} false accepts")
    for label, values in (("capture and prove", prove), ("verify", verify)):
        print(
            f"{label:18s} p50 {statistics.median(values):.0f} ms, p95 {percentile(values, 0.95):.0f} ms "
            f"({len(values)} logins)"
        )
    print(f"proof             {max(sizes)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())

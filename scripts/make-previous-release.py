#!/usr/bin/env python3
"""Makes Fixtures/previous-release: what the programs of one release leave on a disk, for the tests of the next.

Run as root in a built tree of that release; the tests of the tree that follows hold the files:

    scripts/make-previous-release.py [--programs .build/release] [--output Fixtures/previous-release]

All keys among the files are made here and for this: they guard nothing.
"""

import argparse
import json
import pathlib
import shutil
import sqlite3
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))
sys.dont_write_bytecode = True

from harness import FIXTURES, Site  # noqa: E402

# The one account that has the same uid everywhere: an enrolment is sealed to it.
SUBJECT = "root"
GRAPHS = ROOT / "Tests" / "NeuralNetworkTests" / "Graphs"
# Small networks, whose likeness says nothing: they show that files are read as they were written.
SMALL = {"open": ("hard_swish_by_hand.script13.onnx", ()), "private": ("unfolded_norm.script13.onnx", ("--private-weights",))}
CROPS = [FIXTURES / "calibration" / f"{number:03d}.pgm" for number in range(3)]
# Anywhere below 2^16 would do.
THRESHOLDS = [{"fmr": 0.01, "numerator": 30000}, {"fmr": 0.001, "numerator": 40000}]
PLACE = "@SITE@"


class Release(Site):
    """A site of that release's programs, with a verifier for each assurance, and what it leaves."""

    def __init__(self, programs, output):
        super().__init__(bin=programs, accounts=())
        self.output, self.proofs, self.models = output, {}, {}
        self.keys, self.policies = {}, {}

    def done(self, *arguments, **options):
        result = self.cli(*arguments, **options)
        assert result.code == 0, f"{arguments}: {result}\n{self.logs()}"
        return result

    def import_models(self):
        thresholds = self.base / "thresholds.json"
        thresholds.write_text(json.dumps(THRESHOLDS))
        for name, (graph, options) in SMALL.items():
            model, published = (self.output / "models" / f"{name}.semblance-{kind}" for kind in ("model", "public"))
            self.done(
                "model", "import", GRAPHS / graph, "--calibration", FIXTURES / "calibration", "--modality", "fingerprint",
                "--align", "finger128", "--aligned", "--name", name, "--thresholds", thresholds, *options, "--output", model,
            )  # fmt: skip
            model.chmod(0o644)
            entry = self.publish(model, published)
            shutil.copy(model, self.base)
            shutil.copy(published, self.base)
            entry["published"] = str(self.base / published.name)
            run = self.done("model", "run", model, *CROPS, "--aligned", "--json").json
            embeddings = {pathlib.Path(one["path"]).name: one["values"] for one in run["embeddings"]}
            self.models[name] = {"identity": entry["identity"], "embeddings": embeddings}
            self.policies[name] = entry
        shutil.copy(self.published, self.output / "models" / "fingerprint-v2.semblance-public")

    def start_daemons(self):
        self.other_models = [self.base / f"{name}.semblance-model" for name in SMALL]
        self.start_sensor()
        self.start_prover()

    def configure(self, name, **policy):
        config = self.verifier_config(name, audience=f"{name}.semblance.test", assurance=name, **policy)
        if name in self.processes:
            self.stop(name)
        self.start_verifier(name, config=config)

    def prove(self, name, step, command, images, *arguments, label="right-index"):
        """One command with that verifier; its proof is kept."""
        self.show(*self.finger("alice", *images))
        file = self.output / "proofs" / f"{name}-{step}.proof"
        self.done(
            command, "--user", SUBJECT, "--modality", "fingerprint", "--label", label, *arguments, "--save-proof", file,
            verifier=name,
        )  # fmt: skip
        return file

    def live(self, name):
        """Everything that a subject does: two enrolments, a login, the rotations. One template stays under the old model."""
        self.configure(name)
        steps = {
            "enrol": self.prove(name, "enrol", "enroll", (1, 3), "--samples", "2"),
            "login": self.prove(name, "login", "authenticate", (6,)),
            "reblind": self.prove(name, "reblind", "rotate", (6,), "--reblind"),
            "refresh": self.prove(name, "refresh", "rotate", (1, 4), "--refresh", "--samples", "2"),
            "enrol-other": self.prove(name, "enrol-other", "enroll", (3,), "--samples", "1", label="left-index"),
        }
        self.configure(name, models=[self.policies["private"], *self.policy["models"]])
        steps["upgrade"] = self.prove(
            name, "upgrade", "rotate", (1, 3), "--upgrade", "--samples", "2", label="left-index"
        )
        steps.pop("enrol-other").unlink()
        key = self.done("status", "--json", verifier=name).json["verifier"]["verifierKey"]
        models = [self.published, self.base / "private.semblance-public"]
        named = [part for model in models for part in ("--model", model)]
        for step, file in steps.items():
            report = self.done("verify", file, "--verifier-key", key, *named, "--json").json
            del report["milliseconds"]
            self.proofs[file.name] = report
        self.keys[name] = key

    def keep(self):
        """Stops everything and copies what is on the disk, databases whole."""
        listed = self.done("list", "--user", SUBJECT, "--json", verifier="match").json
        release = self.run([self.bin / "semblance", "--version"]).out.strip()
        for name in list(self.processes):
            self.stop(name)
        keep_directory(self.base / "prover-state", self.output / "prover")
        keep_directory(self.base / "sensor-state", self.output / "sensor")
        for name in self.keys:
            keep_directory(self.base / f"{name}-state", self.output / "verifiers" / name)
            config = (self.base / f"{name}.json").read_text().replace(str(self.base), PLACE)
            (self.output / "verifiers" / f"{name}.json").write_text(config + "\n")
        commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
        for entry in listed:
            entry["origin"] = entry["origin"].replace(str(self.base), PLACE)
        description = {
            "release": release,
            "commit": commit,
            "subject": SUBJECT,
            "verifierKeys": self.keys,
            "models": self.models,
            "list": listed,
            "proofs": self.proofs,
        }
        (self.output / "release.json").write_text(json.dumps(description, indent=2) + "\n")


def keep_directory(source, target):
    """Files as they are; a database with what its log holds, in one file."""
    target.mkdir(parents=True)
    for file in sorted(source.iterdir()):
        if file.name.endswith(("-wal", "-shm")):
            continue
        if file.suffix == ".sqlite":
            with sqlite3.connect(file) as database, sqlite3.connect(target / file.name) as copy:
                database.backup(copy)
            copy.close()
            database.close()
        else:
            shutil.copyfile(file, target / file.name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--programs", type=pathlib.Path, default=ROOT / ".build" / "release")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "Fixtures" / "previous-release")
    arguments = parser.parse_args()
    output = arguments.output.resolve()
    for part in ("models", "proofs", "prover", "sensor", "verifiers"):
        shutil.rmtree(output / part, ignore_errors=True)
    for part in ("models", "proofs"):
        (output / part).mkdir(parents=True)
    with Release(arguments.programs.resolve(), output) as release:
        release.import_models()
        release.start_daemons()
        for assurance in ("match", "head", "full"):
            release.live(assurance)
        release.keep()
    print(f"{output}: {sum(file.stat().st_size for file in output.rglob('*') if file.is_file())} bytes")


if __name__ == "__main__":
    main()

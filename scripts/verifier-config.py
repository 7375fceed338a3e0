#!/usr/bin/env python3
"""Prints a configuration for semblance-verifier that allows models at one of their calibrated false match rates, and
writes the published models that it names. The first model serves new enrolments; the others' templates are accepted, and
may be upgraded.

    scripts/verifier-config.py --audience login.example.org [--model FILE]... [--assurance full] [--published FILE]...
                               [--fmr 0.001] [--state DIR] [--socket PATH] [--http ADDRESS:PORT]

Further keys (TLS, limits, policy) are in docs/verifier.md.
"""

import argparse
import json
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
# In the tree, and where it is installed.
FOLDERS = [ROOT / "Fixtures" / "models", pathlib.Path("/usr/share/semblance")]
MODEL = next((folder for folder in FOLDERS if folder.exists()), FOLDERS[-1]) / "fingerprint-v2.semblance-model"


def allowed(semblance, file, published, fmr):
    """Publishes a model and returns its entry of the policy."""
    publish = [semblance, "model", "publish", "--json", file, "--output", published]
    model = json.loads(subprocess.run(publish, check=True, capture_output=True).stdout)
    published.chmod(0o644)
    rates = {entry["fmr"] for entry in model["thresholds"]}
    if fmr not in rates:
        sys.exit(f"verifier-config: {file} has thresholds for {sorted(rates, reverse=True)} only")
    return {"identity": model["identity"], "published": str(published.resolve()), "falseMatchRate": fmr}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--audience", required=True, help="the verifier's name")
    parser.add_argument("--model", action="append", help="(default: the project's own fingerprint model)")
    parser.add_argument("--assurance", choices=("match", "head", "full"), default="full", help="the least accepted")
    parser.add_argument(
        "--published",
        action="append",
        help="the published model to write, one for each --model (default: /etc/semblance/MODEL.semblance-public)",
    )
    parser.add_argument("--fmr", type=float, default=0.001, help="false match rate of the model's table")
    parser.add_argument("--state", default="/var/lib/semblance-verifier")
    parser.add_argument("--socket", default="/run/semblance/verifier")
    parser.add_argument("--http", help="also serve HTTP here; plain on a loopback address only")
    arguments = parser.parse_args()

    built = ROOT / ".build" / "release" / "semblance"
    semblance = built if built.exists() else shutil.which("semblance")
    if semblance is None:
        sys.exit("verifier-config: semblance is neither built nor installed")
    files = arguments.model or [MODEL]
    outputs = arguments.published or [f"/etc/semblance/{pathlib.Path(file).stem}.semblance-public" for file in files]
    if len(outputs) != len(files):
        sys.exit("verifier-config: give --published once for each --model, or not at all")
    models = [allowed(semblance, file, pathlib.Path(output), arguments.fmr) for file, output in zip(files, outputs)]
    config = {
        "audience": arguments.audience,
        "database": f"{arguments.state}/verifier.sqlite",
        "signingKey": f"{arguments.state}/signing-key",
        "policy": {
            "models": models,
            "assurance": arguments.assurance,
        },
        "varlink": {"socket": arguments.socket},
    }
    if arguments.http:
        address, _, port = arguments.http.rpartition(":")
        config["http"] = {"address": address, "port": int(port)}
    print(json.dumps(config, indent=2))


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
"""Prints a configuration for semblance-verifier that allows one model at one of its calibrated false match rates, and
writes the published model that it names.

    scripts/verifier-config.py --audience login.example.org [--model FILE] [--assurance full] [--published FILE]
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


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--audience", required=True, help="the verifier's name")
    parser.add_argument("--model", default=ROOT / "Fixtures" / "models" / "fingerprint-v1.semblance-model")
    parser.add_argument("--assurance", choices=("match", "head", "full"), default="full", help="the least accepted")
    parser.add_argument("--published", help="the published model to write (default: /etc/semblance/MODEL.semblance-public)")
    parser.add_argument("--fmr", type=float, default=0.001, help="false match rate of the model's table")
    parser.add_argument("--state", default="/var/lib/semblance-verifier")
    parser.add_argument("--socket", default="/run/semblance/verifier")
    parser.add_argument("--http", help="also serve HTTP here; plain on a loopback address only")
    arguments = parser.parse_args()

    built = ROOT / ".build" / "release" / "semblance"
    semblance = built if built.exists() else shutil.which("semblance")
    if semblance is None:
        sys.exit("verifier-config: semblance is neither built nor installed")
    published = pathlib.Path(arguments.published or f"/etc/semblance/{pathlib.Path(arguments.model).stem}.semblance-public")
    publish = [semblance, "model", "publish", "--json", arguments.model, "--output", published]
    model = json.loads(subprocess.run(publish, check=True, capture_output=True).stdout)
    published.chmod(0o644)
    rates = {entry["fmr"]: entry["numerator"] for entry in model["thresholds"]}
    if arguments.fmr not in rates:
        sys.exit(f"verifier-config: the model has thresholds for {sorted(rates, reverse=True)} only")
    config = {
        "audience": arguments.audience,
        "database": f"{arguments.state}/verifier.sqlite",
        "signingKey": f"{arguments.state}/signing-key",
        "policy": {
            "models": [
                {
                    "identity": model["identity"],
                    "modality": model["modality"],
                    "dimension": model["dimension"],
                    "threshold": rates[arguments.fmr],
                    "minimumNorm": model["minimumNorm"],
                    "published": str(published.resolve()),
                }
            ],
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

#!/usr/bin/env python3
"""Makes Tests/Fuzz/Corpus with the built programs: what a fuzzer begins with. Needs root; run it anew when a format changes.

Small networks are those of Tests/NeuralNetworkTests/Graphs; proofs are of the shipped fingerprint model, whose published
model is in the corpus for that: a decoder of envelopes asks for it.
"""

import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORPUS = ROOT / "Tests" / "Fuzz" / "Corpus"
sys.path.insert(0, str(ROOT / "Tests" / "EndToEnd"))

from harness import BIN, FIXTURES, Site  # noqa: E402

NETWORKS = ("residual_relu.script13", "depthwise_prelu.script13", "mobilenet3.script13", "hard_swish_by_hand.script13")
# JSON that calls, replies, configurations and requests consist of, and what parsers stumble over.
TEXTS = {
    "call": '{"method":"org.semblance.Verifier.Challenge","parameters":{"subject":"alice","purpose":"sudo"},"more":true}',
    "reply": '{"parameters":{"stage":"capture","message":"\\u00e9\\n","percent":50},"continues":true}',
    "error": '{"error":"org.semblance.Prover.LockedOut","parameters":{"retryAfterSeconds":-1}}',
    "upgrade": '{"method":"a.b.C","parameters":null,"oneway":false,"upgrade":true}',
    "numbers": "[0,-0,1.5e-300,9223372036854775807,-9223372036854775808,1E400,0.1]",
    "strings": '["\\ud83d\\ude00","\\u0000","\\ud800","\\"\\\\\\/\\b\\f\\n\\r\\t"]',
    "nested": "[" * 20 + "]" * 20,
    "twice": '{"a":1,"\\u0061":2}',
    "blanks": ' {"a" : [ true , false , null ] }\r\n',
}


def put(target, name, data):
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_bytes(data.encode() if isinstance(data, str) else data)


def run(*command):
    subprocess.run(list(map(str, command)), check=True, stdout=subprocess.DEVNULL)


def models():
    """Small networks of each kind of layer, and one whose weights are hidden."""
    semblance, folder, published = BIN / "semblance", CORPUS / "model", CORPUS / "published-model"
    folder.mkdir(parents=True, exist_ok=True)
    published.mkdir(parents=True, exist_ok=True)
    for name in NETWORKS:
        graph = ROOT / "Tests" / "NeuralNetworkTests" / "Graphs" / f"{name}.onnx"
        run(semblance, "model", "import", graph, "--calibration", FIXTURES / "calibration", "--modality", "fingerprint",
            "--name", "fuzz", "--output", folder / name)
    run(semblance, "model", "blind", folder / NETWORKS[0], "--output", folder / "private")
    for model in sorted(folder.iterdir()):
        run(semblance, "model", "publish", model, "--output", published / model.name)


def proofs(assurance):
    """An enrolment from two samples and a login, and what was signed for them."""
    with Site(assurance=assurance) as site:
        site.start_sensor()
        site.start_prover()
        site.start_verifier()
        saved = site.base / "proof"
        if assurance != "match":
            shutil.copy(site.published, CORPUS / "published-model" / site.model.stem)
        site.show(*site.finger("alice", 1, 3))
        enrol = [
            "enroll", "--user", "sbl-alice", "--label", "right-index", "--samples", "2", "--save-proof", saved,
        ]
        for name, command in (
            ("enrol", lambda: site.cli(*enrol)),
            ("login", lambda: site.authenticate("sbl-alice", "alice", 6, "--save-proof", saved)),
        ):
            result = command()
            assert result.code == 0, f"{result}\n{site.logs()}"
            put_proof(f"{name}-{assurance}", saved.read_bytes())


def put_proof(name, envelope):
    """An envelope, its signed challenge, and its challenge: a statement's first byte says which it is."""
    put("envelope", name, envelope)
    length = int.from_bytes(envelope[6:8], "little")
    put("statement", f"signed-{name}", b"\0" + envelope[8 : 8 + length])
    put("statement", f"challenge-{name}", b"\1" + envelope[8 : 8 + length - 64])


def main():
    shutil.rmtree(CORPUS, ignore_errors=True)
    for name, text in TEXTS.items():
        put("json", name, text)
    models()
    for assurance in ("match", "head", "full"):
        proofs(assurance)


if __name__ == "__main__":
    main()

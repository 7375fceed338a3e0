#!/usr/bin/env python3
"""Compares a quantised model with ONNX Runtime on aligned faces: cosines of the embeddings, and error rates on pairs.

    compare_onnxruntime.py --onnx NET.onnx --model NET.semblance-model --images FOLDER --pairs PAIRS.txt \
        --runner "semblance model run --json" [--limit N] [--mean 127] [--scale 128]

The runner is called as RUNNER MODEL IMAGE... and prints JSON with `embeddings`: [{path, values}]. Pairs are in LFW's format:
`name i j` for one person, `name i name j` for two; image i of a name is FOLDER/name/name_000i.jpg. The images must have
the size of the network's input. Exits 77 (skipped) when onnxruntime, numpy or Pillow is missing, 1 when a limit is missed.
"""

import argparse
import json
import pathlib
import shlex
import subprocess
import sys

try:
    import numpy as np
    import onnxruntime
    from PIL import Image
except ImportError as error:
    print(f"skipped: {error}")
    sys.exit(77)


def read_pairs(path, images):
    pairs = []
    for line in pathlib.Path(path).read_text().splitlines():
        fields = line.split()
        if len(fields) == 3:
            fields = [fields[0], fields[1], fields[0], fields[2]]
            genuine = True
        elif len(fields) == 4:
            genuine = False
        else:
            continue
        names = [f"{images}/{n}/{n}_{int(i):04d}.jpg" for n, i in (fields[:2], fields[2:])]
        pairs.append((names[0], names[1], genuine))
    return pairs


def float_embeddings(onnx, paths, mean, scale):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    session = onnxruntime.InferenceSession(onnx, options, providers=["CPUExecutionProvider"])
    source = session.get_inputs()[0]
    planes = source.shape[1]
    for path in paths:
        pixels = np.asarray(Image.open(path).convert("L"), dtype=np.float32)
        plane = (pixels - mean) / scale
        yield session.run(None, {source.name: np.repeat(plane[None, None], planes, axis=1)})[0].ravel()


def integer_embeddings(runner, model, paths, chunk=64):
    for start in range(0, len(paths), chunk):
        command = shlex.split(runner) + [model] + paths[start:start + chunk]
        result = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
        for embedding in result["embeddings"]:
            yield np.array(embedding["values"], dtype=np.float64)


def equal_error_rate(scores, genuine):
    """Linear interpolation where the false-match rate crosses the false-non-match rate; and the best accuracy."""
    order = np.argsort(-scores, kind="stable")
    genuine = genuine[order]
    fmr = np.concatenate([[0], np.cumsum(~genuine) / max(1, np.sum(~genuine))])
    fnmr = np.concatenate([[1], 1 - np.cumsum(genuine) / max(1, np.sum(genuine))])
    index = int(np.argmax(fmr >= fnmr))
    a, b = fnmr[index - 1] - fmr[index - 1], fnmr[index] - fmr[index]
    weight = a / (a - b) if a != b else 0
    correct = (1 - fnmr) * np.sum(genuine) + (1 - fmr) * np.sum(~genuine)
    return fmr[index - 1] + weight * (fmr[index] - fmr[index - 1]), correct.max() / len(genuine)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--onnx", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--images", required=True)
    parser.add_argument("--pairs", required=True)
    parser.add_argument("--runner", required=True)
    parser.add_argument("--limit", type=int, default=0, help="use this many images at most, and no pairs")
    parser.add_argument("--mean", type=float, default=127)
    parser.add_argument("--scale", type=float, default=128)
    parser.add_argument("--minimum-cosine", type=float, default=0.998)
    parser.add_argument("--maximum-rise", type=float, default=0.002)
    arguments = parser.parse_args()

    pairs = read_pairs(arguments.pairs, arguments.images)
    paths = sorted({path for pair in pairs for path in pair[:2]})
    if arguments.limit:
        paths = paths[::max(1, len(paths) // arguments.limit)][:arguments.limit]
    floats = dict(zip(paths, float_embeddings(arguments.onnx, paths, arguments.mean, arguments.scale)))
    integers = dict(zip(paths, integer_embeddings(arguments.runner, arguments.model, paths)))

    def cosine(a, b):
        return float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))

    cosines = np.array([cosine(floats[path].astype(np.float64), integers[path]) for path in paths])
    norms = np.array([integers[path] @ integers[path] for path in paths])
    report = {
        "images": len(paths),
        "cosine": {"median": float(np.median(cosines)), "5%": float(np.percentile(cosines, 5)), "min": float(cosines.min())},
        "norm": {"min": int(norms.min()), "median": int(np.median(norms)), "max": int(norms.max())},
    }
    passed = report["cosine"]["median"] >= arguments.minimum_cosine
    if not arguments.limit:
        genuine = np.array([pair[2] for pair in pairs])
        rates = {}
        for name, table in (("float", floats), ("integer", integers)):
            scores = np.array([cosine(table[a].astype(np.float64), table[b].astype(np.float64)) for a, b, _ in pairs])
            rates[name] = dict(zip(("eer", "accuracy"), map(float, equal_error_rate(scores, genuine))))
        report["pairs"] = len(pairs)
        report |= rates
        passed = passed and rates["integer"]["eer"] <= rates["float"]["eer"] + arguments.maximum_rise
    report["passed"] = bool(passed)
    print(json.dumps(report, indent=2))
    sys.exit(0 if passed else 1)


if __name__ == "__main__":
    main()

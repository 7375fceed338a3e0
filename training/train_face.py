#!/usr/bin/env python3
"""Trains face-v2: distils a stock network's embedding into a small one, exports, quantises, measures."""

from __future__ import annotations

import argparse
import json
import math
import os
import platform
import sys
import tempfile
import time
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import onnx
import torch

from common import integer
from common.export import to_onnx
from common.network import Network
from common.run import progress
from common.runtime import check
from face import evaluation, teacher
from face.crops import SEED, Crops, Division, divide, load_crops, load_pairs
from face.model import ARCHITECTURE, ZERO_POINT
from face.trainer import Schedule, TrainingSet, durations, train
from fingerprint.evaluation import OPERATING_POINTS, THRESHOLD_ONE, matches, threshold_numerator

ROOT = Path(__file__).resolve().parent.parent
NAME = "face-v2"
#: Calibration of the importer: the first images of that many training people, evenly spaced.
CALIBRATION_IMAGES = 256
#: At most this many images of a person choose between networks, or a few much photographed people would.
PER_PERSON = 4
#: False match rate at which the product is to run.
RECOMMENDED_RATE = 1e-3


def few_each(crops: Crops, people: np.ndarray, count: int = PER_PERSON) -> np.ndarray:
    """Indices of the first `count` images of each of these people."""
    return np.concatenate([np.flatnonzero(crops.owners == person)[:count] for person in people])


def thresholds(embeddings: np.ndarray, owners: np.ndarray) -> list[dict]:
    """Per false match rate the statement's numerator, set on every pair of these images."""
    population = evaluation.all_pairs(embeddings, owners)
    table = []
    for rate in OPERATING_POINTS:
        numerator = threshold_numerator(population.impostor, rate)
        table.append(
            {
                "fmr": rate,
                "numerator": numerator,
                "cosine": round(float(np.sqrt(numerator / THRESHOLD_ONE)), 4),
                "fnmr": round(float(1 - matches(population.genuine, numerator).mean()), 5),
                "recommended": rate == RECOMMENDED_RATE,
            }
        )
    return table


def report_on(embeddings: np.ndarray, crops: Crops, division: Division, pairs: np.ndarray, table: list[dict]) -> dict:
    """Everything measured on the test people; `embeddings` are of all crops."""
    numerators = {point["fmr"]: point["numerator"] for point in table}
    held = np.isin(crops.owners[pairs], division.test).all(axis=1)
    test, few = crops.of(division.test), few_each(crops, division.test)
    populations = {
        "listed pairs": evaluation.listed_pairs(embeddings, crops.owners, pairs[held]),
        "all pairs": evaluation.all_pairs(embeddings[test], crops.owners[test]),
        f"all pairs, at most {PER_PERSON} images a person": evaluation.all_pairs(embeddings[few], crops.owners[few]),
        "template of 3": evaluation.templates(embeddings[test], crops.owners[test]),
    }
    return {label: evaluation.measure(population, numerators) for label, population in populations.items()}


def on_held_out(embed, crops: Crops, division: Division) -> np.ndarray:
    """Embeddings of the held-out people's crops in their places among all crops; the others' are zero."""
    indices = crops.of(np.concatenate([division.validation, division.test]))
    result = np.zeros((len(crops.images), 128))
    result[indices] = embed(crops.images[indices])
    return result


def finish(network: Network, arguments, crops: Crops, division: Division, embeddings: np.ndarray, report: dict) -> None:
    """Exports, quantises, sets thresholds and measures on held-out people."""
    pairs, _ = load_pairs(arguments.shared / "data" / "lfw112-pairs.txt", crops)
    arguments.output.mkdir(parents=True, exist_ok=True)
    graph_path = arguments.output / f"{NAME}.onnx"
    graph_path.write_bytes(to_onnx(network, NAME).SerializeToString())
    progress(f"wrote {NAME}.onnx, {graph_path.stat().st_size} bytes")
    check(network, graph_path.read_bytes(), torch.from_numpy(crops.images[:8, None].astype(np.float32) - ZERO_POINT))

    validation = crops.of(division.validation)
    results = {
        "teacher, float": embeddings[:, 0],
        "float": on_held_out(lambda images: evaluation.embed(network, images), crops, division),
    }
    final = "float"
    if arguments.program.exists():
        final = "integer"
        chosen = crops.images[few_each(crops, division.training, 1)]
        chosen = chosen[:: max(1, len(chosen) // CALIBRATION_IMAGES)][:CALIBRATION_IMAGES]
        calibration = arguments.cache / "calibration"
        integer.write_images(calibration, chosen)
        model = arguments.cache / f"{NAME}.semblance-model"
        source = (arguments.program, graph_path, NAME, "face", calibration)
        integer.import_model(*source, model, "face112")

        def embed(images: np.ndarray) -> np.ndarray:
            with tempfile.TemporaryDirectory() as folder:
                return integer.embed(arguments.program, model, integer.write_images(Path(folder), images))

        results["integer"] = on_held_out(embed, crops, division)
        both = np.concatenate([validation, crops.of(division.test)])
        cosines = (evaluation.unit(results["float"][both]) * evaluation.unit(results["integer"][both])).sum(axis=1)
        report["integer to float"] = {
            "median": float(np.median(cosines)),
            "5 %": float(np.quantile(cosines, 0.05)),
            "least": float(cosines.min()),
        }
    else:
        progress(f"no integer figures: {arguments.program} is not built")
    # Thresholds are for the network that is proved, the integer one.
    table = thresholds(results[final][validation], crops.owners[validation])
    table_path = arguments.output / f"{NAME}.thresholds.json"
    table_path.write_text(json.dumps(table, indent=2) + "\n")
    progress(f"thresholds {table}")
    if final == "integer":
        shipped = arguments.output / f"{NAME}.semblance-model"
        integer.import_model(*source, shipped, "face112", "--thresholds", table_path)
    for label, vectors in results.items():
        own = table if label == final else thresholds(vectors[validation], crops.owners[validation])
        report[label] = report_on(vectors, crops, division, pairs, own)
        for population, rates in report[label].items():
            progress(f"{label}, {population}: EER {rates['eer']}")
    (arguments.output / f"{NAME}.metrics.json").write_text(json.dumps(report, indent=2) + "\n")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=ROOT / ".build" / "train-face", help="checkpoint, teacher's embeddings")
    parser.add_argument("--output", type=Path, default=ROOT / "Fixtures" / "models")
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("SEMBLANCE_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--program", type=Path, default=ROOT / ".build" / "release" / "semblance")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch", type=int, default=Schedule.batch)
    parser.add_argument("--blocks", type=int, default=Schedule.blocks, help=f"composites, in thousands times {Schedule.block / 1000}")
    parser.add_argument("--steps", type=int, default=24_533, help="(default: as the shipped weights)")
    parser.add_argument("--seconds", type=float, default=math.inf, help="as many steps as fit into so much time instead")
    parser.add_argument("--train-only", action="store_true", help="leave only the checkpoint, in the cache")
    parser.add_argument("--weights", type=Path, help="export and measure this checkpoint instead of training")
    arguments = parser.parse_args()
    device, began = torch.device(arguments.device), time.monotonic()
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    arguments.cache.mkdir(parents=True, exist_ok=True)

    archive, teacher_path = arguments.shared / "data" / "lfw112.tar", arguments.shared / "models" / "mobilefacenet-relu6.onnx"
    for path in (archive, teacher_path):
        if not path.exists():
            parser.error(f"{path} is not there: training needs LFW's crops and the teacher (training/README-face.md)")
    crops = load_crops(archive)
    division = divide(len(crops.people))
    training, few = crops.of(division.training), few_each(crops, division.validation)
    progress(f"{len(crops.images)} crops of {len(crops.people)} people, {len(training)} to train on")
    embeddings = teacher.crop_embeddings(teacher_path, crops.images, arguments.cache, device, progress)
    progress("teacher's embeddings")

    def evaluate(network: Network) -> str:
        population = evaluation.all_pairs(evaluation.embed(network, crops.images[few]), crops.owners[few])
        return f"validation EER {evaluation.error(population):.4f}"

    if arguments.weights:
        state = torch.load(arguments.weights, map_location=device)
        network, steps = Network(ARCHITECTURE).to(device), state["steps"]
        network.load_state_dict(state["network"])
        network.eval()
    else:
        half = torch.float16 if device.type == "cuda" else torch.float32
        master = teacher.Teacher(teacher_path, device, half)
        data = TrainingSet.of(crops.images[training], embeddings[training], crops.owners[training], device)
        schedule = Schedule(steps=arguments.steps, batch=arguments.batch, blocks=arguments.blocks)
        if not math.isinf(arguments.seconds):
            each, making = durations(data, master, schedule)
            left = arguments.seconds - (time.monotonic() - began)
            schedule = replace(schedule, steps=max(20, int(0.93 * (left - making) / each)))
            progress(f"{1000 * each:.1f} ms a step, {making:.0f} s of composites: {schedule.steps} steps fit")
        steps = schedule.steps
        checkpoint = arguments.cache / f"{NAME}.pt"
        network = train(
            data, master, schedule, checkpoint, evaluate=evaluate, deadline=began + arguments.seconds - 8
        )
        if device.type == "cuda":
            progress(f"memory {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")
    if arguments.train_only:
        return 0

    report = {
        "seed": SEED,
        "schedule": asdict(Schedule(steps=steps)),
        "people": {name: len(people) for name, people in asdict(division).items()},
        "images": {name: len(crops.of(people)) for name, people in asdict(division).items()},
        "parameters": sum(p.numel() for p in network.parameters()),
        "activations": ARCHITECTURE.activations(),
        "multiplications": ARCHITECTURE.multiplications(),
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__,
            "onnx": onnx.__version__,
        },
    }
    finish(network, arguments, crops, division, embeddings, report)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Trains face-v1: distils a stock network's embedding into a small one, exports, quantises, measures."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import time
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path

import numpy as np
import onnx
import torch

from face import evaluation, integer, teacher
from face.crops import SEED, Crops, Division, divide, load_crops, load_pairs
from face.export import to_onnx
from face.model import ARCHITECTURE, Embedder
from face.trainer import Schedule, TrainingSet, train
from fingerprint.evaluation import OPERATING_POINTS, THRESHOLD_ONE, matches, threshold_numerator

ROOT = Path(__file__).resolve().parent.parent
SHARED = Path(os.environ.get("SEMBLANCE_SHARED", ROOT.parent / "shared"))
NAME = "face-v1"
#: Files of 2,048 composites each.
SHARDS = 10
#: Calibration of the importer: the first images of that many training people, evenly spaced.
CALIBRATION_IMAGES = 256
#: At most this many images of a person choose between networks, or a few much photographed people would.
PER_PERSON = 4
#: False match rate at which the product is to run.
RECOMMENDED_RATE = 1e-3


def progress(message: str) -> None:
    print(time.strftime("%H:%M:%S"), message, flush=True)


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


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=ROOT / ".build" / "train-face", help="the teacher's embeddings")
    parser.add_argument("--output", type=Path, default=ROOT / "Fixtures" / "models")
    parser.add_argument("--program", type=Path, default=ROOT / ".build" / "release" / "semblance")
    parser.add_argument("--steps", type=int, help="a single cycle of so many steps, at least 2, for trying things out")
    parser.add_argument("--shards", type=int, default=SHARDS, help=f"composites: files of {teacher.SHARD}")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--checkpoint", type=Path, help="continue from, and keep, this file (default: in the cache)")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    device = torch.device(arguments.device)
    started = time.monotonic()

    archive, teacher_path = SHARED / "data" / "lfw112.tar", SHARED / "models" / "mobilefacenet-relu6.onnx"
    for path in (archive, teacher_path):
        if not path.exists():
            parser.error(f"{path} is not there: training needs LFW's crops and the teacher (training/README.md)")
    crops = load_crops(archive)
    division = divide(len(crops.people))
    pairs, _ = load_pairs(SHARED / "data" / "lfw112-pairs.txt", crops)
    training, few = crops.of(division.training), few_each(crops, division.validation)
    embeddings = teacher.crop_embeddings(teacher_path, crops.images, arguments.cache, arguments.threads, progress)
    mixed = teacher.composites(
        teacher_path,
        crops.images[training],
        crops.owners[training],
        arguments.shards,
        arguments.cache,
        arguments.threads,
        progress,
    )

    def evaluate(network: Embedder) -> str:
        population = evaluation.all_pairs(evaluation.embed(network, crops.images[few]), crops.owners[few])
        return f"validation EER {evaluation.error(population):.4f}"

    schedule = Schedule()
    if arguments.steps:
        first = replace(schedule.cycles[0], steps=arguments.steps, warm_up=arguments.steps // 8 or 1)
        schedule = replace(schedule, cycles=(replace(first, cooling=arguments.steps // 2),))
    data = TrainingSet.of(crops.images[training], embeddings[training], crops.owners[training], *mixed)
    network = train(
        data,
        schedule,
        device=device,
        checkpoint=arguments.checkpoint or arguments.cache / f"{NAME}-{schedule.steps}.pt",
        evaluate=evaluate,
        progress=progress,
    )

    arguments.output.mkdir(parents=True, exist_ok=True)
    graph_path = arguments.output / f"{NAME}.onnx"
    graph_path.write_bytes(to_onnx(network, NAME).SerializeToString())
    progress(f"wrote {NAME}.onnx, {graph_path.stat().st_size} bytes")

    validation = crops.of(division.validation)
    results = {
        "teacher, float": embeddings[:, 0],
        "float": on_held_out(lambda images: evaluation.embed(network, images), crops, division),
    }
    report = {
        "seed": SEED,
        "schedule": asdict(schedule),
        "composites": len(mixed[0]),
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
    final = "float"
    if arguments.program.exists():
        final = "integer"
        chosen = crops.images[few_each(crops, division.training, 1)]
        chosen = chosen[:: max(1, len(chosen) // CALIBRATION_IMAGES)][:CALIBRATION_IMAGES]
        calibration = arguments.cache / "calibration"
        integer.write_images(calibration, chosen)
        model = arguments.cache / f"{NAME}.semblance-model"
        integer.import_model(arguments.program, graph_path, NAME, calibration, model)
        embed = partial(integer.embed, arguments.program, model)
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
    (arguments.output / f"{NAME}.thresholds.json").write_text(json.dumps(table, indent=2) + "\n")
    progress(f"thresholds {table}")
    if final == "integer":
        integer.import_model(
            arguments.program,
            graph_path,
            NAME,
            calibration,
            arguments.output / f"{NAME}.semblance-model",
            arguments.output / f"{NAME}.thresholds.json",
        )
    for label, vectors in results.items():
        own = table if label == final else thresholds(vectors[validation], crops.owners[validation])
        report[label] = report_on(vectors, crops, division, pairs, own)
        for population, rates in report[label].items():
            progress(f"{label}, {population}: EER {rates['eer']}")
    report["seconds"] = round(time.monotonic() - started)
    (arguments.output / f"{NAME}.metrics.json").write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/python3
"""Trains fingerprint-v1 from nothing but seeds: synthetic prints, network, measurements, ONNX, fixtures."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
import tempfile
import time
from dataclasses import asdict
from functools import partial
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from fingerprint import dataset, evaluation
from fingerprint.export import to_onnx
from fingerprint.model import Embedder
from fingerprint.trainer import Schedule, train

ROOT = Path(__file__).resolve().parent.parent
NAME = "fingerprint-v1"
#: Impressions of a training identity, and of one that is measured (three of them enrolled).
TRAINING_IMPRESSIONS = 10
MEASURED_IMPRESSIONS = 8
#: The persons of the fixtures are the first identities of a range that nothing else uses, in this order.
PERSONS = ("alice", "bob", "carol", "mallory")
FIXTURE_IDENTITIES = range(300_000, 300_000 + len(PERSONS))
FIXTURE_IMPRESSIONS = 6
#: Calibration of the importer: the first impressions of the first training identities.
CALIBRATION_IMAGES = 80
#: False match rate at which the product is to run.
RECOMMENDED_RATE = 1e-3


def progress(message: str) -> None:
    print(time.strftime("%H:%M:%S"), message, flush=True)


def write_images(folder: Path, images: np.ndarray, names: list[str]) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for image, name in zip(images, names):
        Image.fromarray(image).save(folder / f"{name}.png", optimize=True)


def write_fixtures(directory: Path, cache: Path) -> np.ndarray:
    """Writes the fixtures' images; returns the persons', (persons, impressions, 128, 128)."""
    persons = dataset.load_impressions(FIXTURE_IDENTITIES, FIXTURE_IMPRESSIONS, cache, progress)
    for person, images in zip(PERSONS, persons):
        numbers = [str(number) for number in range(1, FIXTURE_IMPRESSIONS + 1)]
        write_images(directory / "fingerprints" / person, images, numbers)
    trained = dataset.load_impressions(dataset.TRAINING[: dataset.CHUNK], TRAINING_IMPRESSIONS, cache, progress)
    numbers = [f"{identity:03}" for identity in dataset.TRAINING[:CALIBRATION_IMAGES]]
    write_images(directory / "calibration", trained[:, 0], numbers)
    return persons


def measure(population: evaluation.Population, numerators: dict[float, int]) -> dict:
    """Equal error rate, and both errors at each operating point, with intervals over fingers."""
    statistics = {"eer": evaluation.equal_error_rate}
    for rate, numerator in numerators.items():
        statistics[f"fmr at {rate}"] = partial(evaluation.false_match_rate, numerator=numerator)
        statistics[f"fnmr at {rate}"] = partial(evaluation.false_non_match_rate, numerator=numerator)
    counts = {
        "fingers": population.fingers,
        "genuine": len(population.genuine),
        "impostor": len(population.impostor),
    }
    return counts | population.intervals(statistics)


def measure_fixtures(network: Embedder, images: np.ndarray) -> dict:
    """Cosine of every probe (impressions 4 to 6) against every person's template (impressions 1 to 3)."""
    matrix = evaluation.template_scores(evaluation.embed(network, images)).matrix
    return {
        enrolled: {probe: [round(float(v), 4) for v in matrix[i, j]] for j, probe in enumerate(PERSONS)}
        for i, enrolled in enumerate(PERSONS)
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path(tempfile.gettempdir()) / "semblance-fingerprint")
    parser.add_argument("--output", type=Path, default=ROOT / "Fixtures", help="where models and images are written")
    parser.add_argument("--steps", type=int, default=Schedule().steps)
    parser.add_argument("--identities", type=int, default=len(dataset.TRAINING), help="how many to train on")
    parser.add_argument("--weights", type=Path, help="measure and export this checkpoint instead of training")
    arguments = parser.parse_args()
    if not 0 < arguments.identities <= dataset.VALIDATION.start:
        parser.error(f"--identities must be 1 to {dataset.VALIDATION.start}, or they would be measured as well")
    torch.set_num_threads(1)

    schedule = Schedule(steps=arguments.steps)
    if arguments.weights:
        network = Embedder().to(memory_format=torch.channels_last).eval()
        network.load_state_dict(torch.load(arguments.weights))
    else:
        identities = range(arguments.identities)
        images = dataset.load_impressions(identities, TRAINING_IMPRESSIONS, arguments.cache, progress)
        network = train(images, schedule, progress)
        torch.save(network.state_dict(), arguments.cache / f"{NAME}.pt")

    models = arguments.output / "models"
    models.mkdir(parents=True, exist_ok=True)
    graph = to_onnx(network, NAME).SerializeToString()
    (models / f"{NAME}.onnx").write_bytes(graph)
    progress(f"wrote {NAME}.onnx, {len(graph)} bytes")

    validation = evaluation.embed(
        network, dataset.load_impressions(dataset.VALIDATION, MEASURED_IMPRESSIONS, arguments.cache, progress)
    )
    scores = evaluation.template_scores(validation)
    numerators = {r: evaluation.threshold_numerator(scores.impostor, r) for r in evaluation.OPERATING_POINTS}
    table = [
        {
            "fmr": rate,
            "numerator": numerator,
            "cosine": round(float(np.sqrt(numerator / evaluation.THRESHOLD_ONE)), 4),
            "fnmr": round(float(1 - evaluation.matches(scores.genuine, numerator).mean()), 5),
            "recommended": rate == RECOMMENDED_RATE,
        }
        for rate, numerator in numerators.items()
    ]
    (models / f"{NAME}.thresholds.json").write_text(json.dumps(table, indent=2) + "\n")
    progress(f"thresholds {table}")

    report = {
        "seed": dataset.SEED,
        "schedule": asdict(schedule),
        "identities": arguments.identities,
        "parameters": sum(p.numel() for p in network.parameters()),
        "versions": {"python": platform.python_version(), "numpy": np.__version__, "torch": torch.__version__},
        "fixtures": measure_fixtures(network, write_fixtures(arguments.output, arguments.cache)),
    }
    progress(f"fixtures {report['fixtures']}")
    test = evaluation.embed(
        network, dataset.load_impressions(dataset.TEST, MEASURED_IMPRESSIONS, arguments.cache, progress)
    )
    populations = {
        "synthetic, template": evaluation.Population.of(evaluation.template_scores(test)),
        "synthetic, one to one": evaluation.Population.of(evaluation.pair_scores(test)),
    }
    fvc = Path(os.environ.get("SEMBLANCE_SHARED", ROOT.parent / "shared")) / "data" / "fvc2004-db4b"
    if fvc.is_dir():
        for label, centred in (("image centre", False), ("foreground centroid", True)):
            captures = evaluation.load_fvc(fvc, centred)
            populations[f"fvc2004-db4b, {label}"] = evaluation.all_pairs(evaluation.embed(network, captures))
    else:
        progress(f"skipped FVC2004 DB4_B: {fvc} is not there")
    for label, population in populations.items():
        report[label] = measure(population, numerators)
        progress(f"{label}: EER {report[label]['eer']}")
    (models / f"{NAME}.metrics.json").write_text(json.dumps(report, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

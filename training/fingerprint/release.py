"""From a checkpoint to what ships: both networks quantised by the program, thresholds set, errors measured.

All on pictures that the program's own sensor part aligns. None is left out: one that it refuses matches nothing.

Thresholds are the stricter of two: by templates of synthetic fingers, and by strangers among half of SOCOFing's real
fingers. The network never saw skin, and takes real fingers for more alike than its own.
"""

from __future__ import annotations

import json
import platform
import shutil
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import onnx
import PIL
import torch

from common import integer
from common.export import to_onnx
from common.network import DIMENSION, Network
from common.run import progress
from common.runtime import check

from . import evaluation
from .model import UNITS
from .pictures import fvc2004, load, people, read_picture, socofing
from .population import CALIBRATION, CHUNK, FIXTURES, TEST, THRESHOLDS, TRAINING, VALIDATION, frames
from .trainer import Pair, Schedule

NAME, LOCALISER_NAME = "fingerprint-v2", "finger-localiser"
MODALITY, ALIGNMENT = "fingerprint", "finger128"
SYNTHETIC, FVC, SKIN = "synthetic", "fvc2004-db4b", "socofing"
IMPRESSIONS = 8
CALIBRATION_FINGERS = 32
CENTRING_FINGERS = 60
#: The fixtures: the first fingers of their population with their first impressions, none chosen or left out.
PERSONS, FIXTURE_IMPRESSIONS = ("alice", "bob", "carol", "mallory"), 6

Paths = list[list[Path]]


def person(picture: Path) -> int:
    """SOCOFing's number of the person."""
    return int(picture.name.split("__")[0])


def of_usable(embeddings: np.ndarray) -> np.ndarray:
    """(n, DIMENSION) of (fingers, 1, DIMENSION), those left out whose pictures were refused."""
    return embeddings[:, 0][embeddings[:, 0].any(axis=1)]


def embed(pair: Pair, population: torch.Tensor) -> np.ndarray:
    """Floating point: (fingers, impressions, DIMENSION) of normalised frames (fingers, impressions, rows, columns)."""
    parts = [pair.embed(part.float()) for part in population.flatten(0, 1).split(CHUNK)]
    return torch.cat(parts).view(*population.shape[:2], -1).cpu().numpy()


@dataclass(frozen=True)
class Release:
    """The program's models of one checkpoint, and what they say of pictures."""

    pair: Pair
    program: Path
    cache: Path
    output: Path

    @property
    def localiser(self) -> Path:
        return self.output / f"{LOCALISER_NAME}.semblance-model"

    @property
    def embedder(self) -> Path:
        return self.output / f"{NAME}.semblance-model"

    def calibration(self) -> Paths:
        return people(self.cache / "calibration", CALIBRATION, CALIBRATION_FINGERS, IMPRESSIONS)

    def align(self, paths: Paths, folder: Path) -> tuple[list[Path | None], Counter]:
        """Crops of the sensor's making, None of pictures that it refuses; and how often it gave which advice."""
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        how = ("--align", ALIGNMENT, "--localiser", self.localiser, "--output", folder)
        flat = [path for finger in paths for path in finger]
        report = integer.model(self.program, "align", *how, *flat)
        crops = [folder / f"{number:05}.pgm" for number in range(len(flat))]
        advice = Counter(entry["advice"].split(":")[0] for entry in report if entry.get("advice"))
        return [crop if crop.exists() else None for crop in crops], advice

    def export(self, network: Network, name: str, images: list[Path], units: int = 0) -> Path:
        """An ONNX file in the cache, tried on some of the images: the models made of them are what ships."""
        path = self.cache / f"{name}.onnx"
        path.write_bytes(to_onnx(network, name, units).SerializeToString())
        shown = np.stack([read_picture(image) for image in images[:8]])[:, None].astype(np.float32) - 128
        check(network, path.read_bytes(), torch.from_numpy(shown), units)
        progress(f"{path}, {path.stat().st_size} bytes")
        return path

    def make(self) -> Path:
        """Both models, the embedder's without thresholds and in the cache: it is returned."""
        population = frames(*load(self.calibration())).flatten(0, 1).numpy().astype(np.int16) + 128
        images = integer.write_images(self.cache / "calibration-frames", population.astype(np.uint8))
        graph = self.export(self.pair.localiser, LOCALISER_NAME, images, UNITS)
        integer.import_model(self.program, graph, LOCALISER_NAME, MODALITY, images[0].parent, self.localiser, "none")

        folder, model = self.cache / "calibration-crops", self.cache / self.embedder.name
        crops, _ = self.align(self.calibration(), folder)
        graph = self.export(self.pair.embedder, NAME, [crop for crop in crops if crop])
        integer.import_model(self.program, graph, NAME, MODALITY, folder, model, ALIGNMENT)
        return model

    def by_skin(self, model: Path, skin: Paths) -> dict[float, int]:
        """Numerators by strangers' fingers."""
        embeddings, _ = self.embed(model, skin, self.cache / "crops" / "skin", 1)
        impostor = evaluation.strangers(of_usable(embeddings)).impostor
        return {rate: evaluation.threshold_numerator(impostor, rate) for rate in evaluation.OPERATING_POINTS}

    def set_thresholds(self, model: Path, folder: Path, skin: Paths) -> tuple[list[dict], dict]:
        """Writes the embedder with thresholds; returns them, and the program's report on the synthetic fingers."""
        how = ("--people", folder, "--template-samples", evaluation.ENROLLED, "--localiser", self.localiser)
        rates = [part for rate in evaluation.OPERATING_POINTS for part in ("--false-match-rate", rate)]
        report = integer.model(self.program, "calibrate", model, *how, *rates)
        real, table = self.by_skin(model, skin), []
        for point in report["points"]:
            numerator = max(real[point["fmr"]], point["numerator"])
            table.append(
                {
                    "fmr": point["fmr"],
                    "numerator": numerator,
                    "cosine": round((numerator / evaluation.THRESHOLD_ONE) ** 0.5, 4),
                    "by synthetic fingers": point["numerator"],
                    "by real fingers": real[point["fmr"]],
                }
            )
        path = self.output / f"{NAME}.thresholds.json"
        path.write_text(json.dumps(table, indent=2) + "\n")
        graph, folder = self.cache / f"{NAME}.onnx", self.cache / "calibration-crops"
        how = (NAME, MODALITY, folder, self.embedder, ALIGNMENT, "--thresholds", path)
        integer.import_model(self.program, graph, *how)
        return table, report

    def centred(self, skin: Paths, sets: dict[str, Paths]) -> dict:
        """What `semblance model centre` does for a sensor: centred on the first of SOCOFing's fingers, thresholds by the
        others of `skin`, measured on `sets`. That model is not shipped."""
        folder, model = self.cache / "centring", self.cache / f"{NAME}-centred.semblance-model"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for finger in skin[:CENTRING_FINGERS]:
            shutil.copy(finger[0], folder)
        how = ("--images", folder, "--localiser", self.localiser, "--output", model)
        report = integer.model(self.program, "centre", self.embedder, *how)
        numerators = self.by_skin(model, skin[CENTRING_FINGERS:])
        vectors = {name: self.embed(model, paths, self.cache / "crops" / name, 1)[0] for name, paths in sets.items()}
        return {"centre": report, "numerators": numerators, "integer": measured(vectors, numerators)}

    def embed(self, model: Path, paths: Paths, folder: Path, least: int) -> tuple[np.ndarray, dict]:
        """Integer embeddings (fingers, impressions, DIMENSION), 0 of pictures that cannot be used; and how many cannot.

        `least` is the model's least squared norm of an embedding.
        """
        crops, advice = self.align(paths, folder)
        usable = np.flatnonzero([crop is not None for crop in crops])
        embeddings = np.zeros((len(crops), DIMENSION), np.int64)
        embeddings[usable] = integer.embed(self.program, model, [crops[index] for index in usable])
        weak = (embeddings[usable] ** 2).sum(axis=1) < least
        embeddings[usable[weak]] = 0
        failures = {
            "pictures": len(crops),
            "refused by the sensor": len(crops) - len(usable),
            "advice": dict(advice),
            "embedding too small": int(weak.sum()),
        }
        return embeddings.reshape(len(paths), -1, DIMENSION), failures

    def write_fixtures(self, folder: Path) -> None:
        """People's pictures, and crops for tests of the importer: those of the calibration's first impressions."""
        people(folder / "fingerprints", FIXTURES, len(PERSONS), FIXTURE_IMPRESSIONS, PERSONS, first=1)
        crops, _ = self.align([finger[:1] for finger in self.calibration()], self.cache / "fixture-crops")
        (folder / "calibration").mkdir(parents=True, exist_ok=True)
        for number, crop in enumerate(crops):
            if crop:
                shutil.copy(crop, folder / "calibration" / f"{number:03}.pgm")


def measured(vectors: dict[str, np.ndarray], numerators: dict[float, int]) -> dict:
    """Error rates of embeddings, (fingers, impressions, DIMENSION)."""
    populations = {}
    for name in (SYNTHETIC, FVC):
        populations[f"{name}, template of {evaluation.ENROLLED}"] = evaluation.templates(vectors[name])
        populations[f"{name}, all pairs"] = evaluation.all_pairs(vectors[name])
    populations[f"{FVC}, FVC's protocol"] = evaluation.fvc_protocol(vectors[FVC])
    strangers = evaluation.strangers(of_usable(vectors[SKIN]))
    report = {label: evaluation.measure(population, numerators) for label, population in populations.items()}
    report[f"{SKIN}, strangers"] = evaluation.measure(strangers, numerators) | {
        f"fmr of templates at {rate}, at most": evaluation.template_bound(strangers, numerator)
        for rate, numerator in numerators.items()
    }
    return report


def agreement(floating: np.ndarray, integers: np.ndarray) -> dict:
    """Cosines between both embeddings of pictures that can be used."""
    usable = integers.any(axis=-1)
    cosines = (evaluation.unit(floating[usable]) * evaluation.unit(integers[usable])).sum(axis=-1)
    low = float(np.quantile(cosines, 0.05))
    return {"median": float(np.median(cosines)), "5 %": low, "least": float(cosines.min())}


def shape(network: Network) -> dict:
    return {
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "activations": network.architecture.activations(),
        "multiplications": network.architecture.multiplications(),
    }


def release(
    checkpoint: Path, program: Path, cache: Path, output: Path, data: Path, fingers: int, fixtures: Path | None
) -> None:
    """Models and metrics into `output`; `fingers` in each of the populations that set thresholds and measure; `data` has
    the fingers of others.

    All in Python runs on the processor: what is measured does not depend on a card.
    """
    state, pair = torch.load(checkpoint, map_location="cpu"), Pair(torch.device("cpu"))
    pair.load(state)
    this = Release(pair.eval(), program, cache, output)
    output.mkdir(parents=True, exist_ok=True)
    cache.mkdir(parents=True, exist_ok=True)
    model = this.make()
    progress("models")
    if fixtures:
        this.write_fixtures(fixtures)
        progress("fixtures")
    setting = cache / f"thresholds-{fingers}"
    people(setting, THRESHOLDS, fingers, IMPRESSIONS)
    progress("pictures for thresholds")
    skin = socofing(data / "socofing-real.tar", cache / SKIN)
    halves = [[finger for finger in skin if person(finger[0]) % 2 == odd] for odd in (0, 1)]
    thresholds, calibration = this.set_thresholds(model, setting, halves[0])
    numerators = {point["fmr"]: point["numerator"] for point in thresholds}
    progress(f"thresholds {numerators}")

    sets = {SYNTHETIC: people(cache / f"test-{fingers}", TEST, fingers, IMPRESSIONS)}
    progress("pictures for the test")
    sets |= {SKIN: halves[1], FVC: fvc2004(data / "fvc2004-db4b")}
    integers, floating, failures = {}, {}, {}
    for name, paths in sets.items():
        least = calibration["minimumNorm"]
        integers[name], failures[name] = this.embed(this.embedder, paths, cache / "crops" / name, least)
        floating[name] = embed(pair, frames(*load(paths)))
        progress(f"{name}: {failures[name]}")
    report = {
        "schedule": asdict(Schedule(steps=state["steps"])),
        "seeds": {
            "training": TRAINING,
            "validation": VALIDATION,
            "thresholds": THRESHOLDS,
            "test": TEST,
            "calibration": CALIBRATION,
        },
        "fingers": fingers,
        "impressions": IMPRESSIONS,
        "embedder": shape(pair.embedder),
        "localiser": shape(pair.localiser),
        "versions": {
            "python": platform.python_version(),
            "numpy": np.__version__,
            "torch": torch.__version__,
            "pillow": PIL.__version__,
            "onnx": onnx.__version__,
        },
        "thresholds": thresholds,
        "synthetic fingers of the thresholds": calibration["points"],
        "thresholds' failures to acquire": calibration["failuresToAcquire"],
        "failures to acquire": failures,
        "integer to float": {name: agreement(floating[name], integers[name]) for name in sets},
    }
    for kind, vectors in (("float", floating), ("integer", integers)):
        report[kind] = measured(vectors, numerators)
        for label, rates in report[kind].items():
            progress(f"{kind}, {label}: {rates}")
    report["by synthetic fingers' thresholds, integer"] = measured(
        integers, {point["fmr"]: point["by synthetic fingers"] for point in thresholds}
    )
    report["centred on a sensor"] = this.centred(halves[0], sets)
    (output / f"{NAME}.metrics.json").write_text(json.dumps(report, indent=2) + "\n")

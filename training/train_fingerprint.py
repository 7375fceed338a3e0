#!/usr/bin/python3
"""Trains the localiser and embedder of fingerprint-v2 from nothing but seeds, and leaves a checkpoint."""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from common.run import progress, run, seconds_per_step
from fingerprint import evaluation
from fingerprint.impression import Fused
from fingerprint.master import make_masters
from fingerprint.population import CHUNK, TRAINING, VALIDATION, captures, frames
from fingerprint.trainer import Pair, Schedule, Training

ROOT = Path(__file__).resolve().parent.parent
NAME = "fingerprint-v2"


def embed(pair: Pair, population: torch.Tensor) -> np.ndarray:
    """(fingers, impressions, DIMENSION) of normalised frames (fingers, impressions, rows, columns)."""
    parts = [pair.embed(part.float()) for part in population.flatten(0, 1).split(CHUNK)]
    return torch.cat(parts).view(*population.shape[:2], -1).cpu().numpy()


def embed_fvc(pair: Pair, directory: Path) -> np.ndarray:
    images, present = (torch.from_numpy(part).to(pair.device) for part in evaluation.load_fvc(directory))
    return embed(pair, frames(images, present))


def equal_error(embeddings: np.ndarray) -> float:
    pairs = evaluation.all_pairs(embeddings)
    return evaluation.equal_error_rate(evaluation.WeightedScores.of(pairs.genuine, pairs.impostor))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / ".build" / "train-fingerprint")
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("SEMBLANCE_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--fingers", type=int, default=16_000, help="training fingers; each also serves mirrored")
    parser.add_argument("--batch", type=int, default=Schedule.batch)
    parser.add_argument("--steps", type=int, default=10_953, help="(default: as the checkpoint of record)")
    parser.add_argument("--seconds", type=float, default=math.inf, help="as many steps as fit into so much time instead")
    parser.add_argument("--validation", type=int, default=512, help="held-out fingers measured during training")
    parser.add_argument("--compile", action="store_true", help="fuse the generator by torch.compile")
    arguments = parser.parse_args()
    began, device = time.monotonic(), torch.device(arguments.device)
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    arguments.output.mkdir(parents=True, exist_ok=True)
    if arguments.compile:
        Fused.compile()

    masters = make_masters(TRAINING, arguments.fingers, device)
    progress(f"{len(masters)} fingers")
    held_out = frames(*captures(VALIDATION, arguments.validation, 2, device))
    progress("validation set")
    fvc = arguments.shared / "data" / "fvc2004-db4b"

    def evaluate(pair: Pair) -> str:
        text = f"EER {equal_error(embed(pair, held_out)):.4f}"
        return f"{text} DB4_B {equal_error(embed_fvc(pair, fvc)):.4f}" if fvc.exists() else text

    schedule = Schedule(steps=arguments.steps, batch=arguments.batch)
    if not math.isinf(arguments.seconds):
        each = seconds_per_step(Training(masters, schedule, TRAINING, device), device)
        left = arguments.seconds - (time.monotonic() - began)
        schedule = replace(schedule, steps=max(20, int(0.93 * left / each)))
        progress(f"{1000 * each:.1f} ms a step of {schedule.batch}: {schedule.steps} steps fit")
    training = Training(masters, schedule, TRAINING, device)
    run(training, arguments.output / f"{NAME}.pt", evaluate, deadline=began + arguments.seconds - 5)
    if device.type == "cuda":
        progress(f"memory {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")
    progress(f"done in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

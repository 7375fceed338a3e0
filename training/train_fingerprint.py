#!/usr/bin/python3
"""Trains the localiser and embedder of fingerprint-v2 from nothing but seeds, quantises, sets thresholds, measures."""

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
from fingerprint.pictures import fvc2004, load
from fingerprint.population import TRAINING, VALIDATION, captures, frames
from fingerprint.release import NAME, embed, release
from fingerprint.trainer import Pair, Schedule, Training

ROOT = Path(__file__).resolve().parent.parent


def equal_error(embeddings: np.ndarray) -> float:
    pairs = evaluation.all_pairs(embeddings)
    return evaluation.equal_error_rate(evaluation.WeightedScores.of(pairs.genuine, pairs.impostor))


def train(arguments: argparse.Namespace, checkpoint: Path, fvc: Path) -> None:
    """Leaves the checkpoint."""
    began, device = time.monotonic(), torch.device(arguments.device)
    torch.backends.cudnn.benchmark = True
    torch.set_float32_matmul_precision("high")
    if arguments.compile:
        Fused.compile()
    masters = make_masters(TRAINING, arguments.fingers, device)
    progress(f"{len(masters)} fingers")
    held_out = frames(*captures(VALIDATION, arguments.validation, 2, device))
    progress("validation set")
    others = frames(*(part.to(device) for part in load(fvc2004(fvc)))) if fvc.exists() else None

    def evaluate(pair: Pair) -> str:
        text = f"EER {equal_error(embed(pair, held_out)):.4f}"
        return text if others is None else f"{text} DB4_B {equal_error(embed(pair, others)):.4f}"

    schedule = Schedule(steps=arguments.steps, batch=arguments.batch)
    if not math.isinf(arguments.seconds):
        each = seconds_per_step(Training(masters, schedule, TRAINING, device), device)
        left = arguments.seconds - (time.monotonic() - began)
        schedule = replace(schedule, steps=max(20, int(0.93 * left / each)))
        progress(f"{1000 * each:.1f} ms a step of {schedule.batch}: {schedule.steps} steps fit")
    training = Training(masters, schedule, TRAINING, device)
    run(training, checkpoint, evaluate, deadline=began + arguments.seconds - 5)
    if device.type == "cuda":
        progress(f"memory {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")
    progress(f"done in {time.monotonic() - began:.0f} s")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=ROOT / ".build" / "train-fingerprint", help="for pictures, too")
    parser.add_argument("--output", type=Path, default=ROOT / "Fixtures" / "models")
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("SEMBLANCE_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--program", type=Path, default=ROOT / ".build" / "release" / "semblance")
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu", help="to train on")
    parser.add_argument("--fingers", type=int, default=16_000, help="training fingers; each also serves mirrored")
    parser.add_argument("--batch", type=int, default=Schedule.batch)
    parser.add_argument("--steps", type=int, default=10_953, help="(default: as the checkpoint of record)")
    parser.add_argument("--seconds", type=float, default=math.inf, help="as many steps as fit into so much time instead")
    parser.add_argument("--validation", type=int, default=512, help="held-out fingers measured during training")
    parser.add_argument("--compile", action="store_true", help="fuse the generator by torch.compile")
    parser.add_argument("--train-only", action="store_true", help="leave only the checkpoint, in the cache")
    parser.add_argument("--weights", type=Path, help="quantise and measure this checkpoint instead of training")
    parser.add_argument("--people", type=int, default=250, help="fingers that set thresholds, and as many that measure")
    parser.add_argument("--fixtures", type=Path, help="write the tests' people and crops into this folder, too")
    arguments = parser.parse_args()
    data = arguments.shared / "data"
    fvc, checkpoint = data / "fvc2004-db4b", arguments.weights or arguments.cache / f"{NAME}.pt"
    for path in () if arguments.train_only else (arguments.program, fvc, data / "socofing-real.tar"):
        if not path.exists():
            parser.error(f"{path} is not there: --train-only leaves the checkpoint without it")
    arguments.cache.mkdir(parents=True, exist_ok=True)
    if not arguments.weights:
        train(arguments, checkpoint, fvc)
    if not arguments.train_only:
        release(
            checkpoint, arguments.program, arguments.cache, arguments.output, data, arguments.people, arguments.fixtures
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())

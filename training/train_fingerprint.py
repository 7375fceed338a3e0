#!/usr/bin/python3
"""Trains fingerprint-v2 from nothing but seeds: synthetic prints, localiser, embedder, measurements, ONNX."""

from __future__ import annotations

import argparse
import math
import os
import sys
import time
from pathlib import Path

import numpy as np
import torch

from fingerprint import evaluation
from fingerprint.frame import normalise
from fingerprint.impression import Fused
from fingerprint.master import make_masters
from fingerprint.population import CHUNK, TRAINING, VALIDATION, captures, frames
from fingerprint.trainer import Pair, Schedule, seconds_per_step, train

ROOT = Path(__file__).resolve().parent.parent
NAME = "fingerprint-v2"

def progress(message: str) -> None:
    print(time.strftime("%H:%M:%S"), message, flush=True)


def embed(pair: Pair, frames: torch.Tensor) -> np.ndarray:
    """(fingers, impressions, DIMENSION) of normalised frames (fingers, impressions, rows, columns)."""
    parts = [pair.embed(part.float()) for part in frames.flatten(0, 1).split(CHUNK)]
    return torch.cat(parts).view(*frames.shape[:2], -1).cpu().numpy()


def embed_fvc(pair: Pair, directory: Path) -> np.ndarray:
    frames, present = (torch.from_numpy(part).to(pair.device).flatten(0, 1) for part in evaluation.load_fvc(directory))
    return pair.embed(normalise(frames, present)).cpu().numpy().reshape(10, 8, -1)


def equal_error(embeddings: np.ndarray) -> float:
    pairs = evaluation.all_pairs(embeddings)
    return evaluation.equal_error_rate(evaluation.WeightedScores.of(pairs.genuine, pairs.impostor))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=ROOT / ".build" / "train-fingerprint")
    parser.add_argument("--shared", type=Path, default=Path(os.environ.get("SEMBLANCE_SHARED", ROOT.parent / "shared")))
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--fingers", type=int, default=20_000, help="training fingers; each also serves mirrored")
    parser.add_argument("--batch", type=int, default=Schedule.batch)
    parser.add_argument("--steps", type=int, help="fixes the length of training")
    parser.add_argument("--seconds", type=float, default=math.inf, help="fits everything into so much time instead")
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

    steps = arguments.steps
    if steps is None:
        if math.isinf(arguments.seconds):
            parser.error("name --steps or --seconds")
        each = seconds_per_step(masters, arguments.batch, TRAINING, device)
        left = arguments.seconds - (time.monotonic() - began)
        steps = max(20, int(0.93 * left / each))
        progress(f"{1000 * each:.1f} ms a step of {arguments.batch}: {steps} steps fit")
    schedule = Schedule(steps=steps, batch=arguments.batch)
    checkpoint = arguments.output / f"{NAME}.pt"
    train(masters, schedule, TRAINING, device, checkpoint, evaluate, began + arguments.seconds - 5, progress)
    if device.type == "cuda":
        progress(f"memory {torch.cuda.max_memory_allocated() / 2**30:.1f} GiB")
    progress(f"done in {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Supervised descent: linear steps from features to moves, fitted by ridge regression; and the shipped file."""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from .features import COUNT, SIDE, features
from .geometry import UNITS, mirror, move_of, similarity, window

#: x, y and side of the squares of the template that the steps look at.
WINDOWS = ((8, 16, 96), (14, 22, 84), (14, 22, 84), (20, 28, 72))
#: The square in which likeness and turn are measured.
MEASURED = (14, 22, 84)
#: Deviations of the starts that are learned from: shift in pixels, growth (logarithmic), turn in degrees.
SPREAD = (7.0, 0.10, 12.0)
RIDGE = 0.3


@dataclass
class Step:
    window: tuple
    #: COUNT x 4 and 4.
    weights: np.ndarray
    bias: np.ndarray


def refine(steps: list, pictures: list, placements: list) -> list:
    for step in steps:
        seen = features(pictures, placements, window(*step.window, SIDE))
        moves = (seen @ step.weights + step.bias) * UNITS
        placements = [p @ similarity(m) for p, m in zip(placements, moves)]
    return placements


def scattered(pictures: list, truths: list, rounds: int, rng: np.random.Generator):
    """Pictures, half of them mirrored, with their true and with scattered placements."""
    shown, aims, starts = [], [], []
    for _ in range(rounds):
        for picture, truth in zip(pictures, truths):
            if rng.random() < 0.5:
                truth = mirror(picture.shape[1]) @ truth @ mirror(112)
                picture = np.ascontiguousarray(picture[:, ::-1])
            angle = np.deg2rad(rng.normal(0, SPREAD[2]))
            growth = np.exp(rng.normal(0, SPREAD[1]))
            shift = rng.normal(0, SPREAD[0], 2)
            move = np.array([growth * np.cos(angle) - 1, growth * np.sin(angle), *shift])
            shown.append(picture)
            aims.append(truth)
            starts.append(truth @ similarity(move))
    return shown, aims, starts


def fit(pictures: list, truths: list, rounds: int, seed: int, log=print) -> list:
    """The steps that bring scattered placements back to the true ones."""
    shown, aims, placements = scattered(pictures, truths, rounds, np.random.default_rng(seed))
    steps = []
    for square in WINDOWS:
        seen = features(shown, placements, window(*square, SIDE))
        wanted = np.array([move_of(np.linalg.inv(p) @ a) for p, a in zip(placements, aims)]) / UNITS
        mean, bias = seen.mean(0), wanted.mean(0)
        seen -= mean
        normal = (seen.T @ seen).astype(np.float64)
        normal[np.diag_indices(COUNT)] += RIDGE * np.trace(normal) / COUNT
        weights = np.linalg.solve(normal, seen.T @ (wanted - bias))
        moves = seen @ weights + bias
        left = np.sqrt(((wanted - moves) ** 2).mean(0))
        log(f"window {square}: deviation {np.sqrt((wanted**2).mean(0)).round(2)} before, {left.round(2)} after")
        steps.append(Step(square, weights, bias - mean @ weights))
        placements = [p @ similarity(m * UNITS) for p, m in zip(placements, moves)]
    return steps


def encode(steps: list, likeness: np.ndarray, turn: np.ndarray) -> bytes:
    """The file that PlacementRegressor.swift reads."""

    def projection(weights: np.ndarray, bias: float) -> bytes:
        scale = np.abs(weights).max() / 127
        return struct.pack("<ff", scale, bias) + np.round(weights / scale).astype(np.int8).tobytes()

    parts = [b"SMBLFACE", struct.pack("<HB", 1, len(steps))]
    for step in steps:
        parts.append(struct.pack("<fff", *step.window))
        parts += [projection(step.weights[:, k], step.bias[k]) for k in range(4)]
    parts += [struct.pack("<fff", *MEASURED), projection(likeness, 0), projection(turn, 0)]
    return b"".join(parts)

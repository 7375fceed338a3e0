"""Gradient histograms, as Sources/Inference/FaceAlignment/Regression/OrientationHistogram.swift computes them."""

from __future__ import annotations

import numpy as np

from .geometry import square

SIDE, CELL, DIRECTIONS = 64, 8, 8
CELLS = SIDE // CELL
BLOCKS = CELLS - 1
COUNT = BLOCKS * BLOCKS * 4 * DIRECTIONS
#: The length below which a block counts as flat.
FLOOR = 64.0


def histograms(greys: np.ndarray) -> np.ndarray:
    """Features of n squares of SIDE x SIDE greys."""
    greys = greys.astype(np.float32)
    along, down = np.zeros_like(greys), np.zeros_like(greys)
    along[:, :, 1:-1] = greys[:, :, 2:] - greys[:, :, :-2]
    down[:, 1:-1] = greys[:, 2:] - greys[:, :-2]
    strength = np.sqrt(along * along + down * down)
    turn = np.arctan2(down, along) * (DIRECTIONS / (2 * np.pi)) % DIRECTIONS
    first = np.floor(turn).astype(np.int32) % DIRECTIONS
    part = turn - np.floor(turn)
    cells = np.zeros((len(greys), CELLS, CELLS, DIRECTIONS), np.float32)
    for direction in range(DIRECTIONS):
        weight = np.where(first == direction, strength * (1 - part), 0)
        weight += np.where((first + 1) % DIRECTIONS == direction, strength * part, 0)
        cells[..., direction] = weight.reshape(-1, CELLS, CELL, CELLS, CELL).sum((2, 4))
    blocks = np.concatenate([cells[:, :-1, :-1], cells[:, :-1, 1:], cells[:, 1:, :-1], cells[:, 1:, 1:]], 3)
    blocks /= np.sqrt((blocks * blocks).sum(3, keepdims=True) + FLOOR * FLOOR)
    return blocks.reshape(len(greys), -1)


def features(pictures: list, placements: list, window: np.ndarray) -> np.ndarray:
    """What the window of the template shows through each placement (template to picture)."""
    parts = []
    for start in range(0, len(pictures), 500):
        chunk = slice(start, start + 500)
        squares = [square(p, t @ window, SIDE) for p, t in zip(pictures[chunk], placements[chunk])]
        parts.append(histograms(np.stack(squares)))
    return np.concatenate(parts)


def mirrored_indices() -> np.ndarray:
    """Where each feature goes when the picture is mirrored."""
    index = np.arange(COUNT).reshape(BLOCKS, BLOCKS, 2, 2, DIRECTIONS)[:, ::-1, :, ::-1]
    return index[..., [(DIRECTIONS // 2 - d) % DIRECTIONS for d in range(DIRECTIONS)]].reshape(-1)

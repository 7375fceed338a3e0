"""Similarity transforms as 3 x 3 matrices, and reading pictures through them."""

from __future__ import annotations

import numpy as np

#: The point of the template that turns, growth and shifts are measured about.
CENTRE = np.array([56.0, 64.0])
#: A move is (growth - 1, turn, shift x, shift y); the first two count in 1/50, so that all four are about pixels.
UNITS = np.array([0.02, 0.02, 1.0, 1.0])


def similarity(move: np.ndarray) -> np.ndarray:
    """The transform of a move in plain units."""
    linear = np.array([[1 + move[0], -move[1]], [move[1], 1 + move[0]]])
    shift = CENTRE - linear @ CENTRE + move[2:]
    return np.vstack([np.c_[linear, shift], [0, 0, 1]])


def move_of(transform: np.ndarray) -> np.ndarray:
    """The inverse of `similarity`."""
    shift = transform[:2, 2] - (CENTRE - transform[:2, :2] @ CENTRE)
    return np.array([transform[0, 0] - 1, transform[1, 0], *shift])


def window(x: float, y: float, side: float, samples: int) -> np.ndarray:
    """From samples of a square of the template to the template."""
    step = side / samples
    return np.array([[step, 0, x + step / 2 - 0.5], [0, step, y + step / 2 - 0.5], [0, 0, 1]])


def mirror(width: int) -> np.ndarray:
    return np.array([[-1.0, 0, width - 1], [0, 1, 0], [0, 0, 1]])


def square(picture: np.ndarray, transform: np.ndarray, side: int) -> np.ndarray:
    """side x side greys, entry (i, j) the picture at transform(i, j): bilinear, the border goes on outside."""
    rows, columns = np.mgrid[0:side, 0:side]
    x = transform[0, 0] * columns + transform[0, 1] * rows + transform[0, 2]
    y = transform[1, 0] * columns + transform[1, 1] * rows + transform[1, 2]
    left, top = np.floor(x), np.floor(y)
    part_x, part_y = (x - left).astype(np.float32), (y - top).astype(np.float32)
    left, top = left.astype(int), top.astype(int)
    xs = [np.clip(left + k, 0, picture.shape[1] - 1) for k in (0, 1)]
    ys = [np.clip(top + k, 0, picture.shape[0] - 1) for k in (0, 1)]
    upper, lower = [picture[row, xs[0]] * (1 - part_x) + picture[row, xs[1]] * part_x for row in ys]
    return upper * (1 - part_y) + lower * part_y

"""Faces of nobody: composites of two training faces, bent smoothly.

LFW has few people, but a teacher can embed any image. Composites give the student as many points of the teacher's map
as there is time for, between and around the real people.
"""

from __future__ import annotations

import numpy as np

from .crops import SEED, SIDE

#: Seed domain of composites.
STREAM = 2
#: Deviation of the smooth displacement, in pixels, and the points per side of its coarse grid.
BEND, BEND_GRID = 2.0, 5

_AXIS = np.arange(SIDE, dtype=np.float32)


def _upsampling(points: int) -> np.ndarray:
    """(112, points) weights of linear interpolation from `points` equally spaced ones, twice smoothed."""
    position = _AXIS / (SIDE - 1) * (points - 1)
    weights = np.maximum(0, 1 - np.abs(position[:, None] - np.arange(points)))
    kernel = np.ones(15) / 15
    smooth = np.stack([np.convolve(np.pad(w, 14, mode="edge"), np.convolve(kernel, kernel), "valid") for w in weights.T])
    return smooth.T.astype(np.float32)


_UPSAMPLING = _upsampling(BEND_GRID)


def bend(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Moves every point by a smooth random field; bilinear, edges repeated."""
    shift = rng.normal(0, BEND, (2, BEND_GRID, BEND_GRID)).astype(np.float32)
    dy, dx = (_UPSAMPLING @ field @ _UPSAMPLING.T for field in shift)
    y, x = np.clip(_AXIS[:, None] + dy, 0, SIDE - 1.001), np.clip(_AXIS[None, :] + dx, 0, SIDE - 1.001)
    top, left = y.astype(np.int32), x.astype(np.int32)
    fy, fx = y - top, x - left
    upper = image[top, left] * (1 - fx) + image[top, left + 1] * fx
    lower = image[top + 1, left] * (1 - fx) + image[top + 1, left + 1] * fx
    return upper * (1 - fy) + lower * fy


def mask(rng: np.random.Generator) -> np.ndarray:
    """Share of the first face at every pixel: a blend, two halves with a soft border, or an inner oval."""
    kind = rng.integers(0, 3)
    if kind == 0:
        return np.full((SIDE, SIDE), rng.uniform(0.3, 0.7), np.float32)
    y, x = _AXIS[:, None] - SIDE / 2, _AXIS[None, :] - SIDE / 2
    softness = rng.uniform(3, 12)
    if kind == 1:
        angle, offset = rng.uniform(0, 2 * np.pi), rng.uniform(-20, 20)
        distance = x * np.cos(angle) + y * np.sin(angle) - offset
    else:
        radius, ratio = rng.uniform(22, 42), rng.uniform(1.0, 1.4)
        distance = radius - np.hypot(x, (y - rng.uniform(0, 14)) / ratio)
    return (1 / (1 + np.exp(-distance / softness))).astype(np.float32)


def make_composite(images: np.ndarray, owners: np.ndarray, index: int) -> np.ndarray:
    """Composite number `index` of (n, 112, 112) images: (112, 112) uint8. Two different people, each maybe mirrored."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([SEED, STREAM, index])))
    first = int(rng.integers(0, len(images)))
    second = first
    while owners[second] == owners[first]:
        second = int(rng.integers(0, len(images)))
    faces = []
    for chosen in (first, second):
        face = images[chosen].astype(np.float32)
        faces.append(face[:, ::-1] if rng.integers(0, 2) else face)
    # The second face takes the first one's brightness and contrast, so that no seam gives it away.
    other = (faces[1] - faces[1].mean()) * (faces[0].std() / max(faces[1].std(), 1)) + faces[0].mean()
    share = mask(rng)
    return np.clip(np.rint(bend(faces[0] * share + other * (1 - share), rng)), 0, 255).astype(np.uint8)

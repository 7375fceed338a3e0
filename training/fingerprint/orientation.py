"""Ridge orientation fields by the zero-pole model.

B. G. Sherlock and D. M. Monro, "A model for interpreting fingerprint topology", Pattern Recognition 26 (1993), with the
piecewise linear correction of P. R. Vizcaya and L. A. Gerhardt, "A nonlinear orientation model for global description
of fingerprints", Pattern Recognition 29 (1996). Arches have no singular point and get a smooth slope field instead.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .geometry import smooth_noise

CLASSES = ("left loop", "right loop", "whorl", "arch", "tented arch")
#: Natural frequencies of the five classes (C. L. Wilson et al., NIST, 1993).
CLASS_PROBABILITIES = (0.338, 0.317, 0.279, 0.037, 0.029)
#: Pieces of the angular correction of one singular point.
CORRECTION_PIECES = 8


@dataclass(frozen=True)
class OrientationModel:
    """One finger's topology. Points are (x, y) in millimetres; corrections are radians at the knots of [-pi, pi)."""

    kind: str
    cores: tuple[tuple[float, float], ...]
    deltas: tuple[tuple[float, float], ...]
    corrections: np.ndarray  # (cores + deltas, CORRECTION_PIECES)
    tilt: float
    arch_height: float
    arch_centre: float
    arch_spread: float
    roughness: float


def draw_model(rng: np.random.Generator) -> OrientationModel:
    """Draws a class by its natural frequency, then singular points, corrections and tilt."""
    kind = CLASSES[int(rng.choice(len(CLASSES), p=CLASS_PROBABILITIES))]
    x, y = rng.normal(0, 0.9), rng.normal(1.4, 1.1)
    cores: list[tuple[float, float]] = []
    deltas: list[tuple[float, float]] = []
    if kind in ("left loop", "right loop"):
        side = 1 if kind == "left loop" else -1
        cores = [(x, y)]
        deltas = [(x + side * rng.uniform(3.2, 7.0), y - rng.uniform(4.5, 9.5))]
    elif kind == "whorl":
        gap, lean = rng.gamma(3.0, 0.45) + 0.4, rng.normal(0, 0.45)
        cores = [(x - lean / 2, y + gap / 2), (x + lean / 2, y - gap / 2)]
        drop = rng.uniform(5.0, 9.0)
        deltas = [
            (x - rng.uniform(3.5, 7.0), y - drop + rng.normal(0, 0.8)),
            (x + rng.uniform(3.5, 7.0), y - drop + rng.normal(0, 0.8)),
        ]
    elif kind == "tented arch":
        cores = [(x, y)]
        deltas = [(x + rng.normal(0, 0.35), y - rng.uniform(2.5, 5.0))]
    points = len(cores) + len(deltas)
    return OrientationModel(
        kind=kind,
        cores=tuple(cores),
        deltas=tuple(deltas),
        corrections=rng.normal(0, 0.16, (points, CORRECTION_PIECES)),
        tilt=float(rng.normal(0, 0.06)),
        arch_height=float(rng.uniform(0.35, 1.0)),
        arch_centre=float(rng.normal(0.5, 1.5)),
        arch_spread=float(rng.uniform(3.5, 6.5)),
        roughness=float(rng.uniform(0.05, 0.13)),
    )


def _angle(x: np.ndarray, y: np.ndarray, point: tuple[float, float], correction: np.ndarray) -> np.ndarray:
    """Corrected argument of (x, y) - point; the correction is periodic, so the field stays continuous modulo 2 pi."""
    angle = np.arctan2(y - point[1], x - point[0])
    knots = np.linspace(-np.pi, np.pi, CORRECTION_PIECES + 1)
    values = np.concatenate([correction, correction[:1]])
    return angle + np.interp(angle, knots, values)


def orientation_field(
    model: OrientationModel, x: np.ndarray, y: np.ndarray, rng: np.random.Generator, dpi: float
) -> np.ndarray:
    """Ridge direction in radians (anticlockwise from the x axis, modulo pi), shape (size, size) for axes x and y."""
    if model.kind == "arch":
        height = np.exp(-(((y - model.arch_centre) / model.arch_spread) ** 2))
        angle = np.arctan(-model.arch_height * 1.6 * height * np.sin(np.clip(x / 7.5, -1, 1) * np.pi))
    else:
        angle = np.zeros(np.broadcast_shapes(x.shape, y.shape))
        for index, point in enumerate(model.cores):
            angle = angle + _angle(x, y, point, model.corrections[index]) / 2
        for index, point in enumerate(model.deltas, start=len(model.cores)):
            angle = angle - _angle(x, y, point, model.corrections[index]) / 2
    size = max(angle.shape)
    return (angle + model.tilt + model.roughness * smooth_noise(rng, size, dpi, 3.0)).astype(np.float32)

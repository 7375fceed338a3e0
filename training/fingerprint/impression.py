"""Impressions: what a touch sensor sees of a master print on one occasion.

Plastic distortion follows R. Cappelli, D. Maio, D. Maltoni, "Modelling plastic distortion in fingerprint images",
ICAPR 2001: skin inside an ellipse of close contact moves with the finger, skin outside is held back smoothly.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import fft, ndimage
from scipy.special import expit

from .geometry import MASTER_DPI, MASTER_SIZE, grid, pitch, smooth_noise
from .master import IMPRESSION_STREAM, Master

#: Side of a capture in pixels, and its resolution: a 13 mm square window, ridge period 4 to 5 pixels.
CAPTURE_SIZE = 128
CAPTURE_DPI = 250
#: The pattern is sampled from a raster this many times finer than the master's.
OVERSAMPLING = 2


@dataclass(frozen=True)
class Variation:
    """How far impressions of one finger differ. Normal deviates are clipped at 2.5 deviations."""

    rotation: float = np.deg2rad(7.0)  # deviation, radians
    translation: float = 0.65  # deviation per axis, millimetres
    distortion: float = 0.35  # deviation of the skin's displacement per axis, millimetres
    torsion: float = np.deg2rad(4.0)  # deviation of the skin's rotation, radians
    elastic: float = 0.06  # deviation of the small-scale displacement, millimetres
    pressure: float = 0.28  # deviation of the ridge threshold; the pattern itself spans -1 ... 1
    dryness: float = 0.35  # mean strength of granular gaps
    scratches: float = 1.6  # mean number
    partial: float = 0.10  # probability that part of the finger is off the sensor or does not touch


class Finger:
    """A master print ready to be sampled at arbitrary points."""

    def __init__(self, master: Master):
        side = MASTER_SIZE * OVERSAMPLING
        spectrum = fft.rfft2(master.pattern.astype(np.float32) / 127)
        # Zero padding of the spectrum interpolates the band-limited pattern exactly; the Nyquist terms are dropped.
        padded = np.zeros((side, side // 2 + 1), np.complex64)
        half = MASTER_SIZE // 2
        padded[:half, :half] = spectrum[:half, :half]
        padded[side - half + 1 :, :half] = spectrum[half + 1 :, :half]
        self._pattern = fft.irfft2(padded * OVERSAMPLING**2, s=(side, side)).astype(np.float32)

    def sample(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Ridge pattern (-1 valley ... 1 ridge) at points in millimetres; 0 beyond the master."""
        # Sample i of the fine raster lies at i / OVERSAMPLING of the coarse one, whose centre is (MASTER_SIZE - 1) / 2.
        scale = OVERSAMPLING / pitch(MASTER_DPI)
        centre = OVERSAMPLING * (MASTER_SIZE - 1) / 2
        return ndimage.map_coordinates(self._pattern, [centre - y * scale, centre + x * scale], order=1, cval=0.0)


def _normal(rng: np.random.Generator, deviation: float) -> float:
    return float(np.clip(rng.standard_normal(), -2.5, 2.5) * deviation)


def _plastic(x: np.ndarray, y: np.ndarray, rng: np.random.Generator, variation: Variation):
    """Displacement of the skin at finger coordinates (x, y)."""
    width, height = rng.uniform(1.8, 3.4), rng.uniform(2.2, 4.2)
    cx, cy = rng.normal(0, 0.8), rng.normal(0, 0.8)
    distance = np.sqrt(((x - cx) / width) ** 2 + ((y - cy) / height) ** 2) - 1
    elasticity = rng.uniform(0.8, 2.0)
    brake = np.where(distance > 0, (1 - np.cos(np.pi * np.clip(distance / elasticity, 0, 1))) / 2, 0)
    dx, dy = _normal(rng, variation.distortion), _normal(rng, variation.distortion)
    turn = _normal(rng, variation.torsion)
    return brake * (dx - turn * (y - cy)), brake * (dy + turn * (x - cx))


def make_impression(
    finger: Finger,
    seed: int,
    identity: int,
    index: int,
    variation: Variation = Variation(),
    size: int = CAPTURE_SIZE,
    dpi: float = CAPTURE_DPI,
) -> np.ndarray:
    """Impression `index` of a finger, (size, size) uint8, dark ridges; equal arguments give equal pixels."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, IMPRESSION_STREAM, identity, index])))
    x, y = grid(size, dpi)

    angle = _normal(rng, variation.rotation)
    sx, sy = x - _normal(rng, variation.translation), y - _normal(rng, variation.translation)
    fx = np.cos(angle) * sx + np.sin(angle) * sy
    fy = -np.sin(angle) * sx + np.cos(angle) * sy
    px, py = _plastic(fx, fy, rng, variation)
    fx = fx + px + variation.elastic * smooth_noise(rng, size, dpi, 2.0)
    fy = fy + py + variation.elastic * smooth_noise(rng, size, dpi, 2.0)

    pattern = finger.sample(fx, fy)

    # Ridges widen with pressure, which differs over the contact; dry skin leaves gaps, wet skin fills valleys.
    pressure = _normal(rng, variation.pressure) + 0.18 * smooth_noise(rng, size, dpi, 3.0)
    dryness = min(rng.exponential(variation.dryness), 1.2)
    patch = np.clip(0.6 + 0.5 * smooth_noise(rng, size, dpi, 2.5), 0, 1.5)
    grain = smooth_noise(rng, size, dpi, rng.uniform(0.08, 0.2))
    level = pattern + pressure - dryness * patch * np.maximum(grain, -0.3)
    for _ in range(min(int(rng.poisson(variation.scratches)), 6)):
        direction, offset = rng.uniform(0, np.pi), rng.normal(0, 3.0)
        along = fx * np.cos(direction) + fy * np.sin(direction) - rng.normal(0, 3.0)
        across = -fx * np.sin(direction) + fy * np.cos(direction) - offset
        across = across + rng.normal(0, 0.02) * along**2
        length, thickness = rng.uniform(1.0, 5.0), rng.uniform(0.04, 0.13)
        level = level - 2.0 * np.exp(-((across / thickness) ** 2)) * expit((length - np.abs(along)) / 0.15)
    ink = expit(level / rng.uniform(0.22, 0.5))

    # Contact: an ellipse in the finger's frame with a ragged edge, cut by a straight line where contact is partial.
    width, height = rng.uniform(5.2, 7.2), rng.uniform(6.6, 9.0)
    edge = 1 - np.sqrt((fx / width) ** 2 + ((fy - rng.normal(0, 0.5)) / height) ** 2)
    if rng.uniform() < variation.partial:
        direction = rng.uniform(0, 2 * np.pi)
        edge = np.minimum(edge, (rng.uniform(2.0, 5.0) - fx * np.cos(direction) - fy * np.sin(direction)) / 6)
    edge = edge + 0.05 * smooth_noise(rng, size, dpi, 0.7)
    contact = expit(edge / 0.03)

    background = rng.uniform(185, 250)
    ridge = rng.uniform(15, 100)
    shade = background + 6 * smooth_noise(rng, size, dpi, 6.0)
    image = shade - (background - ridge) * ink * contact
    image = ndimage.gaussian_filter(image, rng.uniform(0.03, 0.07) / pitch(dpi), truncate=3.0)
    image = image + rng.uniform(1.5, 7.0) * rng.standard_normal((size, size), dtype=np.float32)
    return np.clip(np.rint(image), 0, 255).astype(np.uint8)

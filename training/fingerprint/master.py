"""Master prints: ridges grown by oriented Gabor filters from random seeds until they no longer change.

R. Cappelli, D. Maio, D. Maltoni, "Synthetic fingerprint-database generation", ICPR 2002. Minutiae are not drawn: they
arise where ridges that grew from different seeds meet, and where orientation and frequency force ridges to end.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy import fft

from .geometry import MASTER_DPI, MASTER_SIZE, grid, pitch, smooth_noise
from .orientation import draw_model, orientation_field

#: Orientations of the filter bank; responses in between are interpolated.
ORIENTATIONS = 12
#: Ridge period that every length is tuned to, millimetres (about 9 pixels at 500 dpi).
MEAN_PERIOD = 0.46
#: Local frequencies reach from 1 / SPAN to SPAN times a finger's own.
SPAN = 1.14
#: Width of the Gaussian envelope in ridge periods: wide enough for three ridges.
ENVELOPE = 0.62
GAIN = 2.6
#: Growth ends when a step changes nearly as much as the one before it did: what is left then is a slow drift of whole
#: ridges, not growth. The first steps, in which seeds spread, do not count.
SETTLED = 0.93
MINIMUM_STEPS = 9
MAXIMUM_STEPS = 24

#: Domains of seeds: identities and impressions never share a random stream.
MASTER_STREAM = 1
IMPRESSION_STREAM = 2


@dataclass(frozen=True)
class Master:
    """A finger: its ridge pattern, (MASTER_SIZE, MASTER_SIZE) int8, +127 on ridges, -127 in valleys, at MASTER_DPI."""

    kind: str
    period: float
    pattern: np.ndarray


@lru_cache(maxsize=4)
def _bank(low: float, high: float) -> np.ndarray:
    """Transfer functions (2, ORIENTATIONS, size, size // 2 + 1), float32, for the two frequencies (cycles per mm)."""
    scale = 1 / pitch(MASTER_DPI)
    fx = (fft.rfftfreq(MASTER_SIZE) * scale)[None, :]
    fy = (-fft.fftfreq(MASTER_SIZE) * scale)[:, None]
    bank = np.empty((2, ORIENTATIONS, MASTER_SIZE, MASTER_SIZE // 2 + 1), np.float32)
    for band, frequency in enumerate((low, high)):
        exponent = -2 * (np.pi * ENVELOPE / frequency) ** 2
        for index in range(ORIENTATIONS):
            # The wave vector is normal to the ridge.
            normal = np.pi * index / ORIENTATIONS + np.pi / 2
            ux, uy = frequency * np.cos(normal), frequency * np.sin(normal)
            bank[band, index] = np.exp(exponent * ((fx - ux) ** 2 + (fy - uy) ** 2)) + np.exp(
                exponent * ((fx + ux) ** 2 + (fy + uy) ** 2)
            )
    bank[:, :, 0, 0] = 0
    return bank


def make_master(seed: int, identity: int) -> Master:
    """The finger `identity` of the population `seed`; equal arguments give equal fingers."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, MASTER_STREAM, identity])))
    model = draw_model(rng)
    x, y = grid(MASTER_SIZE, MASTER_DPI)
    theta = orientation_field(model, x, y, rng, MASTER_DPI)

    # A finger's own period takes one of 16 values, so that filter banks can be shared; the local map is continuous.
    step = int(np.clip(np.rint(rng.normal(7.5, 3.2)), 0, 15))
    period = MEAN_PERIOD * (0.84 + 0.32 * step / 15)
    local = np.tanh(0.7 * smooth_noise(rng, MASTER_SIZE, MASTER_DPI, 3.5) + 0.05 * y)  # -1 ... 1, log frequency
    bank = _bank(1 / (period * SPAN), SPAN / period)

    position = np.mod(theta, np.pi) * (ORIENTATIONS / np.pi)
    below = np.floor(position).astype(np.int64)
    above_weight = (position - below).astype(np.float32)
    below %= ORIENTATIONS
    above = (below + 1) % ORIENTATIONS
    high_weight = ((local + 1) / 2).astype(np.float32)
    pixel = np.arange(MASTER_SIZE * MASTER_SIZE).reshape(MASTER_SIZE, MASTER_SIZE)
    index_below = below * MASTER_SIZE * MASTER_SIZE + pixel
    index_above = above * MASTER_SIZE * MASTER_SIZE + pixel

    seeds = int(rng.integers(60, 220))
    pattern = np.zeros((MASTER_SIZE, MASTER_SIZE), np.float32)
    pattern[rng.integers(0, MASTER_SIZE, seeds), rng.integers(0, MASTER_SIZE, seeds)] = rng.choice((-8.0, 8.0), seeds)
    previous = np.inf
    for step_number in range(MAXIMUM_STEPS):
        spectrum = fft.rfft2(pattern)
        response = np.zeros_like(pattern)
        for band, weight in ((0, 1 - high_weight), (1, high_weight)):
            filtered = fft.irfft2(spectrum[None] * bank[band], s=(MASTER_SIZE, MASTER_SIZE)).ravel()
            response += weight * ((1 - above_weight) * filtered[index_below] + above_weight * filtered[index_above])
        grown = np.tanh(GAIN * response)
        change = float(np.abs(grown - pattern).mean())
        pattern = grown
        if step_number >= MINIMUM_STEPS and change > SETTLED * previous:
            break
        previous = change
    return Master(model.kind, period, np.rint(127 * pattern).astype(np.int8))

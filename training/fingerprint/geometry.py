"""Units: every length in this package is in millimetres, x to the right, y upwards, origin at the finger's centre."""

from __future__ import annotations

import numpy as np
from scipy import fft

MILLIMETRES_PER_INCH = 25.4

#: Resolution at which master prints are grown, in dots per inch.
MASTER_DPI = 250
#: Side of a master print in samples (19.5 mm).
MASTER_SIZE = 192


def pitch(dpi: float) -> float:
    """Millimetres between neighbouring samples at `dpi`."""
    return MILLIMETRES_PER_INCH / dpi


def grid(size: int, dpi: float) -> tuple[np.ndarray, np.ndarray]:
    """Centres of a `size` x `size` raster: x of shape (1, size), y of shape (size, 1), float32, millimetres."""
    axis = ((np.arange(size) - (size - 1) / 2) * pitch(dpi)).astype(np.float32)
    return axis[None, :], -axis[:, None]


def smooth_noise(rng: np.random.Generator, size: int, dpi: float, length: float) -> np.ndarray:
    """Gaussian random field, (size, size) float32, zero mean, unit variance, correlation length in millimetres.

    The spectrum is exp(-(pi length f)^2), so the autocorrelation is Gaussian too. The field is periodic in the raster.
    """
    spectrum = fft.rfft2(rng.standard_normal((size, size), dtype=np.float32))
    frequency = 1 / pitch(dpi)
    fx = fft.rfftfreq(size).astype(np.float32)[None, :] * frequency
    fy = fft.fftfreq(size).astype(np.float32)[:, None] * frequency
    field = fft.irfft2(spectrum * np.exp(-((np.pi * length) ** 2) * (fx**2 + fy**2)), s=(size, size))
    deviation = field.std()
    return ((field - field.mean()) / max(float(deviation), 1e-6)).astype(np.float32)

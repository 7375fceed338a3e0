"""What happens between a face and its crop: pose within the alignment's error, light, blur, noise, occlusion.

The student is to give for the changed crop what the teacher gives for the unchanged one.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch.nn import functional as F

from .crops import SIDE
from .model import ZERO_POINT

#: Deviations of the pose: degrees, logarithm of the scale, pixels.
ROTATION, SCALE, SHIFT = 3.0, 0.03, 1.5


def _column(values: np.ndarray, device: torch.device) -> torch.Tensor:
    return torch.from_numpy(values.astype(np.float32)).to(device)[:, None, None, None]


def _poses(rng: np.random.Generator, batch: int, mirrored: np.ndarray) -> np.ndarray:
    """Affine maps from the crop's coordinates (-1 to 1) to the image's: (batch, 2, 3)."""
    angle = rng.normal(0, math.radians(ROTATION), batch)
    scale = np.exp(rng.normal(0, SCALE, batch))
    shift = rng.normal(0, 2 * SHIFT / SIDE, (batch, 2))
    cosine, sine = scale * np.cos(angle), scale * np.sin(angle)
    sign = np.where(mirrored, -1.0, 1.0)
    rows = [[sign * cosine, -sine, shift[:, 0]], [sign * sine, cosine, shift[:, 1]]]
    return np.array(rows).transpose(2, 0, 1).astype(np.float32)


def _occluded(pixels: torch.Tensor, rng: np.random.Generator) -> torch.Tensor:
    """A rectangle of one grey level on every fourth crop."""
    for row in np.flatnonzero(rng.random(len(pixels)) < 0.25):
        height, width = rng.integers(10, 45, 2)
        top, left = rng.integers(0, SIDE - height), rng.integers(0, SIDE - width)
        pixels[row, 0, top : top + height, left : left + width] = float(rng.uniform(0, 255))
    return pixels


def augment(
    images: np.ndarray, mirrored: np.ndarray, rng: np.random.Generator, device: torch.device = torch.device("cpu")
) -> torch.Tensor:
    """Changed copies of (batch, 112, 112) uint8 images as the network reads them: (batch, 1, 112, 112), -128 to 127.

    All numbers come from `rng` on the host, so that every device draws the same.
    """
    batch = len(images)
    pixels = torch.from_numpy(images).to(device)[:, None].float()
    grid = F.affine_grid(torch.from_numpy(_poses(rng, batch, mirrored)).to(device), list(pixels.shape), False)
    pixels = F.grid_sample(pixels, grid, mode="bilinear", padding_mode="border", align_corners=False)

    rows = np.flatnonzero(rng.random(batch) < 0.25)
    part = pixels[rows]
    soft = F.interpolate(F.avg_pool2d(part, 2), size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    pixels[rows] = torch.lerp(part, soft, _column(rng.uniform(0, 1, len(rows)), device))

    gamma = np.exp(rng.normal(0, 0.25, batch))
    pixels = pixels.div_(255).clamp_(1e-3, 1).pow_(_column(gamma, device))
    gain, offset = rng.uniform(0.65, 1.3, batch), rng.uniform(-0.12, 0.12, batch)
    slope = rng.normal(0, 0.08, (2, batch))
    axis = torch.linspace(-1, 1, SIDE, device=device)
    light = _column(slope[0], device) * axis[:, None] + _column(slope[1], device) * axis
    pixels.mul_(_column(gain, device)).add_(light.add_(_column(0.5 * (1 - gain) + offset, device)))

    rows = np.flatnonzero(rng.random(batch) < 0.4)
    noise = rng.standard_normal((len(rows), 1, SIDE, SIDE), dtype=np.float32)
    pixels[rows] += torch.from_numpy(noise).to(device) * _column(rng.uniform(0, 0.04, len(rows)), device)
    pixels.clamp_(0, 1).mul_(255)
    return _occluded(pixels, rng) - ZERO_POINT

"""What happens between a face and its crop: pose within the alignment's error, light, blur, noise, occlusion.

The student is to give for the changed crop what the teacher gives for the unchanged one. Everything is done to a whole
batch at once, on the device where the crops are; what befalls only some crops befalls the others with no strength.
"""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from common.draws import Draws

from .crops import SIDE
from .model import ZERO_POINT

#: Deviations of the pose: degrees, logarithm of the scale, pixels.
ROTATION, SCALE, SHIFT = 3.0, 0.03, 1.5
#: Shares of the crops that are blurred, relit, noisy, occluded.
BLURRED, RELIT, NOISY, OCCLUDED = 0.25, 0.8, 0.4, 0.15


def column(values: torch.Tensor) -> torch.Tensor:
    """One number for each image of a batch."""
    return values[:, None, None, None]


def poses(draws: Draws, mirrored: torch.Tensor) -> torch.Tensor:
    """Affine maps from the crop's coordinates (-1 to 1) to the image's: (batch, 2, 3)."""
    batch = len(mirrored)
    angle = draws.normal(math.radians(ROTATION), batch)
    scale = draws.normal(SCALE, batch).exp()
    shift = draws.normal(2 * SHIFT / SIDE, 2, batch)
    cosine, sine = scale * angle.cos(), scale * angle.sin()
    sign = 1 - 2 * mirrored.float()
    rows = [torch.stack([sign * cosine, -sine, shift[0]], 1), torch.stack([sign * sine, cosine, shift[1]], 1)]
    return torch.stack(rows, 1)


def _relit(pixels: torch.Tensor, draws: Draws) -> torch.Tensor:
    """Gamma, gain, offset and a slope of the light; `pixels` are from 0 to 1."""
    batch, side = len(pixels), torch.linspace(-1, 1, SIDE, device=pixels.device)
    strength = draws.chance(RELIT, batch).float()
    gamma = (strength * draws.normal(0.25, batch)).exp()
    gain = 1 + strength * draws.uniform(-0.35, 0.3, batch)
    offset = strength * draws.uniform(-0.12, 0.12, batch)
    slope = strength * draws.normal(0.08, 2, batch)
    light = column(slope[0]) * side[:, None] + column(slope[1]) * side
    return pixels.clamp(1e-3, 1).pow(column(gamma)) * column(gain) + light + column(0.5 * (1 - gain) + offset)


def _occluded(pixels: torch.Tensor, draws: Draws) -> torch.Tensor:
    """A rectangle of one grey level."""
    batch, place = len(pixels), torch.arange(SIDE, device=pixels.device)
    size = draws.uniform(10, 45, 2, batch)
    first = draws.uniform(0, 1, 2, batch) * (SIDE - size)
    inside = (place >= first[..., None]) & (place < (first + size)[..., None])
    hidden = inside[0, :, None, :, None] & inside[1, :, None, None, :] & column(draws.chance(OCCLUDED, batch))
    return torch.where(hidden, column(draws.uniform(0, 1, batch)), pixels)


def augment(images: torch.Tensor, draws: Draws) -> torch.Tensor:
    """Changed copies of (batch, 112, 112) uint8 images as the network reads them: (batch, 1, 112, 112), -128 to 127."""
    batch = len(images)
    pixels = images[:, None].float() / 255
    grid = F.affine_grid(poses(draws, draws.chance(0.5, batch)), list(pixels.shape), False)
    pixels = F.grid_sample(pixels, grid, mode="bilinear", padding_mode="border", align_corners=False)
    soft = F.interpolate(F.avg_pool2d(pixels, 2), size=(SIDE, SIDE), mode="bilinear", align_corners=False)
    pixels = pixels.lerp(soft, column(draws.chance(BLURRED, batch) * draws.uniform(0, 1, batch)))
    pixels = _relit(pixels, draws)
    noise = column(draws.chance(NOISY, batch) * draws.uniform(0, 0.04, batch))
    pixels = (pixels + noise * draws.normal(1.0, *pixels.shape)).clamp(0, 1)
    return _occluded(pixels, draws) * 255 - ZERO_POINT

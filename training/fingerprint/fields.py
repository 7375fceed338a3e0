"""Random numbers and random smooth fields, drawn for a whole batch on one device."""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from .geometry import PITCH


class Draw:
    """Draws of one seeded stream; equal seeds give equal numbers on one kind of device."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        self.generator = torch.Generator(device).manual_seed(seed)

    def uniform(self, low: float, high: float, *shape: int) -> torch.Tensor:
        return low + (high - low) * torch.rand(shape, generator=self.generator, device=self.device)

    def normal(self, deviation: float, *shape: int) -> torch.Tensor:
        """Clipped at 2.5 deviations."""
        return deviation * torch.randn(shape, generator=self.generator, device=self.device).clamp(-2.5, 2.5)

    def exponential(self, mean: float, *shape: int) -> torch.Tensor:
        return -mean * torch.log1p(-torch.rand(shape, generator=self.generator, device=self.device))

    def chance(self, probability: float, *shape: int) -> torch.Tensor:
        return torch.rand(shape, generator=self.generator, device=self.device) < probability

    def integers(self, low: int, high: int, *shape: int) -> torch.Tensor:
        return torch.randint(low, high, shape, generator=self.generator, device=self.device)

    def field(self, batch: int, height: int, width: int, length: float) -> torch.Tensor:
        """Smooth Gaussian fields, (batch, height, width), unit variance, correlation length in millimetres."""
        step = max(1.0, length / PITCH / 1.6)
        rows, columns = math.ceil(height / step) + 3, math.ceil(width / step) + 3
        coarse = torch.randn((batch, 1, rows, columns), generator=self.generator, device=self.device)
        if step > 1:
            size = (math.ceil(rows * step), math.ceil(columns * step))
            coarse = F.interpolate(coarse, size=size, mode="bicubic", align_corners=False)
        start = int(step)
        field = coarse[:, 0, start : start + height, start : start + width]
        return field / field.std()

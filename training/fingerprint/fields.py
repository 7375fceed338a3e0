"""Random numbers of fingers and impressions, and random smooth fields, drawn for a whole batch on one device."""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from common.draws import Draws

from .geometry import PITCH


class Draw(Draws):
    """Draws whose normal deviates are clipped at 2.5 deviations, and fields."""

    def normal(self, deviation: float, *shape: int) -> torch.Tensor:
        return deviation * super().normal(1.0, *shape).clamp(-2.5, 2.5)

    def exponential(self, mean: float, *shape: int) -> torch.Tensor:
        return -mean * torch.log1p(-torch.rand(shape, generator=self.generator, device=self.device))

    def field(self, batch: int, height: int, width: int, length: float) -> torch.Tensor:
        """Smooth Gaussian fields, (batch, height, width), unit variance over the batch: cubic between independent numbers
        that lie `length` / 1.6 millimetres apart."""
        step = max(1.0, length / PITCH / 1.6)
        rows, columns = math.ceil(height / step) + 3, math.ceil(width / step) + 3
        coarse = torch.randn((batch, 1, rows, columns), generator=self.generator, device=self.device)
        if step > 1:
            size = (math.ceil(rows * step), math.ceil(columns * step))
            coarse = F.interpolate(coarse, size=size, mode="bicubic", align_corners=False)
        start = int(step)
        field = coarse[:, 0, start : start + height, start : start + width]
        return field / field.std()

"""Random numbers of one seeded stream, for a whole batch at once."""

from __future__ import annotations

import torch


class Draws:
    """Equal seeds give equal numbers on one kind of device."""

    def __init__(self, seed: int, device: torch.device) -> None:
        self.device = device
        self.generator = torch.Generator(device).manual_seed(seed)

    def uniform(self, low: float, high: float, *shape: int) -> torch.Tensor:
        return low + (high - low) * torch.rand(shape, generator=self.generator, device=self.device)

    def normal(self, deviation: float, *shape: int) -> torch.Tensor:
        return deviation * torch.randn(shape, generator=self.generator, device=self.device)

    def chance(self, probability: float, *shape: int) -> torch.Tensor:
        """True with that probability."""
        return self.uniform(0, 1, *shape) < probability

    def integers(self, low: int, high: int, *shape: int) -> torch.Tensor:
        return torch.randint(low, high, shape, generator=self.generator, device=self.device)

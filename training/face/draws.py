"""Random numbers on any device: a stream of its own for every step and every block, so that nothing need be kept."""

from __future__ import annotations

import numpy as np
import torch

from .crops import SEED


class Draws:
    """Vectors of random numbers on one device, which depend on the seed, a stream and a number in it alone."""

    def __init__(self, device: torch.device, stream: int, number: int) -> None:
        self.device = device
        self.generator = torch.Generator(device)
        seed = np.random.SeedSequence([SEED, stream, number]).generate_state(1, np.uint64)[0]
        self.generator.manual_seed(int(seed >> np.uint64(1)))

    def uniform(self, *shape: int, low: float = 0.0, high: float = 1.0) -> torch.Tensor:
        return torch.rand(shape, generator=self.generator, device=self.device) * (high - low) + low

    def normal(self, *shape: int, deviation: float = 1.0) -> torch.Tensor:
        return torch.randn(shape, generator=self.generator, device=self.device) * deviation

    def below(self, bound: int, *shape: int) -> torch.Tensor:
        return torch.randint(0, bound, shape, generator=self.generator, device=self.device)

    def sometimes(self, share: float, *shape: int) -> torch.Tensor:
        """True for about that share."""
        return self.uniform(*shape) < share

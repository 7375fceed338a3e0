"""Master prints: ridges grown by oriented Gabor filters from random seeds.

R. Cappelli, D. Maio, D. Maltoni, "Synthetic fingerprint-database generation", ICPR 2002. Minutiae are not drawn: they
arise where ridges that grew from different seeds meet, and where orientation and frequency force ridges to end.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch

from .fields import Draw
from .geometry import MASTER_SIZE, PITCH, grid
from .orientation import draw_topologies, orientation_fields

#: Orientations of the filter bank; responses in between are interpolated.
ORIENTATIONS = 12
#: Ridge period that every length is tuned to, millimetres (nearly 9 pixels at 500 dpi), and its relative deviation.
MEAN_PERIOD, PERIOD_DEVIATION = 0.44, 0.08
#: Local frequencies reach from 1 / SPAN to SPAN times the batch's middle.
SPAN = 1.34
#: Width of the Gaussian envelope in ridge periods: wide enough for three ridges.
ENVELOPE = 0.62
GAIN = 2.6
#: After so many steps ridges fill the master and only drift.
STEPS = 18
#: Fingers grown together, by kind of device.
BATCH = {"cuda": 96, "cpu": 2}


@dataclass(frozen=True)
class Masters:
    """Fingers: ridge patterns (n, MASTER_SIZE, MASTER_SIZE) int8, +127 on ridges, -127 in valleys; references (n, 2)."""

    patterns: torch.Tensor
    references: torch.Tensor

    def __len__(self) -> int:
        return len(self.patterns)


def _bank(device: torch.device) -> torch.Tensor:
    """Transfer functions (3 x ORIENTATIONS, size, size // 2 + 1) of three frequencies a factor SPAN apart together."""
    fx = torch.fft.rfftfreq(MASTER_SIZE, PITCH, device=device)[None, :]
    fy = -torch.fft.fftfreq(MASTER_SIZE, PITCH, device=device)[:, None]
    bands = []
    for band in (-1, 0, 1):
        frequency = SPAN ** (band / 2) / MEAN_PERIOD
        exponent = -2 * (torch.pi * ENVELOPE / frequency) ** 2
        # The wave vector is normal to the ridge.
        normal = torch.pi * torch.arange(ORIENTATIONS, device=device) / ORIENTATIONS + torch.pi / 2
        ux, uy = frequency * normal.cos()[:, None, None], frequency * normal.sin()[:, None, None]
        bands.append(
            torch.exp(exponent * ((fx - ux) ** 2 + (fy - uy) ** 2))
            + torch.exp(exponent * ((fx + ux) ** 2 + (fy + uy) ** 2))
        )
    bank = torch.cat(bands)
    bank[:, 0, 0] = 0
    return bank


def _grow(draw: Draw, batch: int, bank: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """`batch` fingers' patterns, int8, and their references."""
    x, y = grid(MASTER_SIZE, MASTER_SIZE, draw.device)
    topologies = draw_topologies(draw, batch)
    theta = torch.remainder(orientation_fields(topologies, x, y, draw), torch.pi) * (ORIENTATIONS / torch.pi)
    # Logarithm of the local frequency in units of the bank's spacing: the finger's own, and slow changes within it.
    own = draw.normal(PERIOD_DEVIATION, batch)[:, None, None] / torch.log(torch.tensor(SPAN)) * 2
    slow = 0.45 * draw.field(batch, MASTER_SIZE, MASTER_SIZE, 3.5) + 0.03 * y
    level = (own + slow).clamp(-1, 1)
    pattern = torch.zeros((batch, MASTER_SIZE, MASTER_SIZE), device=draw.device)
    seeds = draw.uniform(0.0015, 0.005, batch)[:, None, None]
    sown = draw.uniform(0, 1, batch, MASTER_SIZE, MASTER_SIZE)
    pattern = torch.where(sown < seeds / 2, -8.0, torch.where(sown < seeds, 8.0, pattern))
    gap = (theta[:, None] - torch.arange(ORIENTATIONS, device=draw.device)[:, None, None]).abs()
    near = (1 - torch.minimum(gap, ORIENTATIONS - gap)).clamp(min=0)
    bands = torch.stack([(1 - (level - band).abs()).clamp(min=0) for band in (-1, 0, 1)], dim=1)
    weights = (bands[:, :, None] * near[:, None]).flatten(1, 2)
    for _ in range(STEPS):
        spectrum = torch.fft.rfft2(pattern)[:, None]
        filtered = torch.fft.irfft2(spectrum * bank, s=(MASTER_SIZE, MASTER_SIZE))
        pattern = torch.tanh(GAIN * (filtered * weights).sum(dim=1))
    return (127 * pattern).round().to(torch.int8), topologies.references


def make_masters(seed: int, count: int, device: torch.device) -> Masters:
    """`count` fingers; equal arguments give equal fingers on one kind of device."""
    draw, bank, batch = Draw(seed, device), _bank(device), BATCH[device.type]
    parts = [_grow(draw, min(batch, count - start), bank) for start in range(0, count, batch)]
    patterns, references = zip(*parts)
    return Masters(torch.cat(patterns), torch.cat(references))

"""Schedule, optimiser and margin loss."""

from __future__ import annotations

import math
from collections.abc import Iterable

import torch
from torch import nn
from torch.nn import functional as F


def one_cycle(rate: float, warm_up: float, steps: int, step: int) -> float:
    """The learning rate at a step: it rises to `rate` for that fraction of the steps, and falls as a cosine."""
    rising = max(1, int(warm_up * steps))
    if step < rising:
        return rate * (step + 1) / rising
    phase = (step - rising) / max(1, steps - rising)
    return rate * (0.002 + 0.998 * (1 + math.cos(math.pi * phase)) / 2)


def adamw(parameters: Iterable[nn.Parameter], rate: float, decay: float, exempt: Iterable[nn.Parameter] = ()):
    """AdamW whose weight decay spares vectors and what is exempt."""
    parameters, exempt = list(parameters), list(exempt)
    spared = [p for p in parameters if p.ndim == 1] + exempt
    return torch.optim.AdamW(
        [
            {"params": [p for p in parameters if p.ndim > 1], "weight_decay": decay},
            {"params": spared, "weight_decay": 0.0},
        ],
        lr=rate,
        fused=parameters[0].device.type == "cuda",
    )


def set_rate(optimiser: torch.optim.Optimizer, rate: float) -> None:
    for group in optimiser.param_groups:
        group["lr"] = rate


def cosface(unit: torch.Tensor, owners: torch.Tensor, centres: torch.Tensor, scale: float, margin: float):
    """Large margin cosine loss of unit vectors against unit centres: H. Wang et al., "CosFace", CVPR 2018.

    `owners` are each vector's centre, int64; `margin` is in units of cosine.
    """
    cosine = F.linear(unit, centres)
    target = torch.zeros_like(cosine).scatter_(1, owners[:, None], margin)
    return F.cross_entropy(scale * (cosine - target), owners)

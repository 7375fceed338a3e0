"""Random numbers on any device: a stream of its own for every step and every block, so that nothing need be kept."""

from __future__ import annotations

import numpy as np
import torch

from common.draws import Draws

from .crops import SEED


def draws_at(device: torch.device, stream: int, number: int) -> Draws:
    """Numbers that depend on the seed, a stream and a number in it alone."""
    seed = np.random.SeedSequence([SEED, stream, number]).generate_state(1, np.uint64)[0]
    return Draws(int(seed >> np.uint64(1)), device)

"""The localiser, which the sensor runs, the embedding network, which is proved, and its margin loss.

The embedder is shaped by the proof system: dense convolutions, power-of-two sizes, early down-sampling (the proof pays
per activation, not per multiplication), ReLU6, plain additions, one Gemm at the end. Nobody proves the localiser.
"""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from common.network import DIMENSION, Architecture, Convolution, stage
from common.optimisation import cosface

from .geometry import CROP_SIZE, FRAME_HEIGHT, FRAME_WIDTH
from .impression import Poses

#: The localiser answers x, y (in units of REACH millimetres), sine and cosine, COPIES times each; the mean counts. The
#: UNITS last entries are 1 as exported, so that the integer network tells its own scale.
COPIES, UNITS = 31, 4
REACH = 8.0


#: fingerprint-v2: 64x32x32, 128x16x16, 128x8x8, 256x4x4.
EMBEDDER = Architecture(
    CROP_SIZE, CROP_SIZE, (Convolution(64, 8, 4, 2),) + stage(128, 1) + stage(128, 1) + stage(256, 1)
)
LOCALISER = Architecture(
    FRAME_HEIGHT, FRAME_WIDTH, (Convolution(32, 8, 4, 2),) + stage(64, 1) + stage(128, 1) + stage(128, 0)
)


def answer(poses: Poses) -> torch.Tensor:
    """What the localiser is to answer, (batch, 4)."""
    return torch.cat([poses.points / REACH, poses.angles.sin()[:, None], poses.angles.cos()[:, None]], dim=1)


def understand(answers: torch.Tensor) -> Poses:
    """Poses of the localiser's (batch, DIMENSION) answers."""
    x, y, sine, cosine = answers[:, : 4 * COPIES].float().unflatten(1, (4, COPIES)).mean(dim=2).unbind(1)
    return Poses(REACH * torch.stack([x, y], dim=1), torch.atan2(sine, cosine))


class MarginLoss(nn.Module):
    """CosFace against centres that are learned too."""

    def __init__(self, identities: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.centres = nn.Parameter(torch.randn(identities, DIMENSION) / math.sqrt(DIMENSION))

    def forward(self, embeddings: torch.Tensor, labels: torch.Tensor, margin: float) -> torch.Tensor:
        """Mean loss of (batch, DIMENSION) embeddings against their identities, int64; margin in units of cosine."""
        return cosface(F.normalize(embeddings), labels, F.normalize(self.centres), self.scale, margin)

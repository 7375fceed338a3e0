"""The embedding network and its margin loss.

The network is shaped by the proof system: dense convolutions, power-of-two sizes, early down-sampling (the proof pays
per activation, not per multiplication), ReLU6, one Gemm at the end, and nothing that does not fold into these.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from .impression import CAPTURE_SIZE

#: Entries of an embedding.
DIMENSION = 128
#: The input is pixel - 128, an integer in -128 ... 127, so that zero padding is grey level 128.
ZERO_POINT = 128


@dataclass(frozen=True)
class ConvolutionShape:
    """One convolution followed by batch normalisation and ReLU6."""

    channels: int
    kernel: int
    stride: int
    padding: int


#: 128x128x1 -> 32x32x32 -> 16x16x64 -> 8x8x64 -> 8x8x64 -> 4x4x64: 58,368 activations before the embedding.
LAYERS = (
    ConvolutionShape(32, kernel=8, stride=4, padding=2),
    ConvolutionShape(64, kernel=3, stride=2, padding=1),
    ConvolutionShape(64, kernel=3, stride=2, padding=1),
    ConvolutionShape(64, kernel=3, stride=1, padding=1),
    ConvolutionShape(64, kernel=3, stride=2, padding=1),
)


class Embedder(nn.Module):
    """Maps (batch, 1, 128, 128) pixels less 128 to (batch, 128) embeddings, compared by their cosine."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.ModuleList()
        self.normalisations = nn.ModuleList()
        channels, side = 1, CAPTURE_SIZE
        for shape in LAYERS:
            convolution = nn.Conv2d(
                channels, shape.channels, shape.kernel, shape.stride, shape.padding, bias=False
            )
            nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
            self.convolutions.append(convolution)
            self.normalisations.append(nn.BatchNorm2d(shape.channels))
            side = (side + 2 * shape.padding - shape.kernel) // shape.stride + 1
            channels = shape.channels
        self.projection = nn.Linear(channels * side * side, DIMENSION, bias=False)
        self.projection_normalisation = nn.BatchNorm1d(DIMENSION)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for convolution, normalisation in zip(self.convolutions, self.normalisations):
            x = F.relu6(normalisation(convolution(x)))
        return self.projection_normalisation(self.projection(x.flatten(1)))


class MarginLoss(nn.Module):
    """Large margin cosine loss: H. Wang et al., "CosFace", CVPR 2018."""

    def __init__(self, identities: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.centres = nn.Parameter(torch.randn(identities, DIMENSION) / math.sqrt(DIMENSION))

    def forward(self, embeddings: torch.Tensor, labels: torch.Tensor, margin: float) -> torch.Tensor:
        """Mean loss of (batch, 128) embeddings against their identities, (batch,) int64; margin in units of cosine."""
        cosine = F.linear(F.normalize(embeddings), F.normalize(self.centres))
        target = torch.zeros_like(cosine).scatter_(1, labels[:, None], margin)
        return F.cross_entropy(self.scale * (cosine - target), labels)

"""The localiser, which the sensor runs, the embedding network, which is proved, and its margin loss.

The embedder is shaped by the proof system: dense convolutions, power-of-two sizes, early down-sampling (the proof pays
per activation, not per multiplication), ReLU6, plain additions, one Gemm at the end. Nobody proves the localiser.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from .geometry import CROP_SIZE, FRAME_HEIGHT, FRAME_WIDTH
from .impression import Poses

#: Entries of an embedding, and of the localiser's answer.
DIMENSION = 128
#: The localiser answers x, y (in units of REACH millimetres), sine and cosine, COPIES times each; the mean counts. The
#: UNITS last entries are 1 as exported, so that the integer network tells its own scale.
COPIES, UNITS = 31, 4
REACH = 8.0


@dataclass(frozen=True)
class Convolution:
    """A convolution, batch normalisation and ReLU6; then the input of the `skip`-th layer back is added, if any."""

    channels: int
    kernel: int
    stride: int
    padding: int
    skip: int = 0


@dataclass(frozen=True)
class Architecture:
    """Convolutions on a (1, height, width) input, and a Gemm to DIMENSION entries."""

    height: int
    width: int
    layers: tuple[Convolution, ...]

    def shapes(self) -> list[tuple[int, int, int]]:
        """Channels, rows and columns of every block of activations before the last."""
        channels, height, width = 1, self.height, self.width
        shapes = []
        for layer in self.layers:
            height, width = (
                (side + 2 * layer.padding - layer.kernel) // layer.stride + 1 for side in (height, width)
            )
            shapes.append((layer.channels, height, width))
        return shapes

    def activations(self) -> list[int]:
        """Looked-up values per layer, the last Gemm's included."""
        return [math.prod(shape) for shape in self.shapes()] + [DIMENSION]

    def multiplications(self) -> list[int]:
        """Multiply-adds per layer, those with padding included."""
        sources = [1] + [shape[0] for shape in self.shapes()]
        counts = [
            math.prod(shape) * source * layer.kernel**2
            for shape, source, layer in zip(self.shapes(), sources, self.layers)
        ]
        return counts + [math.prod(self.shapes()[-1]) * DIMENSION]


def _pair(channels: int) -> tuple[Convolution, ...]:
    return (Convolution(channels, 3, 1, 1), Convolution(channels, 3, 1, 1, skip=2))


def _halving(channels: int) -> tuple[Convolution, ...]:
    return (Convolution(channels, 3, 2, 1),)


#: fingerprint-v2: 64x32x32, 128x16x16, 128x8x8, 256x4x4.
EMBEDDER = Architecture(
    CROP_SIZE,
    CROP_SIZE,
    (Convolution(64, 8, 4, 2),)
    + _halving(128)
    + _pair(128)
    + _halving(128)
    + _pair(128)
    + _halving(256)
    + _pair(256),
)
LOCALISER = Architecture(
    FRAME_HEIGHT,
    FRAME_WIDTH,
    (Convolution(32, 8, 4, 2),) + _halving(64) + _pair(64) + _halving(128) + _pair(128) + _halving(128),
)


class Network(nn.Module):
    """Maps (batch, 1, height, width) whole numbers in -127 ... 127 to (batch, DIMENSION)."""

    def __init__(self, architecture: Architecture) -> None:
        super().__init__()
        self.architecture = architecture
        self.convolutions = nn.ModuleList()
        self.normalisations = nn.ModuleList()
        channels = 1
        for layer in architecture.layers:
            convolution = nn.Conv2d(channels, layer.channels, layer.kernel, layer.stride, layer.padding, bias=False)
            nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
            self.convolutions.append(convolution)
            self.normalisations.append(nn.BatchNorm2d(layer.channels))
            channels = layer.channels
        self.projection = nn.Linear(math.prod(architecture.shapes()[-1]), DIMENSION, bias=False)
        self.projection_normalisation = nn.BatchNorm1d(DIMENSION)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inputs = [x]
        for layer, convolution, normalisation in zip(
            self.architecture.layers, self.convolutions, self.normalisations
        ):
            y = F.relu6(normalisation(convolution(inputs[-1])))
            inputs.append(y + inputs[-layer.skip] if layer.skip else y)
        return self.projection_normalisation(self.projection(inputs[-1].flatten(1)))


def answer(poses: Poses) -> torch.Tensor:
    """What the localiser is to answer, (batch, 4)."""
    return torch.cat([poses.points / REACH, poses.angles.sin()[:, None], poses.angles.cos()[:, None]], dim=1)


def understand(answers: torch.Tensor) -> Poses:
    """Poses of the localiser's (batch, DIMENSION) answers."""
    x, y, sine, cosine = answers[:, : 4 * COPIES].float().unflatten(1, (4, COPIES)).mean(dim=2).unbind(1)
    return Poses(REACH * torch.stack([x, y], dim=1), torch.atan2(sine, cosine))


class MarginLoss(nn.Module):
    """Large margin cosine loss: H. Wang et al., "CosFace", CVPR 2018."""

    def __init__(self, identities: int, scale: float) -> None:
        super().__init__()
        self.scale = scale
        self.centres = nn.Parameter(torch.randn(identities, DIMENSION) / math.sqrt(DIMENSION))

    def forward(self, embeddings: torch.Tensor, labels: torch.Tensor, margin: float) -> torch.Tensor:
        """Mean loss of (batch, DIMENSION) embeddings against their identities, int64; margin in units of cosine."""
        cosine = F.linear(F.normalize(embeddings), F.normalize(self.centres))
        target = torch.zeros_like(cosine).scatter_(1, labels[:, None], margin)
        return F.cross_entropy(self.scale * (cosine - target), labels)

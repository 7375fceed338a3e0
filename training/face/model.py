"""The embedding network and what a proof of it costs.

A proof pays per activation (each is looked up and committed), pads every dimension to a power of two, and has
multiplications nearly for nothing; the importer's integers run on a processor, where multiplications do cost. Hence:
few wide positions, dense 3x3 convolutions, channels in powers of two, ReLU6 (whose clip is the saturation of the integer
network), plain additions, one Gemm at the end.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

from .crops import SIDE

#: Entries of an embedding.
DIMENSION = 128
#: The input is pixel - 128, an integer in -128 ... 127, so that zero padding is grey level 128.
ZERO_POINT = 128


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
    layers: tuple[Convolution, ...]

    def shapes(self) -> list[tuple[int, int]]:
        """Channels and side of the input and of every block of activations before the embedding."""
        shapes = [(1, SIDE)]
        for layer in self.layers:
            side = (shapes[-1][1] + 2 * layer.padding - layer.kernel) // layer.stride + 1
            shapes.append((layer.channels, side))
        return shapes

    def activations(self) -> list[int]:
        """Looked-up values per layer, the embedding last."""
        return [channels * side * side for channels, side in self.shapes()[1:]] + [DIMENSION]

    def multiplications(self) -> list[int]:
        """Multiply-adds per layer as exported, those with padding included."""
        shapes, counts = self.shapes(), []
        for layer, (source, _), (channels, side) in zip(self.layers, shapes, shapes[1:]):
            counts.append(channels * side * side * source * layer.kernel**2)
        channels, side = shapes[-1]
        return counts + [channels * side * side * DIMENSION]


def _stage(channels: int, blocks: int) -> tuple[Convolution, ...]:
    """A halving of the side, then residual blocks of two convolutions."""
    pair = (Convolution(channels, 3, 1, 1), Convolution(channels, 3, 1, 1, skip=2))
    return (Convolution(channels, 3, 2, 1),) + blocks * pair


#: face-v2: 56x56, 28x28, 14x14 and 7x7 positions. They pad to what 64, 32, 16 and 8 would cost a proof, and spend a
#: quarter fewer multiply-adds.
ARCHITECTURE = Architecture((Convolution(16, 5, 2, 2),) + _stage(32, 0) + _stage(64, 2) + _stage(128, 1))


class Embedder(nn.Module):
    """Maps (batch, 1, 112, 112) pixels less 128 to (batch, 128) embeddings, compared by their cosine."""

    def __init__(self, architecture: Architecture = ARCHITECTURE) -> None:
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
        channels, side = architecture.shapes()[-1]
        self.projection = nn.Linear(channels * side * side, DIMENSION, bias=False)
        self.projection_normalisation = nn.BatchNorm1d(DIMENSION)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        inputs = [x]
        for convolution, normalisation, layer in zip(self.convolutions, self.normalisations, self.architecture.layers):
            y = F.relu6(normalisation(convolution(inputs[-1])))
            inputs.append(y + inputs[-layer.skip] if layer.skip else y)
        # Under autocast the projection's halves become floats again before they are normalised.
        return self.projection_normalisation(self.projection(inputs[-1].flatten(1)).float())

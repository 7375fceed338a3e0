"""Embedding networks, and what a proof of them costs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional as F

#: Entries of an embedding.
DIMENSION = 128


@dataclass(frozen=True)
class Convolution:
    """A convolution, batch normalisation and ReLU6; then the input of the `skip`-th layer back is added, if any."""

    channels: int
    kernel: int
    stride: int
    padding: int
    skip: int = 0


def stage(channels: int, blocks: int) -> tuple[Convolution, ...]:
    """A halving of the side, then residual blocks of two convolutions."""
    pair = (Convolution(channels, 3, 1, 1), Convolution(channels, 3, 1, 1, skip=2))
    return (Convolution(channels, 3, 2, 1),) + blocks * pair


@dataclass(frozen=True)
class Architecture:
    """Convolutions on a (1, height, width) input, and a Gemm to DIMENSION entries."""

    height: int
    width: int
    layers: tuple[Convolution, ...]

    def shapes(self) -> list[tuple[int, int, int]]:
        """Channels, rows and columns of every block of activations before the last."""
        height, width = self.height, self.width
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
        """Multiply-adds per layer as exported, those with padding included."""
        shapes = self.shapes()
        sources = [1] + [shape[0] for shape in shapes]
        counts = [
            math.prod(shape) * source * layer.kernel**2 for shape, source, layer in zip(shapes, sources, self.layers)
        ]
        return counts + [math.prod(shapes[-1]) * DIMENSION]


class Network(nn.Module):
    """Maps (batch, 1, height, width) whole numbers in -128 ... 127 to (batch, DIMENSION), compared by their cosine."""

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
        for convolution, normalisation, layer in zip(self.convolutions, self.normalisations, self.architecture.layers):
            y = F.relu6(normalisation(convolution(inputs[-1])))
            inputs.append(y + inputs[-layer.skip] if layer.skip else y)
        # Under autocast the projection's halves become floats again before they are normalised.
        return self.projection_normalisation(self.projection(inputs[-1].flatten(1)).float())

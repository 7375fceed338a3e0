"""The embedding network and what a proof of it costs.

A proof pays per activation (each is looked up and committed), pads every dimension to a power of two, and has
multiplications nearly for nothing. Hence: one strided convolution straight to 32x32, dense 3x3 convolutions, powers of
two everywhere, ReLU6 (whose clip is the saturation of the integer network), plain additions, one Gemm at the end.
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
class Stem:
    """The first convolution. It sees the crop's middle, so that a stride of 3 gives exactly 32x32 positions.

    Without a crop of the input in ONNX, the exported kernel is wider by `margin` zeros on each side.
    """

    channels: int
    kernel: int
    stride: int
    margin: int

    @property
    def exported_kernel(self) -> int:
        return self.kernel + 2 * self.margin

    @property
    def side(self) -> int:
        """Rows and columns of its output."""
        return (SIDE - self.exported_kernel) // self.stride + 1


@dataclass(frozen=True)
class Architecture:
    stem: Stem
    layers: tuple[Convolution, ...]

    def shapes(self) -> list[tuple[int, int]]:
        """Channels and side of every block of activations before the embedding."""
        shapes = [(self.stem.channels, self.stem.side)]
        for layer in self.layers:
            side = (shapes[-1][1] + 2 * layer.padding - layer.kernel) // layer.stride + 1
            shapes.append((layer.channels, side))
        return shapes

    def activations(self) -> list[int]:
        """Looked-up values per layer, the embedding last."""
        return [channels * side * side for channels, side in self.shapes()] + [DIMENSION]

    def multiplications(self) -> list[int]:
        """Multiply-adds per layer as exported, zeros of the widened first kernel and of padding included."""
        shapes = self.shapes()
        counts = [shapes[0][0] * shapes[0][1] ** 2 * self.stem.exported_kernel**2]
        for layer, (source, _), (channels, side) in zip(self.layers, shapes, shapes[1:]):
            counts.append(channels * side * side * source * layer.kernel**2)
        channels, side = shapes[-1]
        return counts + [channels * side * side * DIMENSION]


def _stage(channels: int, blocks: int) -> tuple[Convolution, ...]:
    """A halving of the side, then residual blocks of two convolutions."""
    pair = (Convolution(channels, 3, 1, 1), Convolution(channels, 3, 1, 1, skip=2))
    return (Convolution(channels, 3, 2, 1),) + blocks * pair


#: face-v1.
ARCHITECTURE = Architecture(Stem(32, kernel=9, stride=3, margin=5), _stage(64, 0) + _stage(128, 1) + _stage(128, 0))


class Embedder(nn.Module):
    """Maps (batch, 1, 112, 112) pixels less 128 to (batch, 128) embeddings, compared by their cosine."""

    def __init__(self, architecture: Architecture = ARCHITECTURE) -> None:
        super().__init__()
        self.architecture = architecture
        self.convolutions = nn.ModuleList()
        self.normalisations = nn.ModuleList()
        stem, channels = architecture.stem, 1
        geometry = [(stem.channels, stem.kernel, stem.stride, 0)]
        geometry += [(layer.channels, layer.kernel, layer.stride, layer.padding) for layer in architecture.layers]
        for width, kernel, stride, padding in geometry:
            convolution = nn.Conv2d(channels, width, kernel, stride, padding, bias=False)
            nn.init.kaiming_normal_(convolution.weight, mode="fan_out", nonlinearity="relu")
            self.convolutions.append(convolution)
            self.normalisations.append(nn.BatchNorm2d(width))
            channels = width
        channels, side = architecture.shapes()[-1]
        self.projection = nn.Linear(channels * side * side, DIMENSION, bias=False)
        self.projection_normalisation = nn.BatchNorm1d(DIMENSION)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        margin = self.architecture.stem.margin
        inputs = [x[:, :, margin : SIDE - margin, margin : SIDE - margin]]
        skips = [0] + [layer.skip for layer in self.architecture.layers]
        for convolution, normalisation, skip in zip(self.convolutions, self.normalisations, skips):
            y = F.relu6(normalisation(convolution(inputs[-1])))
            inputs.append(y + inputs[-skip] if skip else y)
        return self.projection_normalisation(self.projection(inputs[-1].flatten(1)))

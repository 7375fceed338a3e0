"""The shape of the embedding network, by what a proof of it costs.

A proof pays per activation (each is looked up and committed), pads every dimension to a power of two, and has
multiplications nearly for nothing; the importer's integers run on a processor, where multiplications do cost. Hence:
few wide positions, dense 3x3 convolutions, channels in powers of two, ReLU6 (whose clip is the saturation of the integer
network), plain additions, one Gemm at the end.
"""

from __future__ import annotations

from common.network import Architecture, Convolution, stage

from .crops import SIDE

#: The input is pixel - 128, an integer in -128 ... 127, so that zero padding is grey level 128.
ZERO_POINT = 128


#: face-v2: 56x56, 28x28, 14x14 and 7x7 positions. They pad to what 64, 32, 16 and 8 would cost a proof, and spend a
#: quarter fewer multiply-adds.
ARCHITECTURE = Architecture(
    SIDE, SIDE, (Convolution(16, 5, 2, 2),) + stage(32, 0) + stage(64, 2) + stage(128, 1)
)

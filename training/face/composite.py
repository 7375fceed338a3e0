"""Faces of nobody: two training faces blended, halved or inset, or one alone, bent smoothly.

LFW has few people, but a teacher can embed any image. Composites give the student as many points of the teacher's map
as there is time for, between and around the real people. They are made as they are needed, a block at a time.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import torch
from torch.nn import functional as F

from common.draws import Draws

from .augmentation import column
from .crops import SIDE
from .draws import draws_at

#: Seed domain of composites.
STREAM = 2
#: Range of the smooth displacement's deviation, in pixels, and the points per side of its coarse grid.
BEND, BEND_GRID = (1.0, 4.0), 5


def _upsampling(points: int) -> np.ndarray:
    """(112, points) weights of linear interpolation from `points` equally spaced ones, twice smoothed."""
    position = np.arange(SIDE) / (SIDE - 1) * (points - 1)
    weights = np.maximum(0, 1 - np.abs(position[:, None] - np.arange(points)))
    kernel = np.ones(15) / 15
    smooth = np.stack([np.convolve(np.pad(w, 14, mode="edge"), np.convolve(kernel, kernel), "valid") for w in weights.T])
    return smooth.T.astype(np.float32)


def bend(faces: torch.Tensor, upsampling: torch.Tensor, draws: Draws) -> torch.Tensor:
    """Moves every point of (n, 1, 112, 112) faces by a smooth random field; bilinear, edges repeated."""
    batch = len(faces)
    deviation = draws.uniform(BEND[0], BEND[1], batch) * 2 / (SIDE - 1)
    coarse = draws.normal(1.0, batch, 2, BEND_GRID, BEND_GRID) * column(deviation)
    shift = (upsampling @ coarse @ upsampling.T).permute(0, 2, 3, 1)
    axis = torch.linspace(-1, 1, SIDE, device=faces.device)
    grid = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), -1) + shift
    return F.grid_sample(faces, grid, mode="bilinear", padding_mode="border", align_corners=True)


def masks(count: int, draws: Draws) -> torch.Tensor:
    """Share of the first face at every pixel, (count, 1, 112, 112): a blend, halves, an inner oval, or all of it."""
    axis = torch.arange(SIDE, device=draws.device) - SIDE / 2
    y, x = axis[:, None], axis[None, :]
    angle = draws.uniform(0, 2 * math.pi, count)
    halves = x * column(angle.cos()) + y * column(angle.sin()) - column(draws.uniform(-20, 20, count))
    radius, ratio = draws.uniform(22, 42, count), draws.uniform(1.0, 1.4, count)
    oval = column(radius) - torch.hypot(x, (y - column(draws.uniform(0, 14, count))) / column(ratio))
    kind = column(draws.integers(0, 4, count))
    shaped = torch.sigmoid(torch.where(kind == 1, halves, oval) / column(draws.uniform(3, 12, count)))
    flat = torch.where(kind == 0, column(draws.uniform(0.3, 0.7, count)), torch.ones_like(shaped))
    return torch.where((kind == 1) | (kind == 2), shaped, flat)


class Composer:
    """Makes composites of (n, 112, 112) uint8 images, grouped by `owners`."""

    def __init__(self, images: torch.Tensor, owners: torch.Tensor) -> None:
        self.images = images
        count = torch.bincount(owners)
        #: For each image, how many images its person has, and where the next person's begin.
        self.own, self.end = count[owners], count.cumsum(0)[owners]
        self.upsampling = torch.from_numpy(_upsampling(BEND_GRID)).to(images.device)

    def _face(self, chosen: torch.Tensor, draws: Draws) -> torch.Tensor:
        face = self.images[chosen][:, None].float()
        return torch.where(column(draws.chance(0.5, len(chosen))), face.flip(-1), face)

    def pairs(self, count: int, draws: Draws) -> tuple[torch.Tensor, torch.Tensor]:
        """Indices of two images of different people, all such pairs alike likely."""
        total = len(self.images)
        first = draws.integers(0, total, count)
        others = total - self.own[first]
        ahead = torch.minimum((draws.uniform(0, 1, count) * others).long(), others - 1)
        return first, (self.end[first] + ahead) % total

    def make(self, count: int, draws: Draws) -> torch.Tensor:
        """(count, 112, 112) uint8."""
        first, second = self.pairs(count, draws)
        one, two = self._face(first, draws), self._face(second, draws)
        # The second face takes the first one's brightness and contrast, so that no seam gives it away.
        (deviation, mean), (other_deviation, other_mean) = (torch.std_mean(f, (1, 2, 3), keepdim=True) for f in (one, two))
        two = (two - other_mean) * (deviation / other_deviation.clamp(min=1)) + mean
        bent = bend(two.lerp(one, masks(count, draws)), self.upsampling, draws)
        return bent[:, 0].round().clamp(0, 255).to(torch.uint8)


class Pool:
    """Composites with their targets, of which a block at a time is replaced by a new one.

    Block number n depends on the seed and n alone, so that an interrupted training finds the same pool again.
    """

    def __init__(self, composer: Composer, embed: Callable[[torch.Tensor], torch.Tensor], block: int, blocks: int):
        self.composer, self.embed, self.block, self.blocks = composer, embed, block, blocks
        device = composer.images.device
        self.images = torch.zeros((blocks * block, SIDE, SIDE), dtype=torch.uint8, device=device)
        self.targets: torch.Tensor | None = None
        self.made = 0

    def advance(self, number: int) -> None:
        """Makes what is missing of the latest blocks below `number`."""
        for index in range(max(self.made, number - self.blocks), number):
            images = self.composer.make(self.block, draws_at(self.images.device, STREAM, index))
            targets = self.embed(images)
            if self.targets is None:
                self.targets = torch.zeros((len(self.images), targets.shape[1]), device=self.images.device)
            place = slice(index % self.blocks * self.block, (index % self.blocks + 1) * self.block)
            self.images[place], self.targets[place] = images, targets
            self.made = index + 1

    def draw(self, count: int, draws: Draws) -> tuple[torch.Tensor, torch.Tensor]:
        chosen = draws.integers(0, min(self.made, self.blocks) * self.block, count)
        return self.images[chosen], self.targets[chosen]

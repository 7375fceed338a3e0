"""Ridge orientation fields by the zero-pole model.

B. G. Sherlock and D. M. Monro, "A model for interpreting fingerprint topology", Pattern Recognition 26 (1993), with the
piecewise linear correction of P. R. Vizcaya and L. A. Gerhardt, "A nonlinear orientation model for global description
of fingerprints", Pattern Recognition 29 (1996). Arches have no singular point and get a smooth slope field instead.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch

from .fields import Draw

CLASSES = ("left loop", "right loop", "whorl", "arch", "tented arch")
#: Natural frequencies of the five classes (C. L. Wilson et al., NIST, 1993).
CLASS_PROBABILITIES = (0.338, 0.317, 0.279, 0.037, 0.029)
LEFT_LOOP, RIGHT_LOOP, WHORL, ARCH, TENTED_ARCH = range(5)
#: Pieces of the angular correction of one singular point.
CORRECTION_PIECES = 8


@dataclass(frozen=True)
class Topologies:
    """A batch of fingers' topologies. Points are (x, y) in millimetres; corrections are radians at knots of [-pi, pi)."""

    kinds: torch.Tensor  # (batch,)
    points: torch.Tensor  # (batch, 4, 2): two cores, two deltas
    weights: torch.Tensor  # (batch, 4): 1/2 of a core, -1/2 of a delta, 0 of one that is not there
    corrections: torch.Tensor  # (batch, 4, CORRECTION_PIECES)
    tilts: torch.Tensor  # (batch,)
    arches: torch.Tensor  # (batch, 3): height, centre, spread
    roughness: torch.Tensor  # (batch,)

    @property
    def references(self) -> torch.Tensor:
        """What a print is aligned by, (batch, 2): the upper core; of an arch the middle of its bulge."""
        bulge = torch.stack([torch.zeros_like(self.arches[:, 1]), self.arches[:, 1]], dim=1)
        return torch.where((self.kinds == ARCH)[:, None], bulge, self.points[:, 0])


def draw_topologies(draw: Draw, batch: int) -> Topologies:
    """Draws classes by their natural frequency, then singular points, corrections and tilts."""
    cumulative = torch.tensor(CLASS_PROBABILITIES, device=draw.device).cumsum(0)
    kinds = torch.searchsorted(cumulative, draw.uniform(0, 1, batch).clamp(max=0.999))
    loop, whorl, arch = kinds <= RIGHT_LOOP, kinds == WHORL, kinds == ARCH
    side = 1.0 - 2.0 * (kinds == RIGHT_LOOP)
    x, y = draw.normal(0.9, batch), 1.4 + draw.normal(1.1, batch)

    gap = draw.exponential(0.45, 3, batch).sum(0).clamp(max=5) + 0.4
    lean = draw.normal(0.45, batch)
    first = torch.stack([torch.where(whorl, x - lean / 2, x), torch.where(whorl, y + gap / 2, y)], dim=1)
    second = torch.stack([x + lean / 2, y - gap / 2], dim=1)
    drop = draw.uniform(5, 9, batch)
    left = torch.stack([x - draw.uniform(3.5, 7, batch), y - drop + draw.normal(0.8, batch)], dim=1)
    right = torch.stack([x + draw.uniform(3.5, 7, batch), y - drop + draw.normal(0.8, batch)], dim=1)
    beside = torch.stack([x + side * draw.uniform(3.2, 7, batch), y - draw.uniform(4.5, 9.5, batch)], dim=1)
    below = torch.stack([x + draw.normal(0.35, batch), y - draw.uniform(2.5, 5, batch)], dim=1)
    delta = torch.where(whorl[:, None], left, torch.where(loop[:, None], beside, below))

    present = torch.stack([~arch, whorl, ~arch, whorl], dim=1).float()
    return Topologies(
        kinds=kinds,
        points=torch.stack([first, second, delta, right], dim=1),
        weights=present * torch.tensor([0.5, 0.5, -0.5, -0.5], device=draw.device),
        corrections=draw.normal(0.18, batch, 4, CORRECTION_PIECES),
        tilts=draw.normal(0.06, batch),
        arches=torch.stack(
            [draw.uniform(0.35, 1, batch), 0.5 + draw.normal(1.5, batch), draw.uniform(3.5, 6.5, batch)], dim=1
        ),
        roughness=draw.uniform(0.05, 0.15, batch),
    )


def _corrected(angle: torch.Tensor, knots: torch.Tensor) -> torch.Tensor:
    """Adds each finger's correction, periodic and linear between knots, so that the field stays continuous modulo 2 pi."""
    position = (angle + math.pi) * (CORRECTION_PIECES / (2 * math.pi))
    below = position.floor().long().clamp(0, CORRECTION_PIECES - 1)
    part = position - below
    flat = below.flatten(1)
    values = knots.gather(1, flat).view_as(angle) * (1 - part)
    return angle + values + knots.gather(1, (flat + 1) % CORRECTION_PIECES).view_as(angle) * part


def orientation_fields(topologies: Topologies, x: torch.Tensor, y: torch.Tensor, draw: Draw) -> torch.Tensor:
    """Ridge directions in radians (anticlockwise from the x axis, modulo pi), (batch, rows, columns)."""
    height, centre, spread = topologies.arches[:, :, None, None].unbind(1)
    bulge = torch.exp(-(((y - centre) / spread) ** 2))
    angle = torch.atan(-1.6 * height * bulge * torch.sin((x / 7.5).clamp(-1, 1) * math.pi))
    angle = torch.where((topologies.kinds == ARCH)[:, None, None], angle, torch.zeros_like(angle))
    for index in range(topologies.points.shape[1]):
        px, py = topologies.points[:, index, :, None, None].unbind(1)
        turn = _corrected(torch.atan2(y - py, x - px), topologies.corrections[:, index])
        angle = angle + topologies.weights[:, index, None, None] * turn
    noise = draw.field(*angle.shape, 3.0)
    return angle + topologies.tilts[:, None, None] + topologies.roughness[:, None, None] * noise

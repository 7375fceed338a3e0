"""Impressions: what a touch sensor sees of a master print on one occasion.

Plastic distortion follows R. Cappelli, D. Maio, D. Maltoni, "Modelling plastic distortion in fingerprint images",
ICAPR 2001: skin inside an ellipse of close contact moves with the finger, skin outside is held back smoothly.

Numbers are drawn first; what is computed of them are pure functions of tensors, which `torch.compile` can fuse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch.nn import functional as F

from .fields import Draw
from .geometry import FRAME_HEIGHT, FRAME_WIDTH, MASTER_SIZE, PITCH, grid, sampling_grid
from .master import Masters


@dataclass(frozen=True)
class Variation:
    """How far impressions of one finger differ. Normal deviates are clipped at 2.5 deviations."""

    rotation: float = math.radians(13.0)  # deviation, radians
    sideways: float = 1.7  # deviation of the finger's place, millimetres
    upwards: float = 2.7
    distortion: float = 0.5  # deviation of the skin's displacement per axis, millimetres
    torsion: float = math.radians(5.0)  # deviation of the skin's rotation, radians
    elastic: float = 0.08  # deviation of the small-scale displacement, millimetres
    pressure: float = 0.32  # deviation of the ridge threshold; the pattern itself spans -1 ... 1
    thinness: float = 0.12  # mean of what ridges lack in width, in the same units
    dryness: float = 0.75  # mean strength of granular gaps
    patches: float = 0.4  # probability of a region with hardly any contact
    scratches: float = 2.0  # mean number
    partial: float = 0.15  # probability that part of the finger does not touch
    small: float = 0.7  # probability of a sensor smaller than the frame
    edges: float = 0.5  # probability of light or shade along the sensor's edges


@dataclass(frozen=True)
class Poses:
    """Where impressions lie on the sensor: the reference point and the finger's turn (anticlockwise)."""

    points: torch.Tensor  # (batch, 2) millimetres from the frame's centre
    angles: torch.Tensor  # (batch,) radians


#: Scratches drawn per impression at most.
SCRATCHES = 4


def _skin(x, y, placement, plastic, elastic_x, elastic_y, sign):
    """Finger coordinates (fx, fy) of sensor points, and those of the skin that lies there, mirrored as asked for."""
    angle, shift_x, shift_y = placement.unbind(0)
    cosine, sine = angle.cos(), angle.sin()
    sx, sy = x - shift_x, y - shift_y
    fx, fy = cosine * sx + sine * sy, cosine * sy - sine * sx
    width, height, cx, cy, reach, dx, dy, turn = plastic.unbind(0)
    distance = torch.sqrt(((fx - cx) / width) ** 2 + ((fy - cy) / height) ** 2) - 1
    brake = (1 - torch.cos(math.pi * (distance / reach).clamp(0, 1))) / 2
    skin_x = fx + brake * (dx - turn * (fy - cy)) + elastic_x
    skin_y = fy + brake * (dy + turn * (fx - cx)) + elastic_y
    return fx, fy, skin_x * sign, skin_y


def _scratches(fx, fy, scratches):
    """0 where skin is whole ... about 1 in a scratch."""
    total = torch.zeros_like(fx)
    for present, cosine, sine, along_0, across_0, bend, length, thickness in scratches.unbind(0):
        along = fx * cosine + fy * sine - along_0
        across = fy * cosine - fx * sine - across_0 + bend * along**2
        total = total + present * torch.exp(-((across / thickness) ** 2)) * torch.sigmoid((length - along.abs()) / 0.15)
    return total


def _contact(fx, fy, ragged, contact):
    """1 where skin touches: an ellipse in the finger's frame with a ragged edge, cut where contact is partial."""
    wide, high, cx, cy, cosine, sine, cut = contact.unbind(0)
    edge = 1 - torch.sqrt(((fx - cx) / wide) ** 2 + ((fy - cy) / high) ** 2)
    edge = torch.minimum(edge, (cut - fx * cosine - fy * sine) / 6)
    return torch.sigmoid((edge + 0.05 * ragged) / 0.03)


def _picture(pattern, fx, fy, fields, skin, scratches, contact):
    """Grey levels before blur and noise. Ridges widen with pressure; dry skin leaves gaps, wet skin fills valleys."""
    press, dry, fine, coarse, bare, ragged, light, dirt = fields
    pressure, dryness, share, bare_from, bare_by, softness, ground, ridge, dirty = skin.unbind(0)
    grain = (share * coarse + (1 - share) * fine) / torch.sqrt(share**2 + (1 - share) ** 2)
    level = pattern + pressure + 0.25 * press - dryness * (0.6 + 0.5 * dry).clamp(0, 1.5) * grain.clamp(min=-0.5)
    level = level - bare_by * torch.sigmoid((bare - bare_from) / 0.15) * (0.9 + 0.7 * grain)
    level = level - 2.0 * _scratches(fx, fy, scratches)
    ink = torch.sigmoid(level / softness) * _contact(fx, fy, ragged, contact)
    shade = ground + 8 * light
    return shade - (ground - ridge) * ink - dirty * dirt.clamp(min=0)


def _finish(picture, noise, depth, finish):
    """Blurred by a binomial kernel, lit or shaded towards the sensor's edges, noise added, as whole grey levels.

    `depth` is how far a sample lies within the sensor, in millimetres.
    """
    blur, shade, reach, line, line_grey = finish.unbind(0)
    padded = F.pad(picture[:, None], (1, 1, 1, 1), mode="replicate")[:, 0]
    rows = padded[:, :-2] + 2 * padded[:, 1:-1] + padded[:, 2:]
    soft = (rows[:, :, :-2] + 2 * rows[:, :, 1:-1] + rows[:, :, 2:]) / 16
    image = torch.lerp(picture, soft, blur) + shade * torch.exp(-depth / reach) + noise
    image = torch.where(depth < line, line_grey, image)
    return image.clamp(0, 255).round()


class Fused:
    """The pure functions, compiled where that is asked for."""

    skin, picture, finish = staticmethod(_skin), staticmethod(_picture), staticmethod(_finish)

    @classmethod
    def compile(cls) -> None:
        cls.skin = staticmethod(torch.compile(_skin))
        cls.picture = staticmethod(torch.compile(_picture))
        cls.finish = staticmethod(torch.compile(_finish))


def _stack(*columns: torch.Tensor) -> torch.Tensor:
    """Numbers per impression as (n, batch, 1, 1)."""
    return torch.stack(columns)[..., None, None]


def _depth(draw: Draw, batch: int, probability: float) -> torch.Tensor:
    """How far samples lie within a sensor of 11 to 16 mm by 15 to 19 mm, or one as large as the frame; negative outside."""
    x, y = grid(FRAME_HEIGHT, FRAME_WIDTH, draw.device)
    small = draw.chance(probability, batch)
    half_width = torch.where(small, draw.uniform(5.5, 8.2, batch), FRAME_WIDTH * PITCH / 2)[:, None, None]
    half_height = torch.where(small, draw.uniform(7.5, 9.8, batch), FRAME_HEIGHT * PITCH / 2)[:, None, None]
    return torch.minimum(half_width - x.abs(), half_height - y.abs())


def make_impressions(
    masters: Masters, chosen: torch.Tensor, mirrored: torch.Tensor, draw: Draw, variation: Variation = Variation()
) -> tuple[torch.Tensor, torch.Tensor, Poses]:
    """One impression each of the chosen fingers (or their mirror images).

    Returns grey levels (batch, FRAME_HEIGHT, FRAME_WIDTH) float32 in 0 ... 255, dark ridges; which samples the sensor has,
    0 or 1 in the same shape; and the poses.
    """
    batch, shape, v = len(chosen), (FRAME_HEIGHT, FRAME_WIDTH), variation
    x, y = grid(*shape, draw.device)
    sign = 1.0 - 2.0 * mirrored.float()

    # Finger to sensor: turn about the finger's centre, then shift.
    angle = draw.normal(v.rotation, batch)
    shift_x, shift_y = draw.normal(v.sideways, batch), draw.normal(v.upwards, batch)
    cosine, sine = angle.cos(), angle.sin()
    rx, ry = masters.references[chosen].unbind(1)
    rx = rx * sign
    points = torch.stack([cosine * rx - sine * ry + shift_x, sine * rx + cosine * ry + shift_y], dim=1)

    plastic = _stack(
        draw.uniform(1.8, 3.4, batch),
        draw.uniform(2.2, 4.2, batch),
        draw.normal(1.0, batch),
        draw.normal(1.0, batch),
        draw.uniform(0.8, 2.0, batch),
        draw.normal(v.distortion, batch),
        draw.normal(v.distortion, batch),
        draw.normal(v.torsion, batch),
    )
    elastic = [v.elastic * draw.field(batch, *shape, 2.0) for _ in range(2)]
    placement = _stack(angle, shift_x, shift_y)
    fx, fy, skin_x, skin_y = Fused.skin(x, y, placement, plastic, *elastic, sign[:, None, None])
    patterns = masters.patterns[chosen][:, None].float() / 127
    places = sampling_grid(skin_x, skin_y, MASTER_SIZE, MASTER_SIZE)
    pattern = F.grid_sample(patterns, places, mode="bicubic", align_corners=False)[:, 0]

    fields = [draw.field(batch, *shape, length) for length in (3.0, 2.5, 0.17, 0.4, 4.0, 0.7, 6.0, 0.6)]
    skin = _stack(
        draw.normal(v.pressure, batch) - v.thinness,
        draw.exponential(v.dryness, batch).clamp(max=2.2),
        draw.uniform(0, 1, batch),
        draw.uniform(0.3, 1.2, batch),
        draw.chance(v.patches, batch) * draw.uniform(0.6, 2.2, batch),
        draw.uniform(0.12, 0.45, batch),
        draw.uniform(170, 250, batch),
        draw.uniform(10, 110, batch),
        draw.uniform(0, 8, batch),
    )
    direction = draw.uniform(0, math.pi, SCRATCHES, batch)
    scratches = torch.stack(
        [
            draw.chance(v.scratches / SCRATCHES, SCRATCHES, batch).float(),
            direction.cos(),
            direction.sin(),
            draw.normal(3.0, SCRATCHES, batch),
            draw.normal(3.0, SCRATCHES, batch),
            draw.normal(0.02, SCRATCHES, batch),
            draw.uniform(1, 5, SCRATCHES, batch),
            draw.uniform(0.05, 0.15, SCRATCHES, batch),
        ],
        dim=1,
    )[..., None, None]
    side = draw.uniform(0, 2 * math.pi, batch)
    contact = _stack(
        draw.uniform(4.8, 7.2, batch),
        draw.uniform(6.8, 11.0, batch),
        draw.normal(0.7, batch),
        draw.normal(1.0, batch),
        side.cos(),
        side.sin(),
        draw.uniform(1.5, 5.0, batch) + 99.0 * (~draw.chance(v.partial, batch)),
    )
    picture = Fused.picture(pattern, fx, fy, fields, skin, scratches, contact)
    noise = draw.uniform(1, 8, batch)[:, None, None] * draw.field(batch, *shape, PITCH)
    depth, edged = _depth(draw, batch, v.small), draw.chance(v.edges, batch)
    finish = _stack(
        draw.uniform(0, 0.8, batch),
        edged * draw.normal(40, batch),
        draw.uniform(0.2, 2.5, batch),
        draw.chance(v.edges, batch) * draw.uniform(0, 0.3, batch),
        draw.uniform(0, 255, batch),
    )
    return Fused.finish(picture, noise, depth, finish), (depth >= 0).float(), Poses(points, angle)

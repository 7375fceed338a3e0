"""What the sensor is to do to a frame: local contrast made even, then the crop that a pose places."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from .geometry import CROP_SIZE, FRAME_HEIGHT, FRAME_WIDTH, grid, sampling_grid
from .impression import Poses

#: Side of the window whose mean and deviation are made even, in samples (1.7 mm, nearly four ridges).
WINDOW = 17
#: Deviations below this part of the frame's greatest ones (their 95th percentile) are background, and stay small.
FLOOR = 0.25
#: Samples along a sensor's edges that are not looked at.
TRIM = 2
#: Grey levels of one local deviation, and the largest value.
UNIT, LIMIT = 48.0, 127.0


def _box(values: torch.Tensor) -> torch.Tensor:
    """Means over the window; what lies beyond the borders counts as 0."""
    rows = F.avg_pool2d(values[:, None], (WINDOW, 1), 1, (WINDOW // 2, 0), count_include_pad=True)
    return F.avg_pool2d(rows, (1, WINDOW), 1, (0, WINDOW // 2), count_include_pad=True)[:, 0]


def normalise(images: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """(batch, rows, columns) grey levels to whole numbers in -127 ... 127, ridges negative; 0 where nothing is present.

    Samples within TRIM of one that is not present, or of the frame's border, do not count as present.
    """
    side = 2 * TRIM + 1
    present = (F.avg_pool2d(F.pad(present[:, None], 4 * (TRIM,)), side, 1)[:, 0] > 0.999).float()
    share = _box(present).clamp(min=1e-3)
    mean = _box(images * present) / share
    square = _box(images**2 * present) / share
    deviation = (square - mean**2).clamp(min=0).sqrt() * present
    # Every fourth sample is enough for a percentile.
    coarse = deviation[:, 2::4, 2::4].flatten(1).sort(dim=1).values
    greatest = coarse[:, int(0.95 * coarse.shape[1])][:, None, None]
    even = (images - mean) / torch.sqrt(deviation**2 + (FLOOR * greatest).clamp(min=4.0) ** 2)
    return (present * (UNIT * even).clamp(-LIMIT, LIMIT)).round()


def crop(frames: torch.Tensor, poses: Poses) -> torch.Tensor:
    """The (batch, CROP_SIZE, CROP_SIZE) crops with the reference point in the middle and the finger upright."""
    x, y = grid(CROP_SIZE, CROP_SIZE, frames.device)
    cosine, sine = poses.angles.cos()[:, None, None], poses.angles.sin()[:, None, None]
    px, py = poses.points[:, 0, None, None], poses.points[:, 1, None, None]
    places = sampling_grid(cosine * x - sine * y + px, sine * x + cosine * y + py, FRAME_HEIGHT, FRAME_WIDTH)
    return F.grid_sample(frames[:, None], places, mode="bilinear", align_corners=False)[:, 0].round()

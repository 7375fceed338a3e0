"""Units: every length in this package is in millimetres, x to the right, y upwards, origin at a raster's centre."""

from __future__ import annotations

import torch

MILLIMETRES_PER_INCH = 25.4
#: Resolution of masters, frames and crops, in dots per inch: ridges are 4 to 5 samples apart.
DPI = 250
#: Millimetres between neighbouring samples.
PITCH = MILLIMETRES_PER_INCH / DPI
#: Side of a master print in samples (26 mm).
MASTER_SIZE = 256
#: Rows and columns of a frame, what a touch sensor sees, in samples (19.5 x 16.3 mm); smaller sensors leave a border.
FRAME_HEIGHT, FRAME_WIDTH = 192, 160
#: Side of a crop, the embedder's input (13 mm).
CROP_SIZE = 128


def grid(height: int, width: int, device: torch.device) -> tuple[torch.Tensor, torch.Tensor]:
    """Centres of a raster's samples: x of shape (1, width), y of shape (height, 1), millimetres."""
    x = (torch.arange(width, device=device, dtype=torch.float32) - (width - 1) / 2) * PITCH
    y = ((height - 1) / 2 - torch.arange(height, device=device, dtype=torch.float32)) * PITCH
    return x[None, :], y[:, None]


def sampling_grid(x: torch.Tensor, y: torch.Tensor, height: int, width: int) -> torch.Tensor:
    """`grid_sample` coordinates (align_corners=False) of points in millimetres in a (height, width) raster."""
    return torch.stack([x * (2 / (PITCH * width)), y * (-2 / (PITCH * height))], dim=-1)

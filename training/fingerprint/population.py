"""Held-out fingers: frames for measurements, pictures for fixtures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .fields import Draw
from .frame import normalise
from .impression import Variation, make_impressions
from .master import make_masters

#: Seeds of disjoint populations: nothing that is measured was ever trained on.
TRAINING, VALIDATION, TEST, COOPERATIVE, FIXTURES = 20261127, 20261128, 20261129, 20261130, 20261131
#: Fingers rendered and embedded together, as many as in a batch of training.
CHUNK = 512
#: People who lay their fingers down with some care, on a clean sensor: the fixtures, and one of the measurements.
CAREFUL = Variation(
    rotation=np.deg2rad(7), sideways=0.8, upwards=1.3, dryness=0.4, patches=0.15, scratches=1.2, partial=0.05
)


def captures(
    seed: int, fingers: int, impressions: int, device: torch.device, variation: Variation = Variation()
) -> tuple[torch.Tensor, torch.Tensor]:
    """Grey levels of a population, (fingers, impressions, rows, columns) uint8, and where they are present, bool."""
    masters, draw = make_masters(seed, fingers, device), Draw(seed, device)
    images, masks = [], []
    for _ in range(impressions):
        for start in range(0, fingers, CHUNK):
            chosen = torch.arange(start, min(start + CHUNK, fingers), device=device)
            image, present, _ = make_impressions(masters, chosen, torch.zeros_like(chosen), draw, variation)
            images.append(image.to(torch.uint8))
            masks.append(present.bool())
    shape = (impressions, fingers, *images[0].shape[1:])
    return torch.cat(images).view(shape).transpose(0, 1), torch.cat(masks).view(shape).transpose(0, 1)


def frames(images: torch.Tensor, present: torch.Tensor) -> torch.Tensor:
    """Normalised frames of captures, int8, in the same shape."""
    parts = [
        normalise(image.float(), mask.float()).to(torch.int8)
        for image, mask in zip(images.flatten(0, 1).split(CHUNK), present.flatten(0, 1).split(CHUNK))
    ]
    return torch.cat(parts).view(images.shape)


def picture(image: torch.Tensor, present: torch.Tensor, scale: int = 1) -> Image.Image:
    """What the sensor gives out: the present rectangle, `scale` times 250 dpi."""
    rows, columns = present.any(1).nonzero().flatten(), present.any(0).nonzero().flatten()
    cut = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].cpu().numpy()
    whole = Image.fromarray(cut)
    return whole if scale == 1 else whole.resize((scale * whole.width, scale * whole.height), Image.Resampling.BICUBIC)


def write_pictures(folder: Path, images: torch.Tensor, present: torch.Tensor, scale: int = 1) -> list[Path]:
    """Numbered PNG files of (n, rows, columns) captures."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:05}.png" for number in range(len(images))]
    for path, image, mask in zip(paths, images, present):
        picture(image, mask, scale).save(path, optimize=True)
    return paths

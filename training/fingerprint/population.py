"""Held-out fingers for measurements."""

from __future__ import annotations

import torch

from .fields import Draw
from .frame import normalise
from .impression import Variation, make_impressions
from .master import make_masters

#: Seeds of disjoint populations: nothing that is measured was ever trained on. Training prints the error rate on
#: VALIDATION; thresholds are set on THRESHOLDS; TEST is measured once, at the end; CALIBRATION is the importer's.
TRAINING, VALIDATION, THRESHOLDS, TEST, FIXTURES, CALIBRATION = range(20261127, 20261133)
#: Fingers rendered and embedded together, as many as in a batch of training.
CHUNK = 512


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

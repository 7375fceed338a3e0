"""Pictures as a sensor of 500 dpi gives them, which is what the program reads, and the frames that they become."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from .geometry import FRAME_HEIGHT, FRAME_WIDTH
from .impression import Variation
from .population import captures

#: Rounds in which an enlarged picture is corrected. Without any, halving it would lose a tenth of the ridges' contrast
#: and a third of the grain: a cleaner sensor than the one trained for. Two leave 0.4 grey levels of 3.2.
CORRECTIONS = 2


def halved(picture: np.ndarray) -> np.ndarray:
    """Means of 2x2 samples, float32."""
    rows, columns = picture.shape
    return picture.astype(np.float32).reshape(rows // 2, 2, columns // 2, 2).mean(axis=(1, 3))


def _doubled(image: np.ndarray) -> np.ndarray:
    size = (2 * image.shape[1], 2 * image.shape[0])
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def picture(image: np.ndarray, present: np.ndarray) -> np.ndarray:
    """One capture at 500 dpi, uint8: what is present of its frame, smoothly enlarged so that `halved` gives it back."""
    wanted = image[np.ix_(present.any(axis=1), present.any(axis=0))].astype(np.float32)
    source = wanted
    for _ in range(CORRECTIONS):
        source = source + wanted - halved(_doubled(source))
    return _doubled(source).clip(0, 255).round().astype(np.uint8)


def framed(picture: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """A picture's grey levels in the middle of a frame, float32, and where they are present, bool.

    Sides are multiples of 4 samples and within the frame's.
    """
    image = halved(picture)
    frame = np.zeros((FRAME_HEIGHT, FRAME_WIDTH), np.float32)
    present = np.zeros(frame.shape, bool)
    top, left = (FRAME_HEIGHT - image.shape[0]) // 2, (FRAME_WIDTH - image.shape[1]) // 2
    place = np.s_[top : top + image.shape[0], left : left + image.shape[1]]
    frame[place], present[place] = image, True
    return frame, present


def read_picture(path: Path) -> np.ndarray:
    with Image.open(path) as image:
        return np.asarray(image.convert("L"))


def people(
    folder: Path,
    seed: int,
    fingers: int,
    impressions: int,
    names: tuple[str, ...] = (),
    first: int = 0,
    variation: Variation = Variation(),
) -> list[list[Path]]:
    """Pictures of a population, a folder of each finger: FOLDER/0000/0.png, ... (numbered from `first`); made once.

    Rendered on the processor, so that they do not depend on a card.
    """
    names = names or tuple(f"{finger:04}" for finger in range(fingers))
    if not folder.exists():
        # Whole or not at all.
        partial = folder.with_name(folder.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        images, present = captures(seed, fingers, impressions, torch.device("cpu"), variation)
        for name, finger, masks in zip(names, images.numpy(), present.numpy(), strict=True):
            (partial / name).mkdir(parents=True)
            for number, (image, mask) in enumerate(zip(finger, masks), first):
                Image.fromarray(picture(image, mask)).save(partial / name / f"{number}.png", optimize=True)
        partial.rename(folder)
    return [[folder / name / f"{number}.png" for number in range(first, first + impressions)] for name in names]


def fvc2004(directory: Path) -> list[list[Path]]:
    """FVC2004 DB4_B: 10 fingers, 8 impressions each, 288x384 pixels at 500 dpi."""
    return [[directory / f"{finger}_{impression}.png" for impression in range(1, 9)] for finger in range(101, 111)]


#: SOCOFing's pictures lie in a frame of grey and black lines; and they were made smaller, from 260x300 at 500 dpi.
SOCOFING_INNER = (2, 2, 92, 98)
SOCOFING_SCALE = (260 / 96, 300 / 103)


def socofing(archive: Path, folder: Path) -> list[list[Path]]:
    """Real fingers of SOCOFing, one impression each, brought back to 500 dpi; sorted by name."""
    if not folder.exists():
        partial = folder.with_name(folder.name + ".partial")
        shutil.rmtree(partial, ignore_errors=True)
        partial.mkdir(parents=True)
        with tarfile.open(archive) as tar:
            for member in tar:
                if not member.name.endswith(".png"):
                    continue
                with Image.open(io.BytesIO(tar.extractfile(member).read())) as image:
                    inner = image.convert("L").crop(SOCOFING_INNER)
                size = tuple(round(side * scale) for side, scale in zip(inner.size, SOCOFING_SCALE))
                inner.resize(size, Image.Resampling.BICUBIC).save(partial / Path(member.name).name)
        partial.rename(folder)
    return [[path] for path in sorted(folder.glob("*.png"))]


def load(paths: list[list[Path]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Pictures as frames: grey levels (fingers, impressions, FRAME_HEIGHT, FRAME_WIDTH), and where they are present."""
    pairs = [framed(read_picture(path)) for finger in paths for path in finger]
    images, present = (torch.from_numpy(np.stack(part)).unflatten(0, (len(paths), -1)) for part in zip(*pairs))
    return images, present

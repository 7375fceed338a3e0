"""The aligned grey crops and their people, and the fixed division of people into training, validation and test."""

from __future__ import annotations

import io
import re
import tarfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

#: Side of a crop in pixels.
SIDE = 112
#: Seed of everything: the division, the composites, the order of samples, the initial weights.
SEED = 20261122
#: Shares of the people that are held out: the test people are looked at once, the validation people choose and set
#: thresholds. Neither appears in any training image or composite.
TEST_SHARE, VALIDATION_SHARE = 0.20, 0.06


@dataclass(frozen=True)
class Crops:
    """Images in the archive's alphabetical order, each with its person's index in `people`."""

    images: np.ndarray  # (n, 112, 112) uint8
    owners: np.ndarray  # (n,) int64
    numbers: np.ndarray  # (n,) the image's number within its person, from 1
    people: list[str]

    def of(self, people: np.ndarray) -> np.ndarray:
        """Indices of the images of these people."""
        return np.flatnonzero(np.isin(self.owners, people))


@dataclass(frozen=True)
class Division:
    """Indices of people."""

    training: np.ndarray
    validation: np.ndarray
    test: np.ndarray


def load_crops(archive: Path) -> Crops:
    """Reads `folder/Person_Name/Person_Name_0001.jpg` entries of a tar archive."""
    entries: list[tuple[str, int, np.ndarray]] = []
    with tarfile.open(archive) as tar:
        for member in tar:
            match = re.fullmatch(r".*/([^/]+)/\1_(\d+)\.(?:jpg|png)", member.name)
            if not member.isfile() or match is None:
                continue
            with Image.open(io.BytesIO(tar.extractfile(member).read())) as picture:
                pixels = np.asarray(picture.convert("L"))
            if pixels.shape != (SIDE, SIDE):
                raise ValueError(f"{archive.name}: a crop is not {SIDE}x{SIDE}")
            entries.append((match[1], int(match[2]), pixels))
    if not entries:
        raise ValueError(f"{archive.name}: no crops")
    entries.sort(key=lambda entry: entry[:2])
    people = sorted({name for name, _, _ in entries})
    index = {name: i for i, name in enumerate(people)}
    return Crops(
        images=np.stack([pixels for _, _, pixels in entries]),
        owners=np.array([index[name] for name, _, _ in entries]),
        numbers=np.array([number for _, number, _ in entries]),
        people=people,
    )


def divide(people: int) -> Division:
    """The same division for the same number of people, whatever else changes."""
    order = np.random.Generator(np.random.Philox(np.random.SeedSequence([SEED, 1]))).permutation(people)
    test, validation = round(TEST_SHARE * people), round(VALIDATION_SHARE * people)
    return Division(
        training=np.sort(order[test + validation :]),
        validation=np.sort(order[test : test + validation]),
        test=np.sort(order[:test]),
    )


def load_pairs(path: Path, crops: Crops) -> tuple[np.ndarray, np.ndarray]:
    """LFW's list of pairs as indices of images, (n, 2), and whether each pair is of one person, (n,)."""
    position = {(crops.people[o], int(n)): i for i, (o, n) in enumerate(zip(crops.owners, crops.numbers))}
    pairs, same = [], []
    for line in path.read_text().splitlines():
        fields = line.split()
        if len(fields) == 3:
            pairs.append((position[fields[0], int(fields[1])], position[fields[0], int(fields[2])]))
        elif len(fields) == 4:
            pairs.append((position[fields[0], int(fields[1])], position[fields[2], int(fields[3])]))
        elif fields:
            raise ValueError(f"{path.name}: a line has {len(fields)} fields")
        else:
            continue
        same.append(len(fields) == 3)
    return np.array(pairs), np.array(same)

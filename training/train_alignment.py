#!/usr/bin/env python3
"""Trains the regressor that places the face template, on crops that are roughly on it: minutes on one core.

The crops of Labeled Faces in the Wild all have one fixed cut, some pixels off on each face. Learning to undo random
moves from them, correcting the crops by what was learned and learning again brings faces onto each other more exactly
than the crops were ("congealing"). No landmarks are needed.
"""

from __future__ import annotations

import argparse
import io
import tarfile
from pathlib import Path

import numpy as np
from PIL import Image

from alignment import regressor
from alignment.features import SIDE, features, mirrored_indices
from alignment.geometry import move_of, similarity, window

ROOT = Path(__file__).resolve().parent.parent
SEED = 20261122
#: People who are only measured on.
HELD_OUT = 0.2


def load(archive: Path):
    """Pictures and people."""
    pictures, people = [], []
    with tarfile.open(archive) as tar:
        for member in sorted((m for m in tar if m.name.endswith(".jpg")), key=lambda m: m.name):
            picture = Image.open(io.BytesIO(tar.extractfile(member).read())).convert("L")
            pictures.append(np.asarray(picture))
            people.append(Path(member.name).parent.name)
    return pictures, np.array(people)


def congealed(steps: list, pictures: list) -> list:
    """Placements after a correction that leaves the mean of all where it was: the template stays the template."""
    placements = regressor.refine(steps, pictures, [np.eye(3)] * len(pictures))
    mean = np.mean([move_of(p) for p in placements], axis=0)
    back = np.linalg.inv(similarity(mean))
    return [p @ back for p in placements]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--faces", type=Path, default=ROOT / "../shared/data/lfw112.tar")
    parser.add_argument("--images", type=int, default=6000)
    parser.add_argument(
        "--output", type=Path, default=ROOT / "Sources/Inference/FaceAlignment/Resources/face112.regressor"
    )
    arguments = parser.parse_args()

    pictures, people = load(arguments.faces)
    rng = np.random.default_rng(SEED)
    names = np.unique(people)
    held = set(rng.permutation(names)[: int(HELD_OUT * len(names))])
    is_held = np.array([person in held for person in people])
    chosen = rng.permutation(np.flatnonzero(~is_held))[: arguments.images]
    training = [pictures[i] for i in chosen]
    measured = [pictures[i] for i in np.flatnonzero(is_held)]
    print(f"{len(training)} crops to train on, {len(measured)} of {len(held)} other people to measure on", flush=True)

    few = training[:3000]
    truths = [np.eye(3)] * len(few)
    for turn in range(2):
        steps = regressor.fit(few, truths, 3, SEED + turn)
        truths = congealed(steps, few)
    steps = regressor.fit(training, congealed(steps, training), 3, SEED + 2)

    # How well scattered starts on people never seen come together.
    aims = regressor.refine(steps, measured, [np.eye(3)] * len(measured))
    shown, aims, starts = regressor.scattered(measured, aims, 1, np.random.default_rng(SEED + 3))
    ends = regressor.refine(steps, shown, starts)
    for name, placements in (("before", starts), ("after", ends)):
        off = [np.linalg.norm(move_of(np.linalg.inv(a) @ p)[:2] * 35.24) ** 2
               + np.linalg.norm(move_of(np.linalg.inv(a) @ p)[2:]) ** 2 for a, p in zip(aims, placements)]
        print(f"held out, {name}: off by {np.percentile(np.sqrt(off), [50, 95, 99]).round(2)} px (50, 95, 99 %)")

    seen = features(training, regressor.refine(steps, training, [np.eye(3)] * len(training)),
                    window(*regressor.MEASURED, SIDE))
    likeness = seen.mean(0)
    likeness /= np.linalg.norm(likeness)
    # The strongest way in which faces differ from their mirror image is how far they are turned.
    mirrored = mirrored_indices()
    odd = seen - seen[:, mirrored]
    _, _, axes = np.linalg.svd(odd[:3000], full_matrices=False)
    axis = axes[0].astype(np.float64)
    turned = axis.copy()
    np.subtract.at(turned, mirrored, axis)
    turned /= (seen @ turned).std()
    arguments.output.write_bytes(regressor.encode(steps, likeness, turned))


if __name__ == "__main__":
    main()

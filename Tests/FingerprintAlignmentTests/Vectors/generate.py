#!/usr/bin/env python3
"""Writes pictures, and vectors.json: the frame, pose and crop that the training's own code makes of each.

Pictures are captures doubled sample by sample, so that means of 2x2 samples are exact. The pose is the floating-point
localiser's, and the crop is cut by it. Needs what training/requirements.txt names.
"""

from __future__ import annotations

import argparse
import base64
import json
import sys
from pathlib import Path

import numpy as np
import torch
from PIL import Image

HERE = Path(__file__).resolve().parent
TRAINING_CODE = HERE.parent.parent.parent / "training"
sys.path.insert(0, str(TRAINING_CODE))

from common.export import to_onnx  # noqa: E402
from fingerprint.frame import crop, normalise  # noqa: E402
from fingerprint.model import UNITS  # noqa: E402
from fingerprint.population import captures  # noqa: E402
from fingerprint.trainer import Pair  # noqa: E402

#: Fingers used for nothing else.
SEED = 20261201


def text(array: torch.Tensor) -> str:
    """Bytes of whole numbers in -128 ... 127, row by row."""
    return base64.b64encode(array.numpy().astype(np.int8).tobytes()).decode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--output", type=Path, default=HERE)
    parser.add_argument("--captures", type=int, default=4)
    parser.add_argument("--checkpoint", type=Path, default=TRAINING_CODE / "checkpoints" / "fingerprint-v2.pt")
    parser.add_argument("--models", type=Path, help="write both networks as ONNX here")
    arguments = parser.parse_args()
    device = torch.device("cpu")
    pair = Pair(device)
    pair.load(torch.load(arguments.checkpoint, map_location=device))
    pair.eval()
    images, present = (part[:, 0] for part in captures(SEED, arguments.captures, 1, device))
    frames = normalise(images.float(), present.float())
    with torch.no_grad():
        poses = pair.locate(frames)
        crops = crop(frames, poses)
    vectors = []
    for number, (image, mask) in enumerate(zip(images.numpy(), present.numpy())):
        cut = image[np.ix_(mask.any(axis=1), mask.any(axis=0))]
        doubled = Image.fromarray(cut.repeat(2, axis=0).repeat(2, axis=1))
        doubled.save(arguments.output / f"{number}.png", optimize=True)
        vectors.append(
            {
                "picture": f"{number}.png",
                "width": doubled.width,
                "height": doubled.height,
                "x": poses.points[number, 0].item(),
                "y": poses.points[number, 1].item(),
                "angle": poses.angles[number].item(),
                "frame": text(frames[number]),
                "crop": text(crops[number]),
            }
        )
    (arguments.output / "vectors.json").write_text(json.dumps(vectors, indent=1) + "\n")
    if arguments.models:
        localiser = to_onnx(pair.localiser, "finger-localiser", UNITS)
        (arguments.models / "finger-localiser.onnx").write_bytes(localiser.SerializeToString())
        embedder = to_onnx(pair.embedder, "fingerprint-v2")
        (arguments.models / "fingerprint-v2.onnx").write_bytes(embedder.SerializeToString())


if __name__ == "__main__":
    main()

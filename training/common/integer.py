"""The integer network: made by the project's own importer, run by the project's own program."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from collections.abc import Sequence

import numpy as np
from PIL import Image

#: Images in one call of the program.
CHUNK = 64


def model(program: Path, command: str, *arguments: object):
    """What `semblance model COMMAND` reports; it tells of failures itself."""
    line = [str(argument) for argument in (program, "model", command, *arguments, "--json")]
    return json.loads(subprocess.run(line, check=True, stdout=subprocess.PIPE, text=True).stdout)


def write_images(folder: Path, images: np.ndarray) -> list[Path]:
    """(n, rows, columns) uint8 images as numbered files without loss; files that are there stay."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:05}.png" for number in range(len(images))]
    for path, image in zip(paths, images):
        if not path.exists():
            Image.fromarray(image).save(path)
    return paths


def import_model(
    program: Path, onnx: Path, name: str, modality: str, calibration: Path, output: Path, align: str, *options: object
) -> dict:
    """Quantises a network of grey level - 128 that wants frames aligned so; the calibration's images are aligned.

    Returns the importer's report.
    """
    what = ("--calibration", calibration, "--modality", modality, "--name", name, "--mean", 128, "--scale", 1)
    return model(program, "import", onnx, *what, "--align", align, "--aligned", "--output", output, *options)


def embed(program: Path, file: Path, paths: Sequence[Path]) -> np.ndarray:
    """Integer embeddings of aligned images: (n, 128) int64."""
    parts = []
    for start in range(0, len(paths), CHUNK):
        report = model(program, "run", file, "--aligned", *paths[start : start + CHUNK])
        parts.extend(entry["values"] for entry in report["embeddings"])
    return np.array(parts, dtype=np.int64)

"""The integer network: made by the project's own importer, run by the project's own program."""

from __future__ import annotations

import json
import subprocess
import tempfile
from pathlib import Path

import numpy as np
from PIL import Image

#: Images in one call of the program.
CHUNK = 64


def write_images(folder: Path, images: np.ndarray) -> list[Path]:
    """(n, 112, 112) uint8 images as numbered files without loss."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = [folder / f"{number:05}.png" for number in range(len(images))]
    for path, image in zip(paths, images):
        if not path.exists():
            Image.fromarray(image).save(path)
    return paths


def import_model(
    program: Path, onnx: Path, name: str, calibration: Path, output: Path, thresholds: Path | None = None
) -> dict:
    """Quantises crops' network into a model that wants its frames aligned; returns the importer's report."""
    command = [program, "model", "import", onnx, "--calibration", calibration, "--modality", "face", "--name", name]
    command += ["--mean", "128", "--scale", "1", "--align", "face112", "--aligned", "--output", output, "--json"]
    if thresholds is not None:
        command += ["--thresholds", thresholds]
    return json.loads(subprocess.run([str(c) for c in command], check=True, capture_output=True, text=True).stdout)


def embed(program: Path, model: Path, images: np.ndarray) -> np.ndarray:
    """Integer embeddings of (n, 112, 112) uint8 images: (n, 128) int64."""
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(path) for path in write_images(Path(folder), images)]
        for start in range(0, len(paths), CHUNK):
            command = [str(program), "model", "run", str(model), "--aligned", "--json", *paths[start : start + CHUNK]]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            parts.extend(entry["values"] for entry in json.loads(output)["embeddings"])
    return np.array(parts, dtype=np.int64)

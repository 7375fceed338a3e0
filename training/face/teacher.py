"""The teacher's embeddings of crops and composites, kept on disk: the teacher costs more than a training step."""

from __future__ import annotations

import hashlib
import multiprocessing
import os
from pathlib import Path

import numpy as np

from .composite import make_composite
from .crops import SIDE

#: Composites in one file.
SHARD = 2048


class Teacher:
    """An ONNX network that embeds 112x112 faces; it reads (grey - mean) / scale in three equal planes."""

    MEAN, SCALE = 127.0, 128.0

    def __init__(self, path: Path, threads: int = 1) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        available = onnxruntime.get_available_providers()
        providers = [p for p in ("CUDAExecutionProvider", "CPUExecutionProvider") if p in available]
        self.session = onnxruntime.InferenceSession(str(path), options, providers=providers)
        self.input = self.session.get_inputs()[0].name

    def embed(self, images: np.ndarray) -> np.ndarray:
        """Unit embeddings of (n, 112, 112) uint8 images: (n, 128) float32."""
        result = []
        for image in images:
            plane = (image.astype(np.float32) - self.MEAN) / self.SCALE
            planes = np.ascontiguousarray(np.broadcast_to(plane, (1, 3, SIDE, SIDE)))
            embedding = self.session.run(None, {self.input: planes})[0][0]
            result.append(embedding / np.linalg.norm(embedding))
        return np.stack(result)


def _key(*parts: bytes) -> str:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "little") + part)
    return digest.hexdigest()[:12]


def _save(path: Path, **arrays: np.ndarray) -> None:
    """An interrupted run leaves no half-written file."""
    partial = path.with_suffix(f".{os.getpid()}.tmp")
    with partial.open("wb") as file:
        np.savez(file, **arrays)
    partial.replace(path)


_state: dict = {}


def _start(teacher: Path, images: np.ndarray, owners: np.ndarray) -> None:
    _state.update(teacher=Teacher(teacher), images=images, owners=owners)


def _shard(job: tuple[Path, int]) -> Path:
    path, number = job
    numbers = range(number * SHARD, (number + 1) * SHARD)
    images = np.stack([make_composite(_state["images"], _state["owners"], n) for n in numbers])
    _save(path, images=images, embeddings=_state["teacher"].embed(images))
    return path


def _embed_chunk(images: np.ndarray) -> np.ndarray:
    return _state["teacher"].embed(images)


def _pool(processes: int, teacher: Path, images: np.ndarray, owners: np.ndarray):
    # A fresh interpreter, since a forked one may inherit a locked thread pool.
    return multiprocessing.get_context("spawn").Pool(processes, _start, (teacher, images, owners))


def crop_embeddings(teacher: Path, images: np.ndarray, cache: Path, processes: int, progress=print) -> np.ndarray:
    """The teacher's unit embeddings of every crop and of its mirror image: (n, 2, 128)."""
    cache.mkdir(parents=True, exist_ok=True)
    path = cache / f"crops-{_key(teacher.read_bytes(), images.tobytes())}.npz"
    if not path.exists():
        both = np.stack([images, images[:, :, ::-1]], axis=1).reshape(-1, SIDE, SIDE)
        chunks = [both[start : start + 512] for start in range(0, len(both), 512)]
        parts = []
        with _pool(processes, teacher, images[:0], images[:0]) as pool:
            for part in pool.imap(_embed_chunk, chunks):
                parts.append(part)
                if len(parts) % 4 == 0:
                    progress(f"teacher: crops, {512 * len(parts)} of {len(both)}")
        _save(path, embeddings=np.concatenate(parts).reshape(len(images), 2, -1))
    with np.load(path) as file:
        return file["embeddings"]


def composites(
    teacher: Path, images: np.ndarray, owners: np.ndarray, shards: int, cache: Path, processes: int, progress=print
) -> tuple[np.ndarray, np.ndarray]:
    """The first `shards` files of composites of these images, and the teacher's unit embeddings of them."""
    cache.mkdir(parents=True, exist_ok=True)
    key = _key(teacher.read_bytes(), images.tobytes(), owners.tobytes())
    paths = [cache / f"composites-{key}-{number:03}.npz" for number in range(shards)]
    missing = [(path, number) for number, path in enumerate(paths) if not path.exists()]
    if missing:
        with _pool(min(processes, len(missing)), teacher, images, owners) as pool:
            for path in pool.imap(_shard, missing):
                progress(f"teacher: {path.name} of {shards}")
    loaded = [np.load(path) for path in paths]
    if not loaded:
        return np.empty((0, SIDE, SIDE), np.uint8), np.empty((0, 128), np.float32)
    return np.concatenate([f["images"] for f in loaded]), np.concatenate([f["embeddings"] for f in loaded])

"""Populations of synthetic fingers, generated once and cached.

Identities are numbered; ranges of numbers are disjoint populations, so nothing that is measured was ever trained on.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np

from .impression import CAPTURE_DPI, CAPTURE_SIZE, Finger, Variation, make_impression
from .master import Master, make_master

#: Seed of everything that training and its measurements draw.
SEED = 20261122
#: Identities trained on; each also serves, mirrored, as a second identity.
TRAINING = range(0, 1000)
#: Identities that set thresholds.
VALIDATION = range(100_000, 100_400)
#: Identities on which the model card's figures are measured; nothing was chosen by them.
TEST = range(200_000, 200_400)

#: Fingers in one cache file.
CHUNK = 100


def _recipe() -> str:
    """What cached impressions depend on besides the code: files of another recipe are made again."""
    return json.dumps({"variation": asdict(Variation()), "size": CAPTURE_SIZE, "dpi": CAPTURE_DPI}, sort_keys=True)


def _write(path: Path, **arrays: np.ndarray) -> None:
    """Writes a file whole or not at all, so that an interrupted run can be continued."""
    partial = path.with_suffix(".partial.npz")
    np.savez(partial, **arrays)
    partial.rename(path)


def _masters(chunk: range, cache: Path) -> list[Master]:
    path = cache / f"masters-{SEED}-{chunk.start}-{chunk.stop}.npz"
    if path.exists():
        with np.load(path) as stored:
            kinds, periods, patterns = stored["kinds"], stored["periods"], stored["patterns"]
        return [Master(str(k), float(p), q) for k, p, q in zip(kinds, periods, patterns)]
    masters = [make_master(SEED, identity) for identity in chunk]
    _write(
        path,
        kinds=np.array([m.kind for m in masters]),
        periods=np.array([m.period for m in masters]),
        patterns=np.stack([m.pattern for m in masters]),
    )
    return masters


def _impressions(chunk: range, count: int, cache: Path, progress) -> np.ndarray:
    path = cache / f"impressions-{SEED}-{chunk.start}-{chunk.stop}-{count}.npz"
    if path.exists():
        with np.load(path) as stored:
            if str(stored["recipe"]) == _recipe():
                return stored["images"]
    images = np.empty((len(chunk), count, CAPTURE_SIZE, CAPTURE_SIZE), np.uint8)
    for row, (identity, master) in enumerate(zip(chunk, _masters(chunk, cache))):
        finger = Finger(master)
        for index in range(count):
            images[row, index] = make_impression(finger, SEED, identity, index)
    _write(path, images=images, recipe=np.array(_recipe()))
    progress(f"impressions of identities {chunk.start} to {chunk.stop - 1}")
    return images


def load_impressions(identities: range, count: int, cache: Path, progress=print) -> np.ndarray:
    """`count` impressions of every identity, (identities, count, 128, 128) uint8, from the cache where it has them."""
    cache.mkdir(parents=True, exist_ok=True)
    starts = range(identities.start, identities.stop, CHUNK)
    chunks = [range(start, min(start + CHUNK, identities.stop)) for start in starts]
    return np.concatenate([_impressions(chunk, count, cache, progress) for chunk in chunks])

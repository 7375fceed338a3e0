"""Training: deterministic for equal arguments on one machine with one thread."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

import numpy as np
import torch

from .dataset import SEED
from .impression import CAPTURE_SIZE
from .model import ZERO_POINT, Embedder, MarginLoss

#: Largest shift of the augmentation, in pixels, on top of the impressions' own translation.
SHIFT = 3
#: Seed domain of the order of samples and their augmentation.
TRAINING_STREAM = 3


@dataclass(frozen=True)
class Schedule:
    steps: int = 1500
    batch: int = 128
    rate: float = 3e-3  # peak learning rate of AdamW, one cycle of warm-up and cosine decay
    warm_up: float = 0.06  # fraction of the steps
    decay: float = 0.05  # weight decay
    scale: float = 20.0  # of the cosine loss
    margin: float = 0.25  # reached linearly by a quarter of the steps


def make_batch(images: np.ndarray, rng: np.random.Generator, batch: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Random augmented impressions and labels; a mirrored finger k is identity k + (number of fingers)."""
    fingers, count = images.shape[:2]
    chosen, index = rng.integers(0, fingers, batch), rng.integers(0, count, batch)
    mirrored = rng.integers(0, 2, batch)
    shifts = rng.integers(0, 2 * SHIFT + 1, (batch, 2))
    gain = rng.uniform(0.7, 1.25, batch).astype(np.float32)
    offset = rng.uniform(-25, 25, batch).astype(np.float32)
    inverse = np.empty((batch, CAPTURE_SIZE, CAPTURE_SIZE), np.float32)
    for row in range(batch):
        image = np.pad(images[chosen[row], index[row]], SHIFT, mode="edge")
        y, x = shifts[row]
        image = image[y : y + CAPTURE_SIZE, x : x + CAPTURE_SIZE]
        inverse[row] = image[:, ::-1] if mirrored[row] else image
    pixels = (inverse - ZERO_POINT) * gain[:, None, None] + offset[:, None, None]
    np.clip(pixels, -ZERO_POINT, 255 - ZERO_POINT, out=pixels)
    return torch.from_numpy(pixels[:, None]), torch.from_numpy(chosen + fingers * mirrored)


def train(images: np.ndarray, schedule: Schedule, progress=print) -> Embedder:
    """Trains on (identities, impressions, 128, 128) uint8 images."""
    torch.set_num_threads(1)
    torch.manual_seed(SEED)
    torch.use_deterministic_algorithms(True)
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([SEED, TRAINING_STREAM])))
    # One layout throughout: oneDNN's channels-last kernels are the fastest for these shapes.
    network = Embedder().to(memory_format=torch.channels_last).train()
    loss_function = MarginLoss(2 * images.shape[0], schedule.scale)
    kernels = [p for p in network.parameters() if p.ndim > 1] + [loss_function.centres]
    vectors = [p for p in network.parameters() if p.ndim == 1]
    optimiser = torch.optim.AdamW(
        [{"params": kernels, "weight_decay": schedule.decay}, {"params": vectors, "weight_decay": 0.0}],
        lr=schedule.rate,
    )
    warm_up = max(1, int(schedule.warm_up * schedule.steps))
    started, running = time.monotonic(), 0.0
    for step in range(schedule.steps):
        if step < warm_up:
            rate = schedule.rate * (step + 1) / warm_up
        else:
            phase = (step - warm_up) / max(1, schedule.steps - warm_up)
            rate = schedule.rate * (0.005 + 0.995 * (1 + math.cos(math.pi * phase)) / 2)
        for group in optimiser.param_groups:
            group["lr"] = rate
        margin = schedule.margin * min(1.0, 4 * step / schedule.steps)
        pixels, labels = make_batch(images, rng, schedule.batch)
        loss = loss_function(network(pixels.to(memory_format=torch.channels_last)), labels, margin)
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        running = loss.item() if step == 0 else 0.98 * running + 0.02 * loss.item()
        if (step + 1) % 100 == 0:
            progress(f"step {step + 1}/{schedule.steps} loss {running:.3f} {time.monotonic() - started:.0f} s")
    return network.eval()

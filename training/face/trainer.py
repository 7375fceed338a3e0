"""Distillation, then distillation with a margin between people: deterministic for equal arguments on one machine."""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np
import torch
from torch.nn import functional as F

from .augmentation import augment
from .crops import SEED
from .model import ARCHITECTURE, Architecture, Embedder

#: Seed domain of the order of samples and their augmentation.
STREAM = 3


@dataclass(frozen=True)
class Cycle:
    """The learning rate rises for `warm_up` steps, is held, and falls to nothing in the last `cooling` steps.

    All in steps, not in shares, so that a run may be prolonged until cooling has begun without changing its past.
    """

    steps: int
    rate: float  # of AdamW
    warm_up: int
    cooling: int


@dataclass(frozen=True)
class Schedule:
    cycles: tuple[Cycle, ...] = (Cycle(2400, 2e-3, 240, 1200), Cycle(4000, 2e-3, 100, 3000))
    batch: int = 64
    composites: float = 0.5  # share of a batch
    decay: float = 0.05  # weight decay
    margin_from: int = 1000  # the step at which the margin loss sets in, rising linearly for
    margin_rise: int = 500  # steps, up to
    margin_weight: float = 0.1  # times the cross entropy, beside the distillation's 1 - cosine
    scale: float = 24.0  # of the margin loss
    margin: float = 0.2  # in units of cosine

    @property
    def steps(self) -> int:
        return sum(cycle.steps for cycle in self.cycles)


@dataclass(frozen=True)
class TrainingSet:
    """Crops of the training people and composites of them, each with its target."""

    images: np.ndarray  # (n, 112, 112) uint8
    targets: np.ndarray  # (n, 128) unit: the teacher's embedding of crop and mirror image, added
    owners: np.ndarray  # (n,) 0 ... people - 1
    composites: np.ndarray  # (m, 112, 112) uint8
    composite_targets: np.ndarray  # (m, 128) unit

    @classmethod
    def of(cls, images, embeddings, owners, composites, composite_targets) -> TrainingSet:
        """`embeddings` are the teacher's of every crop and its mirror image, (n, 2, 128)."""
        both = embeddings.sum(axis=1)
        targets = both / np.linalg.norm(both, axis=1, keepdims=True)
        return cls(images, targets, np.unique(owners, return_inverse=True)[1], composites, composite_targets)

    def centres(self) -> np.ndarray:
        """Each person's mean target, of unit length: (people, 128)."""
        sums = np.zeros((self.owners.max() + 1, self.targets.shape[1]), np.float64)
        np.add.at(sums, self.owners, self.targets)
        return (sums / np.linalg.norm(sums, axis=1, keepdims=True)).astype(np.float32)


def learning_rate(schedule: Schedule, step: int) -> float:
    for cycle in schedule.cycles:
        if step < cycle.steps:
            break
        step -= cycle.steps
    return cycle.rate * min(1.0, (step + 1) / cycle.warm_up, (cycle.steps - step) / cycle.cooling)


def margin_weight(schedule: Schedule, step: int) -> float:
    return schedule.margin_weight * min(1.0, max(0.0, (step - schedule.margin_from) / schedule.margin_rise))


def margin_loss(unit: torch.Tensor, owners: torch.Tensor, centres: torch.Tensor, schedule: Schedule) -> torch.Tensor:
    """CosFace (H. Wang et al., CVPR 2018) against fixed centres, which also serve people with a single image."""
    cosine = F.linear(unit, centres)
    target = torch.zeros_like(cosine).scatter_(1, owners[:, None], schedule.margin)
    return F.cross_entropy(schedule.scale * (cosine - target), owners)


class Batches:
    """Random crops first, random composites after them, all augmented."""

    def __init__(self, data: TrainingSet, schedule: Schedule, device: torch.device) -> None:
        self.data, self.device = data, device
        self.rng = np.random.Generator(np.random.Philox(np.random.SeedSequence([SEED, STREAM])))
        mixed = round(schedule.batch * schedule.composites) if len(data.composites) else 0
        self.counts = schedule.batch - mixed, mixed

    def draw(self) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Pixels, targets, and the people of the crops."""
        data, rng = self.data, self.rng
        crops = rng.integers(0, len(data.images), self.counts[0])
        mixed = rng.integers(0, max(1, len(data.composites)), self.counts[1])
        images = np.concatenate([data.images[crops], data.composites[mixed]])
        targets = np.concatenate([data.targets[crops], data.composite_targets[mixed]])
        pixels = augment(images, rng.integers(0, 2, len(images)) == 1, rng, self.device)
        owners = torch.from_numpy(data.owners[crops]).to(self.device)
        return pixels, torch.from_numpy(targets).to(self.device), owners


def train(
    data: TrainingSet,
    schedule: Schedule,
    architecture: Architecture = ARCHITECTURE,
    device: torch.device = torch.device("cpu"),
    checkpoint: Path | None = None,
    evaluate: Callable[[Embedder], str] = lambda network: "",
    every: int = 100,
    progress=print,
) -> Embedder:
    """Trains; writes a checkpoint every `every` steps, and goes on from one where it finds it."""
    torch.manual_seed(SEED)
    network = Embedder(architecture).to(device, memory_format=torch.channels_last).train()
    centres = torch.from_numpy(data.centres()).to(device)
    matrices = [p for p in network.parameters() if p.ndim > 1]
    vectors = [p for p in network.parameters() if p.ndim == 1]
    optimiser = torch.optim.AdamW(
        [{"params": matrices, "weight_decay": schedule.decay}, {"params": vectors, "weight_decay": 0.0}],
        lr=schedule.cycles[0].rate,
    )
    batches = Batches(data, schedule, device)
    first = 0
    if checkpoint is not None and checkpoint.exists():
        state = torch.load(checkpoint, map_location=device, weights_only=False)
        network.load_state_dict(state["network"])
        optimiser.load_state_dict(state["optimiser"])
        batches.rng.bit_generator.state = state["rng"]
        first = state["step"]
        progress(f"continues from step {first}")
    started, running = time.monotonic(), [0.0, 0.0]
    for step in range(first, schedule.steps):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(schedule, step)
        pixels, targets, owners = batches.draw()
        unit = F.normalize(network(pixels.contiguous(memory_format=torch.channels_last)))
        distance = (1 - (unit * targets).sum(dim=1)).mean()
        loss, weight = distance, margin_weight(schedule, step)
        separation = margin_loss(unit[: len(owners)], owners, centres, schedule)
        if weight > 0:
            loss = loss + weight * separation
        optimiser.zero_grad(set_to_none=True)
        loss.backward()
        optimiser.step()
        keep = 0.98 if step > first else 0.0
        running = [keep * r + (1 - keep) * v.item() for r, v in zip(running, (distance, separation))]
        if (step + 1) % every == 0 or step + 1 == schedule.steps:
            seconds = time.monotonic() - started
            result = evaluate(network.eval())
            network.train()
            progress(
                f"step {step + 1}/{schedule.steps} distance {running[0]:.4f} separation {running[1]:.3f} "
                f"{seconds:.0f} s {result}"
            )
            if checkpoint is not None:
                state = {
                    "network": network.state_dict(),
                    "optimiser": optimiser.state_dict(),
                    "rng": batches.rng.bit_generator.state,
                    "step": step + 1,
                }
                partial = checkpoint.with_suffix(".partial")
                torch.save(state, partial)
                partial.replace(checkpoint)
    return network.eval()

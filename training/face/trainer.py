"""Distillation, then distillation with a margin between people, everything on one device."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import numpy as np
import torch
from torch.nn import functional as F

from .augmentation import augment
from .composite import Composer, Pool
from .crops import SEED
from .draws import Draws
from .model import ARCHITECTURE, Architecture, Embedder
from .teacher import Teacher

#: Seed domain of the order of samples and their augmentation.
STREAM = 3


@dataclass(frozen=True)
class Schedule:
    steps: int
    batch: int = 512
    rate: float = 3e-3  # peak learning rate of AdamW, one cycle of warm-up and cosine decay
    warm_up: float = 0.03  # fraction of the steps
    decay: float = 0.05  # weight decay
    composites: float = 0.5  # share of a batch
    block: int = 2048  # composites made at a time
    blocks: int = 160  # made in all, evenly until `fresh_until`
    first_blocks: int = 16  # of these, before the first step
    fresh_until: float = 0.85  # fraction of the steps
    margin_from: float = 0.15  # the fraction of the steps at which the margin loss sets in, rising linearly for
    margin_rise: float = 0.1  # of the steps, up to
    margin_weight: float = 0.1  # times the cross entropy, beside the distillation's 1 - cosine
    scale: float = 24.0  # of the margin loss
    margin: float = 0.2  # in units of cosine

    def learning_rate(self, step: int) -> float:
        warm_up = max(1, int(self.warm_up * self.steps))
        if step < warm_up:
            return self.rate * (step + 1) / warm_up
        phase = (step - warm_up) / max(1, self.steps - warm_up)
        return self.rate * (0.002 + 0.998 * (1 + math.cos(math.pi * phase)) / 2)

    def margin_weight_at(self, step: int) -> float:
        return self.margin_weight * min(1.0, max(0.0, (step / self.steps - self.margin_from) / self.margin_rise))

    def blocks_at(self, step: int) -> int:
        """Blocks of composites made before this step."""
        share = min(1.0, step / (self.fresh_until * self.steps))
        return self.first_blocks + int(share * (self.blocks - self.first_blocks))


@dataclass(frozen=True)
class TrainingSet:
    """Crops of the training people on the training's device, sorted by person, with the teacher's targets."""

    images: torch.Tensor  # (n, 112, 112) uint8
    targets: torch.Tensor  # (n, 128) unit: the teacher's embedding of crop and mirror image, added
    owners: torch.Tensor  # (n,) 0 ... people - 1, ascending

    @classmethod
    def of(cls, images: np.ndarray, embeddings: np.ndarray, owners: np.ndarray, device: torch.device) -> TrainingSet:
        """`embeddings` are the teacher's of every crop and its mirror image, (n, 2, 128)."""
        order = np.argsort(owners, kind="stable")
        both = torch.from_numpy(embeddings[order]).to(device).sum(1)
        people = np.unique(owners, return_inverse=True)[1][order]
        return cls(torch.from_numpy(images[order]).to(device), F.normalize(both), torch.from_numpy(people).to(device))

    def centres(self) -> torch.Tensor:
        """Each person's mean target, of unit length: (people, 128)."""
        sums = self.targets.new_zeros(int(self.owners.max()) + 1, self.targets.shape[1])
        return F.normalize(sums.index_add_(0, self.owners, self.targets))


def margin_loss(unit: torch.Tensor, owners: torch.Tensor, centres: torch.Tensor, schedule: Schedule) -> torch.Tensor:
    """CosFace (H. Wang et al., CVPR 2018) against fixed centres, which also serve people with a single image."""
    cosine = F.linear(unit, centres)
    target = torch.zeros_like(cosine).scatter_(1, owners[:, None], schedule.margin)
    return F.cross_entropy(schedule.scale * (cosine - target), owners)


class Training:
    """One run; its random numbers depend on the step alone, so that it can be continued from any."""

    def __init__(
        self, data: TrainingSet, teacher: Teacher, schedule: Schedule, architecture: Architecture = ARCHITECTURE
    ) -> None:
        torch.manual_seed(SEED)
        self.data, self.schedule, self.device = data, schedule, data.images.device
        self.network = Embedder(architecture).to(self.device, memory_format=torch.channels_last).train()
        self.centres = data.centres()
        self.pool = Pool(Composer(data.images, data.owners), teacher.target, schedule.block, schedule.blocks)
        matrices = [p for p in self.network.parameters() if p.ndim > 1]
        vectors = [p for p in self.network.parameters() if p.ndim == 1]
        self.optimiser = torch.optim.AdamW(
            [{"params": matrices, "weight_decay": schedule.decay}, {"params": vectors, "weight_decay": 0.0}],
            lr=schedule.rate,
            fused=self.device.type == "cuda",
        )
        #: Smoothed: the distance to the teacher, the margin loss.
        self.running = torch.zeros(2, device=self.device)

    def step(self, step: int) -> None:
        schedule, draws = self.schedule, Draws(self.device, STREAM, step)
        for group in self.optimiser.param_groups:
            group["lr"] = schedule.learning_rate(step)
        with torch.no_grad():
            self.pool.advance(schedule.blocks_at(step))
            mixed = round(schedule.batch * schedule.composites)
            chosen = draws.below(len(self.data.images), schedule.batch - mixed)
            composites, composite_targets = self.pool.draw(mixed, draws)
            pixels = augment(torch.cat([self.data.images[chosen], composites]), draws)
            targets = torch.cat([self.data.targets[chosen], composite_targets])
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            embeddings = self.network(pixels.contiguous(memory_format=torch.channels_last))
        unit = F.normalize(embeddings.float())
        distance = (1 - (unit * targets).sum(dim=1)).mean()
        separation = margin_loss(unit[: len(chosen)], self.data.owners[chosen], self.centres, schedule)
        loss = distance + schedule.margin_weight_at(step) * separation
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        with torch.no_grad():
            now = torch.stack([distance.detach(), separation.detach()])
            self.running = now if step == 0 else torch.lerp(self.running, now, 0.02)

    def save(self, path: Path, step: int) -> None:
        """All that continuing needs, whole or not at all."""
        state = {"network": self.network.state_dict(), "optimiser": self.optimiser.state_dict(), "step": step}
        partial = path.with_suffix(".partial")
        torch.save(state | {"steps": self.schedule.steps}, partial)
        partial.replace(path)

    def load(self, path: Path) -> int:
        """The step to continue from."""
        state = torch.load(path, map_location=self.device)
        if state["steps"] != self.schedule.steps:
            raise ValueError(f"{path} is of a run of {state['steps']} steps")
        self.network.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        return state["step"]


def wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def durations(data: TrainingSet, teacher: Teacher, schedule: Schedule, probe: int = 60) -> tuple[float, float]:
    """Seconds of a step, and of making all composites; by a trial that is thrown away."""
    trial = Training(data, teacher, schedule)
    trial.pool.advance(1)
    wait(data.images.device)
    started = time.monotonic()
    trial.pool.advance(3)
    wait(data.images.device)
    making = (time.monotonic() - started) / 2 * schedule.blocks
    trial.schedule = Schedule(steps=10**9, batch=schedule.batch, first_blocks=3)
    for step in range(probe // 3):
        trial.step(step)
    wait(data.images.device)
    started = time.monotonic()
    for step in range(probe):
        trial.step(step)
    wait(data.images.device)
    return (time.monotonic() - started) / probe, making


def train(
    data: TrainingSet,
    teacher: Teacher,
    schedule: Schedule,
    checkpoint: Path,
    evaluate: Callable[[Embedder], str] = lambda network: "",
    deadline: float = math.inf,
    progress=print,
) -> Embedder:
    """Trains, going on from the checkpoint where there is one; measures and saves at every tenth of the run."""
    training = Training(data, teacher, schedule)
    first = training.load(checkpoint) if checkpoint.exists() else 0
    started, every = time.monotonic(), max(1, schedule.steps // 10)
    for step in range(first, schedule.steps):
        training.step(step)
        last = step + 1 == schedule.steps
        if (step + 1) % 50 == 0 and time.monotonic() > deadline:
            progress(f"out of time at step {step + 1}")
            last = True
        if (step + 1) % every == 0 or last or step + 1 in (20, 100, 500):
            distance, separation = training.running.tolist()
            result = evaluate(training.network.eval()) if (step + 1) % every == 0 or last else ""
            training.network.train()
            progress(
                f"step {step + 1}/{schedule.steps} distance {distance:.4f} separation {separation:.3f} "
                f"{time.monotonic() - started:.0f} s {result}"
            )
            training.save(checkpoint, step + 1)
        if last:
            break
    return training.network.eval()

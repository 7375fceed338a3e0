"""Distillation, then distillation with a margin between people, everything on one device."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional as F

from common.network import Architecture, Network
from common.optimisation import adamw, cosface, one_cycle, set_rate
from common.run import run, save, seconds, seconds_per_step

from .augmentation import augment
from .composite import Composer, Pool
from .crops import SEED
from .draws import draws_at
from .model import ARCHITECTURE
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


class Training:
    """One run; its random numbers depend on the step alone, so that it can be continued from any."""

    def __init__(
        self, data: TrainingSet, teacher: Teacher, schedule: Schedule, architecture: Architecture = ARCHITECTURE
    ) -> None:
        torch.manual_seed(SEED)
        self.data, self.schedule, self.steps, self.device = data, schedule, schedule.steps, data.images.device
        self.trained = Network(architecture).to(self.device, memory_format=torch.channels_last).train()
        self.centres = data.centres()
        self.pool = Pool(Composer(data.images, data.owners), teacher.target, schedule.block, schedule.blocks)
        self.optimiser = adamw(self.trained.parameters(), schedule.rate, schedule.decay)
        #: Smoothed: the distance to the teacher, the margin loss.
        self.running = torch.zeros(2, device=self.device)

    def step(self, step: int) -> None:
        schedule, draws = self.schedule, draws_at(self.device, STREAM, step)
        set_rate(self.optimiser, one_cycle(schedule.rate, schedule.warm_up, schedule.steps, step))
        with torch.no_grad():
            self.pool.advance(schedule.blocks_at(step))
            mixed = round(schedule.batch * schedule.composites)
            chosen = draws.integers(0, len(self.data.images), schedule.batch - mixed)
            composites, composite_targets = self.pool.draw(mixed, draws)
            pixels = augment(torch.cat([self.data.images[chosen], composites]), draws)
            targets = torch.cat([self.data.targets[chosen], composite_targets])
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            embeddings = self.trained(pixels.contiguous(memory_format=torch.channels_last))
        unit = F.normalize(embeddings.float())
        distance = (1 - (unit * targets).sum(dim=1)).mean()
        # Fixed centres also serve people with a single image.
        separation = cosface(
            unit[: len(chosen)], self.data.owners[chosen], self.centres, schedule.scale, schedule.margin
        )
        loss = distance + schedule.margin_weight_at(step) * separation
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        self.optimiser.step()
        with torch.no_grad():
            now = torch.stack([distance.detach(), separation.detach()])
            self.running = now if step == 0 else torch.lerp(self.running, now, 0.02)

    def report(self) -> str:
        distance, separation = self.running.tolist()
        return f"distance {distance:.4f} separation {separation:.3f}"

    def save(self, path: Path, step: int) -> None:
        """All that continuing needs."""
        state = {"network": self.trained.state_dict(), "optimiser": self.optimiser.state_dict(), "step": step}
        save(path, state | {"steps": self.steps})

    def load(self, path: Path) -> int:
        """The step to continue from."""
        state = torch.load(path, map_location=self.device)
        if state["steps"] != self.steps:
            raise ValueError(f"{path} is of a run of {state['steps']} steps")
        self.trained.load_state_dict(state["network"])
        self.optimiser.load_state_dict(state["optimiser"])
        return state["step"]


def durations(data: TrainingSet, teacher: Teacher, schedule: Schedule) -> tuple[float, float]:
    """Seconds of a step, and of making all composites; by a trial that is thrown away."""
    device = data.images.device
    trial = Training(data, teacher, schedule)
    trial.pool.advance(1)
    making = seconds(lambda: trial.pool.advance(3), device) / 2 * schedule.blocks
    trial.schedule = replace(schedule, steps=10**9, first_blocks=3)
    return seconds_per_step(trial, device), making


def train(data: TrainingSet, teacher: Teacher, schedule: Schedule, checkpoint: Path, **options) -> Network:
    """Trains, going on from the checkpoint where there is one; `options` are those of `run`."""
    training = Training(data, teacher, schedule)
    first = training.load(checkpoint) if checkpoint.exists() else 0
    run(training, checkpoint, first=first, **options)
    return training.trained

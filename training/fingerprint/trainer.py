"""Training of localiser and embedder together, on impressions that are never seen twice."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Callable

import torch
from torch.nn import functional as F

from .fields import Draw
from .frame import crop, normalise
from .impression import Poses, make_impressions
from .master import Masters
from .model import COPIES, EMBEDDER, LOCALISER, MarginLoss, Network, answer, understand


@dataclass(frozen=True)
class Schedule:
    steps: int
    batch: int = 512
    rate: float = 2e-3  # peak learning rate of AdamW, one cycle of warm-up and cosine decay
    warm_up: float = 0.03  # fraction of the steps
    decay: float = 0.05  # weight decay of kernels
    scale: float = 28.0  # of the cosine loss
    margin: float = 0.3  # in units of cosine, reached linearly
    margin_by: float = 0.4  # at this fraction of the steps
    # Crops are placed by the localiser with a probability that rises from 0 to `trust` between these fractions, else by
    # the true pose with errors of these deviations.
    trust: float = 0.7
    trust_from: float = 0.1
    trust_by: float = 0.4
    error: float = 0.45  # millimetres
    error_angle: float = math.radians(4.0)
    locating: float = 10.0  # weight of the localiser's loss

    def learning_rate(self, step: int) -> float:
        warm_up = max(1, int(self.warm_up * self.steps))
        if step < warm_up:
            return self.rate * (step + 1) / warm_up
        phase = (step - warm_up) / max(1, self.steps - warm_up)
        return self.rate * (0.002 + 0.998 * (1 + math.cos(math.pi * phase)) / 2)

    def margin_at(self, step: int) -> float:
        return self.margin * min(1.0, step / (self.margin_by * self.steps))

    def trust_at(self, step: int) -> float:
        phase = (step / self.steps - self.trust_from) / (self.trust_by - self.trust_from)
        return self.trust * min(1.0, max(0.0, phase))


def _network(architecture, device: torch.device) -> Network:
    return Network(architecture).to(device, memory_format=torch.channels_last).train()


class Pair:
    """Localiser and embedder, and how frames become embeddings by both."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.localiser, self.embedder = _network(LOCALISER, device), _network(EMBEDDER, device)

    def run(self, network: Network, images: torch.Tensor) -> torch.Tensor:
        images = images[:, None].contiguous(memory_format=torch.channels_last)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.device.type == "cuda"):
            return network(images).float()

    def locate(self, frames: torch.Tensor) -> Poses:
        return understand(self.run(self.localiser, frames))

    def embed(self, frames: torch.Tensor) -> torch.Tensor:
        """Embeddings of normalised frames, as the sensor would crop them; (batch, DIMENSION)."""
        with torch.no_grad():
            return self.run(self.embedder, crop(frames, self.locate(frames)))

    def eval(self) -> Pair:
        self.localiser.eval(), self.embedder.eval()
        return self

    def train(self) -> Pair:
        self.localiser.train(), self.embedder.train()
        return self

    def state(self) -> dict:
        """Kernels in half precision (8 bits are what is left of them in the end), all else as it is."""

        def halved(network: Network) -> dict:
            return {
                name: value.half() if value.is_floating_point() and value.ndim > 1 else value
                for name, value in network.state_dict().items()
            }

        return {"localiser": halved(self.localiser), "embedder": halved(self.embedder)}

    def load(self, state: dict) -> None:
        self.localiser.load_state_dict(state["localiser"])
        self.embedder.load_state_dict(state["embedder"])


class Training:
    """One run; `step` may be called up to `schedule.steps` times."""

    def __init__(self, masters: Masters, schedule: Schedule, seed: int, device: torch.device) -> None:
        torch.manual_seed(seed)
        self.masters, self.schedule, self.device = masters, schedule, device
        self.draw = Draw(seed, device)
        self.pair = Pair(device)
        self.loss = MarginLoss(2 * len(masters), schedule.scale).to(device)
        modules = (self.pair.localiser, self.pair.embedder)
        parameters = [parameter for module in modules for parameter in module.parameters()]
        self.optimiser = torch.optim.AdamW(
            [
                {"params": [p for p in parameters if p.ndim > 1], "weight_decay": schedule.decay},
                {"params": [p for p in parameters if p.ndim == 1], "weight_decay": 0.0},
                {"params": [self.loss.centres], "weight_decay": 0.0},
            ],
            lr=schedule.rate,
            fused=device.type == "cuda",
        )
        #: Smoothed: margin loss, localiser's loss, its error in millimetres and degrees.
        self.running = torch.zeros(4, device=device)

    def _placed(self, truth: Poses, found: Poses, step: int) -> Poses:
        """The poses that crops are cut by; a mirrored or missed finger stays what it is."""
        schedule, draw, batch = self.schedule, self.draw, len(truth.angles)
        # A tenth of the errors is twice as large.
        factor = 1.0 + draw.chance(0.1, batch).float()
        points = truth.points + draw.normal(schedule.error, batch, 2) * factor[:, None]
        angles = truth.angles + draw.normal(schedule.error_angle, batch) * factor
        trusted = draw.chance(schedule.trust_at(step), batch)
        return Poses(
            torch.where(trusted[:, None], found.points.detach(), points),
            torch.where(trusted, found.angles.detach(), angles),
        )

    def step(self, step: int) -> None:
        schedule, draw, fingers = self.schedule, self.draw, len(self.masters)
        for group in self.optimiser.param_groups:
            group["lr"] = schedule.learning_rate(step)
        chosen, mirrored = draw.integers(0, fingers, schedule.batch), draw.integers(0, 2, schedule.batch)
        with torch.no_grad():
            images, present, truth = make_impressions(self.masters, chosen, mirrored, draw)
            frames = normalise(images, present)
        answers = self.pair.run(self.pair.localiser, frames)
        wanted = answer(truth)[:, :, None].expand(-1, -1, COPIES).flatten(1)
        locating = F.smooth_l1_loss(answers[:, : 4 * COPIES], wanted, beta=0.05)
        with torch.no_grad():
            found = understand(answers)
            crops = crop(frames, self._placed(truth, found, step))
        separating = self.loss(
            self.pair.run(self.pair.embedder, crops), chosen + fingers * mirrored, schedule.margin_at(step)
        )
        self.optimiser.zero_grad(set_to_none=True)
        (separating + schedule.locating * locating).backward()
        self.optimiser.step()
        with torch.no_grad():
            millimetres = (found.points - truth.points).norm(dim=1).median()
            degrees = torch.rad2deg((found.angles - truth.angles).abs().median())
            now = torch.stack([separating.detach(), locating.detach(), millimetres, degrees])
            self.running = now if step == 0 else torch.lerp(self.running, now, 0.02)


def seconds_per_step(masters: Masters, batch: int, seed: int, device: torch.device, probe: int = 60) -> float:
    """By a trial that is thrown away."""
    trial = Training(masters, Schedule(steps=10_000, batch=batch), seed, device)
    for step in range(probe // 3):
        trial.step(step)
    _wait(device)
    started = time.monotonic()
    for step in range(probe):
        trial.step(step)
    _wait(device)
    return (time.monotonic() - started) / probe


def _wait(device: torch.device) -> None:
    if device.type == "cuda":
        torch.cuda.synchronize()


def train(
    masters: Masters,
    schedule: Schedule,
    seed: int,
    device: torch.device,
    checkpoint: Path,
    evaluate: Callable[[Pair], str] = lambda pair: "",
    deadline: float = math.inf,
    progress=print,
) -> Pair:
    """Trains; at every tenth of the run measures and writes the weights. Gives up at `deadline` (monotonic seconds)."""
    training = Training(masters, schedule, seed, device)
    started, every = time.monotonic(), max(1, schedule.steps // 10)
    for step in range(schedule.steps):
        training.step(step)
        last = step + 1 == schedule.steps
        if (step + 1) % 50 == 0 and time.monotonic() > deadline:
            progress(f"out of time at step {step + 1}")
            last = True
        if (step + 1) % every == 0 or last or step + 1 in (20, 100, 500):
            loss, locating, millimetres, degrees = training.running.tolist()
            result = evaluate(training.pair.eval()) if (step + 1) % every == 0 or last else ""
            training.pair.train()
            progress(
                f"step {step + 1}/{schedule.steps} loss {loss:.3f} locating {locating:.4f} "
                f"({millimetres:.2f} mm, {degrees:.1f} degrees) {time.monotonic() - started:.0f} s {result}"
            )
            partial = checkpoint.with_suffix(".partial")
            torch.save(training.pair.state() | {"step": step + 1, "steps": schedule.steps}, partial)
            partial.replace(checkpoint)
        if last:
            break
    return training.pair.eval()

"""Training of localiser and embedder together, on impressions that are never seen twice."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn
from torch.nn import functional as F

from common.network import Network
from common.optimisation import adamw, one_cycle, set_rate
from common.run import save

from .fields import Draw
from .frame import crop, normalise
from .impression import Poses, make_impressions
from .master import Masters
from .model import COPIES, EMBEDDER, LOCALISER, MarginLoss, answer, understand


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

    def margin_at(self, step: int) -> float:
        return self.margin * min(1.0, step / (self.margin_by * self.steps))

    def trust_at(self, step: int) -> float:
        phase = (step / self.steps - self.trust_from) / (self.trust_by - self.trust_from)
        return self.trust * min(1.0, max(0.0, phase))


class Pair(nn.Module):
    """Localiser and embedder, and how frames become embeddings by both."""

    def __init__(self, device: torch.device) -> None:
        super().__init__()
        self.device = device
        self.localiser, self.embedder = (
            Network(architecture).to(device, memory_format=torch.channels_last) for architecture in (LOCALISER, EMBEDDER)
        )

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
        self.masters, self.schedule, self.steps = masters, schedule, schedule.steps
        self.draw = Draw(seed, device)
        self.trained = Pair(device)
        self.loss = MarginLoss(2 * len(masters), schedule.scale).to(device)
        self.optimiser = adamw(self.trained.parameters(), schedule.rate, schedule.decay, exempt=[self.loss.centres])
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
        set_rate(self.optimiser, one_cycle(schedule.rate, schedule.warm_up, schedule.steps, step))
        chosen, mirrored = draw.integers(0, fingers, schedule.batch), draw.integers(0, 2, schedule.batch)
        with torch.no_grad():
            images, present, truth = make_impressions(self.masters, chosen, mirrored, draw)
            frames = normalise(images, present)
        answers = self.trained.run(self.trained.localiser, frames)
        wanted = answer(truth)[:, :, None].expand(-1, -1, COPIES).flatten(1)
        locating = F.smooth_l1_loss(answers[:, : 4 * COPIES], wanted, beta=0.05)
        with torch.no_grad():
            found = understand(answers)
            crops = crop(frames, self._placed(truth, found, step))
        separating = self.loss(
            self.trained.run(self.trained.embedder, crops), chosen + fingers * mirrored, schedule.margin_at(step)
        )
        self.optimiser.zero_grad(set_to_none=True)
        (separating + schedule.locating * locating).backward()
        self.optimiser.step()
        with torch.no_grad():
            millimetres = (found.points - truth.points).norm(dim=1).median()
            degrees = torch.rad2deg((found.angles - truth.angles).abs().median())
            now = torch.stack([separating.detach(), locating.detach(), millimetres, degrees])
            self.running = now if step == 0 else torch.lerp(self.running, now, 0.02)

    def report(self) -> str:
        loss, locating, millimetres, degrees = self.running.tolist()
        return f"loss {loss:.3f} locating {locating:.4f} ({millimetres:.2f} mm, {degrees:.1f} degrees)"

    def save(self, path: Path, step: int) -> None:
        """The weights; an interrupted run starts anew."""
        save(path, self.trained.state() | {"step": step, "steps": self.steps})

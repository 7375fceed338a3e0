"""A training from its first step to its last: progress, measurements, checkpoints, time."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Protocol
from collections.abc import Callable

import torch
from torch import nn


class Training(Protocol):
    """What `run` runs."""

    steps: int
    trained: nn.Module

    def step(self, step: int) -> None: ...

    def report(self) -> str:
        """Smoothed losses in words."""

    def save(self, path: Path, step: int) -> None: ...


def progress(message: str) -> None:
    print(time.strftime("%H:%M:%S"), message, flush=True)


def save(path: Path, state: dict) -> None:
    """Whole or not at all."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def seconds(work: Callable[[], None], device: torch.device) -> float:
    """How long it takes until the device has done it."""

    def wait() -> None:
        if device.type == "cuda":
            torch.cuda.synchronize()

    wait()
    started = time.monotonic()
    work()
    wait()
    return time.monotonic() - started


def seconds_per_step(training: Training, device: torch.device, probe: int = 60) -> float:
    """By a trial that is to be thrown away."""

    def steps(count: int) -> None:
        for step in range(count):
            training.step(step)

    steps(probe // 3)
    return seconds(lambda: steps(probe), device) / probe


def run(
    training: Training,
    checkpoint: Path,
    evaluate: Callable[[nn.Module], str] = lambda trained: "",
    first: int = 0,
    deadline: float = math.inf,
    progress: Callable[[str], None] = progress,
) -> None:
    """From step `first` on; at every tenth of the run measures and saves. Gives up at `deadline` (monotonic seconds)."""
    started, every = time.monotonic(), max(1, training.steps // 10)
    for done in range(first + 1, training.steps + 1):
        training.step(done - 1)
        late = done % 50 == 0 and time.monotonic() > deadline
        if late:
            progress(f"out of time at step {done}")
        last = late or done == training.steps
        measured = last or done % every == 0
        if measured or done in (20, 100, 500):
            report = training.report()
            result = evaluate(training.trained.eval()) if measured else ""
            training.trained.train()
            progress(f"step {done}/{training.steps} {report} {time.monotonic() - started:.0f} s {result}")
            training.save(checkpoint, done)
        if last:
            break
    training.trained.eval()

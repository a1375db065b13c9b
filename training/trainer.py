"""The training loop: budget, learning rate, averaged weights, checkpoints, log.

A recipe supplies a `Task`; the trainer knows nothing of depth or holes. With `steps` the run is deterministic: the same
seed and one thread give the same losses, interrupted and resumed or not. With `minutes` the schedule follows the clock.
"""

from __future__ import annotations

import json
import math
import signal
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Any, Protocol

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from training.checkpoint import Checkpoint, load_checkpoint, load_weights, save_checkpoint
from training.prefetch import Prefetcher
from training.progress import Progress

Batch = dict[str, Tensor]


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """What every recipe's command line has."""

    out: Path
    """Folder of the run: last.pt, log.jsonl, pictures."""
    steps: int | None = None
    """Length of the run in steps (give this or --minutes)."""
    minutes: float | None = None
    """Length of the run in minutes of wall clock; the learning rate follows the clock."""
    batch: int = 16
    """Samples in a step."""
    lr: float = 2e-3
    """Highest learning rate."""
    seed: int = 0
    """Seeds weights, sampling and augmentation."""
    resume: bool = False
    """Go on from last.pt in the run's folder."""
    start: Path | None = None
    """Begin with the averaged weights of this checkpoint (for depth, it may be of a smaller network)."""
    threads: int = 2
    """Threads of PyTorch; a loader thread comes on top."""
    save_minutes: float = 5.0
    """Minutes between checkpoints."""
    eval_minutes: float = 5.0
    """Minutes between validations and sample pictures (with --steps: ten validations a run)."""
    bf16: bool = True
    """Compute in bfloat16 where PyTorch allows; twice as fast on CPUs that have it."""
    device: str = "cpu"
    """PyTorch device to train on: cpu, cuda."""

    def __post_init__(self) -> None:
        if (self.steps is None) == (self.minutes is None):
            raise ValueError("give exactly one of --steps and --minutes")
        if (self.steps is not None and self.steps < 1) or (self.minutes is not None and self.minutes <= 0):
            raise ValueError("--steps and --minutes must be above zero")
        if self.batch < 2:
            raise ValueError("--batch must be at least 2: batch statistics need two samples")
        if self.threads < 1 or self.lr <= 0:
            raise ValueError("--threads must be at least 1 and --lr above zero")
        if self.resume and self.start is not None:
            raise ValueError("give at most one of --resume and --start")


class Task(Protocol):
    """What a recipe gives the trainer."""

    name: str
    network: nn.Module
    config: dict[str, Any]

    def start_from(self, weights: Mapping[str, Tensor], origin: str) -> None:
        """Put weights of another run into the network; ValueError where they do not fit, naming `origin`."""

    def make_batch(self, step: int, fraction: float) -> Batch:
        """The batch of a step; called in a loader thread; fraction is the share of the run that is over."""

    def loss(self, network: nn.Module, batch: Batch, step: int) -> Tensor:
        """The scalar to minimise."""

    def validate(self, network: nn.Module) -> dict[str, float]:
        """Figures of the averaged network in eval mode."""

    def picture(self, network: nn.Module) -> NDArray[np.uint8]:
        """(H, W, 3) RGB sheet of samples: input, truth, prediction."""

    def summary(self) -> dict[str, Any]:
        """Data and options, for the card."""


@dataclass
class _State:
    step: int = 0
    seconds: float = 0.0
    """Time of earlier runs."""
    metrics: dict[str, float] = field(default_factory=dict)


class Trainer:
    """Runs a task within its budget."""

    def __init__(self, task: Task, options: RunOptions, progress: Progress | None = None) -> None:
        self.task, self.options = task, options
        self._began_with = options.start.name if options.start else None
        if options.start is not None:
            task.start_from(self._checkpoint(options.start).ema, str(options.start))
        self.device = torch.device(options.device)
        self.network = task.network.to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.ema = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        decay = [p for p in self.network.parameters() if p.ndim > 1]
        plain = [p for p in self.network.parameters() if p.ndim <= 1]
        self.optimizer = torch.optim.AdamW(
            [{"params": decay, "weight_decay": 0.01}, {"params": plain, "weight_decay": 0.0}],
            lr=options.lr,
            betas=(0.9, 0.98),
            fused=True,
        )
        self.state = _State()
        self.progress = progress or Progress(task.name, quiet=True)
        self._stop = threading.Event()
        self._started = time.monotonic()
        options.out.mkdir(parents=True, exist_ok=True)
        if options.resume:
            self._resume(options.out / "last.pt")

    # -- budget --------------------------------------------------------------------------------------------------

    @property
    def seconds(self) -> float:
        """Training time so far, earlier runs included."""
        return self.state.seconds + time.monotonic() - self._started

    def fraction(self, step: int) -> float:
        """Share of the run that is over at a step, 0..1."""
        if self.options.steps is not None:
            return min(1.0, step / self.options.steps)
        assert self.options.minutes is not None
        return min(1.0, self.seconds / (60 * self.options.minutes))

    def learning_rate(self, fraction: float, step: int) -> float:
        """Warm-up over the first 5 % of the run (over 100 steps where it is timed), then half a cosine to 1 %."""
        warm = min(1.0, fraction / 0.05) if self.options.steps is not None else min(1.0, (step + 1) / 100)
        warm = max(warm, 0.02)
        return self.options.lr * warm * (0.01 + 0.99 * 0.5 * (1 + math.cos(math.pi * fraction)))

    # -- the loop ------------------------------------------------------------------------------------------------

    def run(self) -> Path:
        """Train to the end of the budget, or until SIGINT or SIGTERM; returns the last checkpoint's path.

        Raises:
            FloatingPointError: the loss became NaN or infinite; the last good checkpoint stays.
            OSError: the run's folder cannot be written.
        """
        torch.set_num_threads(self.options.threads)
        self._started = time.monotonic()
        next_save, next_eval = self._time_marks()
        path = self.options.out / "last.pt"
        make = self._make_batch
        with (
            stop_on_signal(self._stop),
            Prefetcher(make, start=self.state.step, ahead=3) as batches,
            (self.options.out / "log.jsonl").open("a", encoding="utf-8") as log,
            self.progress,
        ):
            while not self._stop.is_set() and self.fraction(self.state.step) < 1:
                self._log(log, self._step(batches.next()))
                if self._evaluation_due(next_eval):
                    self._evaluate(log)
                    next_eval = self._time_marks()[1]
                if time.monotonic() > next_save:
                    save_checkpoint(self.snapshot(), path)
                    next_save = self._time_marks()[0]
            if not self._stop.is_set():
                self._evaluate(log)
            save_checkpoint(self.snapshot(), path)
        return path

    def stop(self) -> None:
        """End the run after the step under way, as SIGINT does; safe from any thread."""
        self._stop.set()

    @property
    def was_stopped(self) -> bool:
        """Whether a signal ended the run before its budget."""
        return self._stop.is_set()

    def _make_batch(self, step: int) -> Batch:
        return self.task.make_batch(step, self.fraction(step))

    def _time_marks(self) -> tuple[float, float]:
        now = time.monotonic()
        return now + 60 * self.options.save_minutes, now + 60 * self.options.eval_minutes

    def _evaluation_due(self, next_eval: float) -> bool:
        if self.options.steps is not None:
            every = max(1, self.options.steps // 10)
            return self.state.step % every == 0 and self.state.step < self.options.steps
        return time.monotonic() > next_eval

    def _step(self, batch: Batch) -> dict[str, float]:
        began = time.monotonic()
        step = self.state.step
        lr = self.learning_rate(self.fraction(step), step)
        for group in self.optimizer.param_groups:
            group["lr"] = lr
        self.network.train()
        moved = {name: value.to(self.device, non_blocking=True) for name, value in batch.items()}
        with torch.autocast(self.device.type, dtype=torch.bfloat16, enabled=self.options.bf16):
            loss = self.task.loss(self.network, moved, step)
        value = float(loss.detach())
        if not math.isfinite(value):
            raise FloatingPointError(f"the loss became {value} at step {step}; lower --lr or look at the data")
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        self.optimizer.step()
        self._average(step)
        self.state.step += 1
        count = len(next(iter(batch.values())))
        return {"loss": value, "lr": lr, "samples_per_s": count / (time.monotonic() - began)}

    @torch.no_grad()
    def _average(self, step: int) -> None:
        # The average starts short, so that a run of a few hundred steps is not dominated by its first weights.
        keep = min(0.999, (1 + step) / (20 + step))
        values = self.network.state_dict()
        floats = [name for name, value in self.ema.items() if value.is_floating_point()]
        torch._foreach_lerp_([self.ema[n] for n in floats], [values[n] for n in floats], 1 - keep)
        for name, value in self.ema.items():
            if not value.is_floating_point():
                value.copy_(values[name])

    # -- what is written -----------------------------------------------------------------------------------------

    def _log(self, log: Any, record: dict[str, float]) -> None:
        entry = {"step": self.state.step, "seconds": round(self.seconds, 2), **record}
        log.write(json.dumps(entry) + "\n")
        self.progress.update(self.fraction(self.state.step), self.state.step, record, self.state.metrics)

    def _evaluate(self, log: Any) -> None:
        with self.averaged() as network:
            self.state.metrics = self.task.validate(network)
            sheet = self.task.picture(network)
        log.write(json.dumps({"step": self.state.step, "seconds": round(self.seconds, 2), **self.state.metrics}) + "\n")
        log.flush()
        path = self.options.out / f"sample-{self.state.step:07d}.png"
        if not cv2.imwrite(str(path), cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR)):
            raise OSError(f"{path}: cannot be written")
        self.progress.note(self.state.step, self.state.metrics)

    @contextmanager
    def averaged(self) -> Iterator[nn.Module]:
        """The network with averaged weights in eval mode; the trained weights are back afterwards."""
        trained = {name: value.detach().clone() for name, value in self.network.state_dict().items()}
        self.network.load_state_dict(self.ema)
        self.network.eval()
        try:
            with torch.no_grad():
                yield self.network
        finally:
            self.network.load_state_dict(trained)
            self.network.train()

    def snapshot(self) -> Checkpoint:
        """The run as it is now."""
        summary = self.task.summary() | {
            "metrics": self.state.metrics,
            "batch": self.options.batch,
            "lr": self.options.lr,
            "seed": self.options.seed,
            "start": self._began_with,
        }
        return Checkpoint(
            recipe=self.task.name,
            config=self.task.config,
            network=self.network.state_dict(),
            ema=self.ema,
            optimizer=self.optimizer.state_dict(),
            step=self.state.step,
            seconds=self.seconds,
            summary=summary,
        )

    def _resume(self, path: Path) -> None:
        checkpoint = self._checkpoint(path)
        load_weights(self.network, checkpoint.network, str(path))
        self.ema = {name: value.to(self.device) for name, value in checkpoint.ema.items()}
        self.optimizer.load_state_dict(checkpoint.optimizer)
        self.state = _State(checkpoint.step, checkpoint.seconds, dict(checkpoint.summary.get("metrics", {})))
        self._began_with = checkpoint.summary.get("start")

    def _checkpoint(self, path: Path) -> Checkpoint:
        checkpoint = load_checkpoint(path)
        if checkpoint.recipe != self.task.name:
            raise ValueError(f"{path}: a checkpoint of the {checkpoint.recipe} recipe, not of {self.task.name}")
        return checkpoint


@contextmanager
def stop_on_signal(stop: threading.Event) -> Iterator[None]:
    """SIGINT and SIGTERM end the run after the step under way; only the main thread can listen for them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ask(number: int, frame: FrameType | None) -> None:
        del number, frame
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

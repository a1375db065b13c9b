"""The loop: budget, resume, averages, interruptions. The real recipes are tested in recipes/."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from training.checkpoint import load_checkpoint, load_weights
from training.trainer import RunOptions, Trainer


class LineTask:
    """Learns y = 2x - 1."""

    name = "line"
    config: dict[str, Any] = {"width": 1}  # noqa: RUF012

    def __init__(self, seed: int = 0) -> None:
        torch.manual_seed(seed)
        self.network: nn.Module = nn.Linear(1, 1)
        self.fractions: list[float] = []

    def start_from(self, weights: Mapping[str, Tensor], origin: str) -> None:
        load_weights(self.network, weights, origin)

    def make_batch(self, step: int, fraction: float) -> dict[str, Tensor]:
        self.fractions.append(fraction)
        x = torch.from_numpy(np.random.default_rng(step).random((8, 1), dtype=np.float32))
        return {"x": x, "y": 2 * x - 1}

    def loss(self, network: nn.Module, batch: dict[str, Tensor], step: int) -> Tensor:
        return functional.mse_loss(network(batch["x"]).float(), batch["y"])

    def validate(self, network: nn.Module) -> dict[str, float]:
        assert not network.training
        return {"slope": float(next(network.parameters()).detach())}

    def picture(self, network: nn.Module) -> np.ndarray:
        return np.zeros((4, 4, 3), np.uint8)

    def summary(self) -> dict[str, Any]:
        return {"data": "a line"}


def _options(out: Path, **changes: Any) -> RunOptions:
    fields = {"out": out, "steps": 60, "threads": 1, "bf16": False, "lr": 0.1}
    return RunOptions(**(fields | changes))


def _losses(folder: Path) -> list[float]:
    entries = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [entry["loss"] for entry in entries if "loss" in entry]


def test_it_learns_and_leaves_log_picture_and_checkpoint(tmp_path: Path) -> None:
    task = LineTask()
    path = Trainer(task, _options(tmp_path)).run()
    losses = _losses(tmp_path)
    assert len(losses) == 60
    assert losses[-1] < losses[0] / 20
    assert task.fractions[:2] == [0.0, 1 / 60]
    checkpoint = load_checkpoint(path)
    assert checkpoint.step == 60
    assert checkpoint.summary["data"] == "a line"
    assert checkpoint.summary["metrics"]["slope"] == pytest.approx(float(checkpoint.ema["weight"]))
    assert not torch.equal(checkpoint.ema["weight"], checkpoint.network["weight"])
    assert (tmp_path / "sample-0000060.png").is_file()


def test_interrupted_and_resumed_equals_uninterrupted(tmp_path: Path) -> None:
    Trainer(LineTask(), _options(tmp_path / "whole")).run()
    task = LineTask()
    interrupted = Trainer(task, _options(tmp_path / "parts"))
    real = task.loss

    def stopping(network: nn.Module, batch: dict[str, Tensor], step: int) -> Tensor:
        if step == 22:
            interrupted.stop()
        return real(network, batch, step)

    task.loss = stopping  # type: ignore[method-assign]
    interrupted.run()
    assert interrupted.was_stopped
    assert load_checkpoint(tmp_path / "parts" / "last.pt").step == 23
    Trainer(LineTask(seed=9), _options(tmp_path / "parts", resume=True)).run()
    assert _losses(tmp_path / "parts") == _losses(tmp_path / "whole")
    whole, parts = (load_checkpoint(tmp_path / name / "last.pt") for name in ("whole", "parts"))
    assert torch.equal(whole.ema["weight"], parts.ema["weight"])


_SIGNALLED = """
import signal, threading
from training.trainer import stop_on_signal
stop, before = threading.Event(), signal.getsignal(signal.SIGTERM)
with stop_on_signal(stop):
    signal.raise_signal(signal.SIGTERM)
    signal.raise_signal(signal.SIGINT)
assert stop.is_set() and signal.getsignal(signal.SIGTERM) is before
"""


def test_signals_ask_for_the_end_and_handlers_come_back() -> None:
    # In a process of its own: only a main thread may listen for signals, and a test runner need not use it.
    subprocess.run([sys.executable, "-c", _SIGNALLED], check=True, timeout=200)


def test_a_timed_run_ends_by_the_clock_with_a_small_learning_rate(tmp_path: Path) -> None:
    trainer = Trainer(LineTask(), _options(tmp_path, steps=None, minutes=1 / 60))
    trainer.run()
    assert 0.9 < trainer.seconds < 20
    assert trainer.fraction(trainer.state.step) == 1
    last = json.loads((tmp_path / "log.jsonl").read_text().splitlines()[-2])
    assert last["lr"] < 0.002


def test_resume_refuses_another_recipe(tmp_path: Path) -> None:
    Trainer(LineTask(), _options(tmp_path, steps=2)).run()
    other = LineTask()
    other.name = "curve"
    with pytest.raises(ValueError, match="checkpoint of the line recipe, not of curve"):
        Trainer(other, _options(tmp_path, resume=True))
    with pytest.raises(FileNotFoundError, match="no such checkpoint"):
        Trainer(LineTask(), _options(tmp_path / "empty", resume=True))


def test_a_run_may_start_from_another_runs_averaged_weights(tmp_path: Path) -> None:
    path = Trainer(LineTask(), _options(tmp_path / "first")).run()
    second = Trainer(LineTask(seed=5), _options(tmp_path / "second", start=path))
    wanted = load_checkpoint(path).ema
    assert all(torch.equal(second.network.state_dict()[name], value) for name, value in wanted.items())
    assert all(torch.equal(second.ema[name], value) for name, value in wanted.items())
    assert second.state.step == 0
    second.run()
    resumed = Trainer(LineTask(), _options(tmp_path / "second", resume=True))
    assert second.snapshot().summary["start"] == resumed.snapshot().summary["start"] == "last.pt"


def test_a_broken_loss_stops_the_run(tmp_path: Path) -> None:
    class Broken(LineTask):
        def loss(self, network: nn.Module, batch: dict[str, Tensor], step: int) -> Tensor:
            return super().loss(network, batch, step) * float("nan")

    with pytest.raises(FloatingPointError, match="loss became nan at step 0"):
        Trainer(Broken(), _options(tmp_path)).run()
    assert not (tmp_path / "last.pt").exists()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("batches")]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"steps": None}, "exactly one"),
        ({"minutes": 3.0}, "exactly one"),
        ({"steps": 0}, "above zero"),
        ({"batch": 1}, "at least 2"),
        ({"threads": 0}, "--threads"),
    ],
)
def test_impossible_options_are_named(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        _options(tmp_path, **changes)

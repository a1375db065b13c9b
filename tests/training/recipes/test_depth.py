"""The depth recipe on small scenes: it learns, and repeats itself bit for bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
import torch

from training.augment import AugmentOptions
from training.checkpoint import load_checkpoint
from training.losses import DepthLossWeights
from training.models.depth import DepthConfig
from training.recipes.depth import DepthOptions, build, level_share
from training.trainer import Trainer

_SMALL = DepthConfig(stem=8, encoder=(12, 16, 24, 32), blocks=(1, 1, 1, 1), decoder=(16, 12, 8, 8))


def _options(data: Path, out: Path, **changes: Any) -> DepthOptions:
    fields = {"data": data, "out": out, "steps": 40, "batch": 8, "threads": 1, "model": _SMALL, "lr": 4e-3}
    return DepthOptions(**(fields | {"size": (96, 64), "small_size": (64, 32)} | changes))


def _losses(folder: Path) -> list[float]:
    entries = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    return [entry["loss"] for entry in entries if "loss" in entry]


def test_loss_falls(shards: Path, tmp_path: Path) -> None:
    # The gradient term comes in on the way and would lift the loss; the values alone must fall.
    plain = AugmentOptions(zoom=0.95, aspect=1.0, colour=0, gray=0, blur=0, noise=0, jpeg=0)
    changes = {"loss": DepthLossWeights(gradient=0), "level": 0.0, "augment": plain, "steps": 120, "small_until": 1.0}
    options = _options(shards, tmp_path, **changes)
    path = Trainer(build(options), options).run()
    losses = _losses(tmp_path)
    assert np.mean(losses[-5:]) < 0.8 * np.mean(losses[:5])
    metrics = load_checkpoint(path).summary["metrics"]
    assert set(metrics) == {"scenes/spearman", "scenes/abs_rel", "scenes/delta1"}
    sheet = cv2.imread(str(tmp_path / "sample-0000120.png"))
    assert sheet is not None
    assert sheet.shape[1] == 3 * 288


def test_level_pictures_are_kept_and_others_rarely() -> None:
    floor = np.repeat(np.linspace(1, 9, 224, dtype=np.float32)[:, None], 384, axis=1)
    assert level_share(floor, 0.6) == 1
    assert level_share(floor[::-1], 0.6) == 0.05
    assert level_share(floor[::-1], 0) == 1
    half = floor + np.random.default_rng(0).normal(0, 6, floor.shape)
    assert 0.05 < level_share(half, 0.6) < 1


def test_stopped_and_resumed_gives_the_same_losses(shards: Path, tmp_path: Path) -> None:
    whole = _options(shards, tmp_path / "whole", steps=8)
    Trainer(build(whole), whole).run()
    parts = _options(shards, tmp_path / "parts", steps=8)
    first = Trainer(build(parts), parts)

    real = first.task.loss

    def stopping(network: torch.nn.Module, batch: dict[str, torch.Tensor], step: int) -> torch.Tensor:
        if step == 3:
            first.stop()
        return real(network, batch, step)

    first.task.loss = stopping  # type: ignore[method-assign]
    first.run()
    again = _options(shards, tmp_path / "parts", steps=8, resume=True)
    Trainer(build(again), again).run()
    assert _losses(tmp_path / "parts") == _losses(tmp_path / "whole")


def test_pictures_grow_during_the_run(shards: Path, tmp_path: Path) -> None:
    task = build(_options(shards, tmp_path))
    assert task.make_batch(0, 0.2)["image"].shape == (8, 3, 32, 64)
    late = task.make_batch(0, 0.7)
    assert late["image"].shape == (8, 3, 64, 96)
    assert late["disparity"].shape == (8, 1, 64, 96)
    assert late["image"].min() >= 0
    assert late["image"].max() <= 1


def test_sizes_must_fit_the_network(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="multiples of 32"):
        _options(tmp_path, tmp_path, size=(100, 64))


def test_real_frames_are_scored_on_request(shards: Path, tmp_path: Path) -> None:
    folder = tmp_path / "frames"
    folder.mkdir()
    depth = np.repeat(np.linspace(4000, 800, 60)[:, None], 80, 1).astype(np.uint16)
    cv2.imwrite(str(folder / "frame-000000.color.jpg"), np.full((60, 80, 3), 90, np.uint8))
    cv2.imwrite(str(folder / "frame-000000.depth.png"), depth)
    task = build(_options(shards, tmp_path, eval_rgbd=(folder,)))
    found = task.validate(task.network.eval())
    assert {"frames/spearman", "frames/abs_rel", "frames/delta1"} <= set(found)

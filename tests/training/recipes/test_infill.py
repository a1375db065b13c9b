"""The infill recipe on small scenes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from training.checkpoint import load_checkpoint
from training.holes import HoleOptions
from training.losses import InfillLossWeights
from training.models.infill import InfillConfig
from training.recipes.infill import InfillOptions, build
from training.trainer import Trainer


def _options(data: Path, out: Path, **changes: Any) -> InfillOptions:
    fields = {"data": (str(data),), "out": out, "steps": 40, "batch": 8, "threads": 1, "size": (32, 40), "lr": 4e-3}
    fields |= {
        "holes": HoleOptions(ragged_error=0, edge_error=0, soft_error=0, colour=0.2),
        "model": InfillConfig(fast=(12, 16, 24), dilations=(2,)),
    }
    return InfillOptions(**(fields | changes))


@pytest.mark.parametrize("model", [InfillConfig(fast=(12, 16, 24)), InfillConfig(variant="reference", base=8)])
def test_loss_falls(shards: Path, tmp_path: Path, model: InfillConfig, monkeypatch: pytest.MonkeyPatch) -> None:
    options = _options(shards, tmp_path, model=model, steps=60, lr=1e-2)
    task = build(options)
    # Losses of single steps differ more by their holes than by learning, so every step sees the same ones.
    fixed = task.make_batch(0, 0.0)
    monkeypatch.setattr(task, "make_batch", lambda *_: fixed)
    with torch.no_grad():
        before = float(task.loss(task.network.eval(), fixed, 0))
    trainer = Trainer(task, options)
    path = trainer.run()
    with trainer.averaged() as network:
        after = float(task.loss(network, fixed, 0))
    assert after < 0.85 * before
    checkpoint = load_checkpoint(path)
    assert InfillConfig(**checkpoint.config) == model
    assert {"scenes/psnr_hole", "scenes/psnr_stretch"} <= set(checkpoint.summary["metrics"])


def test_batches_depend_on_the_step_only(shards: Path, tmp_path: Path) -> None:
    first, second = (build(_options(shards, tmp_path)).make_batch(5, fraction) for fraction in (0.1, 0.9))
    for name in ("guide", "truth", "mask"):
        assert np.array_equal(first[name], second[name])
    assert first["guide"].shape == (8, 8, 40, 32)
    hole, counted = first["guide"][:, 3:4], first["mask"]
    assert (counted <= hole).all()
    assert counted.flatten(1).any(dim=1).all()


def test_crops_larger_than_the_scenes_are_explained(shards: Path, tmp_path: Path) -> None:
    task = build(_options(shards, tmp_path, size=(512, 512), batch=2))
    with pytest.raises(ValueError, match="hardly any hole"):
        task.make_batch(0, 0.0)


def test_disparity_is_learned_in_the_guide_s_unit(shards: Path, tmp_path: Path) -> None:
    model = InfillConfig(fast=(12, 16, 24), dilations=(2,), target="depth")
    task = build(_options(shards, tmp_path, model=model, steps=3))
    batch = task.make_batch(0, 0.0)
    known = batch["guide"][:, 3:4] == 0
    assert batch["truth"].shape == (8, 1, 40, 32)
    near = (batch["truth"] - batch["guide"][:, 7:8]).abs() < 0.02
    assert near[known].float().mean() > 0.97
    assert batch["truth"][batch["mask"] > 0].mean() < batch["truth"][known].mean()
    path = Trainer(task, task.options).run()
    checkpoint = load_checkpoint(path)
    assert InfillConfig(**checkpoint.config).target == "depth"
    # What the background's disparity says is nearly right in these scenes; a comparison with nothing would be far off.
    assert checkpoint.summary["metrics"]["scenes/psnr_stretch"] > 20
    with pytest.raises(ValueError, match=r"need --model\.target rgb"):
        _options(shards, tmp_path, model=model, loss=InfillLossWeights(adversarial=0.1))


def test_every_term_of_the_loss_trains(shards: Path, tmp_path: Path) -> None:
    weights = InfillLossWeights(texture=0.5, adversarial=0.02)
    task = build(_options(shards, tmp_path, loss=weights, steps=3))
    plain = build(_options(shards, tmp_path, steps=3))
    fixed = task.make_batch(0, 0.0)
    with torch.no_grad():
        assert task.loss(task.network, fixed, 0) > plain.loss(plain.network, fixed, 0)
    assert load_checkpoint(Trainer(task, task.options).run()).step == 3


def test_options_that_teach_nothing_are_refused(shards: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="give --data, --photos, or both"):
        InfillOptions(out=tmp_path, steps=1)
    with pytest.raises(ValueError, match="--photos-weight must be above zero"):
        _options(shards, tmp_path, photos_weight=0)

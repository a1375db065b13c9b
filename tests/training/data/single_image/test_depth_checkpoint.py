"""Depth by a checkpoint of the depth recipe."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

from training.checkpoint import Checkpoint, save_checkpoint
from training.data.single_image.depth_maps import network_picture, open_depth
from training.models.depth import DepthConfig, DepthNet


def _save(path: Path, recipe: str = "depth", **config: object) -> DepthNet:
    torch.manual_seed(0)
    options = DepthConfig()
    network = DepthNet(options).eval()
    weights = network.state_dict()
    content = Checkpoint(
        recipe=recipe,
        config=options.to_dict() | config,
        network=weights,
        ema=weights,
        optimizer={},
        step=1,
        seconds=1.0,
        summary={},
    )
    save_checkpoint(content, path)
    return network


def test_it_computes_what_the_network_computes(tmp_path: Path) -> None:
    network = _save(tmp_path / "last.pt")
    picture = np.random.default_rng(0).integers(0, 256, (256, 400, 3), dtype=np.uint8)
    with torch.no_grad():
        expected = network(torch.from_numpy(network_picture(picture, 32, 61440)))[0, 0].numpy()
    np.testing.assert_allclose(open_depth(tmp_path / "last.pt").small("a", picture), expected, atol=1e-5)


def test_other_checkpoints_are_refused(tmp_path: Path) -> None:
    _save(tmp_path / "infill.pt", recipe="infill")
    with pytest.raises(ValueError, match="of the infill recipe, not of depth"):
        open_depth(tmp_path / "infill.pt")
    _save(tmp_path / "newer.pt", colour_of_the_sky=3)
    with pytest.raises(ValueError, match="its config is not one of this version"):
        open_depth(tmp_path / "newer.pt")

"""Scoring infill on stereo scenes."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from training.evaluation.stereo import hole_case, paint_guide, score_methods, score_network
from training.evaluation.stereo_scenes import read_stereo
from training.models.infill import InfillConfig, infill_network


class _Stretch(nn.Module):
    """Shows the guide as it is."""

    def __init__(self) -> None:
        super().__init__()
        self.nothing = nn.Parameter(torch.zeros(1))

    def forward(self, guide: Tensor) -> Tensor:
        return guide[:, :3] + self.nothing


def _write_scene(folder: Path, rng: np.random.Generator, *, pfm: bool) -> np.ndarray:
    """A bright card 12 px in front of a wall of vertical stripes' worth of shading; returns the disparity."""
    folder.mkdir(parents=True)
    wall = np.repeat(np.linspace(40, 90, 48)[:, None], 96, 1)
    left = np.stack([wall] * 3, axis=-1).astype(np.uint8)
    right = left.copy()
    disparity = np.full((48, 96), 3.0, np.float32)
    left[10:40, 40:60] = right[10:40, 25:45] = 230
    disparity[10:40, 40:60] = 15
    names = ("im0.png", "im1.png") if pfm else ("view1.png", "view5.png")
    for name, picture in zip(names, (left, right), strict=True):
        cv2.imwrite(str(folder / name), picture)
    stored = disparity.copy()
    stored[:4, :10] = np.inf if pfm else 0
    if pfm:
        header = b"Pf\n96 48\n-1.0\n"
        (folder / "disp0GT.pfm").write_bytes(header + np.ascontiguousarray(stored[::-1], "<f4").tobytes())
    else:
        cv2.imwrite(str(folder / "disp1.png"), (stored * 3).astype(np.uint8))
    return disparity


@pytest.mark.parametrize("pfm", [True, False])
def test_layouts_and_unknown_disparity(tmp_path: Path, rng: np.random.Generator, pfm: bool) -> None:
    disparity = _write_scene(tmp_path / "scene", rng, pfm=pfm)
    (scene,) = read_stereo(tmp_path)
    assert scene.name == "scene"
    assert not scene.known[:4, :10].any()
    assert scene.known[4:].all()
    np.testing.assert_array_equal(scene.disparity_px, disparity)


def test_background_stretch_wins_on_a_plain_wall(tmp_path: Path, rng: np.random.Generator) -> None:
    _write_scene(tmp_path / "scene", rng, pfm=True)
    scenes = list(read_stereo(tmp_path))
    case = hole_case(scenes[0], 2.0)
    assert case.scored[20].sum() == 12
    assert not case.scored[:, -4:].any()
    scores = score_methods(scenes, 2.0)
    assert set(scores) == {"telea", "ns", "background"}
    assert scores["background"] > 60
    assert scores["telea"] < scores["background"] - 10
    # What an untrained network carries from above and below is in part the foreground.
    untrained = infill_network(InfillConfig()).eval()
    assert 15 < score_network(untrained, scenes, 2.0) < scores["background"]
    assert score_network(_Stretch(), scenes, 2.0) == pytest.approx(scores["background"], abs=0.1)


def test_guides_of_any_size_are_painted() -> None:
    network = infill_network(InfillConfig()).eval()
    guide = np.zeros((8, 13, 21), np.float32)
    guide[:3] = 0.25
    with torch.no_grad():
        image = paint_guide(network, guide)
    assert image.shape == (13, 21, 3)
    assert np.allclose(image, 0.25)

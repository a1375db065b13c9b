"""Scoring a depth network on RGB-D frames."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from torch import Tensor, nn

from training.evaluation.rgbd import network_size, predict_disparity, score_rgbd
from training.evaluation.rgbd_frames import read_rgbd


class BottomIsNear(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.scale = nn.Parameter(torch.ones(1))

    def forward(self, image: Tensor) -> Tensor:
        rows = torch.linspace(0, 1, image.shape[2])[None, None, :, None]
        return (rows * self.scale).expand(image.shape[0], 1, image.shape[2], image.shape[3])


def _write(picture: Path, depth: Path, millimetres: np.ndarray) -> None:
    for path in (picture, depth):
        path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(picture), np.full((*millimetres.shape, 3), (10, 20, 200), np.uint8))
    cv2.imwrite(str(depth), millimetres)


def _slope() -> np.ndarray:
    inverse = np.linspace(0.25, 1.0, 48)[:, None]
    depth = np.repeat(1000 / inverse, 64, 1).astype(np.uint16)
    depth[:, 0], depth[:, 1] = 0, 65535
    return depth


def test_a_right_network_scores_well(tmp_path: Path) -> None:
    _write(tmp_path / "frame-0.color.jpg", tmp_path / "frame-0.depth.png", _slope())
    frames = list(read_rgbd(tmp_path))
    scores = score_rgbd(BottomIsNear(), frames)
    assert scores.spearman > 0.99
    assert scores.abs_rel < 0.05
    assert predict_disparity(BottomIsNear(), frames[0].image).shape == (48, 64)


@pytest.mark.parametrize(("picture", "expected"), [((1920, 1080), (320, 192)), ((640, 480), (288, 224))])
def test_network_size(picture: tuple[int, int], expected: tuple[int, int]) -> None:
    assert network_size(*picture) == expected

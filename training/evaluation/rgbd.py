"""Scores a depth network on real and rendered RGB-D frames, and on stereo pairs with true disparity."""

from __future__ import annotations

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.evaluation.rgbd_frames import RgbdFrame
from training.evaluation.stereo_scenes import StereoScene
from training.metrics import DepthScores, depth_scores, mean_scores
from training.models.depth import SIZE_MULTIPLE, WORKING_SIZE

_AREA = WORKING_SIZE[0] * WORKING_SIZE[1]


def network_size(width: int, height: int, area: int = _AREA, multiple: int = SIZE_MULTIPLE) -> tuple[int, int]:
    """(width, height) nearest to `area` pixels with the picture's aspect ratio, both multiples of `multiple`."""
    scale = (area / (width * height)) ** 0.5
    columns, rows = (max(multiple, round(side * scale / multiple) * multiple) for side in (width, height))
    return columns, rows


def predict_disparity(network: nn.Module, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W) relative disparity of an RGB picture at its own size; the network sees its working area."""
    height, width = image.shape[:2]
    small = cv2.resize(image, network_size(width, height), interpolation=cv2.INTER_AREA)
    device = next(network.parameters()).device
    tensor = torch.from_numpy(small).to(device).permute(2, 0, 1)[None].float() / 255
    with torch.no_grad():
        disparity = network(tensor)[0, 0].float().cpu().numpy()
    return np.asarray(cv2.resize(disparity, (width, height), interpolation=cv2.INTER_LINEAR), np.float32)


def score_rgbd(network: nn.Module, frames: list[RgbdFrame]) -> DepthScores:
    """Mean scores over frames that have any known depth."""
    scored = [f for f in frames if (f.depth_m > 0).any()]
    return mean_scores([depth_scores(predict_disparity(network, f.image), f.depth_m, f.depth_m > 0) for f in scored])


def score_stereo(network: nn.Module, scenes: list[StereoScene]) -> DepthScores:
    """Mean scores over the left pictures of stereo scenes; their true depth is one over disparity, in no unit."""
    found = []
    for scene in scenes:
        known = scene.known & (scene.disparity_px > 0)
        depth = np.where(known, 1 / np.where(known, scene.disparity_px, 1), 0).astype(np.float32)
        found.append(depth_scores(predict_disparity(network, scene.left), depth, known))
    return mean_scores(found)

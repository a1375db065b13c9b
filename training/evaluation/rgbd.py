"""Scores a depth network on real and rendered RGB-D frames.

Two layouts are read: a flat folder of `frame-*.color.jpg` with `frame-*.depth.png`, and `image/` beside `depth/` with
the same file stems. Depth is 16-bit PNG in millimetres; 0 and 65535 mean unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from training.metrics import DepthScores, depth_scores, mean_scores


@dataclass(frozen=True, slots=True, eq=False)
class RgbdFrame:
    """A picture and its depth."""

    name: str
    image: NDArray[np.uint8]  # (H, W, 3) RGB
    depth_m: NDArray[np.float32]  # (H, W), 0 = unknown


def read_rgbd(folder: Path, every: int = 1) -> Iterator[RgbdFrame]:
    """Every n-th frame of a folder in either layout.

    Raises:
        FileNotFoundError: the folder is in neither layout.
        ValueError: a picture or its depth cannot be read.
    """
    flat = sorted(folder.glob("frame-*.color.jpg"))
    if flat:
        pairs = [(p, p.with_name(p.name.replace(".color.jpg", ".depth.png"))) for p in flat]
    else:
        pictures = sorted((folder / "image").glob("*.*"))
        pairs = [(p, folder / "depth" / f"{p.stem}.png") for p in pictures]
    if not pairs:
        raise FileNotFoundError(f"{folder}: neither frame-*.color.jpg nor image/ and depth/ found")
    for picture, depth in pairs[::every]:
        colour = cv2.imread(str(picture), cv2.IMREAD_COLOR)
        millimetres = cv2.imread(str(depth), cv2.IMREAD_UNCHANGED)
        if colour is None or millimetres is None or millimetres.dtype != np.uint16:
            raise ValueError(f"{picture}: the picture, or its 16-bit depth {depth.name}, cannot be read")
        known = (millimetres > 0) & (millimetres < 65535)
        metres = np.where(known, millimetres, 0).astype(np.float32) / np.float32(1000)
        yield RgbdFrame(picture.stem, np.ascontiguousarray(colour[..., ::-1], np.uint8), metres)


def network_size(width: int, height: int, area: int = 384 * 224, multiple: int = 32) -> tuple[int, int]:
    """(width, height) nearest to `area` pixels with the picture's aspect ratio, both multiples of `multiple`."""
    scale = (area / (width * height)) ** 0.5
    columns, rows = (max(multiple, round(side * scale / multiple) * multiple) for side in (width, height))
    return columns, rows


def predict_disparity(network: nn.Module, image: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W) relative disparity of an RGB picture at its own size; the network sees about 384x224 pixels."""
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

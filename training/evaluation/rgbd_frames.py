"""Reads RGB-D frames, without torch: the benchmarks read them too.

Two layouts: a flat folder of `frame-*.color.jpg` with `frame-*.depth.png`, and `image/` beside `depth/` with the same
file stems. Depth is 16-bit PNG in millimetres; 0 and 65535 mean unknown.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray


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

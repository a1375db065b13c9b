"""Reads rectified stereo pairs with measured disparity, without torch: the benchmarks read them too.

A folder of scenes in the layouts of Middlebury 2001, 2003, 2005/06 and 2014.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

_EIGHT_BIT = (
    # left, right, disparity, divisor of the stored value
    ("view1.png", "view5.png", "disp1.png", 3.0),
    ("imL.png", "imR.png", "disp2.png", 4.0),
    ("imL.png", "imR.png", "truedisp.pgm", 16.0),
    ("im2.*", "im6.*", "disp2.pgm", 8.0),
    ("imL.*", "imR.*", "disp2.pgm", 8.0),
)


@dataclass(frozen=True, slots=True, eq=False)
class StereoScene:
    """A rectified pair with measured disparity of its left eye."""

    name: str
    left: NDArray[np.uint8]  # (H, W, 3) RGB
    right: NDArray[np.uint8]  # (H, W, 3) RGB
    disparity_px: NDArray[np.float32]  # (H, W), unknown pixels hold the farther of their known neighbours in the row
    known: NDArray[np.bool_]  # (H, W)


def read_stereo(folder: Path) -> Iterator[StereoScene]:
    """Every scene below a folder, sorted by name.

    Raises:
        FileNotFoundError: no scene in a known layout.
        ValueError: a file of a scene cannot be read.
    """
    scenes = 0
    for scene in sorted(path for path in folder.iterdir() if path.is_dir()):
        found = _find(scene)
        if found is None:
            continue
        scenes += 1
        left, right, disparity = found
        known = np.isfinite(disparity) & (disparity > 0)
        yield StereoScene(scene.name, left, right, _filled(disparity, known), known)
    if not scenes:
        raise FileNotFoundError(f"{folder}: no stereo scene in a known Middlebury layout")


def _find(scene: Path) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.float32]] | None:
    if (scene / "disp0GT.pfm").is_file():
        return _picture(scene / "im0.png"), _picture(scene / "im1.png"), _pfm(scene / "disp0GT.pfm")
    for left, right, disparity, divisor in _EIGHT_BIT:
        # Where a picture is there twice, .png and .ppm sort after its lossy .jpg.
        files = [next(iter(sorted(scene.glob(pattern), reverse=True)), None) for pattern in (left, right, disparity)]
        if files[0] is not None and files[1] is not None and files[2] is not None:
            stored = cv2.imread(str(files[2]), cv2.IMREAD_GRAYSCALE)
            if stored is None:
                raise ValueError(f"{files[2]}: the disparity cannot be read")
            return _picture(files[0]), _picture(files[1]), stored.astype(np.float32) / np.float32(divisor)
    return None


def _picture(path: Path) -> NDArray[np.uint8]:
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        raise ValueError(f"{path}: the picture cannot be read")
    return np.ascontiguousarray(picture[..., ::-1], np.uint8)


def _pfm(path: Path) -> NDArray[np.float32]:
    with path.open("rb") as file:
        kind, size, scale = (file.readline().split() for _ in range(3))
        if kind != [b"Pf"] or len(size) != 2:
            raise ValueError(f"{path}: not a one-channel PFM")
        columns, rows = int(size[0]), int(size[1])
        values = np.frombuffer(file.read(), "<f4" if float(scale[0]) < 0 else ">f4")
    if values.size != columns * rows:
        raise ValueError(f"{path}: truncated: {values.size} of {columns * rows} values")
    return np.ascontiguousarray(values.reshape(rows, columns)[::-1], np.float32)


def _filled(disparity: NDArray[np.float32], known: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Unknown pixels take the smaller of the nearest known values to their left and right; 0 in a row without any."""
    columns = disparity.shape[1]
    index = np.arange(columns)[None]
    before = np.maximum.accumulate(np.where(known, index, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, index, columns)[:, ::-1], axis=1)[:, ::-1]
    padded = np.pad(np.where(known, disparity, np.inf), ((0, 0), (1, 1)), constant_values=np.inf)
    rows = np.arange(disparity.shape[0])[:, None]
    nearest = np.minimum(padded[rows, before + 1], padded[rows, after + 1])
    return np.where(np.isfinite(nearest), nearest, 0).astype(np.float32)

"""Reads rectified stereo pairs with measured disparity, without torch: the benchmarks read them too.

A folder of scenes in the layouts of Middlebury 2001, 2003, 2005/06 and 2014.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

_EIGHT_BIT: tuple[tuple[str, str, str, str | None, float], ...] = (
    # left, right, disparity of the left eye and of the right one, divisor of the stored value
    ("view1.png", "view5.png", "disp1.png", "disp5.png", 3.0),
    ("imL.png", "imR.png", "disp2.png", "disp6.png", 4.0),
    ("imL.png", "imR.png", "truedisp.pgm", None, 16.0),
    ("im2.*", "im6.*", "disp2.pgm", "disp6.pgm", 8.0),
    ("imL.*", "imR.*", "disp2.pgm", "disp6.pgm", 8.0),
)


@dataclass(frozen=True, slots=True, eq=False)
class StereoScene:
    """A rectified pair with known disparity of its left eye, and of its right one where the set has it."""

    name: str
    left: NDArray[np.uint8]  # (H, W, 3) RGB
    right: NDArray[np.uint8]  # (H, W, 3) RGB
    disparity_px: NDArray[np.float32]  # (H, W), unknown pixels hold the farther of their known neighbours in the row
    known: NDArray[np.bool_]  # (H, W)
    disparity_right_px: NDArray[np.float32] | None = None  # (H, W), like disparity_px, of the right eye
    known_right: NDArray[np.bool_] | None = None  # (H, W), there whenever disparity_right_px is


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
        yield found
    if not scenes:
        raise FileNotFoundError(f"{folder}: no stereo scene in a known Middlebury layout")


def _find(scene: Path) -> StereoScene | None:
    if (scene / "disp0GT.pfm").is_file():
        return _scene(scene.name, scene / "im0.png", scene / "im1.png", _pfm(scene / "disp0GT.pfm"), None)
    for left, right, disparity, of_right, divisor in _EIGHT_BIT:
        # Where a picture is there twice, .png and .ppm sort after its lossy .jpg.
        files = [next(iter(sorted(scene.glob(pattern), reverse=True)), None) for pattern in (left, right, disparity)]
        if files[0] is not None and files[1] is not None and files[2] is not None:
            has_right = of_right is not None and (scene / of_right).is_file()
            other = _stored(scene / str(of_right), divisor) if has_right else None
            return _scene(scene.name, files[0], files[1], _stored(files[2], divisor), other)
    return None


def _scene(
    name: str, left: Path, right: Path, disparity: NDArray[np.float32], of_right: NDArray[np.float32] | None
) -> StereoScene:
    known = _is_known(disparity)
    scene = StereoScene(name, _picture(left), _picture(right), _filled(disparity, known), known)
    if of_right is None:
        return scene
    known_right = _is_known(of_right)
    return replace(scene, disparity_right_px=_filled(of_right, known_right), known_right=known_right)


def _is_known(disparity: NDArray[np.float32]) -> NDArray[np.bool_]:
    return np.asarray(np.isfinite(disparity) & (disparity > 0))


def _stored(path: Path, divisor: float) -> NDArray[np.float32]:
    stored = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if stored is None:
        raise ValueError(f"{path}: the disparity cannot be read")
    return np.asarray(stored.astype(np.float32) / np.float32(divisor))


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

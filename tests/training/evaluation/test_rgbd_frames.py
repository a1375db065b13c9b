from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from training.evaluation.rgbd_frames import read_rgbd

MILLIMETRES = np.array([[0, 65535, 1500]], np.uint16)


def _write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


@pytest.mark.parametrize(
    ("picture", "depth"),
    [("frame-{}.color.jpg", "frame-{}.depth.png"), ("image/{}.jpg", "depth/{}.png")],
)
def test_both_layouts(picture: str, depth: str, tmp_path: Path) -> None:
    for i in range(3):
        _write(tmp_path / picture.format(i), np.full((1, 3, 3), 60 * i, np.uint8))
        _write(tmp_path / depth.format(i), MILLIMETRES)
    frames = list(read_rgbd(tmp_path, every=2))
    assert [int(frame.image[0, 0, 0]) for frame in frames] == [0, 120]
    assert frames[0].depth_m.tolist() == [[0, 0, 1.5]]


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"neither frame-\*\.color\.jpg nor image/ and depth/"):
        list(read_rgbd(tmp_path))
    _write(tmp_path / "image" / "a.png", np.zeros((1, 3, 3), np.uint8))
    _write(tmp_path / "depth" / "a.png", np.zeros((1, 3), np.uint8))
    with pytest.raises(ValueError, match=r"16-bit depth a\.png, cannot be read"):
        list(read_rgbd(tmp_path))

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.quality.clips import Clip, ClipFrame, joined
from benchmarks.quality.over_time import Player
from benchmarks.quality.strips import write_strips
from engine.errors import OutputError


@dataclass
class BrightIsNear:
    shape: tuple[int, ...] = (1, 3, 64, 96)

    def run(self, image: np.ndarray) -> np.ndarray:
        return image.mean(axis=1, keepdims=True)


def _clip(*, mirrored: bool = False) -> Clip:
    """The right half is near, or the left one."""
    inverse = np.full((96, 160), 0.2, np.float32)
    inverse[:, 80:] = 0.8
    inverse = np.ascontiguousarray(inverse[:, ::-1]) if mirrored else inverse
    image = (inverse[..., None] * 255).astype(np.uint8).repeat(3, axis=2)
    known, pose = np.ones(inverse.shape, bool), np.eye(3, 4, dtype=np.float32)
    frame = ClipFrame(image=image, inverse_depth=inverse, known=known, pose=pose)
    return Clip(name="c", frames=(frame,) * 8, intrinsics=(100.0, 100.0, 80.0, 48.0), is_still=True)


def test_what_holds_still_is_vertical_stripes(tmp_path: Path) -> None:
    path = tmp_path / "sheets" / "still.png"
    write_strips(path, _clip(), Player(_clip(), BrightIsNear()))
    sheet = cv2.imread(str(path))
    assert sheet is not None
    strip = sheet[-4 - 8 * 4 : -4, 130 : 130 + 480].astype(int)
    assert np.ptp(strip, axis=0).max() == 0
    assert strip[0, 400:].mean() > strip[0, :80].mean() + 60


def test_frames_around_a_cut(tmp_path: Path) -> None:
    clip = joined("cut", _clip(), _clip(mirrored=True), 4)
    path = tmp_path / "cut.jpg"
    write_strips(path, clip, Player(clip, BrightIsNear()))
    sheet = cv2.imread(str(path))
    assert sheet is not None
    engine = sheet[-4 - 144 : -4, 130:].astype(int)
    before, first = engine[:, :240], engine[:, 244:484]
    assert before[:, 200:].mean() > before[:, :40].mean() + 60
    assert first[:, :40].mean() > first[:, 200:].mean() + 60


def test_what_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="cannot be written"):
        write_strips(tmp_path / "file" / "x.png", _clip(), Player(_clip(), BrightIsNear()))

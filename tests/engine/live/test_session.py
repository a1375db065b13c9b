from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.config import PlayOptions
from engine.errors import UsageError
from engine.live.session import frames_and_depth
from engine.sources import open_source


def picture_folder(folder: Path, count: int) -> Path:
    folder.mkdir()
    for index in range(count):
        cv2.imwrite(str(folder / f"{index:02d}.png"), np.full((64, 96, 3), 10 * index, np.uint8))
    return folder


def test_given_depth_belongs_to_its_frame_whatever_is_dropped(tmp_path: Path) -> None:
    """The stage sees only every third frame, as it would if it were late; each wears the map with its number."""
    pictures, maps = picture_folder(tmp_path / "pictures", 10), tmp_path / "maps"
    maps.mkdir()
    for index in range(10):
        np.save(maps / f"{index:02d}.npy", np.full((64, 96), 0.1 * index, np.float32))
    options = PlayOptions(input=str(pictures), depth=f"file:{maps}")
    with open_source(options.input) as source:
        frames, depth = frames_and_depth(options, source)
        assert depth is None
        kept = [frame for frame in frames if frame.index % 3 == 2]
    assert [frame.index for frame in kept] == [2, 5, 8]
    for frame in kept:
        assert frame.disparity is not None
        assert np.allclose(frame.disparity, 0.1 * frame.index)


def test_exact_depth_is_what_the_pattern_brings() -> None:
    options = PlayOptions(input="pattern:64x64", depth="exact")
    with open_source(options.input) as source:
        frames, depth = frames_and_depth(options, source)
        frame = next(frames)
        assert depth is None
        assert frame.disparity is not None


def test_exact_depth_is_for_the_pattern_only(tmp_path: Path) -> None:
    options = PlayOptions(input=str(picture_folder(tmp_path / "pictures", 1)), depth="exact")
    with open_source(options.input) as source, pytest.raises(UsageError, match="only the test pattern"):
        frames_and_depth(options, source)

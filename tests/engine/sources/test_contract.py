"""Every source keeps the same promises."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.sources import SOURCES, kind_of, open_source


@pytest.fixture
def specs(make_clip, tmp_path: Path) -> dict[str, str]:
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(4):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((20, 30, 3), 40 * number, np.uint8))
    return {
        "file": str(make_clip()),
        "image": str(folder / "2.png"),
        "image_folder": str(folder),
        "pattern": "pattern:128x72",
    }


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_frames_are_what_info_promises(specs: dict[str, str], kind: str) -> None:
    assert kind_of(specs[kind]) == kind
    with open_source(specs[kind], duration_s=None if kind == "image" else 0.16) as source:
        info = source.info
        frames = list(source.frames())
        assert source.warnings == []
    assert len(frames) == info.frame_count
    stamps = [frame.pts for frame in frames]
    assert stamps[0] == 0
    assert stamps == sorted(set(stamps))
    for index, frame in enumerate(frames):
        assert (frame.width, frame.height, frame.format) == (info.width, info.height, info.format)
        assert (frame.colour, frame.sample_aspect, frame.time_base) == (info.colour, info.sample_aspect, info.time_base)
        assert frame.index == index
        assert all(plane.strides[-1] == plane.itemsize for plane in frame.planes)


@pytest.mark.parametrize("kind", sorted(SOURCES))
def test_closing_twice_is_harmless(specs: dict[str, str], kind: str) -> None:
    source = open_source(specs[kind])
    source.close()
    source.close()

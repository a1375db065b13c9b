from __future__ import annotations

from pathlib import Path

import cv2
import pytest

from benchmarks.latency.clip import coded_strip, make_pattern_clip, number_in
from engine.display.view import Rect
from engine.sources import open_source


@pytest.mark.parametrize(("width", "height"), [(192, 108), (640, 360), (1280, 72)])
@pytest.mark.parametrize("squeeze", [1, 2])
def test_numbers_survive_the_codec_and_half_the_width(tmp_path: Path, width: int, height: int, squeeze: int) -> None:
    clip = tmp_path / "pattern.mp4"
    make_pattern_clip(clip, width=width, height=height, fps=25, frames=4)
    _, _, _, rows = coded_strip(Rect(0, 0, width, height))
    with open_source(str(clip)) as source:
        assert source.info.frame_rate == 25
        pictures = [frame.planes[0] for frame in source.frames()]
    assert len(pictures) == 4
    for index, luma in enumerate(pictures):
        strip = cv2.resize(luma[:rows], (width // squeeze, rows), interpolation=cv2.INTER_AREA)
        assert number_in(strip, width, rows) == index


def test_a_strip_lies_at_the_top_of_its_rectangle_and_within() -> None:
    assert coded_strip(Rect(10, 20, 1000, 500)) == (10, 20, 1000, 60)
    assert coded_strip(Rect(0, 0, 1000, 30)) == (0, 0, 1000, 30)

from __future__ import annotations

from fractions import Fraction

import av
import numpy as np
import pytest

from engine.sources.fitting import Fitting


def grey(width: int, height: int, pixel_format: str, value: int = 90) -> av.VideoFrame:
    rgb = np.full((height, width, 3), value, np.uint8)
    return av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=pixel_format)


@pytest.mark.parametrize(
    ("given", "becomes"),
    [
        ("yuv420p", "yuv420p"),
        ("yuvj422p", "yuv422p"),
        ("yuyv422", "yuv422p"),
        ("nv12", "yuv420p"),
        ("bgr0", "yuv420p"),
        ("yuv420p10le", "yuv420p10le"),
    ],
)
def test_everything_becomes_planar_once(given: str, becomes: str) -> None:
    picture = grey(64, 48, given)
    fitting = Fitting(picture, Fraction(1), Fraction(1, 90_000))
    frame = fitting.frame(picture, 7, 3)
    assert (frame.format.name, frame.width, frame.height, frame.pts, frame.index) == (becomes, 64, 48, 7, 3)
    low, span = (0, 255) if frame.colour.full_range else (16, 219)
    expected = (low + 90 / 255 * span) * (frame.format.max_value + 1) / 256
    assert float(np.median(frame.planes[0])) == pytest.approx(expected, rel=0.03)
    assert fitting.refitted == 0


def test_a_later_picture_of_another_kind_is_fitted_and_counted() -> None:
    fitting = Fitting(grey(64, 48, "yuv420p"), Fraction(4, 3), Fraction(1, 90_000))
    frame = fitting.frame(grey(100, 30, "yuv444p"), 0, 0)
    assert (frame.width, frame.height, frame.format.name) == (64, 48, "yuv420p")
    assert frame.sample_aspect == Fraction(4, 3)
    assert fitting.refitted == 1


def test_odd_windows() -> None:
    picture = grey(65, 49, "bgr0")
    frame = Fitting(picture, Fraction(1), Fraction(1, 90_000)).frame(picture, 0, 0)
    assert [plane.shape for plane in frame.planes] == [(49, 65), (25, 33), (25, 33)]


def test_a_later_picture_of_another_kind_is_followed_if_wanted() -> None:
    fitting = Fitting(grey(64, 48, "yuv420p"), Fraction(4, 3), Fraction(1, 90_000), follows=True)
    kinds = [(64, 48, "yuv420p"), (100, 30, "yuv444p"), (100, 30, "yuv444p"), (64, 48, "yuv420p")]
    frames = [fitting.frame(grey(*kind), 0, 0) for kind in kinds]
    assert [(frame.width, frame.height, frame.format.name) for frame in frames] == kinds
    assert [frame.epoch for frame in frames] == [0, 1, 1, 2]
    assert fitting.refitted == 0

"""The left eye is on top."""

from __future__ import annotations

import numpy as np
import pytest

from engine.layouts.over_under import HalfOverUnder, OverUnder

FORMATS = [("420", 8), ("420", 10), ("422", 10), ("444", 8), ("gray", 16)]


@pytest.mark.parametrize(("subsampling", "bits"), FORMATS)
def test_halves_are_the_eyes(make_frame, subsampling: str, bits: int) -> None:
    frame = make_frame(16, 8, subsampling, bits)
    shown = OverUnder().process(frame)
    for plane, left, right in zip(shown.planes, frame.views[0].planes, frame.views[1].planes, strict=True):
        np.testing.assert_array_equal(plane, np.vstack([left, right]))


@pytest.mark.parametrize(("subsampling", "bits"), FORMATS)
def test_half_height_is_the_average_of_pairs(make_frame, subsampling: str, bits: int) -> None:
    frame = make_frame(16, 8, subsampling, bits)
    shown = HalfOverUnder().process(frame)
    assert (shown.width, shown.height) == (16, 8)
    for index, plane in enumerate(shown.planes):
        halves = []
        for view in frame.views:
            tall = view.planes[index].astype(int)
            halves.append((tall[0::2] + tall[1::2] + 1) // 2)
        np.testing.assert_array_equal(plane, np.vstack(halves))


def test_odd_heights_are_padded(make_frame) -> None:
    frame = make_frame(15, 7)
    assert OverUnder().process(frame).height == 16
    assert HalfOverUnder().process(frame).height == 8

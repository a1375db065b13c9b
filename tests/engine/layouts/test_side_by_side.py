"""The left eye is on the left."""

from __future__ import annotations

import numpy as np
import pytest

from engine.layouts.side_by_side import HalfSideBySide, SideBySide


@pytest.mark.parametrize(("subsampling", "bits"), [("420", 8), ("420", 10), ("422", 10), ("444", 8), ("gray", 16)])
def test_halves_are_the_eyes(make_frame, subsampling: str, bits: int) -> None:
    frame = make_frame(16, 8, subsampling, bits)
    shown = SideBySide().process(frame)
    for plane, left, right in zip(shown.planes, frame.views[0].planes, frame.views[1].planes, strict=True):
        np.testing.assert_array_equal(plane, np.hstack([left, right]))


def test_odd_widths_are_padded_so_that_chroma_belongs_to_one_eye(make_frame) -> None:
    frame = make_frame(15, 7)
    shown = SideBySide().process(frame)
    assert (shown.width, shown.height) == (32, 8)
    left, right = frame.views
    np.testing.assert_array_equal(shown.planes[0][:7, :15], left.planes[0])
    np.testing.assert_array_equal(shown.planes[0][:7, 15], left.planes[0][:, -1])
    np.testing.assert_array_equal(shown.planes[0][:7, 16:31], right.planes[0])
    np.testing.assert_array_equal(shown.planes[1], np.hstack([left.planes[1], right.planes[1]]))


@pytest.mark.parametrize(("subsampling", "bits"), [("420", 8), ("420", 10), ("422", 10), ("444", 8), ("gray", 16)])
def test_half_width_is_the_average_of_pairs(make_frame, subsampling: str, bits: int) -> None:
    frame = make_frame(16, 8, subsampling, bits)
    shown = HalfSideBySide().process(frame)
    assert (shown.width, shown.height) == (16, 8)
    for index, plane in enumerate(shown.planes):
        halves = []
        for view in frame.views:
            wide = view.planes[index].astype(int)
            halves.append((wide[:, 0::2] + wide[:, 1::2] + 1) // 2)
        np.testing.assert_array_equal(plane, np.hstack(halves))


def test_half_width_of_an_odd_picture_keeps_whole_chroma_in_each_half(make_frame) -> None:
    shown = HalfSideBySide().process(make_frame(18, 7))
    assert (shown.width, shown.height) == (20, 8)
    assert shown.planes[1].shape == (4, 10)

"""Strips over what the border cuts: which eye, which side, how wide, how black."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from engine.frame import Frame, View
from engine.stereo.floating_window import FloatingWindow


def _views(frame: Frame, *, own: bool = True) -> tuple[View, View]:
    hole = np.zeros((frame.height, frame.width), np.uint8)
    parallax = np.zeros((frame.height, frame.width), np.float32)
    left, right = (
        View(planes=tuple(p.copy() if own else p for p in frame.planes), hole=hole, parallax_px=parallax)
        for _ in range(2)
    )
    return left, right


def _cut(frame: Frame, *, left: float = -5.0, right: float = -5.0) -> np.ndarray:
    parallax = np.full((frame.height, frame.width), -5.0, np.float32)
    parallax[20:80, :20] = left
    parallax[20:80, -20:] = right
    return parallax


@pytest.mark.parametrize(("subsampling", "bits", "black"), [("420", 8, 16), ("444", 10, 64), ("gray", 8, 16)])
def test_the_left_eye_loses_left_and_the_right_eye_right(make_frame, subsampling, bits, black) -> None:
    frame = make_frame(subsampling=subsampling, bits=bits)
    left, right = FloatingWindow().cover(frame, _views(frame), _cut(frame, left=6.0, right=4.0))
    assert (left.planes[0][:, :6] == black).all()
    assert (right.planes[0][:, -4:] == black).all()
    np.testing.assert_array_equal(left.planes[0][:, 6:], frame.planes[0][:, 6:])
    np.testing.assert_array_equal(right.planes[0][:, :-4], frame.planes[0][:, :-4])
    for index in range(1, len(frame.planes)):
        covered = 6 >> frame.format.chroma_shift[0]
        assert (left.planes[index][:, :covered] == 128 << (bits - 8)).all()
        np.testing.assert_array_equal(left.planes[index][:, covered:], frame.planes[index][:, covered:])


def test_black_has_no_colour_where_the_width_is_odd(make_frame) -> None:
    frame = make_frame(width=161, subsampling="420")
    left, right = FloatingWindow().cover(frame, _views(frame), _cut(frame, left=6.0, right=6.0))
    for view in (left, right):
        columns = np.flatnonzero((view.planes[0] == 16).all(axis=0))
        assert len(columns) in (5, 6)
        assert (view.planes[1][:, columns // 2] == 128).all()
    np.testing.assert_array_equal(right.planes[1][:, :-3], frame.planes[1][:, :-3])


def test_nothing_is_covered_where_nothing_is_cut_in_front(make_frame) -> None:
    frame = make_frame()
    views = _views(frame)
    assert FloatingWindow().cover(frame, views, _cut(frame)) == views


def test_the_source_itself_stays_whole(make_frame) -> None:
    frame = make_frame()
    before = frame.planes[0].copy()
    left, _ = FloatingWindow().cover(frame, _views(frame, own=False), _cut(frame, left=6.0))
    np.testing.assert_array_equal(frame.planes[0], before)
    assert (left.planes[0][:, :6] == 16).all()


def test_within_a_shot_it_moves_and_at_a_cut_it_is_there(make_frame) -> None:
    window = FloatingWindow()
    frame = replace(make_frame(), time_base=Fraction(1, 10))

    def width(pts: int, left: float, *, is_cut: bool = False) -> int:
        now = replace(frame, pts=pts, is_cut=is_cut)
        covered, _ = window.cover(now, _views(now), _cut(now, left=left))
        return int((covered.planes[0] == 16).all(axis=0).sum())

    assert width(0, -5.0, is_cut=True) == 0
    # 4 % of 160 columns a second
    assert [width(pts, 6.0) for pts in (5, 10)] == [4, 6]
    # and half a percent back
    assert width(15, -5.0) == 6
    assert width(60, -5.0) <= 2
    assert width(61, 6.0, is_cut=True) == 6

"""Signs, kept eyes, wanted eyes and what holes hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.stereo.parallax import ParallaxMapper
from engine.stereo.stage import StereoStage


def _columns_of_the_square(luma: np.ndarray, value: int) -> tuple[int, int]:
    columns = np.flatnonzero(luma[luma.shape[0] // 2] == value)
    return int(columns.min()), int(columns.max())


def _stage(**options) -> StereoStage:
    return StereoStage(ParallaxMapper(strength=10.0, convergence=0.1), **options)


@pytest.mark.parametrize(("eyes", "shift"), [("both", (6.4, -6.4)), ("right", (0, -12.8)), ("left", (12.8, 0))])
@pytest.mark.parametrize(("subsampling", "bits"), [("420", 8), ("420", 10), ("gray", 8)])
def test_near_things_lie_further_right_in_the_left_eye(make_frame, eyes, shift, subsampling, bits) -> None:
    frame = make_frame(subsampling=subsampling, bits=bits)
    views = _stage(eyes=eyes).process(frame).views
    value = 200 << (bits - 8)
    source = _columns_of_the_square(frame.planes[0], value)
    for view, expected in zip(views, shift, strict=True):
        found = _columns_of_the_square(view.planes[0], value)
        np.testing.assert_allclose(np.subtract(found, source), expected, atol=1.01)
        assert [plane.shape for plane in view.planes] == [plane.shape for plane in frame.planes]


@pytest.mark.parametrize(("eyes", "kept"), [("right", 0), ("left", 1)])
def test_a_kept_eye_is_the_source(make_frame, eyes: str, kept: int) -> None:
    frame = make_frame()
    views = _stage(eyes=eyes).process(frame).views
    assert all(a is b for a, b in zip(views[kept].planes, frame.planes, strict=True))
    assert not views[kept].hole.any()
    assert views[1 - kept].hole.any()


@pytest.mark.parametrize("infill", ["stretch", "none"])
def test_without_parallax_the_picture_is_the_same(make_frame, infill: str) -> None:
    frame = make_frame()
    full = _stage(infill=infill).process(frame).views
    views = _stage(infill=infill, with_parallax=False).process(frame).views
    for view, all_of_it in zip(views, full, strict=True):
        assert view.parallax_px is None
        assert all_of_it.parallax_px.shape == (frame.height, frame.width)
        for plane, other in zip((*view.planes, view.hole), (*all_of_it.planes, all_of_it.hole), strict=True):
            np.testing.assert_array_equal(plane, other)


@pytest.mark.parametrize("wanted", [(True, False), (False, True), (False, False)])
def test_an_eye_nobody_looks_at_is_not_rendered(make_frame, wanted: tuple[bool, bool]) -> None:
    frame = make_frame()
    full = _stage().process(frame).views
    views = _stage(wanted=wanted).process(frame).views
    for view, all_of_it, is_wanted in zip(views, full, wanted, strict=True):
        expected = all_of_it.planes if is_wanted else frame.planes
        for plane, other in zip(view.planes, expected, strict=True):
            np.testing.assert_array_equal(plane, other)


@pytest.mark.parametrize(("bits", "full_range", "black"), [(8, False, 16), (10, False, 64), (8, True, 0)])
def test_unpainted_holes_are_the_black_of_the_range(make_frame, bits: int, full_range: bool, black: int) -> None:
    frame = make_frame(bits=bits)
    frame = replace(frame, colour=replace(frame.colour, full_range=full_range))
    for view in _stage(infill="none").process(frame).views:
        holes = view.hole.astype(bool)
        assert (view.planes[0][holes] == black).all()
        assert (view.planes[0][~holes] >= 60 << (bits - 8)).all()


def test_stretched_holes_show_the_background(make_frame) -> None:
    frame = make_frame()
    for view in _stage(infill="stretch").process(frame).views:
        holes = view.hole.astype(bool)
        assert holes.any()
        assert view.planes[0][holes].max() < 200
        # Disparity 0.9 and 0.1, one of them on the screen: parallax climbs from the background's to the square's.
        assert 0.0 <= view.parallax_px[holes].min() < view.parallax_px[holes].max() < 12.8


def test_no_parallax_changes_nothing(make_frame) -> None:
    frame = make_frame()
    stage = StereoStage(ParallaxMapper(strength=0.0, convergence=0.5))
    for view in stage.process(frame).views:
        for plane, source in zip(view.planes, frame.planes, strict=True):
            np.testing.assert_array_equal(plane, source)


def test_threads_do_not_change_the_picture(make_frame) -> None:
    frame = make_frame()
    one, two = (_stage(threads=threads).process(frame).views for threads in (1, 2))
    for a, b in zip(one, two, strict=True):
        np.testing.assert_array_equal(a.planes[0], b.planes[0])


@pytest.mark.parametrize("eyes", ["both", "right", "left"])
def test_a_floating_window_covers_what_the_border_cuts(make_frame, eyes: str) -> None:
    frame = make_frame()
    frame.disparity[:, :40] = 0.9
    before = frame.planes[0].copy()
    plain = _stage(eyes=eyes).process(frame).views
    left, right = _stage(eyes=eyes, floating_window=True).process(frame).views
    # 10 % of 160 columns, times 0.8 of disparity in front of the screen, in whole chroma samples
    assert (left.planes[0][:, :12] == 16).all()
    np.testing.assert_array_equal(left.planes[0][:, 14:], plain[0].planes[0][:, 14:])
    np.testing.assert_array_equal(right.planes[0], plain[1].planes[0])
    np.testing.assert_array_equal(frame.planes[0], before)


def test_less_strength_than_asked_for_is_said(make_frame) -> None:
    def warnings(strength: float, convergence: float | None) -> list[str]:
        stage = StereoStage(ParallaxMapper(strength=strength, convergence=convergence))
        stage.process(make_frame())
        return stage.warnings

    # The frame uses 0.8 of its range: 6.5 % of room are 8.125 of strength.
    assert warnings(10.0, None) == ["--strength 10 was lowered to 8.1 on average, to stay within --comfort 2.5 4"]
    assert warnings(-10.0, None)[0].startswith("--strength -10 was lowered to -8.1")
    assert warnings(8.0, None) == warnings(10.0, 0.5) == warnings(0.0, None) == []


def test_every_frame_is_looked_at(make_frame) -> None:
    stage = _stage()
    for index in range(3):
        stage.process(replace(make_frame(), pts=index))
    report = stage.comfort.report()
    assert report is not None
    assert report.frames == 3
    # 0.9 and 0.1 of 10 %, with 0.1 on the screen
    assert report.parallax_percent["p99"] == pytest.approx(8.0, abs=0.011)
    assert report.frames_beyond_limits == 3

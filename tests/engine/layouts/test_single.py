"""One eye, or the disparity."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.layouts.single import DepthMap, SingleEye


@pytest.mark.parametrize("index", [0, 1])
def test_an_eye_is_shown_as_it_is(make_frame, index: int) -> None:
    frame = make_frame(16, 8, "422", 10)
    shown = SingleEye(index).process(frame)
    for plane, eye in zip(shown.planes, frame.views[index].planes, strict=True):
        np.testing.assert_array_equal(plane, eye)


@pytest.mark.parametrize(
    ("bits", "full_range", "black", "white"), [(8, False, 16, 235), (10, False, 64, 940), (8, True, 0, 255)]
)
def test_near_is_white_in_the_range_of_the_stream(make_frame, bits, full_range, black, white) -> None:
    frame = make_frame(4, 2, "420", bits, full_range=full_range)
    ramp = np.array([[0, 1, 0.5, 2], [0, 1, -1, 0.5]], np.float32)
    shown = DepthMap().process(replace(frame, disparity=ramp))
    middle = int((black + white) / 2 + 0.5)
    np.testing.assert_array_equal(shown.planes[0], [[black, white, middle, white], [black, white, black, middle]])
    assert (shown.planes[1] == 1 << (bits - 1)).all()


def test_depth_for_png_is_16_bit_gray_in_full_range(make_frame, info_of) -> None:
    frame = make_frame(5, 3)
    layout = DepthMap(bits=16)
    shown = layout.process(frame)
    promised = layout.output(info_of(frame))
    assert promised.format.name == shown.format.name == "gray16le"
    assert promised.colour.full_range
    assert shown.colour.full_range
    np.testing.assert_allclose(shown.planes[0] / 65535.0, frame.disparity, atol=1e-5)


def test_depth_needs_disparity(make_frame) -> None:
    with pytest.raises(ValueError, match="depth stage"):
        DepthMap().process(replace(make_frame(), disparity=None))


def test_disparity_in_pixels_is_shown_by_its_own_range(make_frame) -> None:
    ramp = np.array([[-8, 24, 8, 0]], np.float32)
    shown = DepthMap(bits=16, in_px=True).process(replace(make_frame(4, 1), disparity=ramp))
    np.testing.assert_allclose(shown.planes[0] / 65535, [[0, 1, 0.5, 0.25]], atol=1e-4)

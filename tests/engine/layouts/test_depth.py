"""Disparity as code values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.layouts.depth import DepthMap, about_depth


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


@pytest.mark.parametrize(
    ("bits", "full_range", "black", "white"), [(10, True, 0, 1023), (10, False, 64, 940), (8, False, 16, 235)]
)
def test_depth_for_video_is_gray_in_the_range_the_codec_can_tell(
    make_frame, info_of, bits, full_range, black, white
) -> None:
    frame = make_frame(4, 2)
    layout = DepthMap(bits=bits, full_range=full_range)
    ramp = np.array([[0, 1, 2, -1]] * 2, np.float32)
    shown = layout.process(replace(frame, disparity=ramp))
    np.testing.assert_array_equal(shown.planes[0], [[black, white, white, black]] * 2)
    assert shown.format == layout.output(info_of(frame)).format
    assert shown.colour.full_range == layout.output(info_of(frame)).colour.full_range == full_range


def test_the_words_say_bits_and_direction() -> None:
    assert "16-bit" in about_depth(16)
    assert "nearest" in about_depth(16)
    assert "each frame" in about_depth(16, in_px=True)

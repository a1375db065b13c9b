"""The folded matrix against the plain way: to RGB, mix, and back, in float64."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import numpy as np
import pytest

from engine.anaglyph import ANAGLYPH_MIXES
from engine.colour import rgb_from_yuv, yuv_from_rgb
from engine.frame import Frame, View
from engine.layouts import Anaglyph
from engine.layouts.anaglyph import AnaglyphLayout


def _up(plane: np.ndarray, frame: Frame) -> np.ndarray:
    shift_x, shift_y = frame.format.chroma_shift
    return plane.repeat(1 << shift_y, axis=0).repeat(1 << shift_x, axis=1)[: frame.height, : frame.width]


def _rgb(view: View, frame: Frame) -> np.ndarray:
    matrix, offset = rgb_from_yuv(frame.colour, frame.format, frame.height)
    yuv = np.stack([view.planes[0], *(_up(plane, frame) for plane in view.planes[1:])], axis=-1).astype(float)
    return yuv @ matrix.T + offset


def _oracle(frame: Frame, kind: str) -> list[np.ndarray]:
    both = np.concatenate([_rgb(view, frame) for view in frame.views], axis=-1)
    mixed = both @ np.array(ANAGLYPH_MIXES[kind]).T
    matrix, offset = yuv_from_rgb(frame.colour, frame.format, frame.height)
    yuv = mixed @ matrix.T + offset
    shift_x, shift_y = frame.format.chroma_shift
    planes = [yuv[..., 0]]
    for index in (1, 2):
        cells = yuv[..., index].reshape(frame.height >> shift_y, 1 << shift_y, frame.width >> shift_x, 1 << shift_x)
        planes.append(cells.mean(axis=(1, 3)))
    return [np.clip(np.floor(plane + 0.5), 0, frame.format.max_value) for plane in planes]


@pytest.mark.parametrize("kind", get_args(Anaglyph))
@pytest.mark.parametrize(("subsampling", "bits"), [("420", 8), ("420", 10), ("422", 10), ("444", 8)])
def test_like_mixing_rgb(make_frame, kind: str, subsampling: str, bits: int) -> None:
    frame = make_frame(16, 8, subsampling, bits)
    shown = AnaglyphLayout(kind).process(frame)
    for plane, expected in zip(shown.planes, _oracle(frame, kind), strict=True):
        difference = np.abs(plane.astype(float) - expected)
        # float32 may round a tie the other way.
        assert difference.max() <= 1
        assert (difference > 0).mean() < 0.01


def test_red_cyan_shows_red_of_the_left_eye_and_the_rest_of_the_right(make_frame) -> None:
    frame = make_frame(8, 4, "444", 16, full_range=True)
    # Colours whose mixture stays displayable, so that nothing is clipped.
    matrix, offset = yuv_from_rgb(frame.colour, frame.format, frame.height)
    rgb = np.random.default_rng(3).random((2, 4, 8, 3))
    views = []
    for view, colours in zip(frame.views, rgb, strict=True):
        yuv = (colours @ matrix.T + offset + 0.5).astype(np.uint16)
        views.append(replace(view, planes=tuple(np.ascontiguousarray(yuv[..., i]) for i in range(3))))
    shown = AnaglyphLayout("red-cyan").process(replace(frame, views=tuple(views)))
    result = _rgb(View(planes=shown.planes, hole=None, parallax_px=None), frame)
    np.testing.assert_allclose(result[..., 0], rgb[0, ..., 0], atol=1e-3)
    np.testing.assert_allclose(result[..., 1:], rgb[1, ..., 1:], atol=1e-3)


@pytest.mark.parametrize("kind", get_args(Anaglyph))
def test_gray_stays_gray_and_equal_whites_stay_bright(make_frame, kind: str) -> None:
    frame = make_frame(8, 4, "gray", 8)
    white = tuple(replace(view, planes=(np.full((4, 8), 235, np.uint8),)) for view in frame.views)
    shown = AnaglyphLayout(kind).process(replace(frame, views=white))
    assert shown.format.name == "gray"
    assert shown.planes[0].min() >= 225


@pytest.mark.parametrize("kind", get_args(Anaglyph))
def test_odd_sizes_are_padded(make_frame, kind: str) -> None:
    frame = make_frame(15, 7)
    shown = AnaglyphLayout(kind).process(frame)
    assert shown.planes[0].shape == (8, 16)
    np.testing.assert_array_equal(shown.planes[0][:, 15], shown.planes[0][:, 14])

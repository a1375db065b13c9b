"""Anaglyph: both eyes in one picture, told apart by coloured glasses.

The mixes are those of engine.anaglyph. YUV is an affine image of R'G'B', so a mix is folded with both conversions into
one matrix on code values, and no picture ever becomes RGB. Clipping to the displayable range is left to the display,
which does it anyway.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray

from engine.anaglyph import ANAGLYPH_MIXES
from engine.colour import rgb_from_yuv, yuv_from_rgb
from engine.frame import Colour, Frame, PixelFormat, StreamInfo
from engine.layouts.layout import Anaglyph, LayoutOutput, cell, pad_planes, round_up, same_as_source, shown, views_of


@dataclass(frozen=True, slots=True)
class AnaglyphLayout:
    """W x H in the stream's own format. A gray stream stays gray, so it shows only how bright the mixture is."""

    kind: Anaglyph = "dubois"

    def output(self, info: StreamInfo) -> LayoutOutput:
        """The size of the source, rounded up to whole chroma samples."""
        columns, rows = cell(info.format)
        return same_as_source(info, round_up(info.width, columns), round_up(info.height, rows))

    def process(self, frame: Frame) -> Frame:
        """Mix both eyes."""
        columns, rows = cell(frame.format)
        width, height = round_up(frame.width, columns), round_up(frame.height, rows)
        left, right = (pad_planes(view, frame.format, width, height) for view in views_of(frame))
        matrix, offset = mixing_matrix(self.kind, frame.colour, frame.format, frame.height)
        out = tuple(np.empty(plane.shape, plane.dtype) for plane in left)
        top = frame.format.max_value
        if len(left) == 1:
            # Neutral chroma adds a constant to luma, so it goes into the offset.
            middle = float(1 << (frame.format.bits - 1))
            bias = offset[0] + middle * (matrix[0, 1] + matrix[0, 2] + matrix[0, 4] + matrix[0, 5])
            _mix_gray(left[0], right[0], float(matrix[0, 0]), float(matrix[0, 3]), float(bias), top, out[0])
        else:
            _mix(left, right, matrix.astype(np.float32), offset.astype(np.float32), rows, columns, top, out)
        return shown(frame, out)


def mixing_matrix(
    kind: Anaglyph, colour: Colour, pixel_format: PixelFormat, height: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The whole anaglyph on code values: (3, 6) matrix on (y, u, v) of left and right, and (3,) offset."""
    to_rgb, rgb_offset = rgb_from_yuv(colour, pixel_format, height)
    to_yuv, yuv_offset = yuv_from_rgb(colour, pixel_format, height)
    mixing = np.asarray(ANAGLYPH_MIXES[kind], dtype=np.float64)
    matrix = np.concatenate([to_yuv @ mixing[:, :3] @ to_rgb, to_yuv @ mixing[:, 3:] @ to_rgb], axis=1)
    return matrix, to_yuv @ (mixing[:, :3] + mixing[:, 3:]) @ rgb_offset + yuv_offset


@njit(nogil=True, cache=True)
def _clip(value: float, top: int) -> int:
    return int(min(max(value + np.float32(0.5), np.float32(0.0)), np.float32(top)))


@njit(nogil=True, cache=True)
def _mix_gray(
    left: NDArray[Any],
    right: NDArray[Any],
    from_left: float,
    from_right: float,
    bias: float,
    top: int,
    out: NDArray[Any],
) -> None:
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            out[y, x] = _clip(from_left * left[y, x] + from_right * right[y, x] + bias, top)


@njit(nogil=True, cache=True)
def _mix(
    left: tuple[NDArray[Any], ...],
    right: tuple[NDArray[Any], ...],
    matrix: NDArray[np.float32],
    offset: NDArray[np.float32],
    rows: int,
    columns: int,
    top: int,
    out: tuple[NDArray[Any], ...],
) -> None:
    # One chroma sample serves rows x columns of luma: the result's chroma is the mean of what those pixels would have,
    # which for an affine map is the map of the mean luma.
    share = np.float32(1.0 / (rows * columns))
    for cy in range(out[1].shape[0]):
        for cx in range(out[1].shape[1]):
            lu, lv = np.float32(left[1][cy, cx]), np.float32(left[2][cy, cx])
            ru, rv = np.float32(right[1][cy, cx]), np.float32(right[2][cy, cx])
            luma = matrix[0, 1] * lu + matrix[0, 2] * lv + matrix[0, 4] * ru + matrix[0, 5] * rv + offset[0]
            sum_left = np.float32(0.0)
            sum_right = np.float32(0.0)
            for y in range(cy * rows, cy * rows + rows):
                for x in range(cx * columns, cx * columns + columns):
                    in_left, in_right = np.float32(left[0][y, x]), np.float32(right[0][y, x])
                    sum_left += in_left
                    sum_right += in_right
                    out[0][y, x] = _clip(matrix[0, 0] * in_left + matrix[0, 3] * in_right + luma, top)
            mean_left, mean_right = sum_left * share, sum_right * share
            for plane in (1, 2):
                value = matrix[plane, 0] * mean_left + matrix[plane, 1] * lu + matrix[plane, 2] * lv
                value += matrix[plane, 3] * mean_right + matrix[plane, 4] * ru + matrix[plane, 5] * rv
                out[plane][cy, cx] = _clip(value + offset[plane], top)

"""Frames with a known picture in them."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from engine.frame import Colour, Frame, PixelFormat, StreamInfo

MakeFrame = Callable[..., Frame]


@pytest.fixture
def make_frame() -> MakeFrame:
    """Give a maker of frames from luma: a number, or an array in 0..1."""

    def make(
        luma: float | np.ndarray = 0.5,
        width: int = 64,
        height: int = 48,
        *,
        subsampling: str = "420",
        bits: int = 8,
        index: int = 0,
        epoch: int = 0,
    ) -> Frame:
        if isinstance(luma, np.ndarray):
            height, width = luma.shape
        pixel_format = PixelFormat(subsampling=subsampling, bits=bits)  # type: ignore[arg-type]
        dtype = np.uint8 if bits == 8 else np.uint16
        shapes = pixel_format.plane_shapes(width, height)
        step = 1 << (bits - 8)
        first = np.broadcast_to(np.asarray(16 * step + 219 * step * luma + 0.5), shapes[0]).astype(dtype)
        planes = (first, *(np.full(shape, 128 * step, dtype) for shape in shapes[1:]))
        return Frame(planes=planes, format=pixel_format, colour=Colour(matrix=1), index=index, epoch=epoch)

    return make


@pytest.fixture
def make_info() -> Callable[..., StreamInfo]:
    """Give a maker of stream descriptions."""

    def make(width: int = 64, height: int = 48, *, frame_count: int | None = 1, is_still: bool = True) -> StreamInfo:
        return StreamInfo(
            width=width,
            height=height,
            format=PixelFormat(),
            time_base=Fraction(1, 25),
            frame_rate=None if is_still else Fraction(25),
            frame_count=frame_count,
            duration_s=None,
            is_still=is_still,
        )

    return make

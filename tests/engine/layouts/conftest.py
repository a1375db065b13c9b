"""Small random frames with two different eyes."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np
import pytest

from engine.frame import Colour, Frame, PixelFormat, StreamInfo, View

MakeFrame = Callable[..., Frame]


@pytest.fixture
def make_frame(rng: np.random.Generator) -> MakeFrame:
    """Give a maker of frames that have been through depth and stereo."""

    def make(
        width: int = 16, height: int = 8, subsampling: str = "420", bits: int = 8, *, full_range: bool = False
    ) -> Frame:
        pixel_format = PixelFormat(subsampling=subsampling, bits=bits)  # type: ignore[arg-type]
        dtype = np.uint8 if bits == 8 else np.uint16

        def planes() -> tuple[np.ndarray, ...]:
            shapes = pixel_format.plane_shapes(width, height)
            # Rows with padding behind them, as decoders make them.
            return tuple(
                rng.integers(0, pixel_format.max_value + 1, (rows, columns + 5)).astype(dtype)[:, :columns]
                for rows, columns in shapes
            )

        def view() -> View:
            return View(
                planes=planes(),
                hole=np.zeros((height, width), np.uint8),
                parallax_px=np.zeros((height, width), np.float32),
            )

        return Frame(
            planes=planes(),
            format=pixel_format,
            colour=Colour(matrix=1, full_range=full_range),
            disparity=rng.random((height, width), dtype=np.float32),
            views=(view(), view()),
        )

    return make


@pytest.fixture
def info_of() -> Callable[[Frame], StreamInfo]:
    """Give the stream a frame would be of."""

    def describe(frame: Frame) -> StreamInfo:
        return StreamInfo(
            width=frame.width,
            height=frame.height,
            format=frame.format,
            time_base=Fraction(1, 25),
            frame_rate=Fraction(25),
            frame_count=1,
            duration_s=0.04,
            colour=frame.colour,
        )

    return describe

"""Frames with a near square in front of a far background."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from engine.frame import Colour, Frame, PixelFormat

MakeFrame = Callable[..., Frame]


@pytest.fixture
def make_frame(rng: np.random.Generator) -> MakeFrame:
    """Give a maker of textured frames with disparity: 0.9 in a square in the middle, 0.1 around it."""

    def make(width: int = 160, height: int = 144, *, subsampling: str = "420", bits: int = 8) -> Frame:
        pixel_format = PixelFormat(subsampling=subsampling, bits=bits)  # type: ignore[arg-type]
        dtype = np.uint8 if bits == 8 else np.uint16
        step = 1 << (bits - 8)
        planes = tuple(
            rng.integers(60 * step, 180 * step, shape).astype(dtype)
            for shape in pixel_format.plane_shapes(width, height)
        )
        near = np.zeros((height, width), bool)
        near[height // 4 : 3 * height // 4, width // 3 : 2 * width // 3] = True
        planes[0][near] = 200 * step
        disparity = np.where(near, 0.9, 0.1).astype(np.float32)
        return Frame(planes=planes, format=pixel_format, colour=Colour(matrix=1), disparity=disparity, is_cut=True)

    return make

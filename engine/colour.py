"""Code values to R'G'B' and back: the one place that knows matrices, ranges and bit depths.

Everything here is about gamma-encoded values; nothing linearises light. Rooms that need colour (depth, stereo, layouts)
take two small arrays from here and apply them in their own way.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from engine.frame import Colour, PixelFormat

# (Kr, Kb) by H.273 matrix code. Codes that are no plain luma/colour-difference matrix are treated as BT.709.
_LUMA_WEIGHTS: dict[int, tuple[float, float]] = {
    1: (0.2126, 0.0722),
    4: (0.30, 0.11),
    5: (0.299, 0.114),
    6: (0.299, 0.114),
    7: (0.212, 0.087),
    9: (0.2627, 0.0593),
    10: (0.2627, 0.0593),
}


def code_range(pixel_format: PixelFormat, *, full_range: bool) -> tuple[float, float, float, float]:
    """(black, luma span, chroma middle, chroma span) in code values of this bit depth."""
    step = float(1 << (pixel_format.bits - 8))
    middle = 128.0 * step
    if full_range:
        return 0.0, float(pixel_format.max_value), middle, float(pixel_format.max_value)
    return 16.0 * step, 219.0 * step, middle, 224.0 * step


def black(pixel_format: PixelFormat, *, full_range: bool) -> tuple[int, int, int]:
    """The code values (Y, U, V) of black."""
    luma, _, middle, _ = code_range(pixel_format, full_range=full_range)
    return int(luma), int(middle), int(middle)


def rgb_from_yuv(
    colour: Colour, pixel_format: PixelFormat, height: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The affine map from code values to R'G'B'.

    Args:
        colour: matrix and range of the stream; an unspecified matrix is guessed from the height.
        pixel_format: gives the bit depth; a gray format maps as if its chroma were neutral.
        height: rows of the picture.

    Returns:
        (3, 3) matrix and (3,) offset, float64: ``rgb = matrix @ (y, u, v) + offset``, 0..1 inside the range.
    """
    red, blue = _LUMA_WEIGHTS.get(colour.matrix_or_default(height), _LUMA_WEIGHTS[1])
    green = 1.0 - red - blue
    v_to_red, u_to_blue = 2.0 * (1.0 - red), 2.0 * (1.0 - blue)
    unit = np.array(
        [
            [1.0, 0.0, v_to_red],
            [1.0, -blue * u_to_blue / green, -red * v_to_red / green],
            [1.0, u_to_blue, 0.0],
        ]
    )
    floor, luma_span, middle, chroma_span = code_range(pixel_format, full_range=colour.full_range)
    matrix = unit / np.array([luma_span, chroma_span, chroma_span])
    return matrix, -matrix @ np.array([floor, middle, middle])


def yuv_from_rgb(
    colour: Colour, pixel_format: PixelFormat, height: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The inverse of rgb_from_yuv: (3, 3) matrix and (3,) offset, ``yuv = matrix @ rgb + offset`` in code values."""
    forward, offset = rgb_from_yuv(colour, pixel_format, height)
    matrix = np.asarray(np.linalg.inv(forward), dtype=np.float64)
    return matrix, -matrix @ offset

"""Between RGB pictures, which test sets and rival methods use, and the planar frames that the engine plays."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.colour import rgb_from_yuv, yuv_from_rgb
from engine.frame import Colour, Frame, PixelFormat

_FORMAT = PixelFormat(subsampling="444")
"""Full chroma, so that nothing but the method under test blurs colours."""
_COLOUR = Colour(matrix=1, primaries=1, transfer=1, full_range=True)
_FRAMES_PER_SECOND = 30


def frame_of(rgb: NDArray[np.uint8], *, index: int = 0, disparity: NDArray[np.float32] | None = None) -> Frame:
    """A frame of a picture: 8-bit 4:4:4, BT.709, full range.

    Args:
        rgb: (H, W, 3).
        index: counts frames of a sequence of 30 a second.
        disparity: (H, W) float32, what the stereo stage is to use.
    """
    matrix, offset = yuv_from_rgb(_COLOUR, _FORMAT, rgb.shape[0])
    code = _affine(rgb, matrix / 255, offset)
    planes = tuple(np.ascontiguousarray(code[..., channel]) for channel in range(3))
    return Frame(
        planes=planes,
        format=_FORMAT,
        colour=_COLOUR,
        pts=index,
        time_base=Fraction(1, _FRAMES_PER_SECOND),
        index=index,
        disparity=disparity,
    )


def rgb_of(planes: tuple[Any, ...]) -> NDArray[np.uint8]:
    """The picture (H, W, 3) of planes that came from `frame_of`."""
    matrix, offset = rgb_from_yuv(_COLOUR, _FORMAT, planes[0].shape[0])
    return _affine(np.stack(planes, axis=-1), matrix * 255, offset * 255)


def _affine(pixels: NDArray[Any], matrix: NDArray[Any], offset: NDArray[Any]) -> NDArray[np.uint8]:
    values = pixels.astype(np.float32) @ matrix.T.astype(np.float32) + offset.astype(np.float32)
    return np.asarray(np.clip(values + 0.5, 0, 255).astype(np.uint8))

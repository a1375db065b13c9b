"""Pictures of a stream that may change its mind, as frames that keep the first one's size and format."""

from __future__ import annotations

from fractions import Fraction

import av

from engine.frame import Frame, PixelFormat
from engine.sources.planes import (
    colour_of,
    convert,
    is_direct,
    nearest_format,
    orientation_of,
    turn_planes,
    upright_format,
    view_planes,
)


class Fitting:
    """Decides by the first picture what all frames look like.

    Args:
        first: the first picture.
        aspect: width over height of one of its pixels.
        time_base: of the frames.
    """

    def __init__(self, first: av.VideoFrame, aspect: Fraction, time_base: Fraction) -> None:
        self.refitted = 0
        """Pictures that had another size or format than the first one."""
        self._orientation = orientation_of(first)
        self._time_base = time_base
        self.format = upright_format(_planar(first.format), self._orientation)
        height = first.width if self._orientation.swaps_axes else first.height
        self.colour = colour_of(first).kept(first.height, height)
        self.aspect = 1 / aspect if self._orientation.swaps_axes else aspect
        self._stored = (first.width, first.height, first.format.name)
        self.width, self.height = first.width, first.height
        if self._orientation.swaps_axes:
            self.width, self.height = self.height, self.width

    def frame(self, picture: av.VideoFrame, pts: int, index: int) -> Frame:
        """Make a frame of a picture. Its planes are the decoder's memory where that fits: read them, never write."""
        changed = (picture.width, picture.height, picture.format.name) != self._stored
        self.refitted += changed
        if changed or not is_direct(picture.format.name) or nearest_format(picture.format) != self.format:
            picture = convert(picture, self.format, self.colour, self._stored[:2])
        return Frame(
            planes=turn_planes(view_planes(picture, self.format), self._orientation),
            format=self.format,
            colour=self.colour,
            sample_aspect=self.aspect,
            pts=pts,
            time_base=self._time_base,
            index=index,
        )


def _planar(pixel_format: av.VideoFormat) -> PixelFormat:
    if pixel_format.is_rgb:
        # Screens: half the chroma is half the work of every stage that follows, thirty times a second.
        return PixelFormat()
    return nearest_format(pixel_format)

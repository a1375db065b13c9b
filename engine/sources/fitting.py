"""Pictures of a stream that may change its mind, as frames: all like the first one, or each as it comes."""

from __future__ import annotations

from collections.abc import Callable
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
        follows: decide anew by every picture that has another size or format, in place of fitting it to the first one;
            frames say so by their epoch.
        planar: which format holds a picture; by default RGB loses half its chroma.
    """

    def __init__(
        self,
        first: av.VideoFrame,
        aspect: Fraction,
        time_base: Fraction,
        *,
        follows: bool = False,
        planar: Callable[[av.VideoFormat], PixelFormat] | None = None,
    ) -> None:
        self.refitted = 0
        """Pictures that had another size or format than the first one and were fitted to it."""
        self.epoch = 0
        """How often it was decided anew."""
        self._stored_aspect = aspect
        self._time_base = time_base
        self._follows = follows
        self._planar = planar or _planar
        self._decide(first)

    def _decide(self, first: av.VideoFrame) -> None:
        self.orientation = orientation_of(first)
        self.format = upright_format(self._planar(first.format), self.orientation)
        height = first.width if self.orientation.swaps_axes else first.height
        self.colour = colour_of(first).kept(first.height, height)
        self.aspect = 1 / self._stored_aspect if self.orientation.swaps_axes else self._stored_aspect
        self._stored = (first.width, first.height, first.format.name)
        self.width, self.height = first.width, first.height
        if self.orientation.swaps_axes:
            self.width, self.height = self.height, self.width

    def frame(self, picture: av.VideoFrame, pts: int, index: int) -> Frame:
        """Make a frame of a picture. Its planes are the decoder's memory where that fits: read them, never write."""
        changed = (picture.width, picture.height, picture.format.name) != self._stored
        if changed and self._follows:
            self._decide(picture)
            self.epoch += 1
            changed = False
        self.refitted += changed
        if changed or not is_direct(picture.format.name) or nearest_format(picture.format) != self.format:
            picture = convert(picture, self.format, self.colour, self._stored[:2])
        return Frame(
            planes=turn_planes(view_planes(picture, self.format), self.orientation),
            format=self.format,
            colour=self.colour,
            sample_aspect=self.aspect,
            pts=pts,
            time_base=self._time_base,
            index=index,
            epoch=self.epoch,
        )


def _planar(pixel_format: av.VideoFormat) -> PixelFormat:
    if pixel_format.is_rgb:
        # Screens: half the chroma is half the work of every stage that follows, thirty times a second.
        return PixelFormat()
    return nearest_format(pixel_format)

"""What every layout is: two eyes in, one picture out, always in the planar format the eyes came in.

Sizes: chroma must not straddle two eyes, so a picture whose size is no multiple of what the layout needs is padded by
repeating its last column or row. A 1919x1079 clip in 4:2:0 becomes a 1920x1080 one; nothing is ever cropped.
Pixels stay square in every layout: halved layouts are shown by stretching them, as players expect of such files.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, Literal, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.frame import Colour, Frame, PixelFormat, StreamInfo

Anaglyph = Literal["dubois", "red-cyan", "green-magenta", "amber-blue"]
Planes = tuple[NDArray[Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutOptions:
    """What the layouts can be asked for besides their name."""

    anaglyph: Anaglyph = "dubois"
    """Which glasses: dubois and red-cyan are for red/cyan ones."""
    depth_bits: int | None = None
    """Write the depth map as gray of this depth instead of the frame's own format."""
    depth_full_range: bool = True
    """Black is code 0 then, and not that of limited range."""
    depth_in_px: bool = False
    """The disparity is in pixels (`--parallax raw`): show each map by its own range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LayoutOutput:
    """What a layout will deliver for a stream, and what it needs for that."""

    width: int
    height: int
    format: PixelFormat
    sample_aspect: Fraction
    colour: Colour
    needs_left: bool = True
    needs_right: bool = True
    needs_disparity: bool = False


class Layout(Protocol):
    """A way to show two eyes in one picture."""

    def output(self, info: StreamInfo) -> LayoutOutput:
        """The size and format of the pictures made of such a stream, and which parts of a Frame are read."""
        ...

    def process(self, frame: Frame) -> Frame:
        """The picture that is shown; views and disparity are dropped so that their memory can be used again."""
        ...


def round_up(size: int, multiple: int) -> int:
    """The smallest multiple that is not below size."""
    return -(-size // multiple) * multiple


def cell(pixel_format: PixelFormat) -> tuple[int, int]:
    """(columns, rows) of luma that share one chroma sample."""
    shift_x, shift_y = pixel_format.chroma_shift
    return 1 << shift_x, 1 << shift_y


def pad_plane(plane: NDArray[Any], height: int, width: int) -> NDArray[Any]:
    """The plane itself, or a copy with its last row and column repeated up to this size."""
    rows, columns = plane.shape
    if (rows, columns) == (height, width):
        return plane
    return np.pad(plane, ((0, height - rows), (0, width - columns)), mode="edge")


def pad_planes(planes: Planes, pixel_format: PixelFormat, width: int, height: int) -> Planes:
    """All planes of a picture, padded to a width x height picture."""
    shapes = pixel_format.plane_shapes(width, height)
    return tuple(pad_plane(plane, *shape) for plane, shape in zip(planes, shapes, strict=True))


def views_of(frame: Frame) -> tuple[Planes, Planes]:
    """The planes of the left and of the right eye.

    Raises:
        ValueError: the frame has not been through the stereo stage.
    """
    if frame.views is None:
        raise ValueError("a layout needs a frame with views; the stereo stage comes first")
    return frame.views[0].planes, frame.views[1].planes


def shown(frame: Frame, planes: Planes) -> Frame:
    """The frame with the picture that is shown, without what it was made of."""
    colour = frame.colour.kept(frame.height, planes[0].shape[0])
    return replace(frame, planes=planes, colour=colour, disparity=None, views=None)


def same_as_source(info: StreamInfo, width: int, height: int) -> LayoutOutput:
    """An output that keeps everything of the source but its size."""
    colour = info.colour.kept(info.height, height)
    return LayoutOutput(width=width, height=height, format=info.format, sample_aspect=info.sample_aspect, colour=colour)

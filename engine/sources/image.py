"""One still image, as one planar 4:4:4 frame."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from engine.colour import yuv_from_rgb
from engine.errors import InputError
from engine.frame import Colour, Frame, PixelFormat, StreamInfo
from engine.sources.faults import MEDIA_ERRORS, check_readable, reason
from engine.sources.planes import (
    Orientation,
    colour_of,
    convert,
    has_alpha,
    nearest_format,
    orientation_of,
    turn_planes,
    upright_format,
    view_planes,
)
from engine.sources.source import ClosesAtExit

IMAGE_SUFFIXES = frozenset(
    {".png", ".jpg", ".jpeg", ".jpe", ".webp", ".tif", ".tiff", ".bmp", ".ppm", ".pgm", ".pnm", ".jp2", ".exr", ".tga"}
)
"""Suffixes that mean one picture. An animated .gif is a video."""

STILL_TIME_BASE = Fraction(1, 25)


class ImageSource(ClosesAtExit):
    """A single image: one frame at time zero.

    Colour images become 4:4:4 full range with 8 bits, or 16 where the file has more (JPEG keeps its
    own YUV), gray ones stay gray. Transparency is laid over black. The camera's orientation tag is applied.

    Raises:
        InputError: missing, empty, damaged or no image.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        check_readable(self.path)
        self._frame, self._notes = read_image(self.path)
        self._info = StreamInfo(
            width=self._frame.width,
            height=self._frame.height,
            format=self._frame.format,
            time_base=STILL_TIME_BASE,
            frame_rate=None,
            frame_count=1,
            duration_s=None,
            colour=self._frame.colour,
            sample_aspect=self._frame.sample_aspect,
            is_still=True,
        )

    @property
    def info(self) -> StreamInfo:
        """What the frame looks like."""
        return self._info

    @property
    def origin_s(self) -> Fraction:
        """An image begins at zero."""
        return Fraction(0)

    @property
    def warnings(self) -> list[str]:
        """What was changed."""
        return [f"{self.path.name}: {note}" for note in self._notes]

    def frames(self) -> Iterator[Frame]:
        """Yield the one frame."""
        yield self._frame


def read_image(path: Path) -> tuple[Frame, list[str]]:
    """Decode the picture of an image file.

    Returns:
        The frame (index 0, pts 0) and notes on what was changed.

    Raises:
        InputError: the file is no image or is damaged.
    """
    try:
        picture = _decode(path)
    except MEDIA_ERRORS as error:
        raise InputError(f"{path}: {_image_reason(error)}") from error
    if picture is None:
        raise InputError(f"{path}: there is no picture in it")
    notes = []
    orientation = orientation_of(picture)
    if has_alpha(picture.format):
        notes.append("transparency is laid over black")
        picture = _over_black(picture)
    if picture.is_corrupt:
        notes.append("the image is damaged and may show blocks")
    planes, pixel_format, colour = _to_planes(picture, orientation)
    colour = colour.kept(picture.height, planes[0].shape[0])
    return Frame(planes=planes, format=pixel_format, colour=colour, pts=0, duration=1, time_base=STILL_TIME_BASE), notes


def _decode(path: Path) -> av.VideoFrame | None:
    # The name may hold a % sign, which FFmpeg's image reader would take for a number pattern.
    with path.open("rb") as file, av.open(file, "r", metadata_errors="replace") as container:
        if not container.streams.video:
            return None
        return next(container.decode(video=0), None)


def _to_planes(picture: av.VideoFrame, orientation: Orientation) -> tuple[tuple[Any, ...], PixelFormat, Colour]:
    pixel_format = nearest_format(picture.format)
    colour = colour_of(picture)
    if pixel_format.subsampling == "gray":
        # Gray images have no headroom, whatever FFmpeg leaves unsaid.
        colour = replace(colour, full_range=True)
    if picture.format.is_rgb or picture.format.has_palette:
        pixel_format = PixelFormat(subsampling="444", bits=16 if pixel_format.bits > 8 else 8)
        return turn_planes(_yuv_planes(picture, pixel_format, colour), orientation), pixel_format, colour
    pixel_format = upright_format(pixel_format, orientation)
    if picture.format.name.replace("yuvj", "yuv") != pixel_format.name:
        picture = convert(picture, pixel_format, colour)
    return turn_planes(view_planes(picture, pixel_format), orientation), pixel_format, colour


def _yuv_planes(picture: av.VideoFrame, pixel_format: PixelFormat, colour: Colour) -> tuple[Any, ...]:
    """Exact to the rounding: swscale is off by 0.1 % of the range even at 16 bits, and a still has the time."""
    deep = pixel_format.bits > 8
    rgb: Any = picture.reformat(format="rgb48le" if deep else "rgb24").to_ndarray()
    matrix, offset = yuv_from_rgb(colour, pixel_format, picture.height)
    return tuple(cv2.split(cv2.transform(rgb, np.column_stack([matrix / pixel_format.max_value, offset]))))


def _over_black(picture: av.VideoFrame) -> av.VideoFrame:
    deep = max(component.bits for component in picture.format.components) > 8
    rgba: Any = picture.reformat(format="rgba64le" if deep else "rgba").to_ndarray()
    top = 65535 if deep else 255
    opaque = cv2.multiply(rgba[..., :3], cv2.merge([rgba[..., 3]] * 3), scale=1 / top)
    return av.VideoFrame.from_ndarray(np.ascontiguousarray(opaque), format="rgb48le" if deep else "rgb24")


def _image_reason(error: BaseException) -> str:
    if isinstance(error, av.error.InvalidDataError):
        return "it is not an image, or it is damaged beyond reading"
    return reason(error)

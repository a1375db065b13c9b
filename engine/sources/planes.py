"""From FFmpeg's frames to planar arrays: views where the memory already fits, one conversion where it does not."""

from __future__ import annotations

import ctypes
from dataclasses import dataclass, replace
from typing import Any

import av
import cv2
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from engine.frame import Colour, PixelFormat, Subsampling

Plane = np.ndarray[Any, np.dtype[np.uint8]] | np.ndarray[Any, np.dtype[np.uint16]]

_FULL_RANGE = 2
_LAYOUTS: dict[str, Subsampling] = {"yuv420p": "420", "yuv422p": "422", "yuv444p": "444", "gray": "gray"}
_DIRECT: dict[str, PixelFormat] = {
    PixelFormat(subsampling=layout, bits=bits).name: PixelFormat(subsampling=layout, bits=bits)
    for layout in _LAYOUTS.values()
    for bits in (8, 9, 10, 12, 14, 16)
}
_DIRECT |= {f"yuvj{layout}p": PixelFormat(subsampling=layout) for layout in ("420", "422", "444")}
# The alpha plane is the fourth: the first three are the same memory as without it.
_DIRECT |= {
    f"yuva{layout}p{suffix}": PixelFormat(subsampling=layout, bits=bits)
    for layout in ("420", "422", "444")
    for bits, suffix in ((8, ""), (9, "9le"), (10, "10le"), (12, "12le"), (16, "16le"))
}
_SWSCALE_MATRIX = {1: Colorspace.ITU709, 4: Colorspace.FCC, 7: Colorspace.SMPTE240M, 9: Colorspace.BT2020}


@dataclass(frozen=True, slots=True)
class Orientation:
    """How a stored picture is turned upright: mirrored first, then turned clockwise in quarters."""

    quarters: int = 0
    mirrored: bool = False

    @property
    def swaps_axes(self) -> bool:
        """True where width and height change places."""
        return self.quarters % 2 == 1


UPRIGHT = Orientation()


def is_direct(name: str) -> bool:
    """True where a decoded frame of this FFmpeg pixel format is viewed without conversion."""
    return name in _DIRECT


def has_alpha(pixel_format: av.VideoFormat) -> bool:
    """True where the format carries transparency."""
    return any(component.is_alpha for component in pixel_format.components)


def is_transparent(frame: av.VideoFrame) -> bool:
    """True where a frame whose format has alpha is not opaque everywhere."""
    alpha = frame.reformat(format="rgba").to_ndarray()[..., 3]
    return bool(alpha.min() < 255)


def nearest_format(pixel_format: av.VideoFormat) -> PixelFormat:
    """The planar format that keeps most of `pixel_format`: RGB and palettes become 4:4:4, depth is rounded up."""
    if pixel_format.name in _DIRECT:
        return _DIRECT[pixel_format.name]
    depth = max((component.bits for component in pixel_format.components), default=8)
    bits = next((bits for bits in (8, 10, 12) if depth <= bits), 16)
    colours = [component for component in pixel_format.components if not component.is_alpha]
    if pixel_format.has_palette or pixel_format.is_rgb or pixel_format.is_bayer:
        return PixelFormat(subsampling="444", bits=bits)
    if len(colours) == 1:
        return PixelFormat(subsampling="gray", bits=bits)
    half_width = pixel_format.chroma_width(16) < 16
    half_height = pixel_format.chroma_height(16) < 16
    if half_width:
        return PixelFormat(subsampling="420" if half_height else "422", bits=bits)
    return PixelFormat(subsampling="444", bits=bits)


def orientation_of(frame: av.VideoFrame) -> Orientation:
    """Read the display matrix of a frame (phones film sideways and say so here)."""
    try:
        # Typed as a dict in the stubs; in truth it iterates over its values.
        items: Any = iter(frame.side_data)
        data = next((bytes(item) for item in items if item.type.name == "DISPLAYMATRIX"), b"")
    except ValueError:
        # PyAV 18 knows no name for the newest kinds (Exif); the angle alone can still be asked for.
        return Orientation(-frame.rotation // 90 % 4)
    if len(data) < 36:
        return UPRIGHT
    a, b, _, c, d = np.frombuffer(data, dtype="<i4")[:5].astype(np.int64)
    if abs(a) + abs(d) >= abs(b) + abs(c):
        mirrored = (a < 0) != (d < 0)
        return Orientation(2 if d < 0 else 0, mirrored)
    # x' = c*y, y' = b*x: b > 0 > c turns clockwise; equal signs mirror as well.
    mirrored = (b < 0) == (c < 0)
    return Orientation(1 if c < 0 else 3, mirrored)


def upright_format(pixel_format: PixelFormat, orientation: Orientation) -> PixelFormat:
    """The format after turning: 4:2:2 turned by a quarter has no name, so it becomes 4:4:4."""
    if orientation.swaps_axes and pixel_format.subsampling == "422":
        return replace(pixel_format, subsampling="444")
    return pixel_format


def colour_of(frame: av.VideoFrame) -> Colour:
    """The colour tags of a frame as H.273 codes; RGB gets the YUV matrix it will be converted with."""
    full = frame.color_range == _FULL_RANGE or frame.format.name.startswith("yuvj")
    colour = Colour(
        matrix=int(frame.colorspace),
        primaries=int(frame.color_primaries),
        transfer=int(frame.color_trc),
        full_range=full,
    )
    if frame.format.is_rgb or frame.format.has_palette or frame.format.is_bayer or colour.matrix == 0:
        silent = replace(colour, matrix=2, full_range=True)
        return replace(silent, matrix=silent.matrix_or_default(frame.height))
    return colour


def convert(
    frame: av.VideoFrame, target: PixelFormat, colour: Colour, size: tuple[int, int] | None = None
) -> av.VideoFrame:
    """Change pixel format and, when asked, size (width, height) with swscale; the colours stay what they are."""
    width, height = size or (frame.width, frame.height)
    if frame.format.is_bayer:
        frame = frame.reformat(format="rgb24")
    matrix = _SWSCALE_MATRIX.get(colour.matrix_or_default(frame.height), Colorspace.ITU601)
    limits = ColorRange.JPEG if colour.full_range else ColorRange.MPEG
    from_rgb = frame.format.is_rgb or frame.format.has_palette
    return frame.reformat(
        width=width,
        height=height,
        format=target.name,
        src_colorspace=matrix,
        dst_colorspace=matrix,
        src_color_range=ColorRange.JPEG if from_rgb else limits,
        dst_color_range=limits,
        interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP,
    )


def view_planes(frame: av.VideoFrame, pixel_format: PixelFormat) -> tuple[Plane, ...]:
    """Arrays over the frame's own memory, which they keep alive. They are the decoder's: read them, never write.

    `frame` must be of a direct format that `pixel_format` describes.
    """
    shapes = pixel_format.plane_shapes(frame.width, frame.height)
    dtype = np.dtype(np.uint8 if pixel_format.bits == 8 else np.uint16)
    return tuple(_view(plane, shape, dtype) for plane, shape in zip(frame.planes, shapes, strict=False))


def turn_planes(planes: tuple[Plane, ...], orientation: Orientation) -> tuple[Plane, ...]:
    """Turn every plane upright; new arrays unless nothing is to be done."""
    if orientation == UPRIGHT:
        return planes
    return tuple(_turn(plane, orientation) for plane in planes)


def _view(plane: av.video.plane.VideoPlane, shape: tuple[int, int], dtype: np.dtype[Any]) -> Plane:
    rows, columns = shape
    stride = plane.line_size
    if stride < 0:
        return _bottom_up(plane, shape, dtype)
    flat = np.frombuffer(memoryview(plane), dtype=np.uint8, count=stride * rows)
    if stride % dtype.itemsize == 0:
        return flat.view(dtype).reshape(rows, stride // dtype.itemsize)[:, :columns]
    return np.ascontiguousarray(flat.reshape(rows, stride)[:, : columns * dtype.itemsize]).view(dtype)


def _bottom_up(plane: av.video.plane.VideoPlane, shape: tuple[int, int], dtype: np.dtype[Any]) -> Plane:
    # Rows run backwards in memory, and the pointer is at the last of them, beyond what the buffer protocol shows.
    rows, columns = shape
    stride = -plane.line_size
    first = plane.buffer_ptr - stride * (rows - 1)
    memory = (ctypes.c_ubyte * (stride * rows)).from_address(first)
    picture = np.frombuffer(memoryview(memory), dtype=np.uint8).reshape(rows, stride)[::-1, : columns * dtype.itemsize]
    return np.ascontiguousarray(picture).view(dtype)


_TURNS = {1: cv2.ROTATE_90_CLOCKWISE, 2: cv2.ROTATE_180, 3: cv2.ROTATE_90_COUNTERCLOCKWISE}


def _turn(plane: Plane, orientation: Orientation) -> Plane:
    turned: Any = plane
    if orientation.mirrored:
        turned = cv2.flip(turned, 1)
    if orientation.quarters:
        turned = cv2.rotate(turned, _TURNS[orientation.quarters])
    return turned

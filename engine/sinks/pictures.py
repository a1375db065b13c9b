"""From planar arrays to FFmpeg's frames: one copy per plane, straight into the memory the encoder reads."""

from __future__ import annotations

from typing import Any

import av
import numpy as np
from av.video.reformatter import ColorRange, Colorspace, Interpolation

from engine.frame import Frame, PixelFormat
from engine.sinks.sink import Picture

_MATRIX = {1: Colorspace.ITU709, 4: Colorspace.FCC, 7: Colorspace.SMPTE240M, 9: Colorspace.BT2020}


class PictureWriter:
    """Fills one reusable AVFrame per stream.

    Args:
        picture: what the frames look like.
        encoded_format: FFmpeg's name of what the encoder takes.
        encoded_size: (width, height) the encoder takes; may be one larger than the picture, the edge is repeated.
    """

    def __init__(self, picture: Picture, encoded_format: str, encoded_size: tuple[int, int]) -> None:
        self._picture = picture
        self._encoded_format = encoded_format
        self._size = encoded_size
        self._fill_chroma = picture.format.subsampling == "gray" and encoded_format == _as_420(picture.format).name
        self._format = _as_420(picture.format) if self._fill_chroma else picture.format
        self._converts = self._format.name != encoded_format and not _is_full_range_twin(self._format, encoded_format)
        self._frame = self._allocate()

    def __call__(self, frame: Frame) -> av.VideoFrame:
        """The frame's planes and times in an AVFrame, valid until the next call (the encoder keeps its own)."""
        # Where the encoder still holds the last picture, this gives us fresh memory instead.
        self._frame.make_writable()
        for target, plane in zip(self._planes(), frame.planes, strict=False):
            rows, columns = plane.shape
            target[:rows, :columns] = plane
            if columns < target.shape[1]:
                target[:rows, columns:] = plane[:, -1:]
            if rows < target.shape[0]:
                target[rows:] = target[rows - 1]
        filled = self._frame
        filled.pts = frame.pts
        filled.time_base = frame.time_base
        filled.duration = frame.duration or 0
        return self._convert(filled) if self._converts else filled

    def _allocate(self) -> av.VideoFrame:
        name = self._format.name if self._converts else self._encoded_format
        allocated = av.VideoFrame(*self._size, name)
        colour = self._picture.colour
        allocated.colorspace = colour.matrix
        allocated.color_primaries = colour.primaries
        allocated.color_trc = colour.transfer
        allocated.color_range = ColorRange.JPEG if colour.full_range else ColorRange.MPEG
        self._frame = allocated
        if self._fill_chroma:
            for plane in self._planes()[1:]:
                plane[...] = 1 << (self._format.bits - 1)
        return allocated

    def _planes(self) -> list[np.ndarray[Any, Any]]:
        dtype: np.dtype[Any] = np.dtype(np.uint8 if self._format.bits == 8 else np.uint16)
        shapes = self._format.plane_shapes(*self._size)
        views = []
        for plane, (rows, columns) in zip(self._frame.planes, shapes, strict=True):
            memory = np.frombuffer(memoryview(plane), dtype=dtype, count=plane.line_size // dtype.itemsize * rows)
            views.append(memory.reshape(rows, -1)[:, :columns])
        return views

    def _convert(self, frame: av.VideoFrame) -> av.VideoFrame:
        colour = self._picture.colour
        matrix = _MATRIX.get(colour.matrix_or_default(self._picture.height), Colorspace.ITU601)
        limits = ColorRange.JPEG if colour.full_range else ColorRange.MPEG
        to_rgb = av.VideoFormat(self._encoded_format).is_rgb or av.VideoFormat(self._encoded_format).has_palette
        converted = frame.reformat(
            format=self._encoded_format,
            src_colorspace=matrix,
            dst_colorspace=matrix,
            src_color_range=limits,
            dst_color_range=ColorRange.JPEG if to_rgb or self._encoded_format.startswith("yuvj") else limits,
            interpolation=Interpolation.BICUBIC | Interpolation.ACCURATE_RND | Interpolation.FULL_CHR_H_INP,
        )
        converted.pts, converted.time_base, converted.duration = frame.pts, frame.time_base, frame.duration
        return converted


def _as_420(pixel_format: PixelFormat) -> PixelFormat:
    return PixelFormat(subsampling="420", bits=pixel_format.bits)


def _is_full_range_twin(pixel_format: PixelFormat, name: str) -> bool:
    return pixel_format.bits == 8 and name == f"yuvj{pixel_format.subsampling}p"

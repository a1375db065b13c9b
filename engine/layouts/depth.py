"""The disparity map, to be looked at or to be read again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.colour import code_range
from engine.frame import Colour, Frame, PixelFormat, StreamInfo
from engine.layouts.layout import LayoutOutput, cell, pad_planes, round_up, same_as_source, shown


@dataclass(frozen=True, slots=True)
class DepthMap:
    """The disparity as gray: black is far, white is near.

    bits: None writes luma in the stream's own format and range, chroma neutral; a number writes one gray plane of that
    depth, in full range unless `full_range` says otherwise. in_px: the disparity is not 0..1 but in pixels; each map is
    then shown from its smallest to its largest value.
    """

    bits: int | None = None
    in_px: bool = False
    full_range: bool = True

    def output(self, info: StreamInfo) -> LayoutOutput:
        """The size of the source, rounded up to whole chroma samples; no eye is needed."""
        pixel_format = self._format(info.format)
        columns, rows = cell(pixel_format)
        plain = same_as_source(info, round_up(info.width, columns), round_up(info.height, rows))
        full_range = self._is_full(info.colour)
        return replace(
            plain,
            format=pixel_format,
            colour=replace(plain.colour, full_range=full_range),
            needs_left=False,
            needs_right=False,
            needs_disparity=True,
        )

    def process(self, frame: Frame) -> Frame:
        """Turn the disparity into code values.

        Raises:
            ValueError: the frame has not been through the depth stage.
        """
        if frame.disparity is None:
            raise ValueError("the depth layout needs a frame with disparity; the depth stage comes first")
        pixel_format = self._format(frame.format)
        full_range = self._is_full(frame.colour)
        floor, span, middle, _ = code_range(pixel_format, full_range=full_range)
        dtype = np.uint8 if pixel_format.bits == 8 else np.uint16
        luma = (np.clip(self._unit(frame.disparity), 0.0, 1.0) * np.float32(span) + np.float32(floor + 0.5)).astype(
            dtype
        )
        shapes = pixel_format.plane_shapes(frame.width, frame.height)
        planes = (luma, *(np.full(shape, int(middle), dtype) for shape in shapes[1:]))
        columns, rows = cell(pixel_format)
        width, height = round_up(frame.width, columns), round_up(frame.height, rows)
        picture = replace(
            frame, planes=planes, format=pixel_format, colour=replace(frame.colour, full_range=full_range)
        )
        return shown(picture, pad_planes(planes, pixel_format, width, height))

    def _is_full(self, source: Colour) -> bool:
        return source.full_range if self.bits is None else self.full_range

    def _unit(self, disparity: NDArray[Any]) -> NDArray[Any]:
        if not self.in_px:
            return disparity
        low, high = float(disparity.min()), float(disparity.max())
        return (disparity - np.float32(low)) * np.float32(1.0 / max(high - low, 1e-6))

    def _format(self, source: PixelFormat) -> PixelFormat:
        return source if self.bits is None else PixelFormat(subsampling="gray", bits=self.bits)


def about_depth(bits: int, *, in_px: bool = False) -> str:
    """What the pictures hold, in words for whoever finds the file."""
    if in_px:
        return "Disparity of each frame from its own smallest value (black) to its largest (white); larger is nearer."
    return (
        f"Relative disparity 0..1 as {bits}-bit gray, linear: black is 0 and farthest, white is 1 and nearest "
        "(0 and 1 are those of the shot). wheatstone reads it again with --depth file:PATH."
    )

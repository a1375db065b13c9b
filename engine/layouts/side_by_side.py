"""Left eye on the left: `sbs` at full width, `half-sbs` squeezed into the width of one picture."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.frame import Frame, StreamInfo
from engine.layouts.layout import LayoutOutput, cell, pad_plane, pad_planes, round_up, same_as_source, shown, views_of
from engine.layouts.resample import halve_columns


@dataclass(frozen=True, slots=True)
class SideBySide:
    """Both eyes at full size, 2 W x H."""

    def output(self, info: StreamInfo) -> LayoutOutput:
        """Twice the width of the source, rounded up to whole chroma samples."""
        columns, rows = cell(info.format)
        return same_as_source(info, 2 * round_up(info.width, columns), round_up(info.height, rows))

    def process(self, frame: Frame) -> Frame:
        """Put the eyes beside each other."""
        columns, rows = cell(frame.format)
        width, height = round_up(frame.width, columns), round_up(frame.height, rows)
        eyes = (pad_planes(view, frame.format, width, height) for view in views_of(frame))
        return shown(frame, tuple(np.concatenate(pair, axis=1) for pair in zip(*eyes, strict=True)))


@dataclass(frozen=True, slots=True)
class HalfSideBySide:
    """Both eyes at half width, W x H: the form most televisions and players take."""

    def output(self, info: StreamInfo) -> LayoutOutput:
        """The size of the source, rounded up so that each half holds whole chroma samples."""
        columns, rows = cell(info.format)
        return same_as_source(info, round_up(info.width, 2 * columns), round_up(info.height, rows))

    def process(self, frame: Frame) -> Frame:
        """Average each eye to half its width, straight into its half of the picture."""
        columns, rows = cell(frame.format)
        width, height = round_up(frame.width, 2 * columns), round_up(frame.height, rows)
        shapes = frame.format.plane_shapes(width, height)
        planes = tuple(np.empty(shape, frame.planes[0].dtype) for shape in shapes)
        for side, view in enumerate(views_of(frame)):
            for source, target in zip(view, planes, strict=True):
                half = target.shape[1] // 2
                halve_columns(pad_plane(source, *target.shape), target[:, side * half : (side + 1) * half])
        return shown(frame, planes)

"""Row-interlaced: even rows show the left eye, odd rows the right one, for passive displays and polarised glasses."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from engine.frame import Frame, StreamInfo
from engine.layouts.layout import LayoutOutput, cell, pad_planes, round_up, same_as_source, shown, views_of
from engine.layouts.resample import halve_rows


@dataclass(frozen=True, slots=True)
class Interlaced:
    """W x H, rows counted from 0 at the top.

    Where a chroma row serves two luma rows (4:2:0) it serves both eyes, and holds the average of theirs: colour bleeds
    between the eyes, brightness does not. 4:2:2 and 4:4:4 streams are exact.
    """

    def output(self, info: StreamInfo) -> LayoutOutput:
        """The size of the source, rounded up to whole chroma samples."""
        columns, rows = cell(info.format)
        return same_as_source(info, round_up(info.width, columns), round_up(info.height, rows))

    def process(self, frame: Frame) -> Frame:
        """Weave the rows of both eyes."""
        columns, rows = cell(frame.format)
        width, height = round_up(frame.width, columns), round_up(frame.height, rows)
        eyes = (pad_planes(view, frame.format, width, height) for view in views_of(frame))
        planes = []
        for index, (left, right) in enumerate(zip(*eyes, strict=True)):
            woven = np.empty_like(left)
            if index > 0 and rows == 2:
                stacked = np.stack((left, right), axis=1).reshape(2 * left.shape[0], left.shape[1])
                halve_rows(stacked, woven)
            else:
                woven[0::2], woven[1::2] = left[0::2], right[1::2]
            planes.append(woven)
        return shown(frame, tuple(planes))

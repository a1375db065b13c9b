"""One eye as it is."""

from __future__ import annotations

from dataclasses import dataclass, replace

from engine.frame import Frame, StreamInfo
from engine.layouts.layout import LayoutOutput, cell, pad_planes, round_up, same_as_source, shown, views_of


@dataclass(frozen=True, slots=True)
class SingleEye:
    """One eye as it is: index 0 is the left one, 1 the right one."""

    index: int

    def output(self, info: StreamInfo) -> LayoutOutput:
        """The size of the source, rounded up to whole chroma samples; the other eye is not needed."""
        columns, rows = cell(info.format)
        plain = same_as_source(info, round_up(info.width, columns), round_up(info.height, rows))
        return replace(plain, needs_left=self.index == 0, needs_right=self.index == 1)

    def process(self, frame: Frame) -> Frame:
        """Pick the eye."""
        columns, rows = cell(frame.format)
        width, height = round_up(frame.width, columns), round_up(frame.height, rows)
        return shown(frame, pad_planes(views_of(frame)[self.index], frame.format, width, height))

"""A floating window: near things that the picture's border cuts get a border of their own, as near as they are.

What stands in front of the screen and is cut by its left border is seen farther to the left by one eye than by the
other, as if the frame were behind it: depth and occlusion contradict each other. Covering a strip of one eye moves the
border that one sees in front of the screen too: the left eye's left strip, or the right eye's right strip.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.colour import black
from engine.frame import Array, Frame, View
from engine.stereo.comfort import border_parallax

# Percent of the width a second: a border that comes late is worse than one that leaves late.
_COMES, _LEAVES = 4.0, 0.5
_USUAL_FRAME_S = 1.0 / 30.0


class FloatingWindow:
    """Covers borders of views; moves slowly within a shot, at once at a cut."""

    def __init__(self) -> None:
        self._widths = [0.0, 0.0]
        self._last_s: float | None = None

    def cover(self, frame: Frame, views: tuple[View, View], parallax_px: NDArray[Any]) -> tuple[View, View]:
        """The views with strips of black where things in front of the screen are cut.

        Args:
            frame: what they are of: gives time, cut and colours.
            views: (left, right); planes of their own are written in place, those of the frame are copied.
            parallax_px: (H, W) of the frame, positive in front of the screen.
        """
        passed_s = self._passed(frame.time_s)
        covered = []
        for side, (view, wanted) in enumerate(zip(views, border_parallax(parallax_px), strict=True)):
            width = wanted if frame.is_cut else _moved(self._widths[side], wanted, passed_s * frame.width / 100)
            self._widths[side] = width
            columns = min(_whole_cells(width, frame), frame.width)
            covered.append(_covered(view, frame, side, columns) if columns else view)
        return covered[0], covered[1]

    def _passed(self, time_s: float | None) -> float:
        last_s, self._last_s = self._last_s, time_s
        return _USUAL_FRAME_S if time_s is None or last_s is None else max(time_s - last_s, 0.0)


def _moved(width: float, wanted: float, percent_px: float) -> float:
    return width + min(max(wanted - width, -_LEAVES * percent_px), _COMES * percent_px)


def _whole_cells(width: float, frame: Frame) -> int:
    """Columns to cover: whole chroma samples, and no strip for what nobody sees."""
    cell = 1 << frame.format.chroma_shift[0]
    return math.ceil(width / cell - 0.5) * cell


def _covered(view: View, frame: Frame, side: int, columns: int) -> View:
    planes: list[Array] = []
    colour = black(frame.format, full_range=frame.colour.full_range)
    shift = frame.format.chroma_shift[0]
    # At the right it begins with a whole chroma sample too, also where the width is odd.
    first = 0 if side == 0 else -(-(frame.width - columns) >> shift)
    last = -(-columns >> shift) if side == 0 else frame.width
    for index, (plane, source, value) in enumerate(zip(view.planes, frame.planes, colour, strict=False)):
        own = np.array(plane) if plane is source else plane
        scale = 0 if index else shift
        own[:, first << scale : last << scale] = value
        planes.append(own)
    return replace(view, planes=tuple(planes))

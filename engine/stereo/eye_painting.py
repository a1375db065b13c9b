"""One eye on its way through infill: which holes are worth filling, and what fills them before a network is asked."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.frame import PixelFormat, View
from engine.stereo.background_memory import Ask
from engine.stereo.held_paint import HeldPaint
from engine.stereo.hole_runs import HELD, OPEN, PAINTED, RECALLED, HoleRuns, find_runs, set_state
from engine.stereo.stretch import count_states, fill_borders, lend_neighbours, lend_single_rows
from engine.stereo.tile_pixels import Planes
from engine.stereo.tiles import Tile, TileShape, plan_tiles


class EyePainting:
    """Follows one eye from frame to frame. Views must not change size or format.

    For every frame: `begin`, then the memory answers `ask`, then `stretch`, then a network paints `tiles`, then `end`.
    """

    def __init__(self, view: View, pixel_format: PixelFormat, offset: float, min_width: int) -> None:
        """Remember nothing yet.

        Args:
            view: any of this eye.
            pixel_format: of its planes.
            offset: of the eye.
            min_width: runs of fewer columns, or of a single row, keep the stretched background; 1 paints all.
        """
        self.offset = offset
        self._format = pixel_format
        self._min_width = min_width
        self._held = HeldPaint(three_planes(view.planes), pixel_format)
        self._fits = np.zeros(0, np.bool_)
        self.state = np.zeros(view.hole.shape, np.uint8)
        """(H, W) states of hole_runs; all 0 between frames."""
        self.view = view
        self.planes = three_planes(view.planes)
        self.holes = HoleRuns(np.zeros((0, 4), np.int32), np.zeros(1, np.int32), np.zeros(0, np.int32))

    def forget(self) -> None:
        """Begin a new shot."""
        self._held.forget()

    def begin(self, view: View) -> None:
        """Take a view, and show again what was painted before and still fits."""
        self.view, self.planes = view, three_planes(view.planes)
        self.holes = find_runs(view.hole, view.parallax_px, min_width=self._min_width)
        set_state(self.holes.runs, self.state, OPEN)
        self._fits = self._held.hold(self.planes, self.holes, self.state)

    @property
    def ask(self) -> Ask:
        """What the memory may fill."""
        return Ask(self.planes, self.view.hole, self.view.parallax_px, self.offset, self.holes, self.state)

    def stretch(self) -> None:
        """Fill what is not worth a network."""
        shift, is_gray = self._format.chroma_shift, self._format.subsampling == "gray"
        lend_neighbours(self.planes, shift, is_gray, self.holes.runs, self._min_width, self.state)
        if self._min_width > 1:
            lend_single_rows(self.holes.runs, self.state)
        fill_borders(self.planes, shift, is_gray, self.holes, self.state)

    def tiles(self, shape: TileShape) -> list[Tile]:
        """Where a network is needed."""
        return plan_tiles(self.holes.runs, self.state, shape)

    def end(self) -> tuple[int, int, int]:
        """Remember what was painted, and let go of the view.

        Returns:
            How many pixels were held, recalled and painted.
        """
        holes = self.holes
        self._held.keep(self.planes, holes, self.state, self._fits)
        counts = np.zeros(RECALLED + 1, np.int64)
        count_states(holes.runs, self.state, counts)
        set_state(holes.runs, self.state, 0)
        return int(counts[HELD]), int(counts[RECALLED]), int(counts[PAINTED])


def three_planes(planes: tuple[NDArray[Any], ...]) -> Planes:
    """(luma, u, v); a gray picture gives its luma three times."""
    return (planes[0], planes[0], planes[0]) if len(planes) == 1 else (planes[0], planes[1], planes[2])

"""Painting holes with a network, on tiles around them only.

The background stretch that fills every hole beforehand stays where no tile comes: in slivers, at the frame's left and
right border, and where a frame holds more holes than the budget of tiles.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.colour import rgb_from_yuv, yuv_from_rgb
from engine.frame import Frame, View
from engine.stereo.tile_pixels import Planes, read_tile, write_holes
from engine.stereo.tiles import Tile, TileShape, plan_tiles
from kernels import hole_guide

_CHANNELS = 8
_BATCHES = (8, 1)


class InfillNetwork(Protocol):
    """A runtime session of an artifact of kind `infill`."""

    def run(self, image: NDArray[Any]) -> NDArray[Any]:
        """(N, 8, h, w) float32 guide -> (N, 3, h, w) float32 R'G'B' 0..1."""
        ...


@dataclass(slots=True)
class InfillCount:
    """What was done since the beginning."""

    frames: int = 0
    tiles: int = 0
    tiles_over_budget: int = 0
    """Tiles that were left to the background stretch."""


class NetworkInfill:
    """Paints the wide holes of views in place."""

    def __init__(
        self,
        open_network: Callable[[tuple[int, int, int, int]], InfillNetwork],
        *,
        tile: TileShape | None = None,
        min_width: int = 4,
        max_tiles: int = 24,
    ) -> None:
        """Make the painter; networks are opened by `prepare` or when first needed, one per batch size.

        Args:
            open_network: opens the network for an input of shape (N, 8, h, w).
            tile: size of the tiles; made smaller for small pictures.
            min_width: holes narrower than this many columns are left alone.
            max_tiles: budget per frame, both eyes together; tiles with most hole pixels come first.
        """
        self._open_network = open_network
        self._tile = tile or TileShape()
        self._min_width = min_width
        self._max_tiles = max_tiles
        self._networks: dict[tuple[int, int, int, int], InfillNetwork] = {}
        self.count = InfillCount()

    def prepare(self, width: int, height: int) -> None:
        """Open the networks for pictures of this size now, rather than when the first hole appears."""
        shape = self._tile.fitted(width, height)
        if shape is not None:
            for batch in _BATCHES:
                self._network((batch, _CHANNELS, shape.height, shape.width))

    def paint(
        self,
        frame: Frame,
        views: Sequence[View],
        *,
        offsets: Sequence[float],
        disparity_of_parallax: tuple[float, float],
    ) -> None:
        """Paint the holes of the views.

        Args:
            frame: gives the colour description; its planes are not touched.
            views: holes hold the background stretch; their planes are written in place, in holes only.
            offsets: the eye offset of each view: positive is a left eye; a hole's surface leans by parallax times this.
            disparity_of_parallax: (scale, offset) that turn parallax_px into relative disparity 0..1.
        """
        self.count.frames += 1
        shape = self._tile.fitted(frame.width, frame.height)
        if shape is None:
            return
        jobs = [
            (tile, view, offset)
            for view, offset in zip(views, offsets, strict=True)
            for tile in plan_tiles(view.hole, shape, min_width=self._min_width)
        ]
        if len(jobs) > self._max_tiles:
            self.count.tiles_over_budget += len(jobs) - self._max_tiles
            jobs = sorted(jobs, key=lambda job: -job[0].weight)[: self._max_tiles]
        self.count.tiles += len(jobs)
        reader = _TileReader.of(frame, shape, disparity_of_parallax)
        guides = np.empty((len(jobs), _CHANNELS, shape.height, shape.width), np.float32)
        # All guides are read before anything is painted, so the order of tiles cannot matter.
        for guide, (tile, view, offset) in zip(guides, jobs, strict=True):
            reader.read(tile, view, offset, guide)
        start = 0
        for batch in _BATCHES:
            while len(jobs) - start >= batch:
                images = self._network((batch, *guides.shape[1:])).run(guides[start : start + batch])
                for image, (tile, view, offset) in zip(images, jobs[start : start + batch], strict=True):
                    reader.write(image, tile, view, offset)
                start += batch

    def _network(self, shape: tuple[int, int, int, int]) -> InfillNetwork:
        if shape not in self._networks:
            self._networks[shape] = self._open_network(shape)
        return self._networks[shape]


@dataclass(frozen=True, slots=True)
class _TileReader:
    """Turns parts of views into guides and paintings into parts of views."""

    shape: TileShape
    shift: tuple[int, int]
    is_gray: bool
    top_code: int
    to_rgb: NDArray[np.float32]
    to_code: NDArray[np.float32]
    disparity_of_parallax: tuple[float, float]

    @classmethod
    def of(cls, frame: Frame, shape: TileShape, disparity_of_parallax: tuple[float, float]) -> _TileReader:
        to_rgb, rgb_offset = rgb_from_yuv(frame.colour, frame.format, frame.height)
        to_code, code_offset = yuv_from_rgb(frame.colour, frame.format, frame.height)
        is_gray = len(frame.planes) == 1
        if is_gray:
            # Luma is passed in place of chroma, which then must not count.
            rgb_offset = rgb_offset + to_rgb[:, 1:].sum(axis=1) * (1 << (frame.format.bits - 1))
            to_rgb = to_rgb * np.array([1.0, 0.0, 0.0])
        return cls(
            shape=shape,
            shift=frame.format.chroma_shift,
            is_gray=is_gray,
            top_code=frame.format.max_value,
            to_rgb=np.column_stack([to_rgb, rgb_offset]).astype(np.float32),
            to_code=np.column_stack([to_code, code_offset]).astype(np.float32),
            disparity_of_parallax=disparity_of_parallax,
        )

    def read(self, tile: Tile, view: View, offset: float, guide: NDArray[np.float32]) -> None:
        rgb = np.empty((self.shape.height, self.shape.width, 3), np.float32)
        read_tile(_three(view), self.shift, self.to_rgb, (tile.top, tile.left), rgb)
        window = np.s_[tile.top : tile.top + self.shape.height, tile.left : tile.left + self.shape.width]
        parts = (rgb, view.hole[window], view.parallax_px[window])
        rgb, hole, parallax_px = (_as_right_eye(part, offset, axis=1) for part in parts)
        scale, shift = self.disparity_of_parallax
        disparity = np.clip(parallax_px * np.float32(scale) + np.float32(shift), 0.0, 1.0)
        hole_guide(rgb, hole, parallax_px * np.float32(abs(offset)), disparity, out=guide)

    def write(self, image: NDArray[Any], tile: Tile, view: View, offset: float) -> None:
        core = (tile.core_top, tile.core_left, tile.core_bottom, tile.core_right)
        corner = (tile.top, tile.left)
        planes = _three(view)
        image = _as_right_eye(image, offset, axis=2)
        write_holes(image, view.hole, corner, core, self.to_code, self.shift, self.is_gray, self.top_code, planes)


def _as_right_eye(part: NDArray[Any], offset: float, *, axis: int) -> NDArray[Any]:
    """A part of a left eye mirrored along its columns; of a right eye as it is. Doing it twice undoes it.

    Networks learn from right eyes only (training.holes), where the background lies to the right of a hole.
    """
    return np.ascontiguousarray(np.flip(part, axis) if offset > 0 else part)


def _three(view: View) -> Planes:
    if len(view.planes) == 1:
        return view.planes[0], view.planes[0], view.planes[0]
    return view.planes[0], view.planes[1], view.planes[2]

"""Painting holes: what was painted before, what was seen before, and only then a network, on tiles around the rest.

Slivers, and what exceeds the budget of tiles, keep the background stretch that fills every hole beforehand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.colour import rgb_from_yuv, yuv_from_rgb
from engine.errors import ModelError
from engine.frame import Colour, Frame, View
from engine.graph import Samples
from engine.stereo.background_memory import BackgroundMemory
from engine.stereo.eye_painting import EyePainting, three_planes
from engine.stereo.tile_pixels import read_surface, read_tile, write_open
from engine.stereo.tiles import Tile, TileShape
from kernels import hole_guide

_CHANNELS = 8
_BATCHES = (8, 3, 2, 1)
_FIRST_BUDGET = 6
"""A shot's first frame may paint so many times the usual budget: what it leaves undone would be seen to change."""


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
    held_px: int = 0
    """Luma pixels that show what was painted in an earlier frame."""
    recalled_px: int = 0
    """Luma pixels that show background as it was seen in an earlier frame."""
    painted_px: int = 0
    """Luma pixels that the network painted."""


class NetworkInfill:
    """Paints the holes of views in place, frame after frame of a stream."""

    def __init__(
        self,
        open_network: Callable[[tuple[int, int, int, int]], InfillNetwork],
        *,
        tile: TileShape | None = None,
        min_width: int = 4,
        max_tiles: int = 24,
        with_memory: bool = True,
    ) -> None:
        """Make the painter; networks are opened by `prepare` or when first needed, one per batch size.

        Args:
            open_network: opens the network for an input of shape (N, 8, h, w).
            tile: size of the tiles; made smaller for small pictures.
            min_width: holes narrower than this many columns, or of a single row, are left alone, but not narrow rows
                beside wider ones; 1 leaves none.
            max_tiles: budget per frame, both eyes together; tiles with most hole pixels come first.
            with_memory: use what earlier frames of the shot showed; without, every frame is painted for itself.
        """
        self._open_network = open_network
        self._tile = tile or TileShape()
        self._min_width = min_width
        self._max_tiles = max_tiles
        self._with_memory = with_memory
        self._networks: dict[tuple[int, int, int, int], InfillNetwork] = {}
        self._shot: _Shot | None = None
        self.count = InfillCount()
        self.times = Samples()
        """How long `paint` took, frame by frame."""

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
        parallax_px: NDArray[Any],
        disparity_of_parallax: tuple[float, float],
    ) -> None:
        """Paint the holes of the views.

        Args:
            frame: the source; its planes are not touched. `is_cut`, another size, and going back in time end what is
                remembered.
            views: holes hold the background stretch; their planes are written in place, in holes only.
            offsets: the eye offset of each view: positive is a left eye; a hole's surface leans by parallax times this.
            parallax_px: (H, W) float32 of the source, that the views were drawn with.
            disparity_of_parallax: (scale, offset) that turn parallax_px into relative disparity 0..1.

        Raises:
            ModelError: the network's painting holds something else than numbers, or is not of the tiles' shape.
        """
        since_s = time.perf_counter()
        self.count.frames += 1
        self._paint(frame, views, offsets, parallax_px, disparity_of_parallax)
        self.times.add(time.perf_counter() - since_s)

    def _paint(
        self,
        frame: Frame,
        views: Sequence[View],
        offsets: Sequence[float],
        parallax_px: NDArray[Any],
        disparity_of_parallax: tuple[float, float],
    ) -> None:
        shot = self._shot = self._shot if self._shot is not None and self._shot.goes_on(frame) else _Shot.of(frame)
        shape = self._tile.fitted(frame.width, frame.height)
        if shape is None or disparity_of_parallax[0] == 0:
            # Parallax without a scale is no parallax: nothing is torn, and the masks need not even be read.
            return
        pairs = [(view, offset) for view, offset in zip(views, offsets, strict=True) if cv2.hasNonZero(view.hole)]
        if not pairs:
            return
        eyes = [shot.eye(frame, view, offset, self._min_width) for view, offset in pairs]
        for eye, (view, _) in zip(eyes, pairs, strict=True):
            eye.begin(view)
        source = three_planes(frame.planes)
        if self._with_memory:
            shot.memory.recall(source, [eye.ask for eye in eyes], disparity_of_parallax)
            shot.memory.remember(source, parallax_px, disparity_of_parallax)
        for eye in eyes:
            eye.stretch()
        jobs = self._jobs(eyes, shape, self._max_tiles * (_FIRST_BUDGET if shot.is_new else 1))
        if jobs:
            self._paint_tiles(_TileReader.of(frame, shape, shot.matrices(frame), disparity_of_parallax), jobs)
        for eye in eyes:
            held, recalled, painted = eye.end()
            self.count.held_px += held
            self.count.recalled_px += recalled
            self.count.painted_px += painted
        shot.is_new = False
        if not self._with_memory:
            self._shot = None

    def _jobs(self, eyes: Sequence[EyePainting], shape: TileShape, budget: int) -> list[tuple[Tile, EyePainting]]:
        jobs = [(tile, eye) for eye in eyes for tile in eye.tiles(shape)]
        if len(jobs) > budget:
            self.count.tiles_over_budget += len(jobs) - budget
            jobs = sorted(jobs, key=lambda job: -job[0].weight)[:budget]
        self.count.tiles += len(jobs)
        return jobs

    def _paint_tiles(self, reader: _TileReader, jobs: Sequence[tuple[Tile, EyePainting]]) -> None:
        # A call costs about as much as a tile: the last of eight may as well be nobody's.
        spare = len(jobs) % _BATCHES[0] == _BATCHES[0] - 1
        guides = np.empty((len(jobs) + spare, _CHANNELS, reader.shape.height, reader.shape.width), np.float32)
        guides[len(jobs) :] = 0.0
        # All guides are read before anything is painted, so no tile sees another's painting. Where cores overlap the
        # first of the jobs paints.
        for guide, (tile, eye) in zip(guides[: len(jobs)], jobs, strict=True):
            reader.read(tile, eye, guide)
        start = 0
        for batch in _BATCHES:
            while len(guides) - start >= batch:
                images = self._network((batch, *guides.shape[1:])).run(guides[start : start + batch])
                wanted = (batch, 3, *guides.shape[2:])
                if images.shape != wanted:
                    raise ModelError(
                        f"infill: in frame {reader.index} the network answered with shape {images.shape} instead of "
                        f"{wanted}; its file is at fault: try another one, or --infill stretch"
                    )
                part = jobs[start : start + batch]
                for image, (tile, eye) in zip(images[: len(part)], part, strict=True):
                    if not reader.write(image, tile, eye):
                        raise ModelError(
                            f"infill: in frame {reader.index} the network painted values that are no numbers; "
                            "its file or the runtime's precision is at fault: try --runtime onnxruntime, "
                            "or --infill stretch"
                        )
                start += batch

    def _network(self, shape: tuple[int, int, int, int]) -> InfillNetwork:
        if shape not in self._networks:
            self._networks[shape] = self._open_network(shape)
        return self._networks[shape]


class _Shot:
    """What is remembered of one shot."""

    def __init__(self, frame: Frame, memory: BackgroundMemory) -> None:
        self.memory = memory
        self.eyes: dict[float, EyePainting] = {}
        self.is_new = True
        """Nothing was painted in it yet."""
        self._like = (frame.width, frame.height, frame.format, frame.epoch)
        self._index = frame.index
        self._matrices = _Matrices.of(frame)

    @classmethod
    def of(cls, frame: Frame) -> _Shot:
        return cls(frame, BackgroundMemory(frame.format))

    def goes_on(self, frame: Frame) -> bool:
        """Whether the frame belongs to this shot, or to one that may use its arrays; these are emptied then."""
        if (frame.width, frame.height, frame.format, frame.epoch) != self._like:
            return False
        if frame.is_cut or frame.index < self._index:
            self.is_new = True
            self.memory.forget()
            for eye in self.eyes.values():
                eye.forget()
        self._index = frame.index
        return True

    def matrices(self, frame: Frame) -> _Matrices:
        """Of this frame: a stream may change its colours at any time."""
        if self._matrices.colour != frame.colour:
            self._matrices = _Matrices.of(frame)
        return self._matrices

    def eye(self, frame: Frame, view: View, offset: float, min_width: int) -> EyePainting:
        if offset not in self.eyes:
            self.eyes[offset] = EyePainting(view, frame.format, offset, min_width)
        return self.eyes[offset]


@dataclass(frozen=True, slots=True)
class _Matrices:
    """Between code values and R'G'B', (3, 4) float32 each: a matrix and, in the last column, an offset."""

    colour: Colour
    to_rgb: NDArray[np.float32]
    to_code: NDArray[np.float32]

    @classmethod
    def of(cls, frame: Frame) -> _Matrices:
        to_rgb, rgb_offset = rgb_from_yuv(frame.colour, frame.format, frame.height)
        to_code, code_offset = yuv_from_rgb(frame.colour, frame.format, frame.height)
        if len(frame.planes) == 1:
            # Luma is passed in place of chroma, which then must not count.
            rgb_offset = rgb_offset + to_rgb[:, 1:].sum(axis=1) * (1 << (frame.format.bits - 1))
            to_rgb = to_rgb * np.array([1.0, 0.0, 0.0])
        return cls(
            colour=frame.colour,
            to_rgb=np.column_stack([to_rgb, rgb_offset]).astype(np.float32),
            to_code=np.column_stack([to_code, code_offset]).astype(np.float32),
        )


@dataclass(frozen=True, slots=True)
class _TileReader:
    """Turns parts of views into guides and paintings into parts of views."""

    shape: TileShape
    shift: tuple[int, int]
    is_gray: bool
    top_code: int
    matrices: _Matrices
    disparity_of_parallax: tuple[float, float]
    index: int
    """Of the frame."""

    @classmethod
    def of(
        cls, frame: Frame, shape: TileShape, matrices: _Matrices, disparity_of_parallax: tuple[float, float]
    ) -> _TileReader:
        return cls(
            shape=shape,
            shift=frame.format.chroma_shift,
            is_gray=len(frame.planes) == 1,
            top_code=frame.format.max_value,
            matrices=matrices,
            disparity_of_parallax=disparity_of_parallax,
            index=frame.index,
        )

    def read(self, tile: Tile, eye: EyePainting, guide: NDArray[np.float32]) -> None:
        size = (self.shape.height, self.shape.width)
        rgb, hole = np.empty((*size, 3), np.float32), np.empty(size, np.uint8)
        stretched_px, disparity = np.empty(size, np.float32), np.empty(size, np.float32)
        corner, mirrored = (tile.top, tile.left), eye.offset > 0
        read_tile(eye.planes, self.shift, self.matrices.to_rgb, corner, mirrored, rgb)
        view = (eye.view.hole, eye.view.parallax_px, eye.state)
        numbers = (abs(eye.offset), *self.disparity_of_parallax)
        read_surface(view, corner, mirrored, numbers, hole, stretched_px, disparity)
        hole_guide(rgb, hole, stretched_px, disparity, out=guide)

    def write(self, image: NDArray[Any], tile: Tile, eye: EyePainting) -> bool:
        """Whether all of it were numbers."""
        core = (tile.core_top, tile.core_left, tile.core_bottom, tile.core_right)
        corner = (tile.top, tile.left)
        # Networks learn from right eyes only (training.holes), where the background lies to the right of a hole.
        image = np.ascontiguousarray(image[..., ::-1] if eye.offset > 0 else image)
        args = (self.matrices.to_code, self.shift, self.is_gray, self.top_code, eye.planes)
        return bool(write_open(image, eye.state, corner, core, *args))

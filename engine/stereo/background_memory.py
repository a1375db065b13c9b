"""Pictures of the same shot that were seen earlier: what a hole uncovers was often visible a moment ago.

Kept are a few source pictures, with how near things were in them, ever sparser towards the past. A hole asks for the
place in the source that its background would come from: if that place shows background in an earlier picture, and the
known background beside the hole is found there too (where it is, or moved), then the hole is filled from there.
Both eyes share the memory, and the screen plane may move.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.frame import PixelFormat
from engine.stereo.background_beside import Beside, look_beside
from engine.stereo.background_search import NEAR_PX, find_background, pool_nearest, shrink
from engine.stereo.hole_runs import RECALLED, HoleRuns
from engine.stereo.recall import copy_recalled_chroma, copy_recalled_luma
from engine.stereo.tile_pixels import Planes

_PICTURES = 5
_SMALL_COLUMNS = 160
"""Width of the copy for optical flow: it only has to point to where the search begins."""
_FINEST_SCALE = 1
"""Of the flow: half size. The preset's is half of that, and motion of a few pixels is lost in it."""
_LEAST_FLOW = 16
"""Rows and columns that flow needs: its patches are 8 pixels at half size. In less it reads what is no picture."""
_SMALL_CHANGE, _STILL_SHARE = 2, 0.15
"""Where fewer pixels of the small copy changed by more, the camera stands still."""
_NO_FLOW = np.zeros((0, 0, 2), np.float32)
_UNUSED: Any = None
_EVERY = 3
"""Frames between two pictures: nothing much is uncovered in less."""

_Flow = NDArray[np.float32]
"""(h, w, 2) motion (x, y) of a small copy, in its own pixels."""


@dataclass(frozen=True, slots=True)
class _Picture:
    """A picture of the past. Arrays are overwritten when their turn is over."""

    number: int
    planes: Planes
    nearest: NDArray[np.float32]
    """(ceil(H / 4), ceil(W / 4)) largest disparity around each 4 x 4 pixels: what is far here has nothing near by."""
    small: NDArray[np.uint8]
    """(h, w) luma, for optical flow."""
    back: _Flow | None = None
    """From here to the picture before; None where nothing moved, or there is none."""


@dataclass(frozen=True, slots=True)
class Ask:
    """What is missing in one eye."""

    planes: Planes
    """Of the view; written in place."""
    hole: NDArray[Any]
    parallax_px: NDArray[Any]
    offset: float
    """Of the eye."""
    holes: HoleRuns
    state: NDArray[np.uint8]
    """(H, W): pixels that are filled turn from OPEN to RECALLED + the number of the picture."""


@dataclass(frozen=True, slots=True)
class _Search:
    """An ask on its way through all pictures; `place`, `runs` and `beside` as in background_search."""

    planes: Planes
    place: tuple[NDArray[Any], NDArray[Any], float, float, float]
    runs: tuple[NDArray[Any], NDArray[Any], NDArray[Any]]
    beside: Beside

    @classmethod
    def of(cls, luma: NDArray[Any], ask: Ask, disparity_of_parallax: tuple[float, float]) -> _Search:
        place = (ask.hole, ask.parallax_px, ask.offset, *disparity_of_parallax)
        runs = (ask.holes.runs, ask.holes.groups, ask.state)
        return cls(ask.planes, place, runs, look_beside(luma, place, runs, ask.holes.strips))


class BackgroundMemory:
    """Earlier pictures of one shot, in memory that does not grow. Frames must not change size or format."""

    def __init__(self, pixel_format: PixelFormat) -> None:
        """Remember nothing yet of a source in this format. A gray picture passes its luma three times as its planes."""
        self._is_gray = pixel_format.subsampling == "gray"
        self._bits = pixel_format.bits
        self._shift = pixel_format.chroma_shift
        self._pictures: list[_Picture] = []
        self._spare: list[_Picture] = []
        self._flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_ULTRAFAST)
        self._flow.setFinestScale(_FINEST_SCALE)
        self._since = _EVERY
        self._now: NDArray[np.uint8] | None = None
        """The small copy of the frame that was last asked about."""
        self._here = np.zeros((0, 0, 2), np.float32)
        """(h, w, 2) where every pixel (x, y) of a small copy is."""
        self._newest_flow: _Flow | None = None
        """From the frame that was last asked about to the newest picture."""

    def forget(self) -> None:
        """Begin a new shot."""
        self._spare += self._pictures
        self._pictures = []
        self._since = _EVERY

    def recall(self, planes: Planes, asks: list[Ask], disparity_of_parallax: tuple[float, float]) -> int:
        """Fill what was seen earlier.

        Args:
            planes: of the source now.
            asks: one for each eye.
            disparity_of_parallax: (scale, offset) that turn parallax_px into relative disparity.

        Returns:
            How many pixels were filled.
        """
        filled = 0
        planes = _of_one_layout(planes)
        small_px = self._small_px(planes)
        look = (self._shift, self._is_gray, 1 << (self._bits - 8), small_px)
        now = self._now = self._small(planes)
        flows = self._flows(now)
        searches = [_Search.of(planes[0], ask, disparity_of_parallax) for ask in asks if self._pictures]
        for number, (picture, flow) in enumerate(zip(reversed(self._pictures), flows, strict=True)):
            # What hides the background now hid it then: only a blurred map could make it look otherwise.
            if np.array_equal(now, picture.small) and np.array_equal(planes[0], picture.planes[0]):
                continue
            usual = _usual(flow, small_px)
            for search in searches:
                # Per group: found, motion (x, y), change of the three planes.
                found = np.zeros((len(search.runs[1]) - 1, 6), np.float32)
                where = (search.place, search.runs, search.beside)
                find_background(planes, picture.planes, picture.nearest, *where, flow, usual, look, found)
                filled += self._copy(picture, search, found, RECALLED + number)
        return filled

    def remember(self, planes: Planes, parallax_px: NDArray[Any], disparity_of_parallax: tuple[float, float]) -> None:
        """Take a picture, if the last one is old enough. Call once a frame, after `recall` of the same source.

        Args:
            planes: of the source.
            parallax_px: (H, W) float32 of the source.
            disparity_of_parallax: as in `recall`.
        """
        small, self._now = self._now, None
        self._since += 1
        if self._since < _EVERY:
            return
        self._since = 0
        slot = self._slot(planes)
        number = self._pictures[-1].number + 1 if self._pictures else 0
        for kept, plane in zip(slot.planes[: 1 if self._is_gray else 3], planes, strict=False):
            np.copyto(kept, plane)
        pool_nearest(parallax_px, *disparity_of_parallax, slot.nearest)
        cv2.dilate(slot.nearest, np.ones((3, 3), np.uint8), dst=slot.nearest)
        back = self._newest_flow if self._pictures else None
        small = self._small(planes) if small is None else small
        self._pictures.append(_Picture(number, slot.planes, slot.nearest, small, back))

    def _flows(self, now: NDArray[np.uint8]) -> list[_Flow]:
        """From now to every picture, the newest first; no flow (of size 0) to those where all stood as it stands.

        There is none at all in very wide pictures, whose small copies are too low: they are searched in place only.

        Flow is computed to the newest picture only, and goes on along that from picture to picture: over a long time
        that is surer than a search in one leap, and takes a fifth of the time.
        """
        flows: list[_Flow] = []
        self._newest_flow, hop = None, None
        flow: _Flow | None = None
        for picture in reversed(self._pictures):
            is_still = _is_still(now, picture.small)
            flow = self._chained(flow, hop)
            if flow is None and not is_still:
                # The newest one, or one that was slowly drifted away from.
                flow = self._flow_between(now, picture.small)
            if not flows:
                self._newest_flow = flow
            flows.append(_NO_FLOW if is_still or flow is None else flow)
            hop = picture.back
        return flows

    def _flow_between(self, now: NDArray[np.uint8], then: NDArray[np.uint8]) -> _Flow | None:
        """None where there is no telling."""
        if min(now.shape) < _LEAST_FLOW:
            return None
        flow = np.asarray(self._flow.calc(now, then, _UNUSED), np.float32)
        return flow if np.isfinite(flow).all() else None

    def _copy(self, picture: _Picture, search: _Search, found: NDArray[np.float32], code: int) -> int:
        if not found[:, 0].any():
            return 0
        top = (1 << self._bits) - 1
        where, limits = (search.place, search.runs), search.beside[2]
        filled = copy_recalled_luma(picture.planes, picture.nearest, *where, limits, found, search.planes[0], code, top)
        if filled and not self._is_gray:
            copy_recalled_chroma(picture.planes, *where, found, search.planes, self._shift, code, top)
        return int(filled)

    def _chained(self, first: _Flow | None, second: _Flow | None) -> _Flow | None:
        """Along the first, and from there along the second; None is no motion."""
        if first is None or second is None:
            return second if first is None else first
        if self._here.shape != first.shape:
            rows, columns = first.shape[:2]
            self._here = np.dstack(np.meshgrid(np.arange(columns), np.arange(rows))).astype(np.float32)
        there = cv2.add(first, self._here)
        onward = cv2.remap(second, there, _UNUSED, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return np.asarray(cv2.add(first, onward, dst=onward))

    def _slot(self, planes: Planes) -> _Picture:
        """Arrays to take a picture with: new ones, or those of the picture that is missed least."""
        if self._spare:
            return self._spare.pop()
        if len(self._pictures) < _PICTURES:
            rows, columns = planes[0].shape
            luma = np.empty((rows, columns), planes[0].dtype)
            kept = (luma, luma, luma) if self._is_gray else (luma, *(np.empty(p.shape, p.dtype) for p in planes[1:]))
            nearest = np.empty((-(-rows // NEAR_PX), -(-columns // NEAR_PX)), np.float32)
            return _Picture(0, kept, nearest, np.empty(0, np.uint8))  # type: ignore[arg-type]
        gone = self._least_missed()
        after = self._pictures[gone + 1]
        self._pictures[gone + 1] = replace(after, back=self._chained(after.back, self._pictures[gone].back))
        return self._pictures.pop(gone)

    def _least_missed(self) -> int:
        """Where the gap that a picture leaves is smallest for its age; so pictures thin out towards the past."""
        numbers = [picture.number for picture in self._pictures]
        now = numbers[-1] + 1
        gaps = [(numbers[i + 1] - numbers[i - 1]) / (now - numbers[i]) for i in range(1, len(numbers) - 1)]
        return 1 + int(np.argmin(gaps))

    def _small_px(self, planes: Planes) -> int:
        rows, columns = planes[0].shape
        return max(1, min(round(columns / _SMALL_COLUMNS), rows))

    def _small(self, planes: Planes) -> NDArray[np.uint8]:
        rows, columns = planes[0].shape
        factor = self._small_px(planes)
        small = np.empty((rows // factor, columns // factor), np.uint8)
        shrink(planes[0], factor, self._bits - 8, small)
        return small


def _is_still(now: NDArray[np.uint8], then: NDArray[np.uint8]) -> bool:
    return bool(np.count_nonzero(cv2.absdiff(now, then) > _SMALL_CHANGE) < _STILL_SHARE * now.size)


def _usual(flow: _Flow, small_px: int) -> tuple[int, int]:
    """The motion of most of the source, in its pixels."""
    if flow.size == 0:
        return 0, 0
    # Medians; NumPy's own function takes ten times as long for so few numbers.
    ordered = np.sort(flow[::4, ::4].reshape(-1, 2).T.copy(), axis=1)
    number = ordered.shape[1]
    across, down = (ordered[:, (number - 1) // 2] + ordered[:, number // 2]) / 2 * small_px
    return round(float(across)), round(float(down))


def _of_one_layout(planes: Planes) -> Planes:
    """Compiled loops go over planes of one type; a decoder may pad the rows of chroma only."""
    if len({(plane.flags.c_contiguous, plane.flags.writeable) for plane in planes}) == 1:
        return planes
    first, second, third = (np.array(plane, order="C") for plane in planes)
    return first, second, third

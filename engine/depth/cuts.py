"""Where a new shot begins, told from the frames so far only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_THUMBNAIL = (48, 27)
_REACH = (7, 4)
"""How far a pan may move the thumbnail from one frame to the next, in its pixels."""
_CONTRAST = 0.01
"""A picture with less (of 1) shows nothing: black, white, the height of a flash."""
_STANDS_STILL = 0.012
_LEAST_SHARE = 0.3
"""Something must change in so much of the picture: captions and small pictures in it do not cut."""
_WHOLE, _ALL_OVER = 0.8, 0.75
# Chosen on films with hard cuts, pans, fast action, fades and split screens: two shots look alike by chance up to a
# correlation of 0.55, the fastest motion keeps 0.6. `change` is in units of the pictures' contrast.
_UNLIKE, _CHANGED = 0.6, 0.75
_MIXED = 0.3
_LEAST_CHANGE = 0.015
_TIMES_USUAL = 2.0

_SPECK = np.ones((3, 3), np.uint8)

_Thumbnail = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Difference:
    likeness: float
    """Best correlation over all shifts of a pan, -1..1; light and contrast do not matter."""
    change: float
    """Mean absolute difference in units of contrast."""
    amount: float
    """Mean absolute difference of the whole pictures, of 1."""


class CutDetector:
    """Compares every frame with the one before it: a new shot changes much, and no shift of the old one explains it.

    A fade, a lamp or a flash changes light and contrast, but not what lies beside what. Where the picture stands still
    (bars, one half of a split screen) it has no say. Across black or white frames, what comes after them is compared
    with what was before them.
    """

    def __init__(self) -> None:
        self._before: _Thumbnail | None = None
        self._before_that: _Thumbnail | None = None
        self._was_empty = False
        self._usual_change = 0.0
        self._epoch = -1

    def is_cut(self, luma: NDArray[Any], max_value: int, epoch: int = 0) -> bool:
        """Whether this frame begins a shot; always True for the first frame and after a seek.

        Args:
            luma: (h, w) a small luma plane, uint8 or uint16.
            max_value: the largest code value of its format.
            epoch: Frame.epoch.
        """
        small = cv2.resize(luma, _THUMBNAIL, interpolation=cv2.INTER_AREA)
        now = np.asarray(small, dtype=np.float32) / np.float32(max_value)
        if epoch != self._epoch:
            self._epoch = epoch
            self._remember(now, is_empty=_is_empty(now), is_cut=True)
            return True
        is_empty, is_cut = _is_empty(now), False
        if not is_empty and self._before is not None:
            is_cut = self._differs(now, self._before)
        self._remember(now, is_empty=is_empty, is_cut=is_cut)
        return is_cut

    def _differs(self, now: _Thumbnail, before: _Thumbnail) -> bool:
        if _is_empty(before):
            # The film began with nothing.
            return True
        new = _compared(before, now)
        if new is None:
            return False
        if self._was_empty:
            return new.likeness < _UNLIKE
        is_unusual = new.amount > max(_LEAST_CHANGE, _TIMES_USUAL * self._usual_change)
        self._usual_change += 0.25 * (new.amount - self._usual_change)
        if new.likeness < _UNLIKE and new.change > _CHANGED and is_unusual:
            return True
        if self._before_that is None or not is_unusual:
            return False
        # Converting frame rates leaves a mixture of both shots between them, which is half like either.
        whole = _compared(self._before_that, now)
        if whole is None or whole.likeness >= _UNLIKE or whole.change <= _CHANGED:
            return False
        return _is_mixture(before, self._before_that, now)

    def _remember(self, now: _Thumbnail, *, is_empty: bool, is_cut: bool) -> None:
        if is_cut:
            self._usual_change = 0.0
        self._was_empty = is_empty
        if not is_empty or self._before is None or is_cut:
            self._before_that = None if is_cut else self._before
            self._before = now


def _is_empty(thumbnail: _Thumbnail) -> bool:
    return float(thumbnail.std()) < _CONTRAST


def _is_mixture(between: _Thumbnail, first: _Thumbnail, second: _Thumbnail) -> bool:
    """Whether one picture is nearly a weighted mean of two others."""
    step = second - first
    share = float(np.vdot(between - first, step)) / max(float(np.vdot(step, step)), 1e-9)
    left = np.abs(between - first - np.float32(share) * step).mean()
    return 0.15 < share < 0.85 and float(left) < _MIXED * float(np.abs(step).mean()) * min(share, 1 - share)


def _compared(before: _Thumbnail, now: _Thumbnail) -> _Difference | None:
    """How the part of the picture that changes has changed; None if it is too small to tell."""
    difference = np.abs(now - before)
    # A line that appears in the other half of the picture does not count.
    moves = cv2.morphologyEx((difference > _STANDS_STILL).astype(np.uint8), cv2.MORPH_OPEN, _SPECK)
    rows, columns = (np.flatnonzero(moves.mean(axis=axis) > 0.1) for axis in (1, 0))
    if rows.size == 0 or columns.size == 0:
        return None
    part = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    height, width = difference[part].shape
    share = height * width / difference.size
    # A part of the picture that is cut to something else changes all over; where something flies past, not quite.
    if share < _LEAST_SHARE or (share < _WHOLE and moves[part].mean() < _ALL_OVER):
        return None
    contrast = 0.5 * float(before[part].std() + now[part].std())
    if contrast < 1e-4:
        return None
    reach_x, reach_y = min(_REACH[0], width // 6), min(_REACH[1], height // 6)
    inner = np.ascontiguousarray(now[part][reach_y : height - reach_y, reach_x : width - reach_x])
    correlation = cv2.matchTemplate(np.ascontiguousarray(before[part]), inner, cv2.TM_CCOEFF_NORMED)
    return _Difference(
        likeness=float(correlation.max()),
        change=float(difference[part].mean()) / contrast,
        amount=float(difference.mean()),
    )

"""Making single-frame estimates hold still: one scale per shot, averages along motion, a range that breathes slowly.

All of it is causal: no frame waits for a later one.
"""

from __future__ import annotations

import math
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.depth.motion import Motion, MotionFinder, eight_bit

Map = NDArray[np.float32]

_STRIDE = 3
"""Scales are fitted on every third sample of every third row."""
_FITTINGS = 3
_LARGEST_RESCALE = 2.0
_PERCENTILE_SAMPLES = 16384
_NEARBY, _PATCH = (9, 9), (5, 5)
_MOVES_PX = 0.5
_FLICKER, _LOST = 0.15, 0.35
"""Shares of the map's spread: up to the one a difference is flicker, from the other on the carried map is wrong."""


class Stabiliser:
    """Averages each map with the ones before it, moved along with the picture and brought to the same scale.

    Where the picture shows what it showed before, up to `most` maps are averaged, fewer where things move fast: motion
    is never known exactly. Where the picture has changed, what is new counts alone, so that edges do not lag.

    Relative networks choose scale and shift anew in every frame. Each new map is therefore fitted to the carried one,
    and the result moves towards the scale of the new one by a `leak`, so that many fits cannot drift away.
    """

    def __init__(self, *, most: float = 10.0, slowing: float = 0.3, leak: float = 0.05) -> None:
        """Start with no memory.

        Args:
            most: how many maps are averaged where nothing moves.
            slowing: how much sooner the past is forgotten for every pixel of motion between two maps.
            leak: share of the way to a new map's own scale and shift that is gone in a frame.
        """
        self._most, self._slowing, self._leak = most, slowing, leak
        self._finder = MotionFinder()
        self._map: Map | None = None
        self._count: Map | None = None
        self._luma: NDArray[np.uint8] | None = None

    def steady(self, raw: Map, luma: NDArray[Any], max_value: int, *, is_cut: bool) -> Map:
        """The map with what the maps before it knew.

        Args:
            raw: (h, w) float32, any scale and shift, larger is nearer. One that is not finite is passed over: what is
                known is moved along, and without anything known all is 0.
            luma: (h, w) the picture it was estimated from, in code values.
            max_value: the largest code value.
            is_cut: forget the shot before.

        Returns:
            (h, w) float32 in about the scale of the shot's maps; not changed later.
        """
        now = eight_bit(luma, max_value)
        is_finite = bool(np.isfinite(raw).all())
        before, count, luma_before = self._map, self._count, self._luma
        if before is None or count is None or luma_before is None or is_cut or before.shape != raw.shape:
            if not is_finite:
                # The next map begins the shot: one without relief is nothing to average with.
                self._map = None
                return np.zeros_like(raw)
            steadied, self._count = raw, np.ones_like(raw)
        else:
            motion = self._finder.find(luma_before, now)
            carried = motion.fetch(before, keep_sharp=True)
            steadied = carried
            if is_finite:
                fetched_count = motion.fetch(count)
                scale, shift = _fit(raw, carried, motion.trust, fetched_count)
                aligned = raw * np.float32(scale) + np.float32(shift)
                steadied, self._count = self._averaged(aligned, carried, fetched_count, motion)
                _move_scale(steadied, 1.0 / scale, -shift / scale, self._leak)
        # A live source may use its buffers again.
        self._map, self._luma = steadied, now.copy()
        return steadied

    def _averaged(self, new: Map, carried: Map, count: Map, motion: Motion) -> tuple[Map, Map]:
        length = motion.length()
        limit = self._most / (1.0 + self._slowing * length)
        count = np.maximum(np.minimum(count * motion.trust, limit - 1.0), 0.0) + np.float32(1.0)
        # Beside what moves, a difference between the maps is more likely lost motion than flicker.
        moves = np.clip(cv2.blur(length, _NEARBY) - _MOVES_PX, 0.0, 1.0)
        low, high = np.percentile(new[::_STRIDE, ::_STRIDE], (5, 95))
        difference = np.abs(cv2.blur(new - carried, _PATCH)) / np.float32(max(float(high - low), 1e-9))
        wrong = np.clip((difference - _FLICKER) / (_LOST - _FLICKER), 0.0, 1.0) * moves
        share = np.maximum(1.0 / count, wrong).astype(np.float32)
        return carried + (new - carried) * share, 1.0 / share


def _move_scale(values: Map, scale: float, shift: float, share: float) -> None:
    """Go that share of the way to `scale * values + shift`, in place and everywhere alike: the scale by factors."""
    middle = float(np.median(values[::_STRIDE, ::_STRIDE]))
    part = scale**share
    moved = middle + share * (scale * middle + shift - middle)
    values *= np.float32(part)
    values += np.float32(moved - part * middle)


def _fit(new: Map, carried: Map, trust: Map, count: Map) -> tuple[float, float]:
    """Scale and shift from the new map to the carried one; what fits badly counts less and less.

    Both are noisy, the carried one less by what it averages (Deming's regression). Plain least squares would flatten
    what is noisy, a little more in every frame.
    """
    sample = (slice(1, None, _STRIDE), slice(1, None, _STRIDE))
    x, y, trusted = (values[sample].ravel().astype(np.float64) for values in (new, carried, trust + np.float32(1e-3)))
    quieter = 1.0 / max(float(np.median(count[sample])), 1.0)
    weight, scale, shift = trusted, 1.0, 0.0
    for _ in range(_FITTINGS):
        total = float(weight.sum())
        if total <= 0:
            break
        mean_x, mean_y = float(weight @ x) / total, float(weight @ y) / total
        dx, dy = x - mean_x, y - mean_y
        xx, yy, xy = float(weight @ (dx * dx)), float(weight @ (dy * dy)), float(weight @ (dx * dy))
        # Two maps that disagree about what is near have no common scale.
        scale = 1.0
        if xy > 1e-3 * math.sqrt(xx * yy) > 0:
            more = yy - quieter * xx
            scale = (more + math.sqrt(more * more + 4.0 * quieter * xy * xy)) / (2.0 * xy)
        scale = min(max(scale, 1 / _LARGEST_RESCALE), _LARGEST_RESCALE)
        shift = mean_y - scale * mean_x
        error = np.abs(scale * x + shift - y)
        reach = 4.5 * float(np.median(error)) + 1e-9
        weight = trusted * np.maximum(1.0 - (error / reach) ** 2, 0.0)
    return scale, shift


class RangeNormaliser:
    """Maps relative disparity to 0..1 by a robust range that widens quickly, narrows slowly, and never clips.

    The range lies within `headroom` of either end. What is beyond it is squeezed into the rest, so that something new
    and near keeps its relief and stays in front of everything else while the range follows. A shot that begins flat has
    no range yet, and takes that of the first map with relief.
    """

    def __init__(
        self,
        *,
        widen: float = 0.35,
        narrow: float = 0.03,
        percentiles: tuple[float, float] = (1.0, 99.0),
        headroom: float = 0.02,
    ) -> None:
        """Start without a range.

        Args:
            widen: how much of the way to a wider range is gone in a frame, 0..1; a cut goes all of it.
            narrow: likewise to a narrower one: what leaves the picture must not pump what stays.
            percentiles: between which the range lies.
            headroom: share of 0..1 at either end for what is beyond the range.
        """
        self._widen, self._narrow = widen, narrow
        self._percentiles = percentiles
        self._headroom = headroom
        self._range: tuple[float, float] | None = None

    def normalise(self, disparity: Map, *, is_cut: bool) -> Map:
        """The map in 0..1; a map without any relief becomes 0.5 everywhere.

        Args:
            disparity: (h, w) float32, finite, any scale and offset, larger is nearer.
            is_cut: forget the range of the shot before.
        """
        low, high = self._follow(disparity, is_cut)
        span = high - low
        if span <= 1e-6 * max(abs(low), abs(high), 1e-6):
            return np.full_like(disparity, 0.5)
        room = np.float32(self._headroom)
        slope = (1.0 - 2.0 * self._headroom) / span
        scaled = disparity * np.float32(slope) + np.float32(self._headroom - low * slope)
        near, far = scaled > 1 - room, scaled < room
        scaled[near] = _squeezed(scaled[near] - (1 - room), room) + (1 - room)
        scaled[far] = room - _squeezed(room - scaled[far], room)
        return np.clip(scaled, 0.0, 1.0, out=scaled)

    def _follow(self, disparity: Map, is_cut: bool) -> tuple[float, float]:
        stride = max(1, round(math.sqrt(disparity.size / _PERCENTILE_SAMPLES)))
        sample = disparity[stride // 2 :: stride, stride // 2 :: stride]
        low, high = (float(value) for value in np.percentile(sample, self._percentiles))
        if self._range is not None and not is_cut and self._range[0] < self._range[1]:
            old_low, old_high = self._range
            low = old_low + (self._widen if low < old_low else self._narrow) * (low - old_low)
            high = old_high + (self._widen if high > old_high else self._narrow) * (high - old_high)
        self._range = (low, high)
        return low, high


def _squeezed(beyond: Map, room: np.float32) -> Map:
    """0 to infinity into 0 to room, beginning with slope 1."""
    return np.asarray(room * beyond / (room + beyond), dtype=np.float32)

"""Where the screen cuts through the depth of a shot: chosen from what is there, moved slowly, never to and fro.

The plane is a disparity, 0..1. All of it is causal and follows timestamps only, so a film always gives the same planes.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_GRID = (64, 36)
# A third of the picture off the middle, where photographers like to have people, still counts three quarters.
_CENTRE_SIGMA = 0.22
_NEAR, _FAR = 98.0, 2.0
# Near things leave the screen by at most this share of the budget: more is tiring, and they are cut by the frame.
_MOST_IN_FRONT = 0.6
# Whatever passes in front of the camera for less than half of this does not move the screen.
_MEMORY_S = 2.0
_LONGEST_MEMORY = 240
_START_BEYOND, _STOP_WITHIN = 0.05, 0.005
_SLEW_PER_SECOND = 0.25
_SLEW_PERCENT_PER_SECOND = 0.5
_STRENGTH_SLEW_PER_SECOND = 0.25
_HURRY = 4.0
_USUAL_FRAME_S = 1.0 / 30.0


def _centre_weights() -> NDArray[np.float64]:
    """(rows, columns) of the grid: how likely it is that one looks there."""
    rows, columns = np.mgrid[-1 : 1 : _GRID[1] * 1j, -1 : 1 : _GRID[0] * 1j] / 2
    return np.asarray(np.exp(-(rows**2 + columns**2) / (2 * _CENTRE_SIGMA**2)))


_WEIGHTS = _centre_weights()


@dataclass(frozen=True, slots=True)
class ComfortLimits:
    """The most parallax that is comfortable, in percent of the picture width, both positive."""

    front: float = 2.5
    """In front of the screen."""
    behind: float = 4.0
    """Behind the screen: 63 mm, where eyes begin to diverge, on a screen 1.6 m wide."""


@dataclass(frozen=True, slots=True)
class Relief:
    """What a map holds, in its own unit, larger is nearer."""

    far: float
    near: float
    """Nearer than all but the last two hundredths of the picture."""
    subject: float
    """What one looks at: the mean of what is near the middle of the picture, in which near things count more."""

    @classmethod
    def of(cls, values: NDArray[Any]) -> Relief:
        """Look at a map.

        The subject is a mean and not the peak of the histogram: it cannot jump from one thing to another.

        Args:
            values: (H, W) float32, finite; disparity or parallax.
        """
        small = cv2.resize(values, _GRID, interpolation=cv2.INTER_NEAREST)
        far, near = (float(value) for value in np.percentile(small, (_FAR, _NEAR)))
        if near <= far:
            return cls(far=far, near=far, subject=far)
        nearness = np.clip((small - far) / (near - far), 0.0, 1.0)
        weight = _WEIGHTS * nearness
        share = float((weight * nearness).sum() / max(float(weight.sum()), 1e-9))
        return cls(far=far, near=near, subject=far + share * (near - far))

    def turned(self) -> Relief:
        """With near and far exchanged, as negative strength shows it; disparity 0..1 only."""
        return Relief(far=1.0 - self.near, near=1.0 - self.far, subject=1.0 - self.subject)


@dataclass(frozen=True, slots=True)
class Placement:
    """Where the screen is."""

    plane: float
    """The disparity that has no parallax."""
    strength: float
    """Percent of the width: what was asked for, or less where the limits leave no room."""
    is_limited: bool = False
    """Whether the limits had a say: without them the plane or the strength would be another."""


def place(relief: Relief, strength: float, limits: ComfortLimits) -> Placement:
    """Where one picture, without a before, wants the screen.

    Args:
        relief: of disparity, 0..1.
        strength: percent of the width; negative turns near and far.
        limits: kept between `relief.far` and `relief.near`.
    """
    if strength < 0:
        turned = place(relief.turned(), -strength, limits)
        return Placement(1.0 - turned.plane, -turned.strength, turned.is_limited)
    wanted = max(relief.subject, relief.near - _MOST_IN_FRONT)
    room = limits.front + limits.behind
    used = strength * (relief.near - relief.far)
    strength_now = strength * room / used if used > room else strength
    if strength_now <= 0:
        return Placement(wanted, strength_now)
    lowest, highest = _bounds(relief, strength_now, limits)
    plane = min(max(wanted, lowest), highest)
    return Placement(plane, strength_now, is_limited=used > room or plane != wanted)


class AutoConvergence:
    """Moves the screen plane, and lowers the strength where limits ask for it.

    At a cut both are set anew. Within a shot they follow the median of the last two seconds, so that nothing that only
    crosses the picture moves them; they stay until that median has left a margin, and then move slowly. Where a limit
    is exceeded at this very moment they move four times as fast, margin or not.

    Args:
        limits: see ComfortLimits.
    """

    def __init__(self, limits: ComfortLimits) -> None:
        self.limits = limits
        self._memory: deque[tuple[float, float, float, float]] = deque(maxlen=_LONGEST_MEMORY)
        self._plane: float | None = None
        self._share = 1.0
        self._is_moving = False
        self._last_s: float | None = None
        self._clock_s = 0.0

    def start_from(self, plane: float) -> None:
        """The screen was put there by hand: follow from there, from the next frame on.

        What was seen before, and the time until then, do not count: the screen would leap to make up for them.
        """
        self._plane, self._share, self._is_moving = plane, 1.0, False
        self._memory.clear()
        self._last_s = None

    def follow(self, relief: Relief, strength: float, *, time_s: float | None, is_cut: bool) -> Placement:
        """The placement of the next frame.

        Args:
            relief: of its disparity, 0..1.
            strength: percent of the width that is asked for; may change at any time.
            time_s: of the frame; None is one frame later.
            is_cut: a shot begins with it.
        """
        passed_s = self._passed(time_s)
        if is_cut:
            self._memory.clear()
        self._remember(relief, passed_s)
        _, far, near, subject = (float(value) for value in np.median(np.array(self._memory), axis=0))
        target = place(Relief(far, near, subject), strength, self.limits)
        if strength == 0:
            return Placement(target.plane if self._plane is None else self._plane, 0.0)
        if self._plane is None or is_cut:
            self._plane, self._share, self._is_moving = target.plane, target.strength / strength, False
            return target
        self._move_strength(relief, strength, target, passed_s)
        is_pushed = self._move_plane(relief, strength * self._share, target, passed_s)
        is_limited = is_pushed or target.is_limited or self._share < 1.0
        return Placement(self._plane, strength * self._share, is_limited)

    def _passed(self, time_s: float | None) -> float:
        passed_s = _USUAL_FRAME_S if time_s is None or self._last_s is None else max(time_s - self._last_s, 0.0)
        self._last_s = time_s
        self._clock_s += passed_s
        return passed_s

    def _remember(self, relief: Relief, passed_s: float) -> None:
        if self._memory and passed_s == 0.0:
            # The same picture again: while it stands still it must not outvote what was before.
            return
        self._memory.append((self._clock_s, relief.far, relief.near, relief.subject))
        while self._memory[0][0] < self._clock_s - _MEMORY_S:
            self._memory.popleft()

    def _move_strength(self, relief: Relief, strength: float, target: Placement, passed_s: float) -> None:
        room = (self.limits.front + self.limits.behind) / max(abs(strength) * (relief.near - relief.far), 1e-9)
        hurry = _HURRY if self._share > room else 1.0
        wanted = min(target.strength / strength, room)
        self._share = _step(self._share, wanted, hurry * _STRENGTH_SLEW_PER_SECOND * passed_s)

    def _move_plane(self, relief: Relief, strength: float, target: Placement, passed_s: float) -> bool:
        """Whether a limit has moved it."""
        assert self._plane is not None
        slew = min(_SLEW_PER_SECOND, _SLEW_PERCENT_PER_SECOND / max(abs(strength), 1e-9)) * passed_s
        lowest, highest = _plane_bounds(relief, strength, self.limits)
        # Where both limits cannot be kept the one behind the screen is: eyes cross better than they diverge.
        allowed = min(max(self._plane, lowest), highest)
        if allowed != self._plane:
            self._plane = _step(self._plane, allowed, _HURRY * slew)
            return True
        distance = abs(target.plane - self._plane)
        self._is_moving = distance > (_STOP_WITHIN if self._is_moving else _START_BEYOND)
        if self._is_moving:
            self._plane = min(max(_step(self._plane, target.plane, slew), lowest), highest)
        return False


def _bounds(relief: Relief, strength: float, limits: ComfortLimits) -> tuple[float, float]:
    """Between which planes both limits are kept; where that is impossible the first is the larger."""
    return relief.near - limits.front / strength, relief.far + limits.behind / strength


def _plane_bounds(relief: Relief, strength: float, limits: ComfortLimits) -> tuple[float, float]:
    if strength > 0:
        return _bounds(relief, strength, limits)
    lowest, highest = _bounds(relief.turned(), max(-strength, 1e-9), limits)
    return 1.0 - highest, 1.0 - lowest


def _step(value: float, wanted: float, most: float) -> float:
    return value + min(max(wanted - value, -most), most)

"""How comfortable a film was to look at: parallax, what the frame cut off, how the screen moved, jumps at cuts.

Everything is in percent of the picture width, positive in front of the screen, whatever the size of the film.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engine.stereo.convergence import ComfortLimits, Placement

PERCENTILES = (1, 5, 50, 95, 99)
VIOLATION_PERCENT = 0.25
"""What stands farther in front of the screen than this at the left or right border, one sees cut off in the air."""
JUMP_PERCENT = 1.0
"""More than this from one shot to the next, and eyes must search for the subject."""
_BORDER_ROWS = 0.05
"""Of the rows of a border, how many may do so unnoticed."""
_ROWS_LOOKED_AT = 0.8
"""From the top: below, it is mostly the ground, which the lower border cuts as well, and nobody minds."""
_BORDER_COLUMNS = 0.01
_RANGE, _BIN = 25.0, 0.01
_SAMPLES_ACROSS = 240


@dataclass(frozen=True, slots=True, kw_only=True)
class ComfortReport:
    """A run in numbers, as `--report` writes them."""

    frames: int
    parallax_percent: dict[str, float]
    """p1 (far behind the screen) to p99 (far in front of it), over all pixels of all frames."""
    limits_percent: dict[str, float]
    """front, behind: what was kept to, or would have been."""
    strength_percent: dict[str, float]
    """mean, least and most: lower than what was asked for where the limits left no room."""
    frames_limited: int
    """Frames whose screen plane or strength would be another without the limits."""
    frames_beyond_limits: int
    """Frames of which more than a hundredth is beyond a limit all the same: the plane was set by hand, or was late."""
    window_violations: dict[str, float]
    """share of frames with near things cut by the left or right border; worst_percent: how far in front."""
    convergence: dict[str, float]
    """The disparity on the screen: mean, least, most; fastest_percent_per_s: how fast parallax changed by its moves."""
    cuts: dict[str, float]
    """count; jumps: how many moved the subject by more than a percent; mean_jump_percent, worst_jump_percent."""


class ComfortMeter:
    """Looks at every frame's parallax, coarsely. One thread.

    Args:
        limits: what is comfortable.
    """

    def __init__(self, limits: ComfortLimits) -> None:
        self._limits = limits
        self.reset()

    def reset(self) -> None:
        """Forget everything: it was only a rehearsal."""
        self._counts = np.zeros(round(2 * _RANGE / _BIN) + 1, np.int64)
        self._frames = self._limited = self._beyond = self._violated = 0
        self._worst_border = 0.0
        self._planes, self._strengths = _Spread(), _Spread()
        self._fastest = 0.0
        self._jumps: list[float] = []
        self._before: tuple[float | None, float, float] | None = None

    def add(
        self,
        parallax_px: NDArray[Any],
        placement: Placement,
        *,
        subject_px: float,
        time_s: float | None,
        is_cut: bool,
    ) -> None:
        """Count one frame.

        Args:
            parallax_px: (H, W) float32, finite.
            placement: where its screen is.
            subject_px: parallax of what one looks at.
            time_s: of the frame, if it has a time.
            is_cut: a shot begins with it.
        """
        width = parallax_px.shape[1]
        percent = 100.0 / width
        counts = _histogram(parallax_px, percent)
        self._counts += counts
        low, high = _percentiles(counts, (1, 99))
        self._frames += 1
        self._limited += placement.is_limited
        # A bin's width of grace: a plane that lies exactly on a limit keeps to it.
        self._beyond += high > self._limits.front + 2 * _BIN or low < -self._limits.behind - 2 * _BIN
        border = percent * max(border_parallax(parallax_px))
        self._violated += border > VIOLATION_PERCENT
        self._worst_border = max(self._worst_border, border)
        self._follow(placement, percent * subject_px, time_s, is_cut=is_cut)

    def as_json(self) -> dict[str, Any] | None:
        """The report in JSON's types; None before the first frame."""
        report = self.report()
        return None if report is None else asdict(report)

    def report(self) -> ComfortReport | None:
        """What was seen so far; None before the first frame."""
        if not self._frames:
            return None
        limits = asdict(self._limits)
        values = _percentiles(self._counts, PERCENTILES)
        sizes = [abs(jump) for jump in self._jumps]
        return ComfortReport(
            frames=self._frames,
            parallax_percent={f"p{q}": round(value, 3) for q, value in zip(PERCENTILES, values, strict=True)},
            limits_percent=limits,
            strength_percent=self._strengths.as_json(),
            frames_limited=self._limited,
            frames_beyond_limits=self._beyond,
            window_violations={
                "share": round(self._violated / self._frames, 4),
                "worst_percent": round(self._worst_border, 3),
            },
            convergence=self._planes.as_json() | {"fastest_percent_per_s": round(self._fastest, 3)},
            cuts={
                "count": len(sizes),
                "jumps": sum(size > JUMP_PERCENT for size in sizes),
                "mean_jump_percent": round(sum(sizes) / len(sizes), 3) if sizes else 0.0,
                "worst_jump_percent": round(max(sizes, default=0.0), 3),
            },
        )

    def _follow(self, placement: Placement, subject: float, time_s: float | None, *, is_cut: bool) -> None:
        shift = placement.strength * placement.plane
        self._planes.add(placement.plane)
        self._strengths.add(placement.strength)
        if self._before is not None:
            last_s, last_shift, last_subject = self._before
            if is_cut:
                self._jumps.append(subject - last_subject)
            elif time_s is not None and last_s is not None and time_s > last_s:
                self._fastest = max(self._fastest, abs(shift - last_shift) / (time_s - last_s))
        self._before = (time_s, shift, subject)


def border_parallax(parallax_px: NDArray[Any]) -> tuple[float, float]:
    """How far in front of the screen things are that the (left, right) border cuts, in pixels; 0 where none is.

    What all but the nearest twentieth of a border's rows does not exceed, the lowest fifth left out.
    """
    columns = max(1, math.ceil(_BORDER_COLUMNS * parallax_px.shape[1]))
    return _near_rows(parallax_px[:, :columns]), _near_rows(parallax_px[:, -columns:])


def _near_rows(strip: NDArray[Any]) -> float:
    height = max(1, round(_ROWS_LOOKED_AT * len(strip)))
    rows = strip[: height : max(1, len(strip) // 270), :: max(1, strip.shape[1] // 4)].mean(axis=1)
    return max(0.0, float(np.quantile(rows, 1.0 - _BORDER_ROWS)))


def _histogram(parallax_px: NDArray[Any], percent: float) -> NDArray[np.int64]:
    step = max(1, parallax_px.shape[1] // _SAMPLES_ACROSS)
    scaled = parallax_px[::step, ::step] * np.float32(percent / _BIN) + np.float32(_RANGE / _BIN + 0.5)
    last = round(2 * _RANGE / _BIN)
    return np.bincount(np.clip(scaled, 0, last).astype(np.intp).ravel(), minlength=last + 1)


def _percentiles(counts: NDArray[np.int64], percentiles: Sequence[int]) -> list[float]:
    share = np.cumsum(counts)
    bins = np.searchsorted(share, np.asarray(percentiles) / 100.0 * share[-1])
    return [float(index) * _BIN - _RANGE for index in bins]


class _Spread:
    """Mean and range of what is added."""

    def __init__(self) -> None:
        self._count, self._sum = 0, 0.0
        self._least, self._most = math.inf, -math.inf

    def add(self, value: float) -> None:
        self._count += 1
        self._sum += value
        self._least, self._most = min(self._least, value), max(self._most, value)

    def as_json(self) -> dict[str, float]:
        mean = self._sum / max(self._count, 1)
        return {"mean": round(mean, 4), "least": round(self._least, 4), "most": round(self._most, 4)}

"""How still a fill stands: a picture that does not move, filmed without grain and with it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.fillers import Filler, played
from benchmarks.quality.holes import HoleCase, refilmed

FRAMES = 3
GRAIN = 3.0
"""Standard deviation of the grain in code values of 255, alike in all channels."""
_SEED = 4

STILL_UNITS = MappingProxyType({"static_change": "code values", "grain_change": "code values"})
"""static_change: the largest change of any hole pixel from frame to frame without grain: anything but 0 flickers.
grain_change: the mean change of hole pixels with grain."""


def stillness(case: HoleCase, fillers: Mapping[str, Filler]) -> dict[str, dict[str, float]]:
    """Play a case as a still shot of three frames through each filler, twice.

    Returns:
        Filler -> metrics of STILL_UNITS; and `source` -> the change of the picture itself, in all its pixels.
    """
    clean = [refilmed(case, case.source, index) for index in range(FRAMES)]
    grainy = [refilmed(case, picture, index) for index, picture in enumerate(_grainy(case.source))]
    everywhere = np.ones(case.hole.shape, bool)
    found = {"source": {"grain_change": _change([frame.source for frame in grainy], everywhere)[0]}}
    for name, fill in fillers.items():
        _, largest = _change(played(fill, clean), case.hole)
        mean, _ = _change(played(fill, grainy), case.scored)
        found[name] = {"static_change": largest, "grain_change": mean}
    return found


def _grainy(picture: NDArray[np.uint8]) -> Iterator[NDArray[np.uint8]]:
    rng = np.random.default_rng(_SEED)
    for _ in range(FRAMES):
        grain = rng.normal(0, GRAIN, (*picture.shape[:2], 1))
        yield np.clip(np.rint(picture + grain), 0, 255).astype(np.uint8)


def _change(frames: list[NDArray[np.uint8]], where: NDArray[np.bool_]) -> tuple[float, float]:
    """Mean and largest difference between frames that follow each other."""
    steps = np.abs(np.diff(np.stack([frame[where].astype(np.int16) for frame in frames]), axis=0))
    return float(steps.mean()), float(steps.max())

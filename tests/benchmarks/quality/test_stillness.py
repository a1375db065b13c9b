from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.fillers import FREE_FILLERS, network_fillers
from benchmarks.quality.holes import HoleCase
from benchmarks.quality.stillness import GRAIN, stillness
from engine.inference.artifact import Artifact

MakeCase = Callable[..., HoleCase]


def flickering(case: HoleCase) -> NDArray[np.uint8]:
    """Another grey in every frame."""
    filled = case.warped.copy()
    filled[case.hole] = 100 + 7 * case.frame.index
    return filled


def test_what_stands_and_what_flickers(make_case: MakeCase, green_painter: Artifact) -> None:
    fillers = {"flicker": flickering, "net": network_fillers(green_painter, threads=1)["net"], **FREE_FILLERS}
    found = stillness(make_case(), fillers)
    assert found["flicker"] == {"static_change": 7.0, "grain_change": 7.0}
    assert all(found[name]["static_change"] == 0 for name in ("net", "background", "mirror", "telea", "ns"))
    # A network that paints plain green does not pass the grain on, the row it continues does.
    assert found["net"]["grain_change"] == 0
    two_frames = GRAIN * 2 / np.pi**0.5
    assert abs(found["source"]["grain_change"] / two_frames - 1) < 0.1
    assert 0.5 < found["background"]["grain_change"] / two_frames < 1.5

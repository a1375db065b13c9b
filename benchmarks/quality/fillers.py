"""Ways to fill holes: the engine's own, what everybody has at hand, and the two that do nothing."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.holes import HoleCase, right_eye
from benchmarks.quality.pictures import rgb_of
from engine.inference import Session, open_session
from engine.inference.artifact import Artifact
from engine.stereo import NetworkInfill

Filler = Callable[[HoleCase], NDArray[np.uint8]]
"""A case -> the right eye (H, W, 3) with its holes filled."""

BASELINES = ("background", "mirror", "telea", "ns")
"""What a network has to beat."""
_RADIUS = 3


def background(case: HoleCase) -> NDArray[np.uint8]:
    """The engine's `--infill stretch`: the colour of the farther edge, row by row."""
    return case.warped


def mirror(case: HoleCase) -> NDArray[np.uint8]:
    """What lies beyond the farther edge, mirrored at that edge, row by row."""
    filled = case.warped.copy()
    width = case.hole.shape[1]
    for row in np.flatnonzero(case.hole.any(axis=1)):
        steps = np.diff(case.hole[row].astype(np.int8), prepend=0, append=0)
        for start, stop in zip(np.flatnonzero(steps == 1), np.flatnonzero(steps == -1), strict=True):
            columns = np.arange(start, stop)
            after_is_farther = start == 0 or (
                stop < width and case.parallax_px[row, stop] <= case.parallax_px[row, start - 1]
            )
            beyond = 2 * stop - 1 - columns if after_is_farther else 2 * start - 1 - columns
            filled[row, start:stop] = case.warped[row, np.clip(beyond, 0, width - 1)]
    return filled


def telea(case: HoleCase) -> NDArray[np.uint8]:
    """OpenCV's fast marching."""
    return _inpainted(case, cv2.INPAINT_TELEA)


def navier_stokes(case: HoleCase) -> NDArray[np.uint8]:
    """OpenCV's fluid dynamics."""
    return _inpainted(case, cv2.INPAINT_NS)


def black(case: HoleCase) -> NDArray[np.uint8]:
    """The engine's `--infill none`."""
    return rgb_of(right_eye(case.frame, "none").planes)


def identity(case: HoleCase) -> NDArray[np.uint8]:
    """No stereo at all: the source as it is."""
    return case.source


FREE_FILLERS = MappingProxyType(
    {
        "background": background,
        "mirror": mirror,
        "telea": telea,
        "ns": navier_stokes,
        "black": black,
        "identity": identity,
    }
)
"""Everything that needs no network."""


def network_fillers(artifact: Artifact, threads: int | None = None) -> dict[str, Filler]:
    """The engine's infill with a network: `net` as `convert` does it, `net-only` without its short cuts.

    `net` leaves holes of one to three columns, and tiles over its budget, to the background stretch.
    """
    sessions: dict[tuple[int, ...], Session] = {}

    def opened(shape: tuple[int, int, int, int]) -> Session:
        if shape not in sessions:
            sessions[shape] = open_session(artifact, shape, threads=threads)
        return sessions[shape]

    usual = NetworkInfill(opened)
    everywhere = NetworkInfill(opened, min_width=1, max_tiles=1 << 20)
    return {"net": _painter(usual), "net-only": _painter(everywhere)}


def _painter(infill: NetworkInfill) -> Filler:
    return lambda case: rgb_of(right_eye(case.frame, infill).planes)


def _inpainted(case: HoleCase, method: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.inpaint(case.warped, case.hole.astype(np.uint8), _RADIUS, method), np.uint8)

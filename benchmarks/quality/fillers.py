"""Ways to fill holes: the engine's own, what everybody has at hand, and the two that do nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import MappingProxyType

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.holes import HoleCase, rendered_eye, stereo_stage
from benchmarks.quality.pictures import rgb_of
from engine.inference import Session, open_session
from engine.inference.artifact import Artifact
from engine.stereo import NetworkInfill

Filler = Callable[[HoleCase], NDArray[np.uint8]]
"""A case -> its eye (H, W, 3) with the holes filled."""

BASELINES = ("background", "mirror", "telea", "ns")
"""What a network has to beat."""
UNFILLED = ("black", "identity")
"""What does nothing about holes, and is judged by whole pictures only."""
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
    return rgb_of(rendered_eye(case.frame, case.eye, stereo_stage(case.eye, "none")).planes)


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


class EngineFiller:
    """The engine's stereo stage with a network, as `convert` runs it; every call is a new shot."""

    def __init__(self, painter: Callable[[], NetworkInfill]) -> None:
        """Remember how to make the painter: nothing of one scene may reach the next."""
        self._painter = painter

    def __call__(self, case: HoleCase) -> NDArray[np.uint8]:
        """A `Filler`."""
        return self.play([case])[0]

    def play(self, cases: Sequence[HoleCase]) -> list[NDArray[np.uint8]]:
        """Fill consecutive frames of one shot, with whatever the engine remembers from one to the next."""
        stage = stereo_stage(cases[0].eye, self._painter())
        return [rgb_of(rendered_eye(case.frame, case.eye, stage).planes) for case in cases]


def played(fill: Filler, cases: Sequence[HoleCase]) -> list[NDArray[np.uint8]]:
    """What a filler makes of consecutive frames of one shot."""
    return fill.play(cases) if isinstance(fill, EngineFiller) else [fill(case) for case in cases]


def network_fillers(artifact: Artifact, threads: int | None = None) -> dict[str, Filler]:
    """The engine's infill with a network: `net` as `convert` does it, `net-only` without its short cuts.

    `net` leaves slivers, and tiles over its budget, to the background stretch.
    """
    sessions: dict[tuple[int, ...], Session] = {}

    def opened(shape: tuple[int, int, int, int]) -> Session:
        if shape not in sessions:
            sessions[shape] = open_session(artifact, shape, threads=threads)
        return sessions[shape]

    return {
        "net": EngineFiller(lambda: NetworkInfill(opened)),
        "net-only": EngineFiller(lambda: NetworkInfill(opened, min_width=1, max_tiles=1 << 20)),
    }


def _inpainted(case: HoleCase, method: int) -> NDArray[np.uint8]:
    return np.asarray(cv2.inpaint(case.warped, case.hole.astype(np.uint8), _RADIUS, method), np.uint8)

"""Hole cases: a left picture warped with its true disparity by the engine's stereo stage, and what the right eye saw.

What counts as truth: disparity is not measured everywhere. For the warp an unknown pixel takes the smaller of the
nearest known disparities in its row, so that it tears like background would, but nothing that came of it is scored:
neither its own pixels in the right eye, nor holes that have it at one of their two edges. Holes at the left and right
border of the frame show what the left eye never saw; they are left out as well.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.pictures import frame_of, rgb_of
from engine.frame import Frame, View
from engine.stereo import NetworkInfill, ParallaxMapper, StereoStage
from engine.stereo.stage import TEAR_PX
from kernels import forward_splat
from training.evaluation.stereo_scenes import StereoScene


@dataclass(frozen=True, slots=True, eq=False)
class HoleCase:
    """One warped scene, ready to be painted and scored."""

    name: str
    source: NDArray[np.uint8]  # (H, W, 3) the left eye
    truth: NDArray[np.uint8]  # (H, W, 3) the right eye
    frame: Frame  # of source, with true disparity in pixels
    warped: NDArray[np.uint8]  # (H, W, 3) the right eye as warped; holes continue the background
    parallax_px: NDArray[np.float32]  # (H, W) of what is seen there; holes continue the background
    hole: NDArray[np.bool_]  # (H, W) every hole
    scored: NDArray[np.bool_]  # (H, W) holes between two surfaces whose disparity is known
    counted: NDArray[np.bool_]  # (H, W) scored holes, and surfaces whose disparity is known


def hole_case(scene: StereoScene) -> HoleCase:
    """Warp the left eye of a scene into the right one, as `convert --eyes right --parallax raw` does."""
    disparity = np.ascontiguousarray(scene.disparity_px, np.float32)
    frame = frame_of(scene.left, disparity=disparity)
    view = right_eye(frame, "stretch")
    hole = np.asarray(view.hole) > 0
    unknown = np.where(scene.known, 0, 255).astype(np.uint8)
    (doubt,) = forward_splat((unknown,), disparity, eyes=(-1.0,), tear_px=TEAR_PX, fill="surface")
    border = np.logical_and.accumulate(hole, axis=1)
    border |= np.logical_and.accumulate(hole[:, ::-1], axis=1)[:, ::-1]
    counted = (doubt.planes[0] == 0) & ~border
    return HoleCase(
        name=scene.name,
        source=scene.left,
        truth=scene.right,
        frame=frame,
        warped=rgb_of(view.planes),
        parallax_px=np.asarray(view.parallax_px),
        hole=hole,
        scored=hole & counted,
        counted=counted,
    )


def right_eye(frame: Frame, infill: NetworkInfill | str) -> View:
    """The right eye as the engine renders it, holes filled in its own way.

    Args:
        frame: with disparity in pixels.
        infill: a network painter, `stretch` or `none`.
    """
    mapper = ParallaxMapper(strength=0.0, convergence=0.0, raw=True)
    stage = StereoStage(mapper, eyes="right", infill=infill, wanted=(False, True))  # type: ignore[arg-type]
    views = stage.process(frame).views
    if views is None:
        raise ValueError("the stereo stage returned a frame without views")
    return views[1]

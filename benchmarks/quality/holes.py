"""Hole cases: a picture warped with its true disparity by the engine's stereo stage, and what the other eye saw.

What counts as truth: disparity is not measured everywhere. For the warp an unknown pixel takes the smaller of the
nearest known disparities in its row, so that it tears like background would, but nothing that came of it is scored:
neither its own pixels in the other eye, nor holes that have it at one of their two edges. Holes at the left and right
border of the frame show what the source never saw; they are left out as well.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.pictures import frame_of, rgb_of
from engine.frame import Frame, View
from engine.geometry import eye_offsets
from engine.stereo import NetworkInfill, ParallaxMapper, StereoStage
from engine.stereo.stage import TEAR_PX
from kernels import forward_splat
from training.evaluation.stereo_scenes import StereoScene

Eye = Literal["left", "right"]
"""The eye that is synthesised; the other one is the source."""


@dataclass(frozen=True, slots=True, eq=False)
class HoleCase:
    """One warped picture, ready to be painted and scored."""

    scene: str
    eye: Eye
    source: NDArray[np.uint8]  # (H, W, 3) the eye that is kept
    truth: NDArray[np.uint8]  # (H, W, 3) the eye that is synthesised
    frame: Frame  # of source, with true disparity in pixels
    warped: NDArray[np.uint8]  # (H, W, 3) the eye as warped; holes continue the background
    parallax_px: NDArray[np.float32]  # (H, W) of what is seen there; holes continue the background
    hole: NDArray[np.bool_]  # (H, W) every hole
    scored: NDArray[np.bool_]  # (H, W) holes between two surfaces whose disparity is known
    counted: NDArray[np.bool_]  # (H, W) scored holes, and surfaces whose disparity is known

    @property
    def name(self) -> str:
        """Scene and eye."""
        return f"{self.scene}/{self.eye}"


def hole_cases(scene: StereoScene) -> Iterator[HoleCase]:
    """The right eye of a scene made from the left one, and the left from the right where its disparity is known."""
    yield _hole_case(scene.name, "right", scene.left, scene.right, scene.disparity_px, scene.known)
    if scene.disparity_right_px is not None and scene.known_right is not None:
        yield _hole_case(scene.name, "left", scene.right, scene.left, scene.disparity_right_px, scene.known_right)


def _hole_case(
    name: str,
    eye: Eye,
    source: NDArray[np.uint8],
    truth: NDArray[np.uint8],
    disparity_px: NDArray[np.float32],
    known: NDArray[np.bool_],
) -> HoleCase:
    """Warp the source into the other eye, as `convert --eyes EYE --parallax raw` does."""
    disparity = np.ascontiguousarray(disparity_px, np.float32)
    frame = frame_of(source, disparity=disparity)
    view = rendered_eye(frame, eye, stereo_stage(eye, "stretch"))
    hole = np.asarray(view.hole) > 0
    unknown = np.where(known, 0, 255).astype(np.uint8)
    offset = eye_offsets(eye)[_index(eye)]
    (doubt,) = forward_splat((unknown,), disparity, eyes=(offset,), tear_px=TEAR_PX, fill="surface")
    border = np.logical_and.accumulate(hole, axis=1)
    border |= np.logical_and.accumulate(hole[:, ::-1], axis=1)[:, ::-1]
    counted = (doubt.planes[0] == 0) & ~border
    return HoleCase(
        scene=name,
        eye=eye,
        source=source,
        truth=truth,
        frame=frame,
        warped=rgb_of(view.planes),
        parallax_px=np.asarray(view.parallax_px),
        hole=hole,
        scored=hole & counted,
        counted=counted,
    )


def stereo_stage(eye: Eye, infill: NetworkInfill | Literal["stretch", "none"]) -> StereoStage:
    """The engine's stage that renders one eye from disparity in pixels and fills its holes in its own way."""
    mapper = ParallaxMapper(strength=0.0, convergence=0.0, raw=True)
    return StereoStage(mapper, eyes=eye, infill=infill, wanted=(eye == "left", eye == "right"))


def rendered_eye(frame: Frame, eye: Eye, stage: StereoStage) -> View:
    """One eye of the next frame of a shot; the other eye is the frame itself.

    Args:
        frame: with disparity in pixels.
        eye: the one the stage renders.
        stage: of `stereo_stage`.
    """
    views = stage.process(frame).views
    if views is None:
        raise ValueError("the stereo stage returned a frame without views")
    return views[_index(eye)]


def refilmed(case: HoleCase, picture: NDArray[np.uint8], index: int) -> HoleCase:
    """The case with another source picture (H, W, 3) of the same geometry: frame `index` of a still shot."""
    frame = frame_of(picture, index=index, disparity=np.asarray(case.frame.disparity))
    view = rendered_eye(frame, case.eye, stereo_stage(case.eye, "stretch"))
    return replace(case, source=picture, frame=frame, warped=rgb_of(view.planes))


def _index(eye: Eye) -> int:
    return ("left", "right").index(eye)

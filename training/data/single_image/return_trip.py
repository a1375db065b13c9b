"""To the other eye and back: a picture with disparity becomes an infill sample whose truth is the picture itself.

What the other eye cannot see is torn open on the way back, and the picture knows what belongs there. Both ways go
through `kernels.forward_splat`: between rectified eyes it is an exact rasteriser of the mesh over all pixels, with the
faces that would be stretched left out and tagged as holes, and it is what the engine draws with.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

import kernels
from training.holes import WarpedPair, inner_holes, relative_disparity

_STEPS = 16
"""Columns are carried in sixteenths of a pixel, so pictures may be 4095 wide."""
MAX_WIDTH = 65535 // _STEPS


@dataclass(frozen=True, slots=True, eq=False)
class OtherEye:
    """What the left eye sees of a picture that is the right eye's."""

    picture: NDArray[np.uint8]  # (H, W, 3) RGB, the background stretched into what nobody saw
    disparity_px: NDArray[np.float32]  # (H, W), of the background there
    column: NDArray[np.float32]  # (H, W) where in the picture each pixel comes from
    hole: NDArray[np.uint8]  # (H, W) 1 = nobody saw it


def to_other_eye(picture: NDArray[Any], disparity_px: NDArray[Any], *, tear_px: float) -> OtherEye:
    """Render the left eye of a picture that the right eye sees.

    Args:
        picture: (H, W, 3) uint8 RGB, at most MAX_WIDTH wide.
        disparity_px: (H, W) float32, finite, >= 0.
        tear_px: see kernels.forward_splat.
    """
    disparity = np.ascontiguousarray(disparity_px, np.float32)
    (view,) = kernels.forward_splat(
        np.ascontiguousarray(picture), disparity, eyes=(1.0,), tear_px=tear_px, fill="background"
    )
    columns = np.arange(disparity.shape[1], dtype=np.float32)
    edge = farther_edge(view.hole, view.parallax_px)
    # The background goes on behind the thing in front of it, so the tear is as sharp as in a picture somebody took.
    behind = np.take_along_axis(view.parallax_px, edge, axis=1)
    origin = np.take_along_axis(columns - view.parallax_px, edge, axis=1)
    return OtherEye(view.planes[0], behind, origin, view.hole)


def farther_edge(hole: NDArray[Any], parallax_px: NDArray[Any]) -> NDArray[np.intp]:
    """(H, W) column of the farther of the two known pixels beside each hole pixel; its own column elsewhere.

    In a row without a known pixel every pixel keeps its own column.
    """
    width = hole.shape[1]
    columns = np.arange(width)
    known = hole == 0
    before = np.maximum.accumulate(np.where(known, columns, -1), axis=1)
    after = np.minimum.accumulate(np.where(known, columns, width)[:, ::-1], axis=1)[:, ::-1]
    left = np.take_along_axis(parallax_px, np.maximum(before, 0), axis=1)
    right = np.take_along_axis(parallax_px, np.minimum(after, width - 1), axis=1)
    use_left = (after == width) | ((before >= 0) & (left <= right))
    edge = np.where(use_left, before, after)
    return np.asarray(np.where((edge < 0) | (edge >= width), columns, edge), np.intp)


def return_trip(
    picture: NDArray[np.uint8],
    disparity_px: NDArray[np.float32],
    *,
    tear_px: float,
    misjudge: Callable[[NDArray[np.float32]], NDArray[np.float32]] | None = None,
) -> WarpedPair:
    """Take a picture to the left eye and back again.

    Known pixels come from the picture and were never resampled: what is carried there and back is where a pixel comes
    from, and a pixel that comes from its own place is the picture's own. Only where the disparity on the way back is
    wrong do known pixels show something else, as they do in the engine.

    Args:
        picture: (H, W, 3) uint8 RGB, what the right eye sees.
        disparity_px: (H, W) float32 pixels, finite; only differences count.
        tear_px: see kernels.forward_splat.
        misjudge: makes of the left eye's disparity what somebody estimated; None leaves it exact.

    Returns:
        The sample. Its truth is `picture`.
    """
    disparity = np.ascontiguousarray(disparity_px - np.float32(disparity_px.min()), np.float32)
    other = to_other_eye(picture, disparity, tear_px=tear_px)
    estimated = other.disparity_px if misjudge is None else misjudge(other.disparity_px)
    width = disparity.shape[1]
    carried = np.clip(other.column * _STEPS + 0.5, 0, (width - 1) * _STEPS).astype(np.uint16)
    (view,) = kernels.forward_splat(
        (carried,), np.ascontiguousarray(estimated), eyes=(-1.0,), tear_px=tear_px, fill="background", bits=16
    )
    column = (view.planes[0].astype(np.intp) + _STEPS // 2) // _STEPS
    colours = np.take_along_axis(picture, np.minimum(column, width - 1)[..., None], axis=1)
    relative = relative_disparity(view.parallax_px, estimated)
    guide = kernels.hole_guide(np.ascontiguousarray(colours), view.hole, view.parallax_px, relative)
    seen = relative_disparity(disparity, estimated)
    return WarpedPair(guide, np.ascontiguousarray(picture), inner_holes(view.hole), seen)

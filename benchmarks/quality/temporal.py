"""How depth behaves over time: its flicker, its error along true motion, its edges, and what a cut leaves.

A method is judged by its maps of a clip. The maps of a shot are fitted to the truth by one scale and one shift for the
whole shot, in inverse depth, so that a scale that wanders from frame to frame counts as an error. Differences are given
as a share of the shot's true spread (5th to 95th percentile of the inverse depth).
"""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.clips import Clip, ClipFrame
from training.metrics import depth_scores

Map = NDArray[np.float32]

_GRID_COLUMNS = 160
_FARTHEST = 1e-3
"""Inverse depth of 1 km: beyond it there is no relative error to speak of."""
_SAME_SURFACE = 0.03
_EDGE_RATIO, _EDGE_REACH, _EDGE_TOLERANCE = 1.1, 4, 3
_EDGE_SHARE = 0.5
"""A step takes up so much of the change within three times its reach; an even slope takes a third."""
_FORGOTTEN = 0.02
"""Share of the spread up to which two maps are the same."""


def abs_rel(clip: Clip, maps: Sequence[Map]) -> dict[str, float]:
    """AbsRel of every frame after its own fit, as of single pictures; by frame."""
    found = {}
    for number, (frame, disparity) in enumerate(zip(clip.frames, maps, strict=True)):
        grid = _grid(disparity.shape)
        valid = (frame.known & (frame.inverse_depth > _FARTHEST))[grid]
        if valid.any():
            depth = 1 / np.maximum(frame.inverse_depth[grid], _FARTHEST)
            found[f"{clip.name}/{number}"] = depth_scores(disparity[grid], depth, valid).abs_rel
    return found


def flicker(clip: Clip, maps: Sequence[Map]) -> dict[str, float]:
    """Of shots in which nothing moves: mean change of the map from one frame to the next; by frame."""
    found = {}
    for shot in clip.shots:
        scale, _ = _fit(clip.frames[shot], maps[shot])
        spread = _spread(clip.frames[shot])
        for number in range(shot.start + 1, shot.stop):
            grid = _grid(maps[number].shape)
            change = np.abs(maps[number][grid] - maps[number - 1][grid]).mean()
            found[f"{clip.name}/{number}"] = float(abs(scale) * change / spread)
    return found


def motion_error(clip: Clip, maps: Sequence[Map]) -> dict[str, float]:
    """Mean change along the true motion of the camera that is not a change of the true inverse depth; by frame.

    Only where the same unmoving surface is seen in both frames.
    """
    found = {}
    for shot in clip.shots:
        scale, _ = _fit(clip.frames[shot], maps[shot])
        spread = _spread(clip.frames[shot])
        for number in range(shot.start + 1, shot.stop):
            before, now = clip.frames[number - 1], clip.frames[number]
            positions, seen = earlier_positions(clip, before, now)
            if not seen.any():
                continue
            grid = _grid(maps[number].shape)
            change = scale * (maps[number][grid] - _at(maps[number - 1], positions))
            true_change = now.inverse_depth[grid] - _at(before.inverse_depth, positions)
            found[f"{clip.name}/{number}"] = float(np.abs(change - true_change)[seen].mean() / spread)
    return found


def edge_f1(clip: Clip, maps: Sequence[Map]) -> dict[str, float]:
    """How many steps of depth are where the truth has them, and the other way round, within three pixels; by frame."""
    found = {}
    for shot in clip.shots:
        scale, shift = _fit(clip.frames[shot], maps[shot])
        for number in range(shot.start, shot.stop):
            frame = clip.frames[number]
            known = frame.inverse_depth[frame.known]
            least = max(float(np.percentile(known, 5)), _FARTHEST)
            true = _edges(np.maximum(frame.inverse_depth, least)) & _inner(frame.known)
            estimated = _edges(np.maximum(scale * maps[number] + shift, least).astype(np.float32)) & _inner(frame.known)
            if true.any():
                found[f"{clip.name}/{number}"] = _f1(estimated, true)
    return found


def lag(maps: Sequence[Map], alone: Sequence[Map]) -> int:
    """Frames after a cut until nothing is left of the shot before; 0 where its first frame is free of it already.

    Args:
        maps: of the frames from the cut on, as a method gives them in their film.
        alone: what the same method gives for the same frames as if the film began there.
    """
    grid = _grid(alone[0].shape)
    low, high = np.percentile(np.stack([disparity[grid] for disparity in alone]), (5, 95))
    limit = _FORGOTTEN * max(float(high - low), 1e-9)
    differs = [float(np.abs(a[grid] - b[grid]).mean()) > limit for a, b in zip(maps, alone, strict=True)]
    return max((number + 1 for number, different in enumerate(differs) if different), default=0)


def earlier_positions(clip: Clip, before: ClipFrame, now: ClipFrame) -> tuple[Map, NDArray[np.bool_]]:
    """Where what is seen now was in the frame before, if only the camera moved.

    Returns:
        (h, w, 2) x and y in pixels (0 = centre of the first) of the samples of the grid, and (h, w) whether the earlier
        frame shows the very same surface there.
    """
    height, width = now.inverse_depth.shape
    rows, columns = np.mgrid[:height, :width][(slice(None), *_grid((height, width)))].astype(np.float64) + 0.5
    fx, fy, cx, cy = clip.intrinsics
    inverse = now.inverse_depth[_grid((height, width))].astype(np.float64)
    rays = np.stack([(columns - cx) / fx, (rows - cy) / fy, np.ones_like(rows)], axis=-1)
    now_to_before = _square(before.pose) @ np.linalg.inv(_square(now.pose))
    # Scaled by the inverse depth, so that what is infinitely far needs no special care.
    points = rays @ now_to_before[:3, :3].T + inverse[..., None] * now_to_before[:3, 3]
    depth = np.maximum(points[..., 2], 1e-6)
    positions = np.stack([points[..., 0] / depth * fx + cx, points[..., 1] / depth * fy + cy], axis=-1) - 0.5
    inside = (
        (points[..., 2] > 1e-6) & (positions >= 0).all(axis=-1) & (positions <= (width - 1, height - 1)).all(axis=-1)
    )
    at = positions.astype(np.float32)
    expected = inverse / depth
    found = _at(before.inverse_depth, at)
    same = np.abs(found - expected) <= _SAME_SURFACE * np.maximum(expected, _FARTHEST)
    known = (_at(before.known.astype(np.float32), at) > 0.999) & now.known[_grid((height, width))]
    return at, inside & same & known


def _fit(frames: Sequence[ClipFrame], maps: Sequence[Map]) -> tuple[float, float]:
    """Scale and shift from these maps to the true inverse depth, by least squares over all of them."""
    estimated, true = [], []
    for frame, disparity in zip(frames, maps, strict=True):
        grid = _grid(disparity.shape)
        valid = frame.known[grid]
        estimated.append(disparity[grid][valid].astype(np.float64))
        true.append(frame.inverse_depth[grid][valid].astype(np.float64))
    x, y = np.concatenate(estimated), np.concatenate(true)
    variance = float(x.var())
    if variance <= 1e-12:
        return 0.0, float(y.mean())
    scale = float(((x - x.mean()) * (y - y.mean())).mean()) / variance
    return scale, float(y.mean()) - scale * float(x.mean())


def _spread(frames: Sequence[ClipFrame]) -> float:
    values = np.concatenate([frame.inverse_depth[frame.known][::16] for frame in frames])
    low, high = np.percentile(values, (5, 95))
    return max(float(high - low), 1e-9)


def _at(values: NDArray[np.float32], positions: Map) -> Map:
    unused = None
    found = cv2.remap(values, positions, unused, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]
    return np.asarray(found, np.float32)


def _edges(inverse: Map) -> NDArray[np.bool_]:
    """(H, W) where depth makes a step, thinned to where it is steepest."""
    logarithm = np.log(inverse)
    found = np.zeros(inverse.shape, bool)
    for axis in (0, 1):
        step, around = (
            np.abs(np.roll(logarithm, -reach, axis) - np.roll(logarithm, reach, axis))
            for reach in (_EDGE_REACH, 3 * _EDGE_REACH)
        )
        steepest = (step >= np.roll(step, 1, axis)) & (step >= np.roll(step, -1, axis))
        found |= steepest & (step > np.log(_EDGE_RATIO)) & (step > _EDGE_SHARE * around)
    return found


def _inner(known: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Where everything near is known, away from the border of the picture."""
    margin = 6 * _EDGE_REACH + 1
    return np.asarray(cv2.erode(known.astype(np.uint8), np.ones((margin, margin), np.uint8), borderValue=0) > 0)


def _f1(estimated: NDArray[np.bool_], true: NDArray[np.bool_]) -> float:
    reach = 2 * _EDGE_TOLERANCE + 1
    near = [cv2.dilate(edges.astype(np.uint8), np.ones((reach, reach), np.uint8)) > 0 for edges in (estimated, true)]
    precision = float(near[1][estimated].mean()) if estimated.any() else 0.0
    recall = float(near[0][true].mean())
    return 0.0 if precision + recall == 0 else 2 * precision * recall / (precision + recall)


def _grid(shape: tuple[int, ...]) -> tuple[slice, slice]:
    step = max(1, round(shape[1] / _GRID_COLUMNS))
    return slice(step // 2, None, step), slice(step // 2, None, step)


def _square(pose: NDArray[np.float32]) -> NDArray[np.float64]:
    return np.vstack([pose.astype(np.float64), [0, 0, 0, 1]])

"""Makes infill samples from stereo pairs: one eye warped into the other, which is the truth."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

import kernels
from training.augment import recolour
from training.data.shards import Sample
from training.samples import mirrored


@dataclass(frozen=True, slots=True, kw_only=True)
class HoleOptions:
    """How pairs become infill samples."""

    tear_px: float = 2.0
    """Step in landing places that tears the surface; the engine's value."""
    zoom: tuple[float, float] = (0.8, 2.0)
    """Pairs are resized by a factor in this range, so that holes come in many widths."""
    max_parallax_px: float = 64.0
    """Pairs with more parallax than this after the zoom are made smaller, down to half their size."""
    edge_error: float = 0.35
    """Probability that disparity is grown or shrunk by a pixel or two, as an estimated one is."""
    colour: float = 0.7
    """Strength of colour changes, the same for both eyes."""
    crops: int = 4
    """Crops taken from one warped pair."""


@dataclass(frozen=True, slots=True, eq=False)
class WarpedPair:
    """A picture warped into the other eye, and what that eye really sees."""

    guide: NDArray[np.float32]  # (8, H, W)
    truth: NDArray[np.uint8]  # (H, W, 3) RGB
    inner: NDArray[np.bool_]  # (H, W) holes between two surfaces; those at the frame's border show what nobody saw


def warp_pair(sample: Sample, tear_px: float) -> WarpedPair:
    """Warp the left eye into the right one with its disparity.

    Args:
        sample: a rectified pair; disparity finite, in pixels.
        tear_px: see kernels.forward_splat.
    """
    disparity = np.ascontiguousarray(sample.disparity_left, np.float32)
    left = np.ascontiguousarray(sample.left)
    (view,) = kernels.forward_splat(left, disparity, eyes=(-1.0,), tear_px=tear_px, fill="background")
    relative = relative_disparity(view.parallax_px, disparity)
    guide = kernels.hole_guide(view.planes[0], view.hole, view.parallax_px, relative)
    return WarpedPair(guide, np.ascontiguousarray(sample.right), inner_holes(view.hole))


def inner_holes(hole: NDArray[Any]) -> NDArray[np.bool_]:
    """(H, W) bool: holes whose run in the row does not touch the left or right border of the frame."""
    mask = hole > 0
    open_left = np.logical_and.accumulate(mask, axis=1)
    open_right = np.logical_and.accumulate(mask[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(mask & ~open_left & ~open_right, np.bool_)


def relative_disparity(warped_px: NDArray[Any], source_px: NDArray[Any]) -> NDArray[np.float32]:
    """Disparity 0..1 as the engine has it: the source's 1st and 99th percentile become 0 and 1."""
    # Every fourth pixel in each direction tells percentiles well enough.
    low, high = np.percentile(source_px[::4, ::4], (1, 99))
    return np.asarray(np.clip((warped_px - low) / max(float(high - low), 1e-3), 0, 1), np.float32)


def vary_pair(sample: Sample, options: HoleOptions, rng: np.random.Generator) -> Sample:
    """A pair mirrored half of the time, resized, recoloured, now and then with disparity a little wrong at edges."""
    if rng.random() < 0.5:
        sample = mirrored(sample)
    height, width = sample.disparity_left.shape
    largest = max(float(np.max(sample.disparity_left)), 1e-3)
    factor = np.exp(rng.uniform(*np.log(options.zoom)))
    factor = max(min(factor, options.max_parallax_px / largest), 0.5)
    size = (round(width * factor), round(height * factor))
    how = cv2.INTER_AREA if factor < 1 else cv2.INTER_LINEAR
    left, right = (
        cv2.resize(np.ascontiguousarray(eye), size, interpolation=how) for eye in (sample.left, sample.right)
    )
    left, right = recolour((np.asarray(left), np.asarray(right)), options.colour, rng)
    disparity: NDArray[Any] = np.ascontiguousarray(sample.disparity_left, np.float32)
    # Nearest, because a value between two surfaces belongs to neither.
    disparity = cv2.resize(disparity, size, interpolation=cv2.INTER_NEAREST) * np.float32(size[0] / width)
    if rng.random() < options.edge_error:
        reach = np.ones((3, 3) if rng.random() < 0.6 else (5, 5), np.uint8)
        grow = rng.random() < 0.6
        disparity = cv2.dilate(disparity, reach) if grow else cv2.erode(disparity, reach)
    return Sample(left, right, np.asarray(disparity, np.float32), np.asarray(disparity, np.float32))


def crops_with_holes(pair: WarpedPair, size: tuple[int, int], count: int, rng: np.random.Generator) -> list[WarpedPair]:
    """`count` crops of (width, height) = `size`, each around a hole; none where no hole or too little picture is."""
    width, height = size
    rows, columns = pair.truth.shape[:2]
    if rows < height or columns < width:
        return []
    hole_y, hole_x = np.nonzero(pair.inner)
    if len(hole_y) == 0:
        return []
    found = []
    for pick in rng.integers(len(hole_y), size=count):
        y = int(np.clip(hole_y[pick] - rng.integers(height // 4, 3 * height // 4), 0, rows - height))
        x = int(np.clip(hole_x[pick] - rng.integers(width // 4, 3 * width // 4), 0, columns - width))
        window = np.s_[y : y + height, x : x + width]
        found.append(WarpedPair(pair.guide[:, *window], pair.truth[window], pair.inner[window]))
    return found

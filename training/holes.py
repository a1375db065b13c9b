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
    zoom: tuple[float, float] = (0.8, 1.6)
    """Pairs are resized by a factor in this range, so that holes come in many widths."""
    photo_zoom: tuple[float, float] = (0.7, 1.3)
    """The same for pairs made from single pictures, whose grain must stay that of photographs."""
    photo_strength: tuple[float, float] = (0.6, 1.6)
    """Disparity of pairs made from single pictures is multiplied by a factor in this range."""
    max_parallax_px: float = 64.0
    """Pairs with more parallax than this after the zoom are made smaller, down to half their size."""
    ragged_error: float = 0.4
    """Probability that outlines in disparity are off by a pixel in some rows, as measured and enlarged ones are. What
    is left of the foreground there is smeared over the hole: without this a network never learns to distrust it."""
    edge_error: float = 0.15
    """Probability that disparity is grown or shrunk by a pixel or two everywhere, as an estimated one is."""
    soft_error: float = 0.05
    """Probability that disparity is smoothed over its edges, as an estimated one is."""
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
    disparity: NDArray[np.float32]  # (H, W) of the truth, in the guide's unit


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
    seen = relative_disparity(np.asarray(sample.disparity_right, np.float32), disparity)
    return WarpedPair(guide, np.ascontiguousarray(sample.right), inner_holes(view.hole), seen)


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
    size, scale = _varied_size(sample.disparity_left, options.zoom, options.max_parallax_px, rng)
    left, right = recolour((_resized(sample.left, size), _resized(sample.right, size)), options.colour, rng)
    disparity, seen = (_resized_map(eye, size) * scale for eye in (sample.disparity_left, sample.disparity_right))
    return Sample(left, right, with_edge_error(disparity, options, rng), seen)


def vary_picture(
    sample: Sample, options: HoleOptions, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The true picture of a pair made from it, and its disparity in pixels: mirrored half of the time, which makes it
    the other eye's, with more or less parallax, resized and recoloured.
    """
    right = sample.true_eye == "right"
    picture, disparity = (sample.right, sample.disparity_right) if right else (sample.left, sample.disparity_left)
    if rng.random() < 0.5:
        picture, disparity = picture[:, ::-1], disparity[:, ::-1]
    strength = np.float32(np.exp(rng.uniform(*np.log(options.photo_strength))))
    disparity = np.asarray(disparity, np.float32) * strength
    size, scale = _varied_size(disparity, options.photo_zoom, options.max_parallax_px, rng)
    (picture,) = recolour((_resized(picture, size),), options.colour, rng)
    return picture, _resized_map(disparity, size) * scale


def _varied_size(
    disparity: NDArray[Any], zoom: tuple[float, float], most_px: float, rng: np.random.Generator
) -> tuple[tuple[int, int], np.float32]:
    """(width, height) after a random zoom, and what disparity is to be multiplied by."""
    height, width = disparity.shape
    largest = max(float(np.max(disparity)), 1e-3)
    factor = np.exp(rng.uniform(*np.log(zoom)))
    factor = max(min(factor, most_px / largest), 0.5)
    size = (round(width * factor), round(height * factor))
    return size, np.float32(size[0] / width)


def _resized(picture: NDArray[Any], size: tuple[int, int]) -> NDArray[np.uint8]:
    how = cv2.INTER_AREA if size[0] < picture.shape[1] else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(np.ascontiguousarray(picture), size, interpolation=how), np.uint8)


def _resized_map(disparity: NDArray[Any], size: tuple[int, int]) -> NDArray[np.float32]:
    values = np.ascontiguousarray(disparity, np.float32)
    # Nearest, because a value between two surfaces belongs to neither.
    return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_NEAREST), np.float32)


def with_edge_error(
    disparity: NDArray[np.float32], options: HoleOptions, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Disparity as somebody may have estimated it: outlines ragged, off by a pixel or two, or smoothed."""
    found: NDArray[Any] = disparity
    if rng.random() < options.ragged_error:
        found = _ragged(found, rng)
    if rng.random() < options.edge_error:
        reach = np.ones((3, 3) if rng.random() < 0.75 else (5, 5), np.uint8)
        grow = rng.random() < 0.6
        found = cv2.dilate(found, reach) if grow else cv2.erode(found, reach)
    if rng.random() < options.soft_error:
        width = int(rng.choice([3, 5, 7]))
        found = cv2.blur(found, (width, width))
    return np.asarray(found, np.float32)


def _ragged(disparity: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    """Near things a pixel (now and then two) too small in some rows, too large in fewer others."""
    reach = np.ones((3, 3) if rng.random() < 0.9 else (5, 5), np.uint8)
    height = disparity.shape[0]
    run = int(rng.integers(1, 5))
    pick = np.repeat(rng.random(-(-height // run)), run)[:height, None]
    shrunk, grown = rng.uniform(0.1, 0.9), rng.uniform(0, 0.1)
    larger = np.where(pick > 1 - grown, cv2.dilate(disparity, reach), disparity)
    return np.where(pick < shrunk, cv2.erode(disparity, reach), larger)


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
        found.append(WarpedPair(pair.guide[:, *window], pair.truth[window], pair.inner[window], pair.disparity[window]))
    return found

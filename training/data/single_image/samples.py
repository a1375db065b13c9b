"""One picture with its disparity becomes samples: windows of several sizes, seen by either eye."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.shards import TrueEye
from training.data.single_image.images import RejectedError
from training.data.single_image.return_trip import return_trip, to_other_eye

_LONG_SIDE = 1536
_STEEP_PX = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowOptions:
    """How windows are cut, and how far apart the eyes are."""

    size: tuple[int, int] = (384, 224)
    """Width and height of the samples."""
    strength: tuple[float, float] = (1.0, 6.0)
    """Parallax of the whole picture in percent of its width, drawn from this range."""
    max_parallax_px: float = 64.0
    """Most parallax within a sample."""
    tear_px: float = 2.0
    """Step in landing places that tears the surface; the engine's value."""
    least_hole: float = 0.002
    """Windows whose holes between surfaces are a smaller share than this are dropped."""


@dataclass(frozen=True, slots=True, eq=False)
class SingleImagePair:
    """The picture as one eye, and what the other one sees of it; attributes as `write_shard` wants them."""

    left: NDArray[np.uint8]  # (H, W, 3) RGB
    right: NDArray[np.uint8]  # (H, W, 3) RGB
    disparity_left: NDArray[np.float16]  # (H, W) pixels
    disparity_right: NDArray[np.float16]  # (H, W) pixels
    true_eye: TrueEye


def draw_pairs(
    picture: NDArray[np.uint8],
    disparity: NDArray[np.float32],
    count: int,
    options: WindowOptions,
    rng: np.random.Generator,
) -> list[SingleImagePair]:
    """Up to `count` samples of a picture.

    Args:
        picture: (H, W, 3) RGB.
        disparity: (H, W) relative, 0..1, larger is nearer.
        count: how many windows are tried.
        options: what they are like.
        rng: draws windows, strengths and eyes.

    Raises:
        RejectedError: no window has a hole.
    """
    pairs = []
    for _ in range(count):
        window, seen = _window(picture, disparity, options, rng)
        pair = _pair(window, seen, "left" if rng.random() < 0.5 else "right", options)
        if pair is not None:
            pairs.append(pair)
    if not pairs:
        raise RejectedError("no holes")
    return pairs


def _window(
    picture: NDArray[np.uint8], disparity: NDArray[np.float32], options: WindowOptions, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """A window of the picture at the samples' size, and its disparity in pixels of that size."""
    width, height = options.size
    rows, columns = disparity.shape
    largest = min(columns / width, rows / height)
    # Photograph pixels a sample pixel. Beyond _LONG_SIDE a picture holds little but the lens's blur.
    finest = max(1.0, max(rows, columns) / _LONG_SIDE)
    scale = largest if largest <= finest else float(np.exp(rng.uniform(np.log(finest), np.log(largest))))
    w, h = min(round(width * scale), columns), min(round(height * scale), rows)
    x, y = int(rng.integers(columns - w + 1)), int(rng.integers(rows - h + 1))
    how = cv2.INTER_AREA if scale >= 1 else cv2.INTER_CUBIC
    seen = np.asarray(cv2.resize(picture[y : y + h, x : x + w], options.size, interpolation=how), np.uint8)
    near: Any = cv2.resize(disparity[y : y + h, x : x + w], options.size, interpolation=cv2.INTER_LINEAR)
    gain = rng.uniform(*options.strength) / 100 * columns / scale
    spread = max(float(near.max() - near.min()), 1e-3)
    near = (near - near.min()) * min(gain, options.max_parallax_px / spread)
    return seen, steepened(np.asarray(near, np.float32))


def steepened(disparity_px: NDArray[np.float32]) -> NDArray[np.float32]:
    """Disparity with steps where it had ramps, and near things grown by a pixel as the engine grows them.

    An estimated map is a ramp a few pixels wide at an outline. Its middle belongs to neither side and would hang in
    the hole as scraps; so where the map is steep every pixel joins the nearer of its two sides in value.
    """
    values: Any = disparity_px
    reach = np.ones((5, 5), np.uint8)
    for _ in range(2):
        near, far = cv2.dilate(values, reach), cv2.erode(values, reach)
        joined = np.where(near - values <= values - far, near, far)
        values = np.where(near - far > _STEEP_PX, joined, values)
    return np.asarray(cv2.dilate(np.asarray(values, np.float32), np.ones((3, 3), np.uint8)), np.float32)


def _pair(
    picture: NDArray[np.uint8], disparity_px: NDArray[np.float32], eye: TrueEye, options: WindowOptions
) -> SingleImagePair | None:
    """The picture as this eye with the other one rendered; None where hardly anything is uncovered on the way back."""
    flip = eye == "left"
    if flip:
        picture, disparity_px = picture[:, ::-1], disparity_px[:, ::-1]
    # Shards hold half precision, so that is what the samples must be made from.
    disparity = np.ascontiguousarray(disparity_px, np.float16).astype(np.float32)
    picture = np.ascontiguousarray(picture)
    back = return_trip(picture, disparity, tear_px=options.tear_px)
    if back.inner.mean() < options.least_hole:
        return None
    other = to_other_eye(picture, disparity, tear_px=options.tear_px)
    own, others = disparity.astype(np.float16), other.disparity_px.astype(np.float16)
    if flip:
        return SingleImagePair(_flipped(picture), _flipped(other.picture), _flipped(own), _flipped(others), eye)
    return SingleImagePair(other.picture, picture, others, own, eye)


def _flipped(array: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(array[:, ::-1])

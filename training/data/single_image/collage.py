"""Collages: cut-outs of photographs stand in front of a photograph, and what is behind them is known exactly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from training.augment import recolour
from training.data.single_image.photos import Photos
from training.data.single_image.shapes import SHAPES, draw_shape


@dataclass(frozen=True, slots=True, kw_only=True)
class CollageOptions:
    """What collages look like."""

    size: tuple[int, int] = (320, 208)
    """Width and height."""
    layers: tuple[int, int] = (1, 4)
    """Fewest and most cut-outs."""
    step_px: tuple[float, float] = (3.0, 48.0)
    """Smallest and largest step in disparity from a cut-out to what is behind it; small ones are as likely."""
    blur: float = 0.25
    """Probability that what is behind, or a cut-out, is out of focus."""
    noise: float = 0.2
    """Probability of sensor noise."""
    same_photo: float = 0.3
    """Probability that a cut-out is of the very window it stands in front of, so that colours tell little."""


class Collage(NamedTuple):
    """A picture and the disparity of every pixel."""

    picture: NDArray[np.uint8]  # (H, W, 3) RGB
    disparity_px: NDArray[np.float32]  # (H, W)


def draw_collage(photos: Photos, options: CollageOptions, rng: np.random.Generator, *, held: bool = False) -> Collage:
    """One collage.

    Args:
        photos: where windows are cut from.
        options: what it looks like.
        rng: draws everything.
        held: use the photographs that are kept for validation.
    """
    window = photos.window(options.size, rng, held=held)
    picture = _out_of_focus(window, options, rng)
    disparity = _ground(options.size, rng)
    for _ in range(int(rng.integers(options.layers[0], options.layers[1] + 1))):
        same = rng.random() < options.same_photo
        look = np.roll(window, int(rng.integers(40, 200)), 1) if same else photos.window(options.size, rng, held=held)
        picture, disparity = _put_in_front(picture, disparity, look, options, rng)
    if rng.random() < options.noise:
        grain = rng.standard_normal(picture.shape, np.float32) * np.float32(rng.uniform(1, 6))
        picture = np.asarray(cv2.add(picture, grain, dtype=cv2.CV_8U), np.uint8)
    return Collage(picture, disparity)


def _ground(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.float32]:
    """Disparity without a tear: level or tilted, flat or rolling."""
    width, height = size
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    floor = np.maximum(y - rng.uniform(0, 0.7), 0) * rng.uniform(0, 30) if rng.random() < 0.5 else 0.0 * y
    disparity: Any = floor + rng.normal(0, 4) * x + rng.uniform(0, 12)
    if rng.random() < 0.5:
        hills = cv2.resize(rng.standard_normal((4, 6), np.float32), size, interpolation=cv2.INTER_CUBIC)
        disparity = disparity + hills * rng.uniform(0, 3)
    return np.asarray(disparity, np.float32)


def _put_in_front(
    picture: NDArray[np.uint8],
    disparity: NDArray[np.float32],
    look: NDArray[np.uint8],
    options: CollageOptions,
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    """The picture with one cut-out in front of whatever it covers."""
    mask: Any = draw_shape(str(rng.choice(list(SHAPES))), look, rng)
    # Lenses and resampling blur the outline of everything by about a pixel.
    mask = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.4, 1.2)) if rng.random() < 0.85 else mask
    inside = mask > 127
    if not inside.any():
        return picture, disparity
    (look,) = recolour((_out_of_focus(look, options, rng),), 0.5, rng)
    alpha = mask[..., None].astype(np.float32) / 255
    mixed = picture + alpha * (look.astype(np.float32) - picture)
    step = float(np.exp(rng.uniform(*np.log(options.step_px))))
    height, width = mask.shape
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j].astype(np.float32)
    surface: Any = float(disparity[inside].max()) + step + rng.normal(0, 3) * x + rng.normal(0, 3) * y
    if rng.random() < 0.4:
        bulge = cv2.blur(mask, (31, 31)).astype(np.float32) / 255
        surface = surface + bulge * min(0.5 * step, 8.0) * rng.random()
    # It may touch the ground behind it, but nothing of it is farther.
    nearer = np.maximum(surface, disparity + 1)
    return np.asarray(mixed + 0.5, np.uint8), np.where(inside, nearer, disparity).astype(np.float32)


def _out_of_focus(picture: NDArray[np.uint8], options: CollageOptions, rng: np.random.Generator) -> NDArray[np.uint8]:
    if rng.random() >= options.blur:
        return picture
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 2.5)), np.uint8)

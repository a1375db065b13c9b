"""Changes of look and frame for depth training, cheap enough for one loader thread (about 2 ms a picture).

Brightness, contrast, gamma and white balance are one table look-up; saturation and hue are one 3x3 matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

_NOISE_POOL = 1 << 20
_LETTERS = "eeeaaiioutnsrlhdcmpgbfwykv  ,.'ETASIW!?-"


@dataclass(frozen=True, slots=True, kw_only=True)
class AugmentOptions:
    """How far pictures are changed; probabilities are per picture.

    Mild, because generated scenes come with exposure, noise, blur and compression of their own.
    """

    zoom: float = 0.6
    """Smallest side of the crop as a share of the picture's."""
    aspect: float = 1.25
    """Largest change of aspect ratio, either way."""
    colour: float = 0.7
    """Strength of brightness, contrast, gamma, white balance, saturation and hue changes."""
    gray: float = 0.03
    """Probability of a gray picture."""
    blur: float = 0.15
    """Probability of a blur or of a loss of resolution."""
    noise: float = 0.15
    """Probability of sensor noise."""
    jpeg: float = 0.15
    """Probability of JPEG compression."""
    bars: float = 0.06
    """Probability of black bars above and below, or on both sides: nothing is learned there (disparity NaN)."""
    text: float = 0.06
    """Probability of a subtitle or a caption; the disparity is that of what it covers."""


class Augmenter:
    """Crop, flip, look. Deterministic: everything random comes from the generator passed in."""

    def __init__(self, options: AugmentOptions) -> None:
        self.options = options
        self._noise = np.random.default_rng(0).standard_normal(_NOISE_POOL).astype(np.float32)

    def __call__(
        self,
        image: NDArray[Any],  # (H, W, 3) RGB
        disparity: NDArray[Any],  # (H, W)
        size: tuple[int, int],  # (width, height) of the result
        rng: np.random.Generator,
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        """A changed picture and its disparity at `size`. Disparity values are not rescaled: the loss ignores scale."""
        image, disparity = self._frame(image, disparity, size, rng)
        image = self._tone(image, rng)
        if rng.random() < self.options.text:
            image = write_over(image, rng)
        if rng.random() < self.options.bars:
            image, disparity = letterbox(image, disparity, rng)
        return self._record(image, rng), disparity

    def _frame(
        self, image: NDArray[Any], disparity: NDArray[Any], size: tuple[int, int], rng: np.random.Generator
    ) -> tuple[NDArray[Any], NDArray[Any]]:
        height, width = disparity.shape
        zoom = rng.uniform(self.options.zoom, 1.0)
        aspect = np.exp(rng.uniform(-1, 1) * np.log(self.options.aspect) / 2)
        w = int(np.clip(width * zoom * aspect, 32, width))
        h = int(np.clip(height * zoom / aspect, 32, height))
        x, y = int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1))
        window = np.s_[y : y + h, x : x + w]
        smaller = w >= size[0] and h >= size[1]
        image = cv2.resize(image[window], size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR)
        depth: NDArray[Any] = np.ascontiguousarray(disparity[window], np.float32)
        depth = cv2.resize(depth, size, interpolation=cv2.INTER_NEAREST)
        if rng.random() < 0.5:
            image, depth = np.ascontiguousarray(image[:, ::-1]), np.ascontiguousarray(depth[:, ::-1])
        return image, depth

    def _tone(self, image: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
        o = self.options
        if rng.random() < o.blur:
            image = _soften(image, rng)
        if o.colour > 0:
            image = cv2.LUT(image, _tone_table(o.colour, rng))
        gray = rng.random() < o.gray
        if gray or o.colour > 0:
            image = cv2.transform(image, _colour_matrix(0.0 if gray else o.colour, gray, rng))
        return image

    def _record(self, image: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
        o = self.options
        if rng.random() < o.noise:
            image = self._grain(image, rng)
        if rng.random() < o.jpeg:
            quality = int(rng.integers(25, 95))
            _, packed = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, quality])
            image = np.asarray(cv2.imdecode(packed, cv2.IMREAD_COLOR))
        return image

    def _grain(self, image: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
        start = int(rng.integers(_NOISE_POOL - image.size)) if image.size < _NOISE_POOL else 0
        noise = np.resize(self._noise[start : start + image.size], image.shape)
        return cv2.add(image, noise * np.float32(rng.uniform(1, 14)), dtype=cv2.CV_8U)


def letterbox(
    image: NDArray[Any], disparity: NDArray[Any], rng: np.random.Generator
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Covers equal strips at the top and bottom (mostly) or at both sides with black; their disparity becomes NaN."""
    image, disparity = image.copy(), disparity.copy()
    upright = rng.random() < 0.8
    length = disparity.shape[0 if upright else 1]
    strip = max(1, int(length * rng.uniform(0.04, 0.14)))
    for where in (slice(0, strip), slice(length - strip, length)):
        window = np.s_[where] if upright else np.s_[:, where]
        image[window] = int(rng.integers(0, 8))
        disparity[window] = np.nan
    return image, disparity


def write_over(image: NDArray[Any], rng: np.random.Generator) -> NDArray[np.uint8]:
    """One or two lines of subtitles near the bottom, or a caption anywhere, with a dark outline or a box behind."""
    out = np.ascontiguousarray(image, np.uint8).copy()
    height, width = out.shape[:2]
    caption = rng.random() < 0.2
    size = height / 224 * (0.3 + 0.35 * rng.random())
    ink = ((255, 255, 255), (250, 240, 60), (220, 220, 220))[int(rng.integers(3))]
    step = int(38 * size)
    lines = int(rng.integers(1, 3))
    base = int(height * rng.uniform(0.15, 0.9)) if caption else height - int(height * rng.uniform(0.03, 0.16))
    for line in range(lines):
        letters = "".join(_LETTERS[int(k)] for k in rng.integers(0, len(_LETTERS), int(rng.integers(6, 34))))
        (wide, tall), _ = cv2.getTextSize(letters, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
        x = int(rng.uniform(0.03, 0.5) * width) if caption else (width - wide) // 2
        y = base - step * (lines - 1 - line)
        if caption:
            cv2.rectangle(out, (x - 4, y - tall - 4), (x + wide + 4, y + 5), rng.integers(0, 120, 3).tolist(), -1)
        else:
            # A thicker pen would also set the letters wider apart.
            for dx, dy in ((-1, 0), (1, 0), (0, -1), (0, 1), (1, 1)):
                cv2.putText(out, letters, (x + dx, y + dy), cv2.FONT_HERSHEY_SIMPLEX, size, (8, 8, 8), 1, cv2.LINE_AA)
        cv2.putText(out, letters, (x, y), cv2.FONT_HERSHEY_SIMPLEX, size, ink, 1, cv2.LINE_AA)
    return out


def recolour(
    images: tuple[NDArray[Any], ...], strength: float, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], ...]:
    """The same change of tone, hue and saturation for every (H, W, 3) uint8 picture of a set."""
    if strength <= 0:
        return images
    table, matrix = _tone_table(strength, rng), _colour_matrix(strength, False, rng)
    return tuple(np.asarray(cv2.transform(cv2.LUT(image, table), matrix), np.uint8) for image in images)


def _soften(image: NDArray[Any], rng: np.random.Generator) -> NDArray[Any]:
    if rng.random() < 0.5:
        return cv2.GaussianBlur(image, (0, 0), rng.uniform(0.4, 1.8))
    height, width = image.shape[:2]
    share = rng.uniform(0.35, 0.8)
    small = cv2.resize(image, (int(width * share), int(height * share)), interpolation=cv2.INTER_AREA)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


def _tone_table(strength: float, rng: np.random.Generator) -> NDArray[Any]:
    """(1, 256, 3) table: gamma, then contrast about the middle, brightness and white balance."""
    base = np.linspace(0, 1, 256, dtype=np.float32)[:, None]
    gamma = np.exp(rng.uniform(-0.45, 0.45) * strength)
    contrast = np.exp(rng.uniform(-0.45, 0.35) * strength)
    brightness = rng.uniform(-0.16, 0.16) * strength
    balance = np.exp(rng.uniform(-0.16, 0.16, 3) * strength)
    table = ((base**gamma - 0.5) * contrast + 0.5 + brightness) * balance
    return np.asarray(np.clip(table, 0, 1) * 255 + 0.5, np.uint8)[None]


def _colour_matrix(strength: float, gray: bool, rng: np.random.Generator) -> NDArray[Any]:
    """(3, 3): hue turned about the gray axis, then saturation; gray pictures get saturation 0."""
    angle = rng.uniform(-0.35, 0.35) * strength
    saturation = 0.0 if gray else np.exp(rng.uniform(-0.7, 0.4) * strength)
    axis = np.full((3, 3), 1 / 3)
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / np.sqrt(3)
    turn = np.cos(angle) * np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * axis
    luma = np.tile([0.299, 0.587, 0.114], (3, 1))
    return np.asarray((saturation * np.eye(3) + (1 - saturation) * luma) @ turn, np.float32)

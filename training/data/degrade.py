"""What cameras and codecs do to a picture, the same for both eyes but for the noise."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]


def degrade(views: tuple[Image, Image], rng: np.random.Generator, *, least_blur: float = 0.0) -> tuple[Image, Image]:
    """Exposure, colour, blur, noise and compression of a random camera; geometry stays exact.

    Args:
        views: left and right, (H, W, 3) uint8 RGB.
        rng: draws the camera.
        least_blur: standard deviation in pixels of the sharpest lens.
    """
    curve = _curve(views[0], rng)
    matrix = _colour_matrix(rng)
    blur = float(abs(rng.normal(0, 0.6))) if rng.random() < 0.6 else 0.0
    blur = max(blur, least_blur)
    shrink = float(rng.uniform(0.45, 0.9)) if rng.random() < 0.25 else 1.0
    noise = float(rng.uniform(0, 9)) if rng.random() < 0.6 else 0.0
    clumped = bool(rng.random() < 0.3)
    sharpen = float(rng.uniform(0.2, 1.0)) if rng.random() < 0.25 else 0.0
    quality = int(rng.integers(25, 96)) if rng.random() < 0.7 else 0

    def shoot(view: Image) -> Image:
        picture: Any = cv2.transform(cv2.LUT(view, curve), matrix)
        height, width = picture.shape[:2]
        if shrink < 1:
            small = cv2.resize(picture, None, fx=shrink, fy=shrink, interpolation=cv2.INTER_AREA)
            picture = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
        if blur > 0.2:
            picture = cv2.GaussianBlur(picture, (0, 0), blur)
        if sharpen:
            soft = cv2.GaussianBlur(picture, (0, 0), 1.2)
            picture = cv2.addWeighted(picture, 1 + sharpen, soft, -sharpen, 0)
        if noise:
            picture = _grainy(picture, noise, clumped, rng)
        if quality:
            done, data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])
            if done:
                picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
        return np.asarray(picture, np.uint8)

    return shoot(views[0]), shoot(views[1])


def _curve(view: Image, rng: np.random.Generator) -> Image:
    """(256,) uint8: black and white point as a camera would set them, a random mean, a soft shoulder."""
    few = view[::4, ::4].astype(np.float32) / 255
    dark, bright = (float(v) for v in np.quantile(few, (0.01, 0.99)))
    x = np.linspace(0, 1, 256)
    # Cameras stretch what they see to most of their range; haze and bad exposure leave some of it unused.
    black, white = rng.uniform(0, 0.14), rng.uniform(0.72, 1.0)
    if rng.random() < 0.12:
        # Windows and lamps blown out.
        white = rng.uniform(1.05, 1.7)
    stretch = min((white - black) / max(bright - dark, 0.05), 4.0)
    trust = 1.0 if rng.random() < 0.6 else rng.uniform(0, 1)
    x = trust * ((x - dark) * stretch + black) + (1 - trust) * x
    x = np.clip(x, 0, 1)
    middle = float(np.clip(np.interp(few.mean(), np.linspace(0, 1, 256), x), 0.04, 0.95))
    # Night and dusk now and then.
    wanted = rng.uniform(0.28, 0.62) if rng.random() < 0.9 else rng.uniform(0.08, 0.28)
    gamma = np.clip(np.log(wanted) / np.log(middle), 0.5, 2.2) ** rng.uniform(0.4, 1.0)
    x = x**gamma
    x = np.where(x > 0.85, 0.85 + 0.15 * np.tanh((x - 0.85) / 0.15), x)
    return np.asarray(np.clip(x * 255, 0, 255), np.uint8)


def _colour_matrix(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    """(3, 3): white balance and saturation."""
    saturation = rng.uniform(0.7, 1.5) if rng.random() < 0.95 else 0.0
    gray = np.full((3, 3), 1 / 3)
    matrix = np.eye(3) * saturation + gray * (1 - saturation)
    balance = rng.uniform(0.88, 1.12, 3)
    if rng.random() < 0.08:
        # Lamplight or shade taken with the wrong white balance.
        warm = rng.uniform(-0.3, 0.35)
        balance *= (1 + warm, 1 + 0.2 * warm, 1 - warm)
    return np.asarray(np.diag(balance) @ matrix, np.float32)


def _grainy(picture: Image, strength: float, clumped: bool, rng: np.random.Generator) -> Image:
    height, width = picture.shape[:2]
    # Drawing new noise for every pixel costs more than drawing the scene: a shifted table looks the same.
    top, side = (int(v) for v in rng.integers(0, 256, 2))
    rows, columns = np.arange(top, top + height) % 512, np.arange(side, side + width) % 512
    grain: Any = _NOISE[rows][:, columns]
    if clumped:
        grain = cv2.GaussianBlur(grain, (0, 0), 0.8) * 2
    return np.asarray(cv2.add(picture, (grain * strength).astype(np.int16), dtype=cv2.CV_8U), np.uint8)


_NOISE = np.random.default_rng(3).normal(0, 1, (512, 512, 3)).astype(np.float32)
_NOISE.setflags(write=False)

"""A clip that costs what films cost: textured, moving in depth, with grain and cuts. The same pictures on every run.

Flat or still pictures would flatter every number: the encoder skips what does not change, and nothing is torn.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

_SHOT_FRAMES = 90
_OVERSCAN = 1.2
_GRAIN = 4.0
_GRAIN_FIELDS = 5


@dataclass(frozen=True, slots=True)
class _Layer:
    """A textured cut-out that drifts: nearer layers are faster."""

    picture: NDArray[np.uint8]
    mask: NDArray[np.uint8]
    speed: tuple[float, float]


def make_clip(path: Path, *, width: int = 1920, height: int = 1080, frames: int = 120, rate: int = 24) -> None:
    """Write an H.264 clip (yuv420p, crf 20) of moving textured layers.

    Args:
        path: where; the suffix chooses the container.
        width: columns, even.
        height: rows, even.
        frames: how many.
        rate: frames a second.
    """
    rng = np.random.default_rng(20261121)
    grain = [rng.normal(0, _GRAIN, (height, width, 3)).astype(np.int16) for _ in range(_GRAIN_FIELDS)]
    layers: list[_Layer] = []
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=rate, options={"crf": "20", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.time_base = Fraction(1, rate)
        for index in range(frames):
            if index % _SHOT_FRAMES == 0:
                layers = _shot(rng, width, height)
            picture = _draw(layers, index % _SHOT_FRAMES, width, height)
            noisy: NDArray[Any] = cv2.add(picture, grain[index % _GRAIN_FIELDS], dtype=cv2.CV_8U)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="bgr24")))
        out.mux(stream.encode(None))


def _shot(rng: np.random.Generator, width: int, height: int) -> list[_Layer]:
    """A background and four cut-outs in front of it, far to near."""
    large = (round(width * _OVERSCAN), round(height * _OVERSCAN))
    layers = [_Layer(_texture(rng, *large), np.full((large[1], large[0]), 255, np.uint8), (0.6, 0.1))]
    for nearness in (1.0, 1.8, 2.6, 4.0):
        mask = np.zeros((large[1], large[0]), np.uint8)
        for _ in range(3):
            centre = (int(rng.integers(0, large[0])), int(rng.integers(large[1] // 4, large[1])))
            axes = (int(large[0] * rng.uniform(0.03, 0.10)), int(large[1] * rng.uniform(0.08, 0.25)))
            cv2.ellipse(mask, centre, axes, float(rng.uniform(-40, 40)), 0, 360, 255, -1)
        direction = 1.0 if rng.random() < 0.5 else -1.0
        layers.append(_Layer(_texture(rng, *large), mask, (direction * nearness, 0.2 * nearness)))
    return layers


def _texture(rng: np.random.Generator, width: int, height: int) -> NDArray[np.uint8]:
    """Colour noise at five scales, strong ones coarse."""
    total: NDArray[Any] = np.zeros((height, width, 3), np.float32)
    for scale, weight in ((256, 0.4), (96, 0.22), (32, 0.16), (8, 0.14), (2, 0.08)):
        small = rng.random((height // scale + 2, width // scale + 2, 3), dtype=np.float32)
        total += weight * cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
    return np.clip((total - 0.5) * 420 + 128, 0, 255).astype(np.uint8)


def _draw(layers: list[_Layer], age: int, width: int, height: int) -> NDArray[Any]:
    """The shot at this age: layers shifted by sub-pixel amounts and laid over each other, uint8 BGR."""
    picture: NDArray[Any] = np.zeros((height, width, 3), np.uint8)
    for layer in layers:
        spare_x, spare_y = layer.picture.shape[1] - width, layer.picture.shape[0] - height
        x = spare_x / 2 + layer.speed[0] * (age - _SHOT_FRAMES / 2)
        y = spare_y / 2 + layer.speed[1] * (age - _SHOT_FRAMES / 2)
        shift = np.array([[1, 0, -x], [0, 1, -y]], np.float32)
        moved = cv2.warpAffine(layer.picture, shift, (width, height))
        mask = cv2.warpAffine(layer.mask, shift, (width, height), flags=cv2.INTER_NEAREST)
        cv2.copyTo(moved, mask, picture)
    return picture

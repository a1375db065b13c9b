"""A frame with believable geometry: a slanted room, round things before it, poles, a soft-edged cloud."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

PARALLAX_RANGE_PX = (-24.0, 24.0)
NOISE_PX = 0.5
"""Standard deviation, in pixels of a 1920 pixel wide frame like the range."""


def make_disparity(height: int, width: int, *, seed: int = 0) -> Array:
    """(height, width) float32, 0..1: smooth surfaces with sharp, soft and thin edges."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width].astype(np.float32) / np.float32(height)
    disparity = np.float32(0.15) + np.float32(0.3) * y + np.float32(0.05) * np.sin(3 * x + 2 * y)
    for _ in range(14):
        cx, cy = rng.uniform(0, width / height), rng.uniform(0.1, 1)
        radius, near, slant = rng.uniform(0.04, 0.22), rng.uniform(0.3, 0.95), rng.uniform(-0.15, 0.15)
        ball = (x - cx) ** 2 + (y - cy) ** 2 < radius**2
        disparity[ball] = np.maximum(disparity, near + slant * (x - cx))[ball]
    for _ in range(5):
        left, thick, near = rng.uniform(0, width / height), rng.uniform(0.003, 0.012), rng.uniform(0.5, 1)
        pole = (x > left) & (x < left + thick) & (y > 0.3)
        disparity[pole] = np.float32(near)
    cloud = np.exp(-(((x - 0.9) / 0.2) ** 2 + ((y - 0.35) / 0.1) ** 2))
    mixed: Array = np.clip(disparity + np.float32(0.25) * cloud, 0, 1).astype(np.float32)
    return mixed


def make_parallax(height: int, width: int) -> Array:
    """(height, width) float32 pixels over PARALLAX_RANGE_PX of a 1920 pixel wide frame."""
    low, high = (edge * width / 1920 for edge in PARALLAX_RANGE_PX)
    return (np.float32(low) + np.float32(high - low) * make_disparity(height, width)).astype(np.float32)


def make_noisy_parallax(height: int, width: int, *, seed: int = 3) -> Array:
    """The parallax of the frame with noise on it, as poor depth gives it: no two neighbours land one pixel apart."""
    noise = np.random.default_rng(seed).normal(0, NOISE_PX * width / 1920, (height, width))
    return make_parallax(height, width) + noise.astype(np.float32)


def make_planes(height: int, width: int, *, dtype: type[np.generic] = np.uint8, seed: int = 1) -> tuple[Array, ...]:
    """Y, U, V in 4:2:0, 8 or 10 bit: noise, for which no sampler has a short cut."""
    half = ((height + 1) // 2, (width + 1) // 2)
    return tuple(_noise(shape, dtype, seed + n) for n, shape in enumerate(((height, width), half, half)))


def make_packed(height: int, width: int, *, seed: int = 2) -> tuple[Array]:
    """One (height, width, 3) uint8 picture of noise."""
    return (_noise((height, width, 3), np.uint8, seed),)


def _noise(shape: tuple[int, ...], dtype: type[np.generic], seed: int) -> Array:
    top = 256 if dtype == np.uint8 else 1024
    return np.random.default_rng(seed).integers(0, top, shape).astype(dtype)

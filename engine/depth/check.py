"""Does a depth network see depth at all? Asked once, when it is opened, about a picture that leaves no doubt."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from engine.depth.stage import DepthNetwork
from engine.errors import ModelError

Map = NDArray[np.float32]

_INVERTED = -0.3
"""Correlation with the truth, in both lights, from which on a network has near and far the wrong way round. Networks
that see depth reach 0.4 to 0.8, noise stays within 0.1."""
_LEAST_RELIEF = 1e-5
"""Share of the largest value. Rounding leaves about 1e-7 of a constant; a small relief on a large offset is depth."""
_TALL, _WIDE, _LENGTH = 1.2, 1.6, 14.0
"""Half the height, half the width and the length of the corridor, in metres."""


def check_depth(network: DepthNetwork, name: str) -> None:
    """Run a network on a drawn corridor and refuse it if what comes out cannot be depth.

    Args:
        network: opened for (1, 3, height, width).
        name: how messages call it.

    Raises:
        ModelError: its output has the wrong size, is not finite, is the same everywhere, or is larger where things are
            farther, whether near or far is bright.
    """
    height, width = network.shape[2:]
    likeness = _likeness(network, name, *corridor(width, height))
    if likeness < _INVERTED:
        # Whoever takes light for nearness, or dark, is right in one of two lights; it is poor, but not inverted.
        likeness = max(likeness, _likeness(network, name, *corridor(width, height, is_lit_from_afar=True)))
    if likeness < _INVERTED:
        raise ModelError(
            f"{name}: inverted: in a built-in picture its output is larger where things are farther (correlation "
            f"{likeness:.2f}); disparity, larger is nearer, was expected: say that it gives depth, or export 1 / depth"
        )


def corridor(width: int, height: int, *, is_lit_from_afar: bool = False) -> tuple[Map, Map]:
    """A tiled corridor seen along its length, with a box and two columns in it.

    Args:
        width: pixels.
        height: pixels.
        is_lit_from_afar: the far end is bright, as with a window there; else near things are, as with a lamp at the
            camera.

    Returns:
        (1, 3, h, w) float32 RGB 0..1, and (h, w) float32 true inverse depth in 1 / metres.
    """
    size = max(width, height)
    x = (np.arange(width, dtype=np.float32)[None] + np.float32(0.5 - width / 2)) / np.float32(0.8 * size)
    y = (np.arange(height, dtype=np.float32)[:, None] + np.float32(0.5 - height / 2)) / np.float32(0.8 * size)
    walls, floors = np.abs(x) / np.float32(_WIDE) + 0 * y, np.abs(y) / np.float32(_TALL) + 0 * x
    inverse = np.maximum(np.maximum(walls, floors), np.float32(1 / _LENGTH))
    depth = 1 / inverse
    is_wall, is_end = walls >= floors, inverse <= np.float32(1 / _LENGTH)
    along = np.where(is_wall, y, x) * depth
    tiles = np.where((np.floor(depth / 0.8) + np.floor(along / 0.8)) % 2 > 0, 1.0, 0.75)
    colour = np.where(is_wall[..., None], (0.85, 0.75, 0.6), np.where((y > 0)[..., None], (0.6, 0.45, 0.35), 0.9))
    colour = np.where(is_end[..., None], (0.5, 0.6, 0.7), colour * tiles[..., None])
    # Left edge, right edge, top and distance, all in metres; they stand on the floor. The farthest comes first.
    for left, right, top, distance, paint in (
        (0.7, 1.1, -_TALL, 5.0, (0.7, 0.7, 0.75)),
        (-1.2, -0.7, -_TALL, 3.2, (0.8, 0.7, 0.7)),
        (-0.15, 0.75, 0.35, 2.1, (0.75, 0.3, 0.2)),
    ):
        seen = (x > left / distance) & (x < right / distance) & (y > top / distance) & (y < _TALL / distance)
        edge = np.abs((x * distance - (left + right) / 2) / (right - left)) * 2
        inverse = np.where(seen, np.float32(1 / distance), inverse)
        colour = np.where(seen[..., None], np.asarray(paint) * (1.05 - 0.35 * edge**2 + 0 * y)[..., None], colour)
    light = 0.25 + 0.75 * np.exp(-(1 / inverse - 1) / 4)
    if is_lit_from_afar:
        light = 1.15 - light
    rgb = np.clip(colour * light[..., None], 0, 1).astype(np.float32)
    return np.ascontiguousarray(rgb.transpose(2, 0, 1)[None]), inverse.astype(np.float32)


def _likeness(network: DepthNetwork, name: str, picture: Map, truth: Map) -> float:
    """The correlation of what a network makes of a picture with the true inverse depth."""
    output = np.asarray(network.run(picture))
    if output.size != truth.size:
        expected = (1, 1, *truth.shape)
        raise ModelError(f"{name}: wrong output size: {expected} was expected for {picture.shape}, got {output.shape}")
    values = output.reshape(truth.shape).astype(np.float64)
    strange = int(np.count_nonzero(~np.isfinite(values)))
    if strange:
        raise ModelError(
            f"{name}: broken: {strange} of {values.size} values it gives for a built-in picture are NaN or infinite; "
            "try --runtime onnxruntime, or export it again"
        )
    spread = float(values.std())
    if spread <= _LEAST_RELIEF * max(float(np.abs(values).max()), 1e-12):
        raise ModelError(
            f"{name}: constant: it gives {values.flat[0]:.4g} for all of a built-in picture, so every film would be "
            "flat; check its input normalisation and export it again"
        )
    centred = truth - truth.mean()
    likeness = float(((values - values.mean()) * centred).mean()) / (spread * float(truth.std()))
    return likeness if math.isfinite(likeness) else 0.0

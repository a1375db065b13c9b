"""Where the pixels of a large row or column lie among the samples of a small one, and the constants of the blend."""

from __future__ import annotations

from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]

LUMA_TOLERANCE = np.float32(5)
"""Luma difference, of 255, that costs a sample three quarters of its weight; best of 2..20 on six real scenes."""
WHITE = np.float32(256) / LUMA_TOLERANCE
"""Brightest luma in units of the tolerance: what lies above the used bits counts as white, and no product overflows."""
FLAT = np.float32(0.02)
"""Up to this spread of relative disparity among the four samples a cell is smooth: no texture is copied into it."""
EDGE = np.float32(0.06)
"""From this spread on the luma alone decides."""
RISE = np.float32(1) / (EDGE - FLAT)
"""How fast the luma's say grows from FLAT to EDGE."""
MAX_DISPARITY = np.float32(1e6)
"""Larger samples are refused: products of them and the weights could overflow."""


def sample_positions(large: int, small: int) -> tuple[Array, Array, Array]:
    """For each of large pixels: the sample at or before its centre, the next one, and how far between (float32 0..1).

    Centres lie at index + 0.5 of both grids; pixels beyond the outermost samples take these alone.
    """
    at = np.clip((np.arange(large) + 0.5) * (small / large) - 0.5, 0, small - 1)
    before = np.floor(at).astype(np.int32)
    return before, np.minimum(before + 1, small - 1).astype(np.int32), (at - before).astype(np.float32)


def cell_edges(large: int, small: int) -> Array:
    """(small + 1,) int32: cell k of the small grid holds the large pixels edges[k] .. edges[k + 1]."""
    return (np.arange(small + 1) * large // small).astype(np.int32)


def gap_edges(before: Array, small: int) -> Array:
    """(small + 1,) int32: the pixels between sample k and the next one are edges[k] .. edges[k + 1].

    `before` is the first of `sample_positions`.
    """
    return np.searchsorted(before, np.arange(small + 1)).astype(np.int32)

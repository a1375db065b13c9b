"""What goes in and out of `forward_splat`: how planes lie beside each other, and one rendered eye."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

Array = np.ndarray[Any, Any]
Fill = Literal["none", "background", "surface"]
FILLS: tuple[Fill, ...] = ("none", "background", "surface")
MAX_WIDTH = 32768
HALF_WIDTH, FULL_WIDTH = 1, 2
"""Which chroma rows go with a luma row; 0 where none do."""


@dataclass(frozen=True, slots=True)
class SplatView:
    """One rendered eye.

    planes: like the input planes (one (H, W, 3) array if that was packed). hole: (H, W) uint8, 1 where no surface
    landed. parallax_px: (H, W) float32, parallax of the surface seen at each pixel; None where it was not asked for.
    """

    planes: tuple[Array, ...]
    hole: Array
    # Not `Array | None`: whether it is there is the caller's own choice, and a type checker cannot see which.
    parallax_px: Array | Any


@dataclass(frozen=True, slots=True)
class PlaneLayout:
    """How the planes of one picture relate to each other."""

    height: int
    width: int
    dtype: np.dtype[Any]
    packed: bool
    """One (H, W, 3) array instead of planes."""
    plane_shapes: tuple[tuple[int, ...], ...]
    shift_x: int
    """log2 of the horizontal chroma subsampling; 0 without chroma."""
    shift_y: int
    mid_grey: int
    """Chroma of no colour."""

    @property
    def has_chroma(self) -> bool:
        """True if planes 1 and 2 are chroma."""
        return len(self.plane_shapes) == 3

    def new_view(self, *, with_parallax: bool = True) -> SplatView:
        """Uninitialised arrays for one eye."""
        size = (self.height, self.width)
        planes = tuple(np.empty(shape, self.dtype) for shape in self.plane_shapes)
        return SplatView(planes, np.empty(size, np.uint8), np.empty(size, np.float32) if with_parallax else None)

"""Every implementation equals the reference bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from kernels import hole_guide
from kernels.hole_guide.reference import hole_guide_reference


@pytest.mark.parametrize("shape", [(1, 1), (5, 1), (1, 9), (5, 7), (64, 96), (33, 201)])
@pytest.mark.parametrize("colour", [np.uint8, np.float32])
@pytest.mark.parametrize("mask", [np.uint8, np.bool_])
def test_reference_vs_cpu(rng: np.random.Generator, shape: tuple[int, int], colour: type, mask: type) -> None:
    rgb = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    if colour is np.float32:
        rgb = rgb.astype(np.float32) / np.float32(255)
    hole = (rng.integers(0, 256, shape) * (rng.random(shape) < 0.4)).astype(mask)
    stretched = rng.normal(0, 5, shape).astype(np.float32)
    disparity = rng.random(shape, dtype=np.float32)
    want = hole_guide_reference(rgb, hole, stretched, disparity)
    assert want.dtype == np.float32
    assert hole_guide(rgb, hole, stretched, disparity).tobytes() == want.tobytes()


def test_how_rows_lie_in_memory_does_not_matter(rng: np.random.Generator) -> None:
    rgb, hole = rng.integers(0, 256, (6, 9, 3), dtype=np.uint8), (rng.random((6, 9)) < 0.4).astype(np.uint8)
    stretched, disparity = rng.normal(0, 5, (6, 9)).astype(np.float32), rng.random((6, 9), dtype=np.float32)
    want = hole_guide_reference(rgb, hole, stretched, disparity)
    wide = [np.pad(array, ((0, 0), (2, 3), *((0, 0),) * (array.ndim - 2)))[:, 2:-3] for array in (rgb, hole, stretched)]
    out = np.full((8, 8, 9), np.float32(7))
    hole_guide(*wide, np.ascontiguousarray(disparity[::-1])[::-1], out=out[:, 1:7])
    assert out[:, 1:7].tobytes() == want.tobytes()
    assert (out[:, [0, 7]] == 7).all()

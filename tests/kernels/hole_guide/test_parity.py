"""The compiled guide equals its definition."""

from __future__ import annotations

import numpy as np
import pytest

from kernels import hole_guide
from kernels.hole_guide.reference import hole_guide_reference


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (64, 96)])
@pytest.mark.parametrize("colour", ["uint8", "float32"])
def test_reference_vs_cpu(rng: np.random.Generator, shape: tuple[int, int], colour: str) -> None:
    rgb = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    if colour == "float32":
        rgb = rgb.astype(np.float32) / 255
    hole = (rng.random(shape) < 0.4).astype(np.uint8)
    stretched = rng.normal(0, 5, shape).astype(np.float32)
    disparity = rng.random(shape, dtype=np.float32)
    expected = hole_guide_reference(rgb, hole, stretched, disparity)
    np.testing.assert_allclose(hole_guide(rgb, hole, stretched, disparity), expected, atol=2e-6)

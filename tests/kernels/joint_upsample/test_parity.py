"""Every implementation equals the reference bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from kernels import joint_upsample
from kernels.joint_upsample.reference import joint_upsample_reference


@pytest.mark.parametrize("spread", [1.0, 0.1, 0.01])
@pytest.mark.parametrize(("dtype", "bits"), [(np.uint8, 8), (np.uint16, 10), (np.uint16, 16)])
def test_reference_vs_cpu(rng: np.random.Generator, spread: float, dtype: type, bits: int) -> None:
    for _ in range(8):
        height, width = (int(n) for n in rng.integers(1, 70, 2))
        shape = int(rng.integers(1, height + 1)), int(rng.integers(1, width + 1))
        disparity = (rng.random(shape) * spread).astype(np.float32)
        luma = rng.integers(0, 1 << bits, (height, width)).astype(dtype)
        want = joint_upsample_reference(disparity, luma, luma_scale=0.5 ** (bits - 8))
        np.testing.assert_array_equal(joint_upsample(disparity, luma, bits=bits), want)


def test_reference_vs_cpu_at_the_network_s_size(rng: np.random.Generator) -> None:
    disparity = rng.random((56, 96)).astype(np.float32)
    luma = rng.integers(0, 256, (270, 481)).astype(np.uint8)
    want = joint_upsample_reference(disparity, luma, luma_scale=1)
    np.testing.assert_array_equal(joint_upsample(disparity, luma), want)

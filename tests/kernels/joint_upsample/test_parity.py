"""Every implementation equals the reference bit for bit."""

from __future__ import annotations

import numpy as np
import pytest

from kernels import joint_upsample
from kernels.joint_upsample.reference import joint_upsample_reference


def same_bits(got: np.ndarray, want: np.ndarray) -> bool:
    return got.tobytes() == want.tobytes()


def make_map(rng: np.random.Generator, shape: tuple[int, int], spread: float, share_flat: float = 0) -> np.ndarray:
    """Noise; a share of the samples is level, so that rough runs begin and end anywhere."""
    disparity = (rng.random(shape) * spread).astype(np.float32)
    disparity[rng.random(shape) < share_flat] = np.float32(spread / 2)
    return disparity


@pytest.mark.parametrize("spread", [1.0, 0.1, 0.01])
@pytest.mark.parametrize(("dtype", "bits"), [(np.uint8, 8), (np.uint16, 10), (np.uint16, 16)])
def test_reference_vs_cpu(rng: np.random.Generator, spread: float, dtype: type, bits: int) -> None:
    for _ in range(8):
        height, width = (int(n) for n in rng.integers(1, 70, 2))
        shape = int(rng.integers(1, height + 1)), int(rng.integers(1, width + 1))
        disparity = make_map(rng, shape, spread)
        luma = rng.integers(0, 1 << bits, (height, width)).astype(dtype)
        want = joint_upsample_reference(disparity, luma, luma_scale=0.5 ** (bits - 8))
        assert same_bits(joint_upsample(disparity, luma, bits=bits), want)


@pytest.mark.parametrize("share_flat", [0, 0.7, 0.97])
@pytest.mark.parametrize("threads", [1, 3])
def test_reference_vs_cpu_with_rough_runs_anywhere(rng: np.random.Generator, share_flat: float, threads: int) -> None:
    for width in (15, 16, 17, 300, 777):
        disparity = make_map(rng, (7, int(rng.integers(2, 16 + width // 4)) % width + 1), 1, share_flat)
        luma = rng.integers(0, 256, (33, width)).astype(np.uint8)
        want = joint_upsample_reference(disparity, luma, luma_scale=1)
        assert same_bits(joint_upsample(disparity, luma, threads=threads), want)


def test_reference_vs_cpu_at_the_network_s_size(rng: np.random.Generator) -> None:
    disparity = make_map(rng, (56, 96), 1, 0.5)
    luma = rng.integers(0, 256, (270, 481)).astype(np.uint8)
    want = joint_upsample_reference(disparity, luma, luma_scale=1)
    assert same_bits(joint_upsample(disparity, luma), want)


def test_reference_vs_cpu_on_zeros_of_both_signs(rng: np.random.Generator) -> None:
    disparity = np.where(rng.random((9, 30)) < 0.5, np.float32(0), np.float32(-0.0))
    disparity[rng.random((9, 30)) < 0.2] = rng.choice([-1, 1])
    luma = rng.integers(0, 256, (40, 121)).astype(np.uint8)
    want = joint_upsample_reference(disparity, luma, luma_scale=1)
    assert not np.signbit(want[want == 0]).any()
    assert same_bits(joint_upsample(disparity, luma), want)


def test_cells_whose_sum_needs_more_than_32_bits() -> None:
    """By hand at one row, because the reference would take its time over so many."""
    half = 70_000
    luma = np.full((2 * half, 1), 65535, np.uint16)
    luma[half:] = 64500
    y = half + 100
    share = (y + 0.5) / half - 0.5
    unlike = (65535 - 64500) / 256 / 5
    likely = share / ((1 - share) / (1 + unlike**2) ** 2 + share)
    got = joint_upsample(np.array([[0], [1]], np.float32), luma, bits=16)[y, 0]
    assert got == pytest.approx(likely, abs=1e-5)
    assert got > share + 0.1


def test_reference_vs_cpu_on_samples_above_their_bits(rng: np.random.Generator) -> None:
    luma = rng.integers(0, 65536, (40, 60)).astype(np.uint16)
    disparity = make_map(rng, (8, 12), 1e6)
    want = joint_upsample_reference(disparity, luma, luma_scale=0.5)
    assert np.isfinite(want).all()
    assert same_bits(joint_upsample(disparity, luma, bits=9), want)

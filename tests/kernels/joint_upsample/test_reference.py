"""Hand-computed cases: what joint upsampling means."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.joint_upsample.reference import joint_upsample_reference


def upsample(disparity, luma, scale: float = 1) -> np.ndarray:
    return joint_upsample_reference(np.asarray(disparity, np.float32), np.asarray(luma, np.uint8), luma_scale=scale)


def test_same_size_is_identity(rng: np.random.Generator) -> None:
    disparity = rng.random((5, 6)).astype(np.float32)
    assert np.array_equal(upsample(disparity, rng.integers(0, 256, (5, 6))), disparity)


def test_on_a_plain_picture_it_is_bilinear() -> None:
    got = upsample([[0, 1]], np.full((1, 4), 90))
    assert got[0] == pytest.approx([0, 0.25, 0.75, 1])


def test_edges_lie_on_edges_of_the_picture() -> None:
    # Bright and near on the right; the step of the picture is at column 8, one pixel left of where the cells meet.
    luma = np.full((9, 27), 40)
    luma[:, 8:] = 200
    got = upsample([[0, 1, 1]] * 3, luma)
    assert (got[:, :8] < 0.01).all()
    assert (got[:, 8:] > 0.99).all()


def test_texture_on_a_smooth_surface_does_not_become_relief(rng: np.random.Generator) -> None:
    ramp = np.tile(np.linspace(0.4, 0.45, 6), (4, 1))
    textured = upsample(ramp, rng.integers(0, 256, (20, 30)))
    assert np.array_equal(textured, upsample(ramp, np.full((20, 30), 128)))


def test_deep_luma_is_brought_to_eight_bits(rng: np.random.Generator) -> None:
    luma = rng.integers(0, 256, (8, 12))
    disparity = rng.random((2, 3)).astype(np.float32)
    deep = joint_upsample_reference(disparity, (luma * 4).astype(np.uint16), luma_scale=0.25)
    assert deep == pytest.approx(upsample(disparity, luma), abs=1e-6)


def test_one_sample_is_a_constant() -> None:
    assert (upsample([[0.3]], np.arange(12).reshape(3, 4)) == np.float32(0.3)).all()

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


@pytest.fixture
def ball(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A near, bright, textured ball before a dark wall: luma, its true disparity, and that seen 5 times smaller."""
    y, x = np.mgrid[:90, :150]
    inside = (x - 71.3) ** 2 + (y - 44.6) ** 2 < 33**2
    truth = np.where(inside, np.float32(0.8), np.float32(0.2))
    luma = np.clip(np.where(inside, 190, 50) + rng.normal(0, 6, inside.shape), 0, 255).astype(np.uint8)
    return luma, truth, truth.reshape(18, 5, 30, 5).mean(axis=(1, 3))


def test_an_edge_stays_as_sharp_as_the_picture_s(ball) -> None:
    luma, truth, small = ball
    plain = upsample(small, np.full_like(luma, 128))
    error, plain_error = np.abs(upsample(small, luma) - truth), np.abs(plain - truth)
    assert error.sum() < 0.2 * plain_error.sum()
    assert (error > 0.3).sum() == 0 < (plain_error > 0.3).sum()


def test_no_halo_and_no_bleeding(ball) -> None:
    """Beyond the samples beside the edge both surfaces are as flat as they were, whatever their texture."""
    luma, truth, small = ball
    got = upsample(small, luma)
    rim = np.zeros(truth.shape, bool)
    for step in (-10, 0, 10):
        for axis in (0, 1):
            rim |= np.roll(truth, step, axis) != truth
            rim |= np.roll(np.roll(truth, 10, 0), step, 1) != truth
            rim |= np.roll(np.roll(truth, -10, 0), step, 1) != truth
    assert 0.1 < rim.mean() < 0.6
    assert np.array_equal(got[~rim], truth[~rim])
    assert got.min() >= small.min()
    assert got.max() <= small.max()


def test_a_step_without_a_step_in_luma_stays_smooth(ball) -> None:
    """Camouflage: the picture says nothing, and no edge is made up."""
    _, _, small = ball
    got = upsample(small, np.full((90, 150), 128))
    assert np.abs(np.diff(got, axis=1)).max() < 0.6 / 4


def test_a_thin_pole_keeps_its_width() -> None:
    """Narrower than a sample: it is as near as the sample says, and as wide as the picture says."""
    luma = np.full((20, 60), 60, np.uint8)
    luma[:, 31:34] = 200
    small = np.full((4, 12), 0.2, np.float32)
    small[:, 6] = 0.2 + 0.6 * 3 / 5
    got = upsample(small, luma)[10]
    assert (got[31:34] > 0.5).all()
    assert (got[[28, 29, 30, 34, 35, 36]] < 0.3).all()

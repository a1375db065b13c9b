"""The benchmark's frame has what a real one has: smooth surfaces, tears, thin things."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.kernels.scene import (
    NOISE_PX,
    make_disparity,
    make_noisy_parallax,
    make_packed,
    make_parallax,
    make_planes,
)


def test_disparity_is_mostly_smooth_with_some_edges() -> None:
    disparity = make_disparity(270, 480)
    assert disparity.dtype == np.float32
    assert disparity.min() >= 0
    assert 0.7 < disparity.max() <= 1
    steps = np.abs(np.diff(disparity, axis=1))
    assert 0.001 < (steps > 0.05).mean() < 0.05
    assert (steps > 0).mean() > 0.5


def test_parallax_spans_the_stated_range() -> None:
    parallax = make_parallax(135, 1920)
    assert -24 <= parallax.min() < -10
    assert 15 < parallax.max() <= 24


def test_planes() -> None:
    assert [p.shape for p in make_planes(5, 7)] == [(5, 7), (3, 4), (3, 4)]
    assert make_planes(40, 40, dtype=np.uint16)[0].max() > 255
    assert make_packed(5, 7)[0].shape == (5, 7, 3)
    assert all(np.unique(plane).size > 200 for plane in (*make_planes(90, 90), *make_packed(90, 90)))


def test_noise_breaks_the_runs_of_the_scene() -> None:
    smooth, noisy = make_parallax(270, 1920), make_noisy_parallax(270, 1920)
    assert noisy.dtype == np.float32
    assert (noisy - smooth).std() == pytest.approx(NOISE_PX, rel=0.02)

    def single(parallax: np.ndarray) -> float:
        """The share of surfaces that cover exactly one pixel of an eye."""
        landing = np.ceil(np.arange(1920) + parallax / 2)
        return float((np.diff(landing, axis=1) == 1).mean())

    assert single(smooth) > 0.9
    assert single(noisy) < 0.8

"""The benchmark's frame has what a real one has: smooth surfaces, tears, thin things."""

from __future__ import annotations

import numpy as np

from benchmarks.kernels.scene import make_disparity, make_parallax, make_planes


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
    assert make_planes(4, 4, dtype=np.uint16)[0].max() > 255

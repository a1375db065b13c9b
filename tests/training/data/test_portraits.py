from __future__ import annotations

import numpy as np
import pytest

from training.data.assets import Assets
from training.data.builder import Builder, bounds
from training.data.people import bust
from training.data.renderer import Renderer
from training.data.synthesis import render_scene


def test_a_bust_has_its_eyes_at_the_height_asked_and_feet_on_the_ground(plain_assets: Assets) -> None:
    for seed in range(10):
        b = Builder(np.random.default_rng(seed), plain_assets)
        bust(b, 1.0, 1.6, -2.0)
        low, high = bounds(b.nodes, plain_assets)
        assert 1.7 < high[:, 1].max() < 1.95
        assert abs(low[:, 1].min()) < 0.1
        middle = (low.min(axis=0) + high.max(axis=0)) / 2
        np.testing.assert_allclose(middle[[0, 2]], (1.0, -2.0), atol=0.35)


@pytest.mark.gl
def test_somebody_stands_before_the_background(renderer: Renderer) -> None:
    nearer = []
    for seed in range(8):
        drawn = render_scene(seed, 96, 56, assets=renderer.assets, renderer=renderer, kind="portrait", clean=True)
        disparity = drawn.disparity_left.astype(np.float32)
        metres = drawn.focal_px * drawn.baseline / np.maximum(disparity, 1e-3)
        assert np.quantile(metres, 0.02) < 4.5
        nearer.append(np.quantile(disparity, 0.95) / max(float(np.quantile(disparity, 0.05)), 1e-3))
    assert np.median(nearer) > 2

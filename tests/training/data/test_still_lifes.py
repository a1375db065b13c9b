from __future__ import annotations

import numpy as np
import pytest

from training.data.assets import Assets
from training.data.renderer import Renderer
from training.data.still_lifes import Stage, build_still_life
from training.data.synthesis import render_scene


def test_a_stage_says_how_much_of_it_is_in_the_picture() -> None:
    stage = Stage(eye=0.3, pitch=0.0, fov=np.pi / 2, near=0.5, far=2.0)
    assert stage.half_width(2.0) == pytest.approx(2.0)
    assert stage.frame(2.0) == pytest.approx(4.0 * 224 / 384)
    assert stage.top(2.0) == pytest.approx(0.3 + 2.0 * 224 / 384)


def test_the_camera_is_near_above_the_plane_and_about_level(plain_assets: Assets) -> None:
    cameras = [build_still_life(np.random.default_rng(seed), plain_assets).camera for seed in range(40)]
    assert all(0.0 < camera.position[1] < 4.5 for camera in cameras)
    assert np.median([camera.position[1] for camera in cameras]) < 0.8
    assert all(-0.65 < camera.pitch < 0.1 for camera in cameras)


@pytest.mark.gl
def test_close_ups_are_close_and_nearer_below_than_above(renderer: Renderer) -> None:
    slopes, ratios = [], []
    for seed in range(10):
        drawn = render_scene(seed, 96, 56, assets=renderer.assets, renderer=renderer, kind="still_life", clean=True)
        disparity = drawn.disparity_left.astype(np.float32)
        metres = drawn.focal_px * drawn.baseline / np.maximum(disparity, 1e-3)
        assert np.quantile(metres, 0.9) < 7
        slopes.append(disparity[40:].mean() > disparity[:16].mean())
        ratios.append(np.quantile(disparity, 0.95) / max(float(np.quantile(disparity, 0.05)), 1e-3))
    assert np.mean(slopes) > 0.7
    assert 1.4 < np.median(ratios) < 5

from __future__ import annotations

import numpy as np
import pytest

from training.data.assets import Assets
from training.data.builder import Builder
from training.data.scene import Camera, Material
from training.data.viewpoints import free, look_at, stand_in_room


@pytest.mark.parametrize("target", [(3.0, 1.0, -2.0), (-1.0, -2.0, 4.0), (0.0, 0.0, -5.0)])
def test_the_target_is_straight_ahead(target: tuple[float, float, float]) -> None:
    yaw, pitch = look_at((0.5, 0.5, 0.5), target)
    ahead = -Camera(position=(0.5, 0.5, 0.5), yaw=yaw, pitch=pitch).axes()[:, 2]
    wanted = np.subtract(target, 0.5)
    np.testing.assert_allclose(ahead, wanted / np.linalg.norm(wanted), atol=1e-5)


def test_a_camera_stands_in_the_room_and_not_in_a_thing(plain_assets: Assets) -> None:
    for seed in range(30):
        b = Builder(np.random.default_rng(seed), plain_assets)
        b.box((0, 0, 0), (1.5, 1.2, 1.5), Material())
        camera = stand_in_room(b, 5, 4, 2.5)
        x, y, z = camera.position
        assert abs(x) < 2.5
        assert 0.4 < y < 2.5
        assert abs(z) < 2
        assert not (abs(x) < 0.75 and abs(z) < 0.75 and y < 1.2)


def test_free_keeps_a_margin() -> None:
    low, high = np.zeros((1, 3), np.float32), np.ones((1, 3), np.float32)
    assert not free((1.05, 0.5, 0.5), low, high, 0.1)
    assert free((1.15, 0.5, 0.5), low, high, 0.1)

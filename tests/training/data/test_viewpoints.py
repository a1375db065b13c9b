from __future__ import annotations

import numpy as np
import pytest

from training.data.assets import Assets
from training.data.builder import Builder
from training.data.scene import Camera, Material
from training.data.viewpoints import free, lens, look_at, openness, stand_in_room


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


def test_openness_is_the_way_to_what_stands_ahead() -> None:
    room = (6.0, 8.0, 2.6)
    nothing = np.zeros((0, 3), np.float32)
    ahead, behind = (openness((0.0, 1.5, 3.0), yaw, nothing, nothing, room) for yaw in (0.0, np.pi))
    assert behind == pytest.approx(1.0, abs=0.1)
    assert ahead > 4
    at_the_wall = openness((0.0, 1.5, 3.6), np.pi, nothing, nothing, room)
    assert at_the_wall == pytest.approx(0.5 * 0.4, abs=0.05), "what is at the lens counts half"

    low, high = np.array([[-2, 0, 0]], np.float32), np.array([[2, 2, 1]], np.float32)
    assert openness((0.0, 1.5, 3.0), 0.0, low, high, room) == pytest.approx(2.1, abs=0.2)
    elsewhere = np.array((0, 0, 9), np.float32)
    assert openness((0.0, 1.5, 3.0), 0.0, low + elsewhere, high + elsewhere, room) == ahead


def test_rooms_are_filmed_from_eye_height_looking_down_a_little(plain_assets: Assets) -> None:
    cameras = []
    for seed in range(40):
        b = Builder(np.random.default_rng(seed), plain_assets)
        b.box((1, 0, -1), (1.5, 0.75, 0.8), Material())
        cameras.append(stand_in_room(b, 5, 4, 2.5))
    assert 1.2 < np.median([camera.position[1] for camera in cameras]) < 1.8
    assert -0.6 < np.mean([camera.pitch for camera in cameras]) < -0.15
    assert np.mean([abs(camera.roll) < 0.1 for camera in cameras]) > 0.8


def test_lenses_are_as_long_as_asked(plain_assets: Assets) -> None:
    b = Builder(np.random.default_rng(0), plain_assets)
    fields = np.array([lens(b) for _ in range(200)])
    assert fields.max() <= 90.01
    assert fields.min() > 23.9
    focal = 18 / np.tan(np.radians(fields / 2))
    assert 34 < np.median(focal) < 46, "as many short ones as long ones, by ratio"
    assert lens(b, 50, 50) == pytest.approx(39.6, abs=0.1)

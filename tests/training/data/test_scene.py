from __future__ import annotations

import numpy as np
import pytest

from training.data.scene import Camera, Material, Node, Scene, rotation, vec3


def test_rotations_turn_and_do_not_stretch() -> None:
    turn = rotation(0.4, -0.3, 0.2)
    np.testing.assert_allclose(turn @ turn.T, np.eye(3), atol=1e-6)
    np.testing.assert_allclose(rotation(np.pi / 2, 0, 0) @ (0, 0, -1), (-1, 0, 0), atol=1e-6)
    np.testing.assert_allclose(rotation(0, np.pi / 2, 0) @ (0, 0, -1), (0, 1, 0), atol=1e-6)


def test_the_other_eye_is_to_the_right_with_the_same_axes() -> None:
    camera = Camera(position=(1.0, 2.0, 3.0), yaw=np.pi / 2, pitch=0.3)
    other = camera.shifted(0.1)
    np.testing.assert_allclose(np.subtract(other.position, camera.position), (0, 0, -0.1), atol=1e-6)
    np.testing.assert_array_equal(other.axes(), camera.axes())


def test_focal_length_follows_the_field_of_view() -> None:
    assert Camera(position=(0, 0, 0), fov=np.pi / 2).focal_px(200) == pytest.approx(100)


def test_time_moves_things_and_the_camera() -> None:
    matrix = np.eye(3, 4, dtype=np.float32)
    still = Node(mesh="box", matrix=matrix, material=Material())
    node = Node(mesh="box", matrix=matrix, material=Material(), velocity=(1.0, 0.0, -2.0), spin=np.pi)
    camera = Camera(position=(0, 0, 0), velocity=(0.0, 0.5, 0.0), turn=(0.2, 0.0, 0.0))
    scene = Scene(kind="test", nodes=(still, node), camera=camera)
    later = scene.at(0.5)
    assert later.nodes[0] is still
    np.testing.assert_allclose(later.nodes[1].matrix[:, 3], (0.5, 0, -1))
    np.testing.assert_allclose(later.nodes[1].matrix[:, :3], rotation(np.pi / 2, 0, 0), atol=1e-6)
    assert later.camera.position == (0.0, 0.25, 0.0)
    assert later.camera.yaw == pytest.approx(0.1)
    assert scene.at(0.0) is scene


def test_a_material_is_sixteen_numbers() -> None:
    assert len(Material().row()) == 16
    with pytest.raises(ValueError, match="unpack"):
        vec3([1.0, 2.0])

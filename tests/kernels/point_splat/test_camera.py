"""The arithmetic between two cameras."""

from __future__ import annotations

import numpy as np
import pytest

from kernels import Pinhole
from kernels.point_splat.camera import projection

SIZE = (1080, 1920)


def seen_at(matrix: np.ndarray, u: float, v: float, depth: float) -> tuple[float, float, float]:
    x, y, q = matrix.astype(np.float64) @ (u, v, 1, 1 / depth)
    return x / q, y / q, depth * q


def moved(x: float = 0, y: float = 0, z: float = 0) -> np.ndarray:
    pose = np.eye(3, 4)
    pose[:, 3] = x, y, z
    return pose


@pytest.mark.parametrize("size", [(1080, 1920), (1, 1), (13, 16384)])
def test_equal_cameras_are_the_identity_whatever_they_look_at(size: tuple[int, int]) -> None:
    turn = np.linalg.qr(np.random.default_rng(3).normal(size=(3, 3)))[0]
    turn *= np.linalg.det(turn)
    camera = Pinhole(fx=0.83, fy=1.37, cx=0.47, cy=0.51, pose=np.column_stack([turn, (1, 2, 3)]))
    matrix = projection(camera, camera, size, size)
    u = np.array([0.5, 1.5, size[1] - 0.5], np.float32)
    assert np.array_equal(matrix[0, 0] * u + (matrix[0, 1] * u + matrix[0, 2]), u)
    assert matrix[2].tolist() == [0, 0, 1, 0]
    assert not matrix[:, 3].any()


def test_world_to_camera_moves_points_the_way_the_pose_says() -> None:
    # 10 cm to the right in camera axes, at 2 m, with a focal length of 1920 pixels: 96 pixels.
    matrix = projection(Pinhole(fx=1, fy=1), Pinhole(fx=1, fy=1, pose=moved(x=0.1)), SIZE, SIZE)
    assert seen_at(matrix, 960, 540, 2) == pytest.approx((1056, 540, 2))


def test_forward_is_nearer() -> None:
    matrix = projection(Pinhole(fx=1, fy=1), Pinhole(fx=1, fy=1, pose=moved(z=-1)), SIZE, SIZE)
    assert seen_at(matrix, 1060, 540, 2) == pytest.approx((1160, 540, 1))


def test_size_and_focal_length_scale_the_picture() -> None:
    matrix = projection(Pinhole(fx=1, fy=1), Pinhole(fx=2, fy=1), SIZE, (540, 960))
    assert seen_at(matrix, 1060, 640, 2) == pytest.approx((580, 320, 2))


def test_any_two_cameras_agree_with_projecting_by_hand() -> None:
    rng = np.random.default_rng(5)
    cameras = []
    for _ in range(2):
        turn = np.linalg.qr(np.eye(3) + 0.1 * rng.normal(size=(3, 3)))[0]
        turn *= np.sign(np.diag(turn))
        cameras.append(Pinhole(fx=0.9, fy=1.1, cx=0.45, pose=np.column_stack([turn, rng.normal(size=3)])))
    source, target = cameras
    point = np.array([0.3, -0.2, 6.0])
    there = [camera.matrix(*SIZE) @ (camera.pose[:, :3] @ point + camera.pose[:, 3]) for camera in cameras]
    u, v = there[0][:2] / there[0][2]
    got = seen_at(projection(source, target, SIZE, SIZE), u, v, there[0][2])
    assert got == pytest.approx((there[1][0] / there[1][2], there[1][1] / there[1][2], there[1][2]), rel=1e-4)

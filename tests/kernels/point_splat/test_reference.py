"""Small scenes by hand: what the definition means."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.point_splat.camera import Array, Pinhole, PointView, projection
from kernels.point_splat.reference import point_splat_reference

KEEP = np.float32(0.95)
CAMERA = Pinhole(fx=1, fy=1)


def moved(x: float = 0, y: float = 0, z: float = 0, *, roll: float = 0, zoom: float = 1) -> Pinhole:
    pose = np.eye(3, 4)
    pose[:2, :2] = [[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]]
    pose[:, 3] = x, y, z
    return Pinhole(fx=zoom, fy=zoom, pose=pose)


def splat(gray: object, depth: object, target: Pinhole, size: tuple[int, int] | None = None) -> PointView:
    """A gray picture; depth is spread to its shape."""
    levels = np.atleast_2d(np.asarray(gray, np.uint8))
    image = np.repeat(levels[:, :, None], 3, axis=2)
    depths = np.ascontiguousarray(np.broadcast_to(np.asarray(depth, np.float32), levels.shape))
    size = size or levels.shape
    return point_splat_reference(image, depths, projection(CAMERA, target, levels.shape, size), size, KEEP)


def first_channel(view: PointView) -> list[list[int]]:
    assert (view.image == view.image[..., :1]).all()
    return view.image[..., 0].tolist()


def ramp(height: int, width: int) -> Array:
    return np.arange(height * width).reshape(height, width) % 251


def test_nothing_moved_is_the_picture() -> None:
    depth = np.array([[1, 7], [2, 1.3]])
    view = splat([[10, 20], [30, 40]], depth, CAMERA)
    assert first_channel(view) == [[10, 20], [30, 40]]
    assert view.hole.sum() == 0
    assert np.array_equal(view.depth, depth.astype(np.float32))


def test_a_whole_pixel_to_the_right() -> None:
    # Width 4, focal length 4 pixels: at depth 2 half a unit is one pixel.
    view = splat([[10, 20, 30, 40]], 2, moved(x=0.5))
    assert first_channel(view) == [[0, 10, 20, 30]]
    assert view.hole.tolist() == [[1, 0, 0, 0]]
    assert view.depth.tolist() == [[0, 2, 2, 2]]


def test_half_a_pixel_blends_and_the_border_keeps_its_half() -> None:
    view = splat([[10, 20, 31, 40]], 2, moved(x=0.25))
    assert first_channel(view) == [[10, 15, 26, 36]]


def test_rows_blend_too() -> None:
    view = splat([[10], [20], [31], [40]], 2, moved(y=0.25))
    assert first_channel(view) == [[10], [15], [26], [36]]


def test_twice_as_near_is_twice_as_large_without_cracks() -> None:
    view = splat(np.full((6, 6), 9), 2, moved(z=-1))
    assert view.hole.sum() == 0
    assert (view.depth == 1).all()
    assert (view.image == 9).all()


def test_half_a_turn_mirrors_both_axes() -> None:
    picture = ramp(5, 7)
    view = splat(picture, 3, moved(roll=np.pi))
    assert first_channel(view) == picture[::-1, ::-1].tolist()
    assert view.hole.sum() == 0


def test_a_quarter_turn_of_a_square() -> None:
    picture = ramp(6, 6)
    view = splat(picture, 3, moved(roll=np.pi / 2))
    # The camera turns the world clockwise: what was on top comes to the right.
    assert first_channel(view) == np.rot90(picture, -1).tolist()


def test_nearer_things_hide_farther_ones_and_uncover_a_hole() -> None:
    # Columns 2 and 3 are near and move by two pixels; the wall moves by one.
    gray, depth = [[10, 20, 70, 80, 50, 60, 90, 95]], [[4, 4, 2, 2, 4, 4, 4, 4]]
    view = splat(gray, depth, moved(x=0.5))
    assert first_channel(view) == [[0, 10, 20, 0, 70, 80, 60, 90]]
    assert view.hole.tolist() == [[1, 0, 0, 1, 0, 0, 0, 0]]
    assert view.depth.tolist() == [[0, 4, 4, 0, 2, 2, 4, 4]]


def test_a_lone_sample_keeps_its_pixel() -> None:
    depth = np.full((5, 5), np.nan)
    depth[2, 2] = 2
    view = splat(ramp(5, 5), depth, moved(x=0.1, y=0.1))
    assert view.hole.sum() == 24
    assert view.image[2, 2, 0] == 12


def test_a_lone_sample_grows_as_the_camera_comes_nearer() -> None:
    depth = np.full((5, 5), np.nan)
    depth[2, 2] = 3
    view = splat(ramp(5, 5), depth, moved(z=-2))
    assert np.argwhere(view.hole == 0).tolist() == [[r, c] for r in (1, 2, 3) for c in (1, 2, 3)]
    assert set(view.image[view.hole == 0].ravel().tolist()) == {12}


@pytest.mark.parametrize(("step", "holes"), [(1.04, []), (1.06, [32, 33, 34])])
def test_a_step_of_depth_beyond_the_tear_parts_the_surface(step: float, holes: list[int]) -> None:
    """The far half moves three pixels to the right, the near one stays: rubber or a hole."""
    depth = np.where(np.arange(64) < 32, 1, step)[None]
    x = -3 / (64 * (1 - 1 / step))
    pose = np.eye(3, 4)
    pose[0, 3] = x
    view = splat(np.full((1, 64), 5), depth, Pinhole(fx=1, fy=1, cx=0.5 - x, pose=pose))
    assert np.flatnonzero(view.hole[0]).tolist() == holes


@pytest.mark.parametrize("depth", [np.nan, np.inf, -np.inf, 0, -0.0, -2, 1e-40, 1e35])
def test_no_depth_is_no_point(depth: float) -> None:
    view = splat(ramp(3, 3), depth, CAMERA)
    assert view.hole.all()
    assert not view.image.any()
    assert not view.depth.any()


def test_what_is_behind_the_camera_is_not_seen() -> None:
    assert splat(ramp(3, 3), 2, moved(z=-2)).hole.all()
    assert splat(ramp(3, 3), 2, moved(z=-3)).hole.all()


def test_the_back_of_a_surface_is_not_drawn() -> None:
    # A slanted wall, nearer on the right, seen from so far to the left of its plane that it turns its back.
    depth = np.linspace(2, 1, 24)[None].repeat(8, axis=0)
    turned = np.array([[0, 0, -1], [0, 1, 0], [1, 0, 0]], np.float64)  # the camera looks along the old +x
    front = Pinhole(fx=1, fy=1, pose=np.column_stack([turned, (1.5, 0, 3)]))
    back = Pinhole(fx=1, fy=1, pose=np.column_stack([turned.T, (-1.5, 0, 3)]))
    pictures = [splat(np.full((8, 24), 9), depth, camera).hole.mean() for camera in (front, back)]
    assert min(pictures) < 1 == max(pictures)


def test_a_picture_of_another_size() -> None:
    view = splat(np.full((4, 4), 9), 2, CAMERA, size=(9, 7))
    assert view.hole.shape == (9, 7)
    assert view.hole.sum() == 0

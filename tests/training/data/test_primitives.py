from __future__ import annotations

import numpy as np
import pytest

from training.data.primitives import SOLIDS, fractal, grid, height_field, hull, lathe, primitive_meshes, soup


def _normals(vertices: np.ndarray) -> np.ndarray:
    return (vertices["normal"][:, :3].astype(float) - 128) / 127


@pytest.mark.parametrize("name", sorted(SOLIDS))
def test_a_solid_fits_the_unit_cube_and_has_unit_normals(name: str) -> None:
    vertices = SOLIDS[name]()
    assert len(vertices) % 3 == 0
    assert np.abs(vertices["position"]).max() <= 0.5 + 1e-6
    np.testing.assert_allclose(np.linalg.norm(_normals(vertices), axis=1), 1, atol=0.02)


@pytest.mark.parametrize("name", ["box", "sphere", "cylinder", "prism", "bottle", "roof"])
def test_faces_of_closed_solids_look_outwards(name: str) -> None:
    vertices = SOLIDS[name]()
    corners = vertices["position"].reshape(-1, 3, 3).astype(float)
    volume = np.einsum("fi,fi->", corners[:, 0], np.cross(corners[:, 1], corners[:, 2])) / 6
    assert volume > 0.1


def test_a_box_keeps_flat_normals_and_texture_axes() -> None:
    vertices = SOLIDS["box"]()
    axis = np.abs(_normals(vertices)).argmax(axis=1)
    np.testing.assert_array_equal(vertices["normal"][:, 3], axis)
    np.testing.assert_allclose(np.abs(_normals(vertices)).max(axis=1), 1, atol=0.01)


def test_shared_corners_of_a_gentle_bend_are_smooth_and_sharp_ones_are_not() -> None:
    faces = np.array([[0, 1, 2], [1, 3, 2]])
    for height, same in ((0.2, True), (3.0, False)):
        points = np.array([[0, 0, 0], [1, 0, 0], [0, 0, -1], [1, height, -1]], np.float32)
        vertices = soup(points, faces)
        shared = [row for row in vertices if tuple(row["position"]) == (1, 0, 0)]
        assert np.array_equal(shared[0]["normal"][:3], shared[1]["normal"][:3]) is same


def test_triangles_without_area_are_dropped() -> None:
    ball = lathe([(0, -0.5), (0.5, 0), (0, 0.5)], 8)
    assert len(ball) == 2 * 8 * 3


def test_grid_joins_its_ends_when_it_wraps() -> None:
    assert len(grid(3, 4)) == 2 * 2 * 3
    assert len(grid(3, 4, wrap=True)) == 2 * 2 * 4


def test_a_height_field_goes_through_its_heights() -> None:
    heights = np.array([[0, 1, 2], [3, 4, 5]], np.float32)
    vertices = height_field(heights)
    at = vertices["position"]
    corner = at[(at[:, 0] == 0.5) & (at[:, 2] == 0.5)]
    np.testing.assert_allclose(corner[:, 1], 5)


def test_hulls_differ_and_families_are_the_same_every_time() -> None:
    rng = np.random.default_rng(0)
    assert not np.array_equal(hull(rng)["position"][:9], hull(rng)["position"][:9])
    first, second = primitive_meshes(), primitive_meshes()
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)


def test_fractal_noise_fills_0_to_1() -> None:
    noise = fractal(np.random.default_rng(0), 64)
    assert noise.shape == (64, 64)
    assert noise.min() == 0
    assert noise.max() == pytest.approx(1)


@pytest.mark.parametrize("family", ["blob", "heap", "shard", "hull", "cutout"])
def test_random_solids_fill_the_unit_cube_and_differ(family: str) -> None:
    meshes = [vertices for name, vertices in primitive_meshes().items() if name.startswith(family)]
    assert len(meshes) > 5
    for vertices in meshes:
        points = vertices["position"]
        assert np.isfinite(points).all()
        assert np.abs(points).max() < 0.75
        np.testing.assert_allclose(np.linalg.norm(_normals(vertices), axis=1), 1, atol=0.02)
    assert len({vertices["position"].tobytes() for vertices in meshes}) == len(meshes)


def test_a_blade_grows_from_its_root_and_ends_in_a_point() -> None:
    for name, vertices in primitive_meshes().items():
        if name.startswith("blade"):
            points = vertices["position"]
            corners = np.unique(np.round(points, 5), axis=0)
            back = corners[np.abs(corners[:, 0]) < 1e-4]
            assert (len(back), len(corners)) == (9, 25), "nine along the back, two beside all but the last"
            assert points[:, 1].max() <= 1.0
            assert np.linalg.norm(np.diff(back[back[:, 2].argsort()], axis=0), axis=1).sum() == pytest.approx(
                0.89, abs=0.02
            )

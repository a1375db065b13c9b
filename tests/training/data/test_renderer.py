from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from training.data.assets import Assets
from training.data.renderer import Renderer
from training.data.scene import PHOTO, VERTEX, Camera, Look, Material, Node, Scene

pytestmark = pytest.mark.gl

SIZE = (96, 64)
CAMERA = Camera(position=(0.0, 0.0, 0.0), fov=1.2)
LOOK = Look(shadow=0.0)


def card(z: float, size: float, *, x: float = 0.0, layer: int = 0, **changes: object) -> Node:
    matrix = np.array([[size, 0, 0, x], [0, size, 0, 0], [0, 0, 1, z]], np.float32)
    material = Material(kind=PHOTO, layer=layer, tint=(1.0, 1.0, 1.0), emission=1.0)
    return Node(mesh="quad", matrix=matrix, material=replace(material, **changes))


def scene(*nodes: Node, **changes: object) -> Scene:
    return replace(Scene(kind="test", nodes=nodes, camera=CAMERA, look=LOOK), **changes)


def draw(renderer: Renderer, what: Scene, **options: object):
    renderer.load(what)
    return renderer.draw(what, what.camera, SIZE, **options)


@pytest.mark.parametrize("smooth", [True, False])
@pytest.mark.parametrize("depth", [0.7, 3.0, 250.0])
def test_inverse_depth_of_a_plane_is_exact(renderer: Renderer, depth: float, smooth: bool) -> None:
    picture = draw(renderer, scene(card(-depth, depth * 4)), smooth=smooth)
    np.testing.assert_allclose(picture.inverse_depth, 1 / depth, rtol=2e-6)


def test_inverse_depth_of_a_slanted_plane_is_linear(renderer: Renderer) -> None:
    node = card(-3, 20)
    tilt = np.array([[1, 0, 0], [0, 1, 0], [0.5, 0, 1]], np.float32)
    node.matrix[:, :3] = tilt @ node.matrix[:, :3]
    picture = draw(renderer, scene(node))
    # The plane is z = -3 + x / 2, so along a ray through column u: 1 / depth = (1 + u / (2 f)) / 3.
    focal = CAMERA.focal_px(SIZE[0])
    u = (np.arange(SIZE[0]) + 0.5 - SIZE[0] / 2) / focal
    np.testing.assert_allclose(picture.inverse_depth, np.broadcast_to((1 + u / 2) / 3, (64, 96)), rtol=2e-5)


def test_near_things_hide_far_ones_and_the_sky_is_infinitely_far(renderer: Renderer) -> None:
    picture = draw(renderer, scene(card(-2, 1), card(-4, 3)))
    assert picture.inverse_depth[32, 48] == pytest.approx(0.5)
    assert picture.inverse_depth[32, 48 + 25] == pytest.approx(0.25)
    assert picture.inverse_depth[0, 0] == 0
    assert picture.colour[0, 0].max() > 0


def test_the_layer_behind_is_what_is_seen_without_the_front(renderer: Renderer) -> None:
    front, back = card(-2, 1.2, x=0.2, layer=1), card(-5, 30, layer=2)
    for smooth in (False, True):
        first = draw(renderer, scene(front, back), smooth=smooth)
        behind = renderer.draw(scene(front, back), CAMERA, SIZE, first, smooth=smooth)
        alone = draw(renderer, scene(back), smooth=smooth)
        covered = first.inverse_depth > 0.4
        assert 200 < covered.sum() < 4000
        np.testing.assert_allclose(behind.inverse_depth[covered], 0.2, rtol=1e-5)
        inner = covered.copy()
        inner[1:-1, 1:-1] &= covered[:-2, 1:-1] & covered[2:, 1:-1] & covered[1:-1, :-2] & covered[1:-1, 2:]
        np.testing.assert_array_equal(behind.colour[inner], alone.colour[inner])
        assert (behind.inverse_depth[~covered] == 0).all()
        assert (behind.inverse_depth < first.inverse_depth).all()


def test_things_outside_the_picture_are_left_out_without_changing_it(renderer: Renderer) -> None:
    inside = (card(-3, 2), card(-4, 3, x=1.5))
    few = draw(renderer, scene(*inside))
    many = draw(renderer, scene(*inside, card(3, 1), card(-3, 1, x=9), card(-3, 1, x=-9)))
    np.testing.assert_array_equal(few.colour, many.colour)
    np.testing.assert_array_equal(few.inverse_depth, many.inverse_depth)


def test_a_shadow_falls_where_the_sun_is_hidden(renderer: Renderer) -> None:
    matrix = np.array([[40, 0, 0, 0], [0, 1, 0, -1], [0, 0, 40, 0]], np.float32)
    ground = Node(mesh="box", matrix=matrix, material=Material())
    matrix = np.array([[1, 0, 0, 0], [0, 0.1, 0, 1.5], [0, 0, 1, -4]], np.float32)
    lid = Node(mesh="box", matrix=matrix, material=Material())
    camera = Camera(position=(0.0, 1.0, 0.0), pitch=-0.3, fov=1.2)
    look = Look(sun=(0.0, 1.0, 0.0), shadow=1.0, shadow_centre=(0, 0, -4), shadow_radius=5)
    shaded = draw(renderer, scene(ground, lid, camera=camera, look=look))
    without = draw(renderer, scene(ground, replace(lid, casts=False), camera=camera, look=look))
    darker = without.colour.mean(axis=2) - shaded.colour.mean(axis=2) > 20
    focal = CAMERA.focal_px(SIZE[0])
    # The ground point straight below the lid, 4 m ahead and 1.5 m below the eye.
    below = 0.3 - np.arctan2(1.5, 4)
    row = int(SIZE[1] / 2 - focal * np.tan(below))
    assert darker[row, 48]
    assert 20 < darker.sum() < 800


def test_fog_changes_colour_and_not_depth(renderer: Renderer) -> None:
    clear = draw(renderer, scene(card(-5, 30)))
    foggy = draw(renderer, scene(card(-5, 30), look=replace(LOOK, fog=1.0, fog_colour=(1.0, 0.0, 0.0))))
    np.testing.assert_array_equal(clear.inverse_depth, foggy.inverse_depth)
    assert foggy.colour[..., 0].mean() > 170
    assert foggy.colour[..., 1].mean() < 20


def test_cut_out_tiles_have_gaps(renderer: Renderer, plain_assets: Assets) -> None:
    leaves = Material(kind=1, layer=plain_assets.uses["leaves"][0], cutout=True, scale=(0.5, 0.5))
    node = replace(card(-2, 8), material=leaves)
    covered = draw(renderer, scene(node)).inverse_depth > 0
    assert 0.05 < covered.mean() < 0.95


def test_a_scene_larger_than_the_buffer_is_drawn(renderer: Renderer) -> None:
    heap = np.tile(renderer.assets.meshes["box"], 5600)
    assert len(heap) > 200_000
    assert heap.dtype == VERTEX
    node = Node(mesh=heap, matrix=np.eye(3, 4, dtype=np.float32), material=Material())
    node.matrix[2, 3] = -3
    assert draw(renderer, scene(node)).inverse_depth[32, 48] == pytest.approx(1 / 2.5)


def test_an_empty_scene_is_sky(renderer: Renderer) -> None:
    picture = draw(renderer, scene())
    assert not picture.inverse_depth.any()

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from training.data.assets import Assets, load_assets
from training.data.renderer import Picture, Renderer
from training.data.synthesis import KINDS, Sample, build_scene, render_scene, teaches

WIDTH, HEIGHT = 192, 112


@pytest.fixture(scope="module")
def tiny(tiny_folder: Path, renderer: Renderer) -> Iterator[Renderer]:
    made = Renderer(load_assets(tiny_folder))
    yield made
    made.release()


def sample(renderer: Renderer, seed: int, **options: object) -> Sample:
    return render_scene(seed, WIDTH, HEIGHT, assets=renderer.assets, renderer=renderer, **options)


def test_the_shares_of_all_kinds_make_a_whole() -> None:
    assert sum(share for _, share in KINDS.values()) == pytest.approx(1)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_scene_depends_on_its_seed_alone(plain_assets: Assets, kind: str) -> None:
    first, again, other = (build_scene(seed, plain_assets, kind=kind) for seed in (1, 1, 2))
    assert first.kind == kind
    assert first.camera == again.camera
    assert len(first.nodes) == len(again.nodes)
    for one, two in zip(first.nodes, again.nodes, strict=True):
        np.testing.assert_array_equal(one.matrix, two.matrix)
        assert one.material == two.material
    assert first.camera != other.camera


def test_an_unknown_kind_is_named(plain_assets: Assets) -> None:
    with pytest.raises(ValueError, match="no scene kind 'space'"):
        build_scene(0, plain_assets, kind="space")


@pytest.mark.gl
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_right_shows_what_left_shows_at_the_disparity(renderer: Renderer, kind: str) -> None:
    drawn = sample(renderer, 3, kind=kind, clean=True)
    disparity = drawn.disparity_left.astype(np.float32)
    x = np.arange(WIDTH, dtype=np.float32)[None] - disparity
    y = np.repeat(np.arange(HEIGHT, dtype=np.float32)[:, None], WIDTH, 1)
    right = cv2.remap(drawn.right, x, y, cv2.INTER_LINEAR)
    theirs = cv2.remap(drawn.disparity_right.astype(np.float32), x, y, cv2.INTER_NEAREST)
    visible = (x > 1) & (x < WIDTH - 2) & (np.abs(theirs - disparity) < 0.25 + 0.02 * disparity)
    assert visible.mean() > 0.5
    error = np.abs(right.astype(int) - drawn.left).mean(axis=2)[visible]
    unmoved = np.abs(drawn.right.astype(int) - drawn.left).mean(axis=2)[visible]
    assert np.median(error) <= 2
    assert error.mean() < 3
    assert error.mean() < 0.5 * unmoved.mean()


@pytest.mark.gl
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_can_be_drawn_with_models_and_with_none(renderer: Renderer, tiny: Renderer, kind: str) -> None:
    for each in (renderer, tiny):
        drawn = sample(each, 11, kind=kind)
        assert drawn.left.shape == drawn.right.shape == (HEIGHT, WIDTH, 3)
        assert drawn.disparity_left.dtype == np.float16
        assert drawn.left.std() > 5
        near = float(drawn.disparity_left.max())
        assert 0.01 * WIDTH < near < 0.5 * WIDTH
        assert np.isfinite(drawn.disparity_left).all()
        assert (drawn.disparity_left >= 0).all()


@pytest.mark.gl
def test_samples_are_repeatable_and_seeds_differ(renderer: Renderer) -> None:
    first, other, again = (sample(renderer, seed) for seed in (5, 6, 5))
    np.testing.assert_array_equal(first.left, again.left)
    np.testing.assert_array_equal(first.right, again.right)
    np.testing.assert_array_equal(first.disparity_left, again.disparity_left)
    assert not np.array_equal(first.left, other.left)


@pytest.mark.gl
def test_disparity_is_focal_times_baseline_over_depth(renderer: Renderer) -> None:
    drawn = sample(renderer, 8, clean=True)
    scene = build_scene(8, renderer.assets)
    renderer.load(scene)
    picture = renderer.draw(scene, scene.camera, (WIDTH, HEIGHT))
    expected = picture.inverse_depth * drawn.focal_px * drawn.baseline
    np.testing.assert_allclose(drawn.disparity_left, expected, rtol=2e-3, atol=1e-3)


@pytest.mark.gl
def test_the_layer_behind_is_farther_everywhere(renderer: Renderer) -> None:
    drawn = sample(renderer, 4, kind="layers", clean=True, behind=True)
    assert drawn.behind is not None
    for hidden, front in zip(drawn.behind, (drawn.disparity_left, drawn.disparity_right), strict=True):
        assert hidden.seen.mean() > 0.3
        assert (hidden.disparity[hidden.seen] < front[hidden.seen].astype(np.float32)).all()
        assert (hidden.disparity[~hidden.seen] == 0).all()


@pytest.mark.gl
def test_time_moves_the_picture_and_keeps_the_baseline(renderer: Renderer) -> None:
    now, later = (sample(renderer, 9, kind="room", clean=True, time=t) for t in (0.0, 0.4))
    assert now.baseline == later.baseline
    assert not np.array_equal(now.disparity_left, later.disparity_left)


@pytest.mark.gl
def test_a_size_without_pixels_is_refused(renderer: Renderer) -> None:
    with pytest.raises(ValueError, match="16 x 16"):
        render_scene(0, 8, 8, assets=renderer.assets, renderer=renderer)


def test_flat_dark_and_blocked_pictures_teach_nothing() -> None:
    rng = np.random.default_rng(0)
    colour = rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)
    depth = np.linspace(0.2, 1, 64 * 64, dtype=np.float32).reshape(64, 64)
    assert teaches(Picture(colour, depth))
    assert not teaches(Picture(colour, np.full_like(depth, 0.5)))
    assert not teaches(Picture(colour, depth * 0))
    assert not teaches(Picture(colour, depth * 20))
    assert not teaches(Picture(np.full_like(colour, 128), depth))
    assert not teaches(Picture(colour // 30, depth))

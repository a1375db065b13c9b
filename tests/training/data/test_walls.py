from __future__ import annotations

import numpy as np
import pytest

from training.data import walls
from training.data.assets import Assets
from training.data.builder import Builder, bounds
from training.data.scene import Material

LENGTH, HEIGHT = 5.0, 2.6


def _covered(b: Builder, assets: Assets, x: float, y: float) -> bool:
    """Whether something solid of the wall itself stands at this place."""
    low, high = bounds(b.nodes, assets)
    inside = (low[:, 0] < x) & (x < high[:, 0]) & (low[:, 1] < y) & (y < high[:, 1])
    return bool((inside & (low[:, 2] > -0.2) & (high[:, 2] < 0.02)).any())


@pytest.mark.parametrize("to_floor", [True, False])
def test_a_window_leaves_a_hole_and_closes_the_rest(plain_assets: Assets, to_floor: bool) -> None:
    for seed in range(4):
        b = Builder(np.random.default_rng(seed), plain_assets)
        walls.window(b, LENGTH, HEIGHT, Material(), to_floor=to_floor)
        grid = [(x, y) for x in np.linspace(-2.4, 2.4, 24) for y in np.linspace(0.33, 2.55, 10)]
        open_share = 1 - np.mean([_covered(b, plain_assets, x, y) for x, y in grid])
        assert 0.15 < open_share < 0.85
        assert _covered(b, plain_assets, 0.0, HEIGHT - 0.05)
        assert to_floor or _covered(b, plain_assets, 0.0, 0.15)


def test_what_is_outside_throws_no_shadow_into_the_room(plain_assets: Assets) -> None:
    for seed in range(4):
        b = Builder(np.random.default_rng(seed), plain_assets)
        walls.window(b, LENGTH, HEIGHT, Material(), to_floor=True)
        _, high = bounds(b.nodes, plain_assets)
        outside = [node for node, top in zip(b.nodes, high, strict=True) if top[2] < -0.2]
        assert outside
        assert not any(node.casts for node in outside)


def test_doors_stay_at_their_wall_and_open_into_the_room(plain_assets: Assets) -> None:
    reach = []
    for seed in range(20):
        b = Builder(np.random.default_rng(seed), plain_assets)
        walls.door(b, LENGTH, HEIGHT)
        low, high = bounds(b.nodes, plain_assets)
        assert low[:, 2].min() > -0.1
        assert high[:, 1].max() < HEIGHT
        reach.append(high[:, 2].max())
    assert min(reach) < 0.15, "some are shut"
    assert max(reach) > 0.4, "some are ajar"


def test_what_hangs_on_a_wall_is_flat(plain_assets: Assets) -> None:
    for seed in range(12):
        b = Builder(np.random.default_rng(seed), plain_assets)
        walls.hangings(b, LENGTH, HEIGHT)
        for node in b.nodes:
            if node.mesh == "quad":
                low, high = bounds([node], plain_assets)
                assert high[0, 2] - low[0, 2] < 1e-5
                assert 0 < low[0, 2] < 0.3

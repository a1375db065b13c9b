from __future__ import annotations

import numpy as np

from training.data.assets import Assets
from training.data.builder import Builder, bounds
from training.data.ornaments import ornament


def test_ornaments_are_about_as_tall_as_asked_and_stand_on_the_ground(plain_assets: Assets) -> None:
    for tall in (0.1, 0.8):
        heights = []
        for seed in range(60):
            b = Builder(np.random.default_rng(seed), plain_assets)
            ornament(b, tall)
            low, high = bounds(b.nodes, plain_assets)
            assert low[:, 1].min() > -0.35 * tall, f"seed {seed} reaches below the ground"
            assert low[:, 1].min() < 0.2 * tall, f"seed {seed} floats"
            heights.append(high[:, 1].max() / tall)
        assert 0.7 < np.median(heights) < 1.2
        assert max(heights) < 2

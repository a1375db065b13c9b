"""Outlines of cut-outs."""

from __future__ import annotations

import numpy as np
import pytest

from training.data.single_image.shapes import SHAPES, draw_shape


@pytest.mark.parametrize("name", sorted(SHAPES))
def test_shapes_cover_some_of_the_picture(name: str) -> None:
    picture = np.random.default_rng(1).integers(0, 256, (96, 144, 3), dtype=np.uint8)
    covered = []
    for seed in range(12):
        mask = draw_shape(name, picture, np.random.default_rng(seed))
        assert mask.shape == (96, 144)
        assert mask.dtype == np.uint8
        np.testing.assert_array_equal(mask, draw_shape(name, picture, np.random.default_rng(seed)))
        covered.append(float((mask > 127).mean()))
    assert sum(0.005 < share < 0.95 for share in covered) >= 7, covered
    assert np.std(covered) > 0.01

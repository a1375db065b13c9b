from __future__ import annotations

import numpy as np
import pytest

from training.data.textures import PHOTO, TILE, TILE_FAMILIES, make_photo, make_tile


@pytest.mark.parametrize("family", TILE_FAMILIES)
def test_tiles_have_structure_and_only_leaves_have_gaps(family: str) -> None:
    tiles = [make_tile(family, np.random.default_rng(seed)) for seed in range(4)]
    for tile in tiles:
        assert tile.shape == (TILE, TILE, 4)
        assert tile.dtype == np.uint8
    assert max(tile[..., :3].std() for tile in tiles) > 4
    assert bool((np.stack(tiles)[..., 3] == 0).any()) is (family == "leaves")
    assert not np.array_equal(tiles[0], tiles[1])


def test_stand_ins_for_photographs_are_repeatable_and_rich() -> None:
    first, again = (make_photo(np.random.default_rng(3)) for _ in range(2))
    np.testing.assert_array_equal(first, again)
    assert first.shape == (PHOTO, PHOTO, 4)
    assert first[..., :3].std() > 10

"""Where pixels lie among samples."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.joint_upsample.grid import cell_edges, sample_positions


def test_centres_coincide_when_sizes_do() -> None:
    before, after, share = sample_positions(4, 4)
    assert before.tolist() == [0, 1, 2, 3]
    assert after.tolist() == [1, 2, 3, 3]
    assert not share.any()


def test_twice_as_many_pixels() -> None:
    before, _, share = sample_positions(4, 2)
    assert (before + share).tolist() == [0, 0.25, 0.75, 1]


@pytest.mark.parametrize(("large", "small"), [(1, 1), (7, 3), (1080, 224), (1920, 384), (5, 5)])
def test_cells_cover_everything_once(large: int, small: int) -> None:
    edges = cell_edges(large, small)
    assert edges[0] == 0
    assert edges[-1] == large
    assert (np.diff(edges) >= 1).all()

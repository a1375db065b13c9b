from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from training.data.assets import Assets, load_assets
from training.data.builder import Builder, bounds
from training.data.roles import ROLES
from training.data.scene import Material


def _builder(assets: Assets, seed: int = 0) -> Builder:
    return Builder(np.random.default_rng(seed), assets)


def test_frames_nest_and_end(plain_assets: Assets) -> None:
    b = _builder(plain_assets)
    with b.at(1, 0, 0, np.pi / 2), b.at(0, 0, -2):
        b.box((0, 0, 0), (1, 2, 3), Material())
    b.box((0, 0, 0), (1, 2, 3), Material())
    np.testing.assert_allclose(b.nodes[0].matrix[:, 3], (-1, 1, 0), atol=1e-6)
    low, high = bounds(b.nodes, plain_assets)
    np.testing.assert_allclose(high[0] - low[0], (3, 2, 1), atol=1e-5)
    np.testing.assert_allclose(low[1], (-0.5, 0, -1.5), atol=1e-6)


def test_a_rod_reaches_from_end_to_end(plain_assets: Assets) -> None:
    b = _builder(plain_assets)
    b.rod((0, 0, 0), (3, 4, 0), 0.2, Material())
    top = b.nodes[0].matrix @ (0, 0.5, 0, 1)
    np.testing.assert_allclose(top, (3, 4, 0), atol=1e-5)
    b.rod((1, 1, 1), (1, 1, 1), 0.2, Material())
    assert len(b.nodes) == 1


def test_models_stand_on_their_base_at_a_plausible_size(tiny_folder: Path) -> None:
    assets = load_assets(tiny_folder)
    b = _builder(assets)
    size = b.model("chair", (1, 0.5, 2))
    assert size is not None
    _, _, _, least, most = ROLES["chair"]
    assert least * 0.8 < size[1] < most * 1.2
    low, high = bounds(b.nodes, assets)
    assert low[0, 1] == pytest.approx(0.5, abs=1e-5)
    toy = b.model("chair", (0, 0, 0), tall=0.1)
    assert toy is not None
    assert 0.08 < toy[1] < 0.12
    assert high[0, 1] - low[0, 1] == pytest.approx(size[1], rel=1e-5)
    assert b.model("sofa", (0, 0, 0)) is None


def test_a_photograph_is_shown_within_its_borders(plain_assets: Assets) -> None:
    b = _builder(plain_assets)
    for _ in range(200):
        material = b.photo(aspect=b.between(0.3, 3))
        for start, part in zip(material.offset, material.scale, strict=True):
            assert start >= 0
            assert start + part <= 1 + 1e-6


def test_bounds_of_nothing_are_empty(plain_assets: Assets) -> None:
    low, high = bounds([], plain_assets)
    assert low.shape == high.shape == (0, 3)


def test_shadows_are_taken_from_the_last_nodes_alone(plain_assets: Assets) -> None:
    b = _builder(plain_assets)
    for _ in range(3):
        b.box((0, 0, 0), (1, 1, 1), Material())
    b.cast_no_shadow(1)
    assert [node.casts for node in b.nodes] == [True, False, False]

"""Mixing exact pairs, single pictures and collages."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from training.data.shards import write_shard
from training.data.single_image.collage import CollageOptions
from training.data.single_image.samples import WindowOptions, draw_pairs
from training.holes import HoleOptions, WarpedPair
from training.infill_sources import CollageSource, Held, Mixture, ShardSource, parse_weighted

EXACT = HoleOptions(
    ragged_error=0, edge_error=0, soft_error=0, colour=0, zoom=(1, 1), photo_zoom=(1, 1), photo_strength=(1, 1)
)


def _picture(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.asarray(cv2.resize(rng.integers(0, 256, (9, 12, 3), dtype=np.uint8), (400, 280)))


@pytest.fixture(scope="module")
def single(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Shards of pairs made from single pictures, either eye the true one."""
    folder = tmp_path_factory.mktemp("single")
    disparity = np.full((280, 400), 0.1, np.float32)
    disparity[60:240, 100:260] = 1
    window = WindowOptions(size=(128, 96), strength=(5, 6))
    pairs = [p for k in range(4) for p in draw_pairs(_picture(k), disparity, 16, window, np.random.default_rng(k))]
    assert {pair.true_eye for pair in pairs} == {"left", "right"}
    assert len(pairs) >= 32
    write_shard(folder, "shard-0-000000", pairs, {"true_eyes": [pair.true_eye for pair in pairs]})
    return folder


@pytest.fixture(scope="module")
def album(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("album")
    for k in range(8):
        assert cv2.imwrite(str(folder / f"{k}.png"), _picture(k))
    return folder


def _known_is_true(pair: WarpedPair) -> float:
    shown = np.round(pair.guide[:3].transpose(1, 2, 0) * 255).astype(int)
    return float((np.abs(shown - pair.truth).max(axis=2) <= 1)[pair.guide[3] == 0].mean())


def test_single_pictures_are_never_resampled_on_their_way(single: Path) -> None:
    source = ShardSource(single, EXACT)
    rng = np.random.default_rng(0)
    for _ in range(8):
        assert _known_is_true(source.draw(rng)) > 0.99
    assert source.describe()["samples"] >= 30


def test_each_source_holds_samples_of_its_kind_back(single: Path, shards: Path, album: Path) -> None:
    collages = CollageSource([album], EXACT, CollageOptions(size=(128, 96)))
    mixture = Mixture([(ShardSource(shards, EXACT), 1), (ShardSource(single, EXACT), 1), (collages, 1)])
    held = mixture.held(4)
    assert set(held) == {"scenes", "photos", "collages"}
    assert all(pair.inner.any() for pairs in held.values() for pair in pairs)
    assert mixture.describe() == {"samples": 30 + ShardSource(single, EXACT).describe()["samples"], "photographs": 7}
    again = mixture.held(4)
    for kind, pairs in held.items():
        np.testing.assert_array_equal(pairs[0].guide, again[kind][0].guide)


class _Named:
    def __init__(self, name: str, drawn: list[str]) -> None:
        self.name, self.drawn = name, drawn

    def draw(self, rng: np.random.Generator) -> WarpedPair:
        self.drawn.append(self.name)
        return WarpedPair(*(np.zeros(0),) * 4)

    def held(self, limit: int) -> Held:
        return {}

    def rescan(self) -> None:
        self.drawn.append("rescan")

    def describe(self) -> dict[str, int]:
        return {}


def test_sources_are_drawn_by_weight() -> None:
    drawn: list[str] = []
    mixture = Mixture([(_Named("a", drawn), 1), (_Named("b", drawn), 3)])
    rng = np.random.default_rng(0)
    for _ in range(400):
        mixture.draw(rng)
    assert 70 < drawn.count("a") < 130
    mixture.rescan()
    assert drawn[-2:] == ["rescan", "rescan"]
    with pytest.raises(ValueError, match="give --data, --photos, or both"):
        Mixture([])


def test_weights_are_read_from_the_command_line() -> None:
    assert parse_weighted("runs/scenes") == (Path("runs/scenes"), 1.0)
    assert parse_weighted("runs/scenes=2.5") == (Path("runs/scenes"), 2.5)
    assert parse_weighted("a=b/scenes") == (Path("a=b/scenes"), 1.0)
    for bad in ("scenes=0", "scenes=-1", "scenes=nan", "scenes=inf"):
        with pytest.raises(ValueError, match="a weight is a number above zero"):
            parse_weighted(bad)

"""Every wide inner hole is covered by few tiles, and nothing else asks for one."""

from __future__ import annotations

import numpy as np
import pytest

from engine.stereo.hole_runs import HELD, OPEN, find_runs, set_state
from engine.stereo.tiles import Tile, TileShape, plan_tiles

SHAPE = TileShape(width=64, height=64, margin=16)


def _plan(hole: np.ndarray, done: np.ndarray | None = None) -> list[Tile]:
    holes = find_runs(hole, np.zeros(hole.shape, np.float32), min_width=4)
    state = np.zeros(hole.shape, np.uint8)
    set_state(holes.runs, state, OPEN)
    if done is not None:
        state[done & (state == OPEN)] = HELD
    return plan_tiles(holes.runs, state, SHAPE)


def test_no_holes_no_tiles() -> None:
    assert _plan(np.zeros((200, 300), np.uint8)) == []


def test_what_is_filled_asks_for_nothing() -> None:
    hole = np.zeros((200, 300), np.uint8)
    hole[20:180, 60:70] = 1
    done = np.zeros(hole.shape, bool)
    done[:100] = True
    assert min(tile.core_top for tile in _plan(hole, done)) == 100
    assert _plan(hole, np.ones(hole.shape, bool)) == []


@pytest.mark.parametrize("size", [(64, 64), (200, 300), (203, 301), (1080, 128)])
def test_cores_cover_wide_holes_and_each_has_its_share(size: tuple[int, int], rng: np.random.Generator) -> None:
    height, width = size
    hole = np.zeros(size, np.uint8)
    wanted = np.zeros(size, bool)
    for _ in range(40):
        y, x = int(rng.integers(0, height - 1)), int(rng.integers(2, width - 14))
        hole[y : y + 2, x : x + 6] = 1
    for y in range(height):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], hole[y], [0]])))
        for start, stop in edges.reshape(-1, 2):
            wanted[y, start:stop] = stop - start >= 4
    for tile in _plan(hole):
        assert 0 <= tile.top <= tile.core_top < tile.core_bottom <= tile.top + 64 <= height
        assert 0 <= tile.left <= tile.core_left < tile.core_right <= tile.left + 64 <= width
        assert tile.core_top % 2 == tile.core_left % 2 == 0
        for core, tile_end, end in (
            (tile.core_top - tile.top, tile.top, 0),
            (tile.core_left - tile.left, tile.left, 0),
            (tile.top + 64 - tile.core_bottom, tile.top + 64, height),
            (tile.left + 64 - tile.core_right, tile.left + 64, width),
        ):
            assert core >= SHAPE.margin or tile_end == end, "a margin is missing at the frame's border only"
        part = wanted[tile.core_top : tile.core_bottom, tile.core_left : tile.core_right]
        assert tile.weight == part.sum() > 0
        part[:] = False
    assert not wanted.any()


def test_a_core_lies_where_it_holds_most() -> None:
    hole = np.zeros((200, 300), np.uint8)
    hole[50:54, 100:106] = 1
    hole[58:70, 76:82] = 1
    (tile,) = _plan(hole)
    assert tile.weight == hole.sum()
    assert tile.core_top == 50
    hole[58:70, 120:130] = 1
    first, second = _plan(hole)
    assert first.core_left > 76, "what is to the right is more"
    assert (first.weight, second.weight) == (24 + 120, 72)


def test_slivers_ask_for_nothing() -> None:
    hole = np.zeros((100, 200), np.uint8)
    hole[:, 50:53] = 1
    assert _plan(hole) == []
    hole[:, 50:53] = 0
    hole[40, 20:180] = 1
    assert _plan(hole) == []


def test_a_tile_has_context_around_its_core_inside_the_picture() -> None:
    hole = np.zeros((200, 300), np.uint8)
    hole[96:104, 144:152] = 1
    (tile,) = _plan(hole)
    assert (tile.core_top - tile.top, tile.core_left - tile.left) == (16, 16)


@pytest.mark.parametrize(
    ("picture", "expected"), [((1920, 1080), (64, 64)), ((100, 50), (64, 48)), ((40, 35), (40, 32)), ((31, 500), None)]
)
def test_small_pictures_get_small_tiles(picture: tuple[int, int], expected: tuple[int, int] | None) -> None:
    fitted = TileShape().fitted(*picture)
    assert (None if fitted is None else (fitted.width, fitted.height)) == expected

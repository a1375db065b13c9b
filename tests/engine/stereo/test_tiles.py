"""Every wide inner hole is covered by few tiles, and nothing else asks for one."""

from __future__ import annotations

import time

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


def _plain_cover(left: np.ndarray) -> list[tuple[int, int, int]]:
    """The same cover, without anything that makes it quick: (first row, first column, weight) of 32 x 32 cores."""
    left, cores = np.pad(left, ((0, 32), (32, 32))), []
    while left.any():
        y, x = (int(first) for first in np.argwhere(left)[0])
        top, begins = y // 2 * 2, range(x // 2 * 2 - 30, x // 2 * 2 + 2, 2)
        weights = [int(left[top : top + 32, begin : begin + 32].sum()) for begin in begins]
        begin = begins[int(np.argmax(weights))]
        left[top : top + 32, begin : begin + 32] = False
        cores.append((top, max(begin - 32, 0), max(weights)))
    return cores


@pytest.mark.parametrize("share", [0.05, 0.1, 0.7])
def test_tiles_are_those_of_a_plain_cover(share: float, rng: np.random.Generator) -> None:
    for height, width in ((97, 131), (64, 200)):
        state = np.zeros((height, width), np.uint8)
        while state.mean() < share:
            y, x = rng.integers(height), rng.integers(width)
            state[y : y + rng.integers(1, 20), x : x + rng.integers(1, 20)] = OPEN
        state[rng.random(state.shape) < 0.2] = 0
        runs = np.array([(y, 0, width, 1) for y in range(height)], np.int32)
        found = [(tile.core_top, tile.core_left, tile.weight) for tile in plan_tiles(runs, state, SHAPE)]
        assert found == _plain_cover(state == OPEN)
        assert len(found) > 1


def test_a_tile_takes_no_longer_where_much_is_open() -> None:
    """A tenth of a second a frame was once spent on finding tiles, most of which were over the budget."""
    runs = np.array([(y, 0, 1920, 1) for y in range(1080)], np.int32)
    of_a_tile = []
    for every in (64, 1):
        state = np.zeros((1080, 1920), np.uint8)
        state[:, ::every] = OPEN
        times = []
        for _ in range(4):
            since_s = time.perf_counter()
            tiles = plan_tiles(runs, state, TileShape())
            times.append((time.perf_counter() - since_s) / len(tiles))
        assert len(tiles) > 600
        of_a_tile.append(min(times))
    assert of_a_tile[1] < 5 * of_a_tile[0]


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

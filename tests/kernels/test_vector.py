"""Blocks of samples and codes, at every place of a row."""

from __future__ import annotations

import numpy as np
import pytest

from kernels._jit import compiled
from kernels._vector import (
    ALL_LANES,
    LANES,
    LINE,
    PIXELS,
    bytes_to_line,
    choose_positive,
    equal_codes,
    lowest_bit,
    move_block,
    move_part,
    put_nearer,
    settle,
    stream_line,
    unit_like,
)


@compiled
def _equal(codes, start, value):
    return equal_codes(codes, start, value)


@compiled
def _lowest(mask):
    return lowest_bit(mask)


@compiled
def _move(target, to, source, start, count):
    if count == LANES:
        move_block(target, to, source, start)
    else:
        move_part(target, to, source, start, count)


def test_bits_say_which_codes_are_equal(rng: np.random.Generator) -> None:
    codes = rng.choice(np.array([0, 1, 254, 255], np.uint8), 3 * LANES)
    for start in range(2 * LANES + 1):
        for value in (0, 1, 254, 255):
            want = sum(1 << n for n in range(LANES) if codes[start + n] == value)
            assert _equal(codes, start, value) == want
    assert _equal(np.full(LANES, 7, np.uint8), 0, 7) == ALL_LANES


def test_lowest_bit_of_every_lane() -> None:
    for n in range(LANES):
        assert _lowest(1 << n) == n
        assert _lowest(ALL_LANES & (ALL_LANES << n)) == n


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
@pytest.mark.parametrize("count", [0, 1, 8, LANES - 1, LANES])
def test_a_move_touches_its_block_and_nothing_else(rng: np.random.Generator, dtype: type, count: int) -> None:
    source = rng.integers(1, 200, 2 * LANES).astype(dtype)
    for to in (0, 1, 5, LANES):
        for start in (0, 3, LANES):
            target = np.zeros(2 * LANES, dtype)
            _move(target, to, source, start, count)
            assert np.array_equal(target[to : to + count], source[start : start + count])
            assert not target[:to].any()
            assert not target[to + count :].any()


@compiled
def _stream(target, source, start):
    to = bytes_to_line(target) // target.itemsize
    stream_line(target, to, source, start)
    settle()
    return to


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_a_streamed_line_is_one_line_and_nothing_else(rng: np.random.Generator, dtype: type) -> None:
    count = LINE // dtype().itemsize
    source = rng.integers(1, 200, 2 * count).astype(dtype)
    for first in range(count):
        target = np.zeros(4 * count, dtype)
        to = _stream(target[first:], source, first) + first
        assert target[to:].ctypes.data % LINE == 0
        assert to - first < count
        assert np.array_equal(target[to : to + count], source[first : first + count])
        assert not target[:to].any()
        assert not target[to + count :].any()


@compiled
def _put_nearer(depth, image, i, depths, colours, n, count):
    put_nearer(depth, image, i, depths, colours, n, count)


@compiled
def _signs(values, chosen, units):
    for n in range(values.shape[0]):
        chosen[n] = choose_positive(values[n, 0], values[n, 1], values[n, 2], values[n, 3], values[n, 4])
        units[n] = unit_like(values[n, 0])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_put_nearer_touches_the_nearer_of_so_many_pixels(rng: np.random.Generator, dtype: type) -> None:
    for count in range(PIXELS + 1):
        i, n = (int(edge) for edge in rng.integers(0, 9, 2))
        depth, depths = (rng.integers(1, 5, 40).astype(np.float32) for _ in range(2))
        depth[rng.random(40) < 0.3] = np.inf
        image, colours = (rng.integers(0, np.iinfo(dtype).max, 120, dtype) for _ in range(2))
        want_depth, want_image = depth.copy(), image.reshape(-1, 3).copy()
        for k in range(count):
            if depths[n + k] < depth[i + k]:
                want_depth[i + k] = depths[n + k]
                want_image[i + k] = colours.reshape(-1, 3)[n + k]
        _put_nearer(depth, image, i, depths, colours, n, count)
        np.testing.assert_array_equal(depth, want_depth)
        np.testing.assert_array_equal(image.reshape(-1, 3), want_image)


def test_choice_by_signs() -> None:
    values = np.array([[1 if n >> k & 1 else -1 for k in range(5)] for n in range(32)], np.float32) * 1e-30
    chosen, units = np.empty(32, np.int32), np.empty(32, np.float32)
    _signs(values, chosen, units)
    first, a, b, c, d = (values > 0).T
    np.testing.assert_array_equal(chosen, -((first & a & b) | ~(first | c | d)).astype(np.int32))
    np.testing.assert_array_equal(units, np.sign(values[:, 0]))

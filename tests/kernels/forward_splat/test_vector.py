"""Blocks of samples and codes, at every place of a row."""

from __future__ import annotations

import numpy as np
import pytest

from kernels._jit import compiled
from kernels.forward_splat._vector import ALL_LANES, LANES, equal_codes, lowest_bit, move_block, move_eight, move_one


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
    elif count == 8:
        move_eight(target, to, source, start)
    else:
        move_one(target, to, source, start)


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
@pytest.mark.parametrize("count", [1, 8, LANES])
def test_a_move_touches_its_block_and_nothing_else(rng: np.random.Generator, dtype: type, count: int) -> None:
    source = rng.integers(1, 200, 2 * LANES).astype(dtype)
    for to in (0, 1, 5, LANES):
        for start in (0, 3, LANES):
            target = np.zeros(2 * LANES, dtype)
            _move(target, to, source, start, count)
            assert np.array_equal(target[to : to + count], source[start : start + count])
            assert not target[:to].any()
            assert not target[to + count :].any()

"""Loops between planes and rows."""

from __future__ import annotations

import numpy as np
import pytest

from kernels.forward_splat._rows import is_finite, stream, widen


def test_every_half_becomes_the_same_number_as_in_numpy() -> None:
    bits = np.arange(65536, dtype=np.uint16).reshape(8, -1)
    got = np.empty(bits.shape, np.float32)
    widen(bits, bits.shape[1], got)
    want = bits.view(np.float16).astype(np.float32)
    finite = np.isfinite(want)
    np.testing.assert_array_equal(got[finite].view(np.int32), want[finite].view(np.int32))
    # What is no number is only told from numbers.
    assert not np.isfinite(got[~finite]).any()
    assert not is_finite(got, got.shape[1])


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16, np.float32])
def test_streamed_rows_are_copies_wherever_they_begin_and_end(rng: np.random.Generator, dtype: type) -> None:
    source = rng.integers(1, 200, 400).astype(dtype)
    for start in range(70):
        width = int(rng.integers(0, 300))
        target = np.zeros(400, dtype)
        stream(source[start % 3 :], width, target[start:])
        assert np.array_equal(target[start : start + width], source[start % 3 :][:width])
        assert not target[:start].any()
        assert not target[start + width :].any()


def test_samples_beside_multiples_of_their_size_are_streamed_too() -> None:
    room = np.zeros(1000, np.uint8)
    for start in range(4):
        target = room[start : start + 600].view(np.float32)
        stream(np.arange(150, dtype=np.float32), 150, target)
        assert np.array_equal(target, np.arange(150))

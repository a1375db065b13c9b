"""Halving against the definition."""

from __future__ import annotations

import numpy as np
import pytest

from engine.layouts.resample import halve_columns, halve_rows


@pytest.mark.parametrize(("dtype", "top"), [(np.uint8, 255), (np.uint16, 1023), (np.uint16, 65535)])
def test_average_of_pairs_rounded_half_up(dtype: type, top: int, rng: np.random.Generator) -> None:
    source = rng.integers(0, top + 1, (10, 38)).astype(dtype)
    source[0], source[1] = top, top
    wide = np.zeros((10, 60), dtype)
    halve_columns(source, wide[:, 3:22])
    pairs = source.astype(np.int64)
    np.testing.assert_array_equal(wide[:, 3:22], (pairs[:, 0::2] + pairs[:, 1::2] + 1) // 2)
    assert wide[:, :3].max() == wide[:, 22:].max() == 0
    tall = np.empty((5, 38), dtype)
    halve_rows(source, tall)
    np.testing.assert_array_equal(tall, (pairs[0::2] + pairs[1::2] + 1) // 2)

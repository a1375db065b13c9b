"""Loops between planes and rows."""

from __future__ import annotations

import numpy as np

from kernels.forward_splat._rows import is_finite, widen


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

"""Checks of arguments that no operator's own tests reach."""

from __future__ import annotations

import numpy as np
import pytest

from kernels._require import dense_rows, require_array, require_sample_bits


def test_single_columns_and_rows_count_as_contiguous() -> None:
    column = np.zeros((5, 4), np.uint8)[:, 1:2]
    assert require_array("plane", column, ndim=2, dtypes=(np.uint8,)) is column


def test_foreign_byte_order_is_refused() -> None:
    with pytest.raises(TypeError, match="must be float32, got >f4"):
        require_array("plane", np.zeros((2, 2), ">f4"), ndim=2, dtypes=(np.float32,))


def test_sample_bits() -> None:
    assert require_sample_bits(np.dtype(np.uint8), None) == 8
    assert require_sample_bits(np.dtype(np.uint16), None) == 10
    assert require_sample_bits(np.dtype(np.uint16), 16) == 16
    with pytest.raises(ValueError, match="9 to 16"):
        require_sample_bits(np.dtype(np.uint16), 17)


def test_dense_rows_is_the_same_memory_where_it_can_be() -> None:
    room = np.zeros((4, 10), np.uint16)
    dense = dense_rows(room[:, 2:8])
    assert dense.flags.c_contiguous
    assert dense.shape == (4, 10)
    dense[1, 0] = 7
    assert room[1, 2] == 7


def test_dense_rows_copies_what_has_no_such_form() -> None:
    picture = np.arange(12, dtype=np.uint8).reshape(3, 4)
    flipped = dense_rows(picture[::-1])
    assert np.array_equal(flipped, picture[::-1])
    assert not np.shares_memory(flipped, picture)
    odd = np.ndarray((2, 3), np.uint16, np.zeros(20, np.uint8).data, strides=(7, 2))
    assert dense_rows(odd).shape == (2, 3)


def test_dense_rows_keeps_a_read_only_input_alive() -> None:
    picture = np.arange(6, dtype=np.uint8).reshape(2, 3)
    picture.flags.writeable = False
    dense = dense_rows(picture)
    assert dense.flags.writeable
    assert np.shares_memory(dense, picture)
    assert not picture.flags.writeable

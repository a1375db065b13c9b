"""Checks of arguments that no operator's own tests reach."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from kernels._require import (
    dense_rows,
    require_array,
    require_number,
    require_sample_bits,
    require_sequence,
    require_writable,
)


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


def test_numbers_are_real_numbers() -> None:
    assert require_number("tear_px", np.float32(2)) == 2
    assert require_number("tear_px", 3) == 3
    for wrong in ("2", None, True, 1j, np.ones(2)):
        with pytest.raises(TypeError, match=f"tear_px must be a number, got {type(wrong).__name__}"):
            require_number("tear_px", wrong)


def test_sequences_can_be_counted() -> None:
    assert require_sequence("eyes", (1, 2), "numbers") == (1, 2)
    for wrong in (0.5, None, "ab", iter([1])):
        with pytest.raises(TypeError, match="eyes must be numbers, got"):
            require_sequence("eyes", wrong, "numbers")


def rows_apart(stride: int, start: int = 0) -> np.ndarray:
    """Four rows of five uint16, any number of bytes apart."""
    return np.ndarray((4, 5), np.uint16, np.zeros(200, np.uint8).data, offset=start, strides=(stride, 2))


@pytest.mark.parametrize(
    ("out", "words"),
    [
        (rows_apart(0), "row stride that is a positive multiple of its items, got 0"),
        (rows_apart(11), "row stride that is a positive multiple of its items, got 11"),
        (rows_apart(-10, start=60), "row stride that is a positive multiple of its items, got -10"),
        (rows_apart(8), "rows that do not overlap, got row stride 8 of 10"),
        (rows_apart(10, start=1), "aligned to its items of 2 bytes"),
    ],
)
def test_what_dense_rows_would_copy_is_refused_as_output(out: np.ndarray, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        require_writable("out", out, [])


def test_what_is_writable_is_written_in_place() -> None:
    for out in (rows_apart(10), rows_apart(16, start=2), rows_apart(0)[:1], rows_apart(-10, start=60)[:1]):
        require_writable("out", out, [])
        dense_rows(out)[:, :5] = 7
        assert (out == 7).all()


def test_dense_rows_is_the_same_memory_where_it_can_be() -> None:
    room = np.zeros((4, 10), np.uint16)
    dense = dense_rows(room[:, 2:8])
    assert dense.flags.c_contiguous
    assert dense.shape == (4, 10)
    dense[1, 0] = 7
    assert room[1, 2] == 7


def test_dense_rows_of_a_mapped_file_are_plain(tmp_path: Path) -> None:
    """Compiled loops know no subclass of an array."""
    mapped = np.memmap(tmp_path / "plane", np.uint8, "w+", shape=(3, 5, 3))
    dense = dense_rows(mapped)
    assert type(dense) is np.ndarray
    assert dense.shape == (3, 15)
    assert np.shares_memory(dense, mapped)


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

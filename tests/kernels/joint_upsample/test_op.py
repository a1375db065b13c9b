"""The contract of joint_upsample: bounds, out, threads, errors."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from kernels import joint_upsample

DISPARITY = np.linspace(0, 1, 12, dtype=np.float32).reshape(3, 4)
LUMA = np.arange(9 * 20, dtype=np.uint8).reshape(9, 20)


def test_no_overshoot(rng: np.random.Generator) -> None:
    disparity = rng.random((6, 9)).astype(np.float32)
    got = joint_upsample(disparity, rng.integers(0, 256, (60, 90)).astype(np.uint8))
    assert got.min() >= disparity.min()
    assert got.max() <= disparity.max()
    assert got.dtype == np.float32


@pytest.mark.parametrize("threads", [2, 5])
@pytest.mark.usefixtures("no_thread_left")
def test_thread_counts_agree(rng: np.random.Generator, threads: int) -> None:
    disparity = rng.random((7, 9)).astype(np.float32)
    luma = rng.integers(0, 256, (61, 90)).astype(np.uint8)
    assert np.array_equal(joint_upsample(disparity, luma, threads=threads), joint_upsample(disparity, luma))


def test_how_rows_lie_in_memory_does_not_matter() -> None:
    want = joint_upsample(DISPARITY, LUMA)
    luma = np.pad(LUMA, ((0, 0), (3, 5)))[:, 3:-5]
    disparity = np.pad(DISPARITY, ((0, 0), (1, 2)))[:, 1:-2]
    luma.flags.writeable = False
    assert np.array_equal(joint_upsample(disparity, luma), want)
    assert np.array_equal(joint_upsample(DISPARITY, np.ascontiguousarray(LUMA[::-1])[::-1]), want)


def test_out_is_used_and_saves_frame_size_memory(rng: np.random.Generator) -> None:
    luma = rng.integers(0, 256, (512, 512)).astype(np.uint8)
    out = joint_upsample(DISPARITY, luma)
    tracemalloc.start()
    assert joint_upsample(DISPARITY, luma, out=out) is out
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < luma.size


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"disparity": DISPARITY.astype(np.float64)}, TypeError, "disparity must be float32, got float64"),
        ({"disparity": DISPARITY[0]}, ValueError, "disparity must have 2 axes"),
        ({"disparity": np.full((3, 4), np.nan, np.float32)}, ValueError, "disparity must be finite"),
        ({"disparity": np.full((3, 4), -2e6, np.float32)}, ValueError, "at most 1e+06 in size, got -2000000"),
        ({"stream": object()}, TypeError, "stream is for arrays on a GPU"),
        ({"disparity": np.zeros((10, 4), np.float32)}, ValueError, "must not be larger than luma (9, 20)"),
        ({"luma": LUMA.astype(np.int32)}, TypeError, "luma must be uint8 or uint16"),
        ({"luma": LUMA[:, ::2]}, ValueError, "contiguous within a row"),
        ({"out": np.zeros((9, 21), np.float32)}, ValueError, "out must have shape (9, 20)"),
        ({"out": np.zeros((9, 20), np.float64)}, TypeError, "out must be float32"),
        ({"bits": 12}, ValueError, "bits must be 8 for uint8"),
        ({"luma": LUMA.astype(np.uint16), "bits": 8}, ValueError, "bits must be 9 to 16"),
        ({"threads": -1}, ValueError, "threads must be at least 1"),
        ({"threads": True}, TypeError, "threads must be an integer"),
    ],
)
def test_bad_arguments_are_named(change: dict, error: type[Exception], words: str) -> None:
    arguments = {"disparity": DISPARITY, "luma": LUMA} | change
    with pytest.raises(error) as caught:
        joint_upsample(arguments.pop("disparity"), arguments.pop("luma"), **arguments)
    assert words in str(caught.value)


def test_out_must_not_be_an_input() -> None:
    square = np.zeros((4, 4), np.float32)
    with pytest.raises(ValueError, match="overlap"):
        joint_upsample(square, np.zeros((4, 4), np.uint8), out=square)

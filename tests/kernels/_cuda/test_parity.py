"""A small kernel runs on the CPU as it would on a GPU, and what is wrong in it is found there."""

from __future__ import annotations

import ctypes
from pathlib import Path

import numpy as np
import pytest

from kernels._cuda.launch import load_kernel, new_device_array

SOURCE = Path(__file__).parent / "reverse.cu"
BLOCKS, WIDTH = 3, 70


class ReverseArgs(ctypes.Structure):
    _fields_ = (
        ("source", ctypes.c_void_p),
        ("target", ctypes.c_void_p),
        ("maximum", ctypes.c_void_p),
        ("width", ctypes.c_int),
        ("reach", ctypes.c_int),
        ("skip", ctypes.c_int),
    )


def every_half() -> np.ndarray:
    bits = np.arange(65536, dtype=np.uint16).view(np.float16)
    return bits[np.isfinite(bits)]


@pytest.fixture
def reverse(emulator, make_buffer):
    def run(source: np.ndarray, *, reach: int = 0, skip: int = 0, shared_bytes: int | None = None, seed: int = 1):
        target, maximum = np.zeros(source.shape, np.float32), np.zeros(1, np.int32)
        width = source.shape[1]
        buffers = [make_buffer("source", source), make_buffer("target", target), make_buffer("maximum", maximum)]
        emulator(SOURCE).run(
            "reverse_rows", ReverseArgs(width=width, reach=reach, skip=skip), buffers, blocks=len(source), threads=32,
            shared_bytes=4 * width if shared_bytes is None else shared_bytes, seed=seed,
        )  # fmt: skip
        return target, int(maximum[0])

    return run


def test_phases_in_any_order_of_threads(reverse, rng: np.random.Generator) -> None:
    source = rng.normal(0, 100, (BLOCKS, WIDTH)).astype(np.float16)
    for seed in range(5):
        target, maximum = reverse(source, seed=seed)
        np.testing.assert_array_equal(target, source[:, ::-1].astype(np.float32))
        assert maximum == int(source.max())


def test_halves_widen_exactly(reverse) -> None:
    source = every_half()[None]
    target, _ = reverse(source)
    assert target[:, ::-1].tobytes() == source.astype(np.float32).tobytes()


def test_a_forgotten_barrier_shows(reverse, rng: np.random.Generator) -> None:
    source = rng.normal(0, 100, (BLOCKS, WIDTH)).astype(np.float16)
    target, _ = reverse(source, skip=1)
    assert not np.array_equal(target, source[:, ::-1].astype(np.float32))


@pytest.mark.parametrize("wrong", [{"reach": 1}, {"reach": -1}, {"shared_bytes": 4 * WIDTH - 1}])
def test_an_access_out_of_bounds_is_found(reverse, wrong: dict[str, int]) -> None:
    with pytest.raises(RuntimeError, match="heap-buffer-overflow"):
        reverse(np.zeros((BLOCKS, WIDTH), np.float16), **wrong)


@pytest.mark.cuda
def test_on_a_gpu(gpu, rng: np.random.Generator) -> None:
    source = rng.normal(0, 100, (BLOCKS, WIDTH)).astype(np.float16)
    arrays = [new_device_array(shape, dtype) for shape, dtype in (
        (source.shape, np.float16), (source.shape, np.float32), ((1,), np.int32)
    )]  # fmt: skip
    for array, values in zip(arrays, (source, np.zeros(source.shape, np.float32), np.zeros(1, np.int32)), strict=True):
        array.set(values)
    pointers = [array.__cuda_array_interface__["data"][0] for array in arrays]
    kernel = load_kernel(SOURCE, "reverse_rows", ReverseArgs)
    kernel.launch(ReverseArgs(*pointers, WIDTH, 0, 0), blocks=BLOCKS, threads=32, shared_bytes=4 * WIDTH, stream=None)
    np.testing.assert_array_equal(arrays[1].get(), source[:, ::-1].astype(np.float32))

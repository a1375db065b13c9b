"""The CUDA twin: its kernel run on the CPU against the reference, compiled for every architecture, and on a GPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.kernels.cuda_timing import Graph
from kernels import joint_upsample
from kernels.joint_upsample.cuda import SOURCE, launch_shape, new_args
from kernels.joint_upsample.grid import sample_positions
from kernels.joint_upsample.reference import joint_upsample_reference

SHAPES = [
    ((1, 1), (1, 1)),
    ((3, 5), (3, 5)),
    ((2, 3), (70, 300)),
    ((33, 129), (33, 129)),
    ((9, 40), (45, 203)),
    ((64, 130), (65, 131)),
]
DEPTHS = [(np.uint8, 8), (np.uint16, 10), (np.uint16, 16)]


def make_map(rng: np.random.Generator, shape: tuple[int, int], share_flat: float) -> np.ndarray:
    disparity = rng.random(shape).astype(np.float32)
    disparity[rng.random(shape) < share_flat] = np.float32(-0.0)
    return disparity


def test_compiles_without_spills_for_every_gpu(compile_everywhere) -> None:
    assert len(compile_everywhere(SOURCE)) == 5


@pytest.mark.parametrize(("small", "large"), SHAPES)
@pytest.mark.parametrize(("dtype", "bits"), DEPTHS)
def test_reference_vs_kernel(pretend_gpu, rng: np.random.Generator, small, large, dtype: type, bits: int) -> None:
    gpu = pretend_gpu(SOURCE)
    for lead, gap, share_flat in ((0, 0, 0.0), (0, 16, 0.8), (4, 12, 0.8), (8, 4, 1)):
        disparity, luma = make_map(rng, small, share_flat), rng.integers(0, 1 << bits, large).astype(dtype)
        out = gpu.array(np.zeros(large, np.float32), lead=lead, gap=gap)
        guide = gpu.array(luma, lead=lead // 4 * luma.itemsize, gap=gap)
        assert joint_upsample(gpu.array(disparity, lead=lead, gap=gap), guide, out=out, bits=bits) is out
        want = joint_upsample_reference(disparity, luma, luma_scale=0.5 ** (bits - 8))
        assert out.get().tobytes() == want.tobytes()
        assert out.padding_is_untouched()


def test_a_new_output(pretend_gpu, rng: np.random.Generator) -> None:
    gpu = pretend_gpu(SOURCE)
    disparity, luma = make_map(rng, (4, 6), 0), rng.integers(0, 256, (20, 31)).astype(np.uint8)
    got = joint_upsample(gpu.array(disparity), gpu.array(luma))
    assert got.get().tobytes() == joint_upsample(disparity, luma).tobytes()


def test_room_in_shared_memory_is_never_too_small(rng: np.random.Generator) -> None:
    """Against `grid.sample_positions` for sizes that a frame and a map may have."""
    for _ in range(200):
        large = int(rng.integers(1, 5000))
        small = int(rng.integers(1, large + 1))
        args = new_args((small, small), (large, large), 8)
        before, after, _ = sample_positions(large, small)
        for side, room in ((128, args.max_columns), (32, args.max_rows)):
            first = np.arange(0, large, side)
            last = np.minimum(first + side, large) - 1
            assert (after[last] - before[first] + 1).max() <= room
        assert launch_shape(args)["shared_bytes"] <= 48 * 1024


@pytest.mark.parametrize(
    ("name", "value", "error", "words"),
    [
        ("disparity", np.zeros((5, 3), np.float32), ValueError, "disparity must not be larger than luma (4, 6)"),
        ("disparity", np.zeros((2, 3), np.float64), TypeError, "disparity must be float32, got float64"),
        ("luma", np.zeros((4, 6), np.int32), TypeError, "luma must be uint8 or uint16, got int32"),
        ("luma", np.zeros((2, 70_000), np.uint8), ValueError, "luma on a GPU must be at most 65535 rows"),
        ("out", np.zeros((4, 5), np.float32), ValueError, "out must have shape (4, 6)"),
    ],
)
def test_bad_device_arrays_are_named(
    pretend_gpu, name: str, value: np.ndarray, error: type[Exception], words: str
) -> None:
    gpu = pretend_gpu(SOURCE)
    arguments: dict[str, Any] = {"disparity": np.zeros((2, 3), np.float32), "luma": np.zeros((4, 6), np.uint8)}
    with pytest.raises(error) as caught:
        joint_upsample(**{key: gpu.array(array) for key, array in (arguments | {name: value}).items()})
    assert words in str(caught.value)
    assert gpu.launches == []


def test_other_bad_arguments_are_named(pretend_gpu) -> None:
    gpu = pretend_gpu(SOURCE)
    disparity, luma = gpu.array(np.zeros((4, 6), np.float32)), gpu.array(np.zeros((4, 6), np.uint8))
    with pytest.raises(TypeError, match="luma must be a CUDA array like the others, got ndarray"):
        joint_upsample(disparity, np.zeros((4, 6), np.uint8))
    with pytest.raises(TypeError, match="out must be a CUDA array like the others, got ndarray"):
        joint_upsample(disparity, luma, out=np.zeros((4, 6), np.float32))
    with pytest.raises(ValueError, match="out must not overlap"):
        joint_upsample(disparity, luma, out=disparity)
    with pytest.raises(ValueError, match="bits must be 8 for uint8"):
        joint_upsample(disparity, luma, bits=9)
    with pytest.raises(TypeError, match=r"stream must be a pycuda.driver.Stream or None, got int"):
        joint_upsample(disparity, luma, stream=7)
    assert gpu.launches == []


@pytest.mark.cuda
@pytest.mark.parametrize(("dtype", "bits"), DEPTHS)
@pytest.mark.parametrize("given", ["new", "out", "graph"])
def test_cpu_vs_gpu(gpu, rng: np.random.Generator, dtype: type, bits: int, given: str) -> None:
    from pycuda import gpuarray

    disparity = make_map(rng, (224, 384), 0.9)
    luma = rng.integers(0, 1 << bits, (1080, 1920)).astype(dtype)
    arrays = [gpuarray.to_gpu(disparity), gpuarray.to_gpu(luma)]
    out = None if given == "new" else gpuarray.zeros(luma.shape, np.float32)
    got = joint_upsample(*arrays, out=out, bits=bits)
    if given == "graph":
        stream = gpu.Stream()
        got.fill(np.float32(0))
        gpu.Context.synchronize()
        graph = Graph(lambda queue: joint_upsample(*arrays, out=got, bits=bits, stream=queue), stream)
        graph.launch(stream)
        stream.synchronize()
        graph.close()
    assert out is None or got is out
    assert got.get().tobytes() == joint_upsample(disparity, luma, bits=bits).tobytes()

"""joint_upsample.cu: compiled for every GPU, run on the CPU under checks, and on a GPU where there is one."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from kernels import joint_upsample
from kernels.joint_upsample.cuda import SOURCE, kernel_name, launch_shape, new_args
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


def padded(array: np.ndarray, columns: int) -> np.ndarray:
    """The same array with so many columns of garbage to the right of every row."""
    wide = np.full((array.shape[0], array.shape[1] + columns), np.array(0x5A).astype(array.dtype))
    wide[:, : array.shape[1]] = array
    return wide


@pytest.fixture
def upsample(emulator, make_buffer):
    """Give the kernel, run on the CPU on rows that are padded."""

    def run(disparity: np.ndarray, luma: np.ndarray, bits: int, *, pad: int = 0, seed: int = 1) -> np.ndarray:
        out = np.full((luma.shape[0], luma.shape[1] + pad), np.float32(-7))
        bases = {"disparity": padded(disparity, pad), "luma": padded(luma, pad), "out": out}
        args = new_args(disparity.shape, luma.shape, bits)
        for name, base in bases.items():
            setattr(args, f"{name}_pitch", base.strides[0])
        buffers = [make_buffer(name, base) for name, base in bases.items()]
        emulator(SOURCE).run(kernel_name(luma.dtype), args, buffers, **launch_shape(args), seed=seed)
        assert (out[:, luma.shape[1] :] == -7).all()
        return out[:, : luma.shape[1]]

    return run


def test_compiles_without_spills_for_every_gpu(compile_everywhere) -> None:
    assert len(compile_everywhere(SOURCE)) == 5


@pytest.mark.parametrize(("small", "large"), SHAPES)
@pytest.mark.parametrize(("dtype", "bits"), [(np.uint8, 8), (np.uint16, 10), (np.uint16, 16)])
def test_reference_vs_device_code(upsample, rng: np.random.Generator, small, large, dtype: type, bits: int) -> None:
    for pad, share_flat in ((0, 0.0), (3, 0.8)):
        disparity = rng.random(small).astype(np.float32)
        disparity[rng.random(small) < share_flat] = 0.5
        luma = rng.integers(0, 1 << bits, large).astype(dtype)
        want = joint_upsample_reference(disparity, luma, luma_scale=0.5 ** (bits - 8))
        assert upsample(disparity, luma, bits, pad=pad, seed=pad).tobytes() == want.tobytes()


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


def interface(array: np.ndarray, **changes: object) -> SimpleNamespace:
    """An array that claims to lie on a GPU."""
    given = {
        "shape": array.shape, "strides": array.strides, "typestr": array.dtype.str, "version": 3,
        "data": (array.__array_interface__["data"][0], False),
    }  # fmt: skip
    return SimpleNamespace(__cuda_array_interface__=given | changes)


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"disparity": np.zeros((2, 3), np.float32)}, TypeError, "disparity must be a CUDA array"),
        ({"luma": interface(np.zeros((4, 6), np.int32))}, TypeError, "luma must be uint8 or uint16, got int32"),
        ({"disparity": interface(np.zeros((5, 3), np.float32))}, ValueError, "must not be larger than luma (4, 6)"),
        ({"luma": interface(np.zeros((4, 70_000), np.uint8))}, ValueError, "at most 65535 rows and columns"),
        ({"bits": 9}, ValueError, "bits must be 8"),
        ({"out": interface(np.zeros((4, 5), np.float32))}, ValueError, "out must have shape (4, 6)"),
        ({"out": np.zeros((4, 6), np.float32)}, TypeError, "out must be a CUDA array"),
        ({"stream": 7}, TypeError, "stream must be a pycuda.driver.Stream"),
    ],
)
def test_bad_device_arguments_are_named(change: dict, error: type[Exception], words: str) -> None:
    arguments = {"disparity": interface(np.zeros((2, 3), np.float32)), "luma": interface(np.zeros((4, 6), np.uint8))}
    arguments |= change
    with pytest.raises(error) as caught:
        joint_upsample(arguments.pop("disparity"), arguments.pop("luma"), **arguments)
    assert words in str(caught.value)


@pytest.mark.cuda
@pytest.mark.parametrize(("dtype", "bits"), [(np.uint8, 8), (np.uint16, 10)])
@pytest.mark.parametrize("given", ["new", "out", "graph"])
def test_cpu_vs_gpu(gpu, rng: np.random.Generator, dtype: type, bits: int, given: str) -> None:
    from pycuda import gpuarray

    disparity = rng.random((224, 384)).astype(np.float32)
    disparity[rng.random((224, 384)) < 0.9] = 0.5
    luma = rng.integers(0, 1 << bits, (1080, 1920)).astype(dtype)
    arrays = [gpuarray.to_gpu(disparity), gpuarray.to_gpu(luma)]
    out = None if given == "new" else gpuarray.zeros(luma.shape, np.float32)
    got = joint_upsample(*arrays, out=out, bits=bits)
    if given == "graph":
        stream = gpu.Stream()
        got.fill(np.float32(0))
        gpu.Context.synchronize()
        stream.begin_capture()
        joint_upsample(*arrays, out=got, bits=bits, stream=stream)
        graph = stream.end_capture().instantiate()
        graph.launch(stream)
        stream.synchronize()
    assert out is None or got is out
    assert got.get().tobytes() == joint_upsample(disparity, luma, bits=bits).tobytes()

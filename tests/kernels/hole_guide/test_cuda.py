"""hole_guide.cu: compiled for every GPU, run on the CPU under checks, and on a GPU where there is one."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from kernels import hole_guide
from kernels.hole_guide.cuda import SOURCE, kernel_name, launch_shape, new_args
from kernels.hole_guide.reference import hole_guide_reference


def make_inputs(rng: np.random.Generator, shape: tuple[int, int], colour: type) -> dict[str, np.ndarray]:
    rgb = rng.integers(0, 256, (*shape, 3), dtype=np.uint8)
    return {
        "rgb": rgb if colour is np.uint8 else rgb.astype(np.float32) / np.float32(255),
        "hole": (rng.integers(0, 256, shape) * (rng.random(shape) < 0.4)).astype(np.uint8),
        "stretched_px": rng.normal(0, 5, shape).astype(np.float32),
        "disparity": rng.random(shape, dtype=np.float32),
    }


def test_compiles_without_spills_for_every_gpu(compile_everywhere) -> None:
    assert len(compile_everywhere(SOURCE)) == 5


@pytest.mark.parametrize("shape", [(1, 1), (3, 1), (5, 7), (12, 64), (33, 203)])
@pytest.mark.parametrize("colour", [np.uint8, np.float32])
@pytest.mark.parametrize("pad", [0, 1, 4])
def test_reference_vs_device_code(
    emulator, make_buffer, rng: np.random.Generator, shape, colour: type, pad: int
) -> None:
    inputs = make_inputs(rng, shape, colour)
    bases = {
        name: np.pad(array, ((0, 0), (0, pad), *((0, 0),) * (array.ndim - 2)), constant_values=77)
        for name, array in inputs.items()
    }
    pixels = shape[0] * shape[1]
    out = np.full((8, pixels + pad), np.float32(-7))
    args = new_args(*shape)
    for name, base in (*bases.items(), ("out", out)):
        setattr(args, f"{name}_pitch", base.strides[0])
    buffers = [make_buffer(name, base) for name, base in (*bases.items(), ("out", out))]
    emulator(SOURCE).run(kernel_name(inputs["rgb"].dtype), args, buffers, **launch_shape(args))
    assert out[:, :pixels].tobytes() == hole_guide_reference(**inputs).tobytes()
    assert (out[:, pixels:] == -7).all()


def interface(array: np.ndarray) -> SimpleNamespace:
    """An array that claims to lie on a GPU."""
    address = array.__array_interface__["data"][0]
    given = {"shape": array.shape, "strides": array.strides, "typestr": array.dtype.str, "data": (address, False)}
    return SimpleNamespace(__cuda_array_interface__=given | {"version": 3})


@pytest.mark.parametrize(
    ("name", "value", "error", "words"),
    [
        ("rgb", np.zeros((4, 6, 3), np.uint8), TypeError, "rgb must be a CUDA array"),
        ("rgb", interface(np.zeros((4, 6, 4), np.uint8)), ValueError, "rgb must have shape (4, 6, 3)"),
        ("hole", interface(np.zeros((4, 6), np.int32)), TypeError, "hole must be uint8 or bool, got int32"),
        ("stretched_px", interface(np.zeros((4, 5), np.float32)), ValueError, "stretched_px must have shape (4, 6)"),
        ("disparity", interface(np.zeros((4, 6), np.float16)), TypeError, "disparity must be float32"),
        ("out", interface(np.zeros((7, 4, 6), np.float32)), ValueError, "out must have shape (8, 4, 6)"),
        ("stream", "default", TypeError, "stream must be a pycuda.driver.Stream"),
    ],
)
def test_bad_device_arguments_are_named(
    rng: np.random.Generator, name: str, value: object, error: type[Exception], words: str
) -> None:
    arguments: dict[str, Any] = {key: interface(array) for key, array in make_inputs(rng, (4, 6), np.uint8).items()}
    with pytest.raises(error) as caught:
        hole_guide(**arguments | {name: value})
    assert words in str(caught.value)


@pytest.mark.cuda
@pytest.mark.parametrize("colour", [np.uint8, np.float32])
@pytest.mark.parametrize("given", ["new", "out", "graph"])
def test_cpu_vs_gpu(gpu, rng: np.random.Generator, colour: type, given: str) -> None:
    from pycuda import gpuarray

    inputs = make_inputs(rng, (270, 481), colour)
    arrays = {name: gpuarray.to_gpu(array) for name, array in inputs.items()}
    out = None if given == "new" else gpuarray.zeros((8, 270, 481), np.float32)
    got = hole_guide(**arrays, out=out)
    if given == "graph":
        stream = gpu.Stream()
        got.fill(np.float32(0))
        gpu.Context.synchronize()
        stream.begin_capture()
        hole_guide(**arrays, out=got, stream=stream)
        graph = stream.end_capture().instantiate()
        graph.launch(stream)
        stream.synchronize()
    assert out is None or got is out
    assert got.get().tobytes() == hole_guide(**inputs).tobytes()

"""The CUDA twin: its kernel run on the CPU against the reference, compiled for every architecture, and on a GPU."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from benchmarks.kernels.cuda_timing import Graph
from kernels import hole_guide
from kernels.hole_guide.cuda import SOURCE
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
@pytest.mark.parametrize(("lead", "gap"), [(0, 0), (4, 12), (16, 16)])
def test_reference_vs_kernel(
    pretend_gpu, rng: np.random.Generator, shape: tuple[int, int], colour: type, lead: int, gap: int
) -> None:
    gpu, inputs = pretend_gpu(SOURCE), make_inputs(rng, shape, colour)
    arrays = {name: gpu.array(array, lead=lead, gap=gap) for name, array in inputs.items()}
    out = gpu.array(np.zeros((8, *shape), np.float32), lead=lead, gap=gap)
    assert hole_guide(**arrays, out=out) is out
    assert out.get().tobytes() == hole_guide_reference(**inputs).tobytes()
    assert out.padding_is_untouched()


def test_a_new_output_and_bool_holes(pretend_gpu, rng: np.random.Generator) -> None:
    gpu, inputs = pretend_gpu(SOURCE), make_inputs(rng, (6, 9), np.uint8)
    inputs["hole"] = inputs["hole"] > 0
    got = hole_guide(**{name: gpu.array(array) for name, array in inputs.items()})
    assert got.get().tobytes() == hole_guide(**inputs).tobytes()


@pytest.mark.parametrize(
    ("name", "value", "error", "words"),
    [
        ("rgb", np.zeros((4, 6, 4), np.uint8), ValueError, "rgb must have shape (4, 6, 3)"),
        ("hole", np.zeros((4, 6), np.int32), TypeError, "hole must be uint8 or bool, got int32"),
        ("stretched_px", np.zeros((4, 5), np.float32), ValueError, "stretched_px must have shape (4, 6)"),
        ("disparity", np.zeros((4, 6), np.float16), TypeError, "disparity must be float32"),
        ("out", np.zeros((7, 4, 6), np.float32), ValueError, "out must have shape (8, 4, 6)"),
    ],
)
def test_bad_device_arrays_are_named(
    pretend_gpu, rng: np.random.Generator, name: str, value: np.ndarray, error: type[Exception], words: str
) -> None:
    gpu = pretend_gpu(SOURCE)
    arguments: dict[str, Any] = make_inputs(rng, (4, 6), np.uint8) | {name: value}
    with pytest.raises(error) as caught:
        hole_guide(**{key: gpu.array(array) for key, array in arguments.items()})
    assert words in str(caught.value)
    assert gpu.launches == []


def test_other_bad_arguments_are_named(pretend_gpu, rng: np.random.Generator) -> None:
    gpu, inputs = pretend_gpu(SOURCE), make_inputs(rng, (4, 6), np.uint8)
    arrays: dict[str, Any] = {name: gpu.array(array) for name, array in inputs.items()}
    with pytest.raises(TypeError, match="hole must be a CUDA array like the others, got ndarray"):
        hole_guide(**arrays | {"hole": inputs["hole"]})
    with pytest.raises(ValueError, match="out must be writable"):
        hole_guide(**arrays, out=gpu.array(np.zeros((8, 4, 6), np.float32), read_only=True))
    with pytest.raises(TypeError, match=r"stream must be a pycuda.driver.Stream or None, got str"):
        hole_guide(**arrays, stream="default")
    assert gpu.launches == []


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
        graph = Graph(lambda queue: hole_guide(**arrays, out=got, stream=queue), stream)
        graph.launch(stream)
        stream.synchronize()
        graph.close()
    assert out is None or got is out
    assert got.get().tobytes() == hole_guide(**inputs).tobytes()

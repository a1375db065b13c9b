"""The eight channels of the infill network for a whole 1080p eye, on a GPU."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np

from benchmarks.kernels.cuda_run import measure_ring
from benchmarks.kernels.cuda_timing import Launch
from benchmarks.kernels.hole_guide import CHANNELS, HEIGHT, WIDTH, make_arrays
from benchmarks.record import Record
from kernels import hole_guide


def measure(*, launches: int = 10_000) -> list[Record]:
    """Microseconds of a launch on the current GPU, beside copies of as many bytes."""
    gpuarray = importlib.import_module("pycuda.gpuarray")
    arrays = make_arrays(HEIGHT, WIDTH)
    size = (CHANNELS, HEIGHT, WIDTH)

    def make() -> Launch:
        inputs, out = [gpuarray.to_gpu(array) for array in arrays], gpuarray.empty(size, np.float32)

        def launch(stream: Any) -> None:
            hole_guide(*inputs, out=out, stream=stream)

        return launch

    num_bytes = sum(array.nbytes for array in arrays) + int(np.prod(size)) * np.dtype(np.float32).itemsize
    context = {"size": [WIDTH, HEIGHT], "holes": float(arrays[1].mean())}
    return measure_ring("hole_guide", "rgb24/1080p", make, num_bytes=num_bytes, launches=launches, context=context)

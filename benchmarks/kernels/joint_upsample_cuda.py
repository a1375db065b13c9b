"""The network's disparity to 1080p along luma edges, on a GPU."""

from __future__ import annotations

import importlib
from functools import partial
from typing import Any

import numpy as np

from benchmarks.kernels.cuda_run import measure_ring
from benchmarks.kernels.cuda_timing import Launch
from benchmarks.kernels.scene import Array, make_disparity, make_planes
from benchmarks.record import Record
from kernels import joint_upsample

HEIGHT, WIDTH = 1080, 1920
SMALL = (224, 384)


def measure(*, launches: int = 10_000) -> list[Record]:
    """Microseconds of a launch on the current GPU, beside copies of as many bytes."""
    small, luma = make_disparity(*SMALL), make_planes(HEIGHT, WIDTH)[0]
    return measure_ring(
        "joint_upsample",
        "384x224/1080p",
        partial(_new_launch, small, luma),
        num_bytes=small.nbytes + luma.nbytes + luma.size * np.dtype(np.float32).itemsize,
        launches=launches,
        context={"size": [WIDTH, HEIGHT], "from": [SMALL[1], SMALL[0]]},
    )


def _new_launch(small: Array, luma: Array) -> Launch:
    gpuarray = importlib.import_module("pycuda.gpuarray")
    disparity, guide = gpuarray.to_gpu(small), gpuarray.to_gpu(luma)
    out = gpuarray.empty(luma.shape, np.float32)

    def launch(stream: Any) -> None:
        joint_upsample(disparity, guide, out=out, stream=stream)

    return launch

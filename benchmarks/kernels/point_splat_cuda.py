"""A 1080p picture with depth seen by a moved camera, on a GPU."""

from __future__ import annotations

import importlib
from functools import partial
from typing import Any

import numpy as np

from benchmarks.kernels.cuda_run import measure_ring
from benchmarks.kernels.cuda_timing import Launch
from benchmarks.kernels.point_splat import HEIGHT, MOVES, WIDTH, make_arrays, make_camera
from benchmarks.kernels.scene import Array
from benchmarks.record import Record
from kernels import Pinhole, PointView, point_splat


def measure(*, launches: int = 10_000) -> list[Record]:
    """Microseconds of a launch on the current GPU, beside copies of as many bytes; z keys are not counted as bytes."""
    image, depth = make_arrays(HEIGHT, WIDTH)
    records = []
    for move, look in MOVES.items():
        records += measure_ring(
            "point_splat",
            f"rgb24/1080p/{move}",
            partial(_new_launch, image, depth, make_camera(*look)),
            num_bytes=2 * (image.nbytes + depth.nbytes) + depth.size,
            launches=launches,
            context={"size": [WIDTH, HEIGHT], "move": list(look)},
        )
    return records


def _new_launch(image: Array, depth: Array, target: Pinhole) -> Launch:
    gpuarray = importlib.import_module("pycuda.gpuarray")
    picture, distance = gpuarray.to_gpu(image), gpuarray.to_gpu(depth)
    size = depth.shape
    out = PointView(
        gpuarray.empty(image.shape, image.dtype), gpuarray.empty(size, np.uint8), gpuarray.empty(size, np.float32)
    )
    keys = gpuarray.empty(size, np.uint64)
    source = make_camera((0.0, 0.0, 0.0), 0.0, 1.0)

    def launch(stream: Any) -> None:
        point_splat(picture, distance, source=source, target=target, out=out, keys=keys, stream=stream)

    return launch

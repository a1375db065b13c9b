"""Two eyes with hole masks at 1080p on a GPU, from 8-bit planes and float16 parallax."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from benchmarks.kernels.cuda_run import measure_ring
from benchmarks.kernels.cuda_timing import Launch
from benchmarks.kernels.scene import PARALLAX_RANGE_PX, Array, make_packed, make_parallax, make_planes
from benchmarks.record import Record
from kernels import SplatView, forward_splat

HEIGHT, WIDTH = 1080, 1920
EYES = (0.5, -0.5)
TEAR_PX = 3.0
FORMATS = ("rgb24", "yuv420p")


def measure(*, launches: int = 10_000) -> list[Record]:
    """Microseconds of a launch on the current GPU, beside copies of as many bytes."""
    context = {
        "size": [WIDTH, HEIGHT],
        "eyes": list(EYES),
        "tear_px": TEAR_PX,
        "parallax_px": list(PARALLAX_RANGE_PX),
        "planes": "noise over the whole range of values",
    }
    records = []
    for form in FORMATS:
        planes, parallax = _arrays(form)
        records += measure_ring(
            "forward_splat",
            f"{form}/1080p",
            partial(_new_launch, planes, parallax),
            num_bytes=bytes_per_launch(form),
            launches=launches,
            context=context,
        )
    return records


def bytes_per_launch(form: str) -> int:
    """What a launch reads and writes: planes and float16 parallax, then planes, hole mask and parallax of every eye."""
    planes, parallax = _arrays(form)
    colours = sum(plane.nbytes for plane in planes)
    per_eye = colours + parallax.size * (np.dtype(np.uint8).itemsize + np.dtype(np.float32).itemsize)
    return colours + parallax.nbytes + len(EYES) * per_eye


def _arrays(form: str) -> tuple[Sequence[Array], Array]:
    planes = make_packed(HEIGHT, WIDTH) if form == "rgb24" else make_planes(HEIGHT, WIDTH)
    return planes, make_parallax(HEIGHT, WIDTH).astype(np.float16)


def _new_launch(planes: Sequence[Array], parallax: Array) -> Launch:
    gpuarray = importlib.import_module("pycuda.gpuarray")
    views = tuple(
        SplatView(
            tuple(gpuarray.empty(plane.shape, plane.dtype) for plane in planes),
            gpuarray.empty(parallax.shape, np.uint8),
            gpuarray.empty(parallax.shape, np.float32),
        )
        for _ in EYES
    )
    sources, near = [gpuarray.to_gpu(plane) for plane in planes], gpuarray.to_gpu(parallax)

    def launch(stream: Any) -> None:
        forward_splat(sources, near, eyes=EYES, tear_px=TEAR_PX, out=views, stream=stream)

    return launch

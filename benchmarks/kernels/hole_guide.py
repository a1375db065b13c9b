"""The eight channels of the infill network for a whole 1080p eye, beside copying as many floats."""

from __future__ import annotations

from functools import partial

import numpy as np

from benchmarks.kernels.scene import Array, make_disparity, make_packed, make_parallax
from benchmarks.kernels.timing import Case, interleaved
from benchmarks.record import Record
from kernels import forward_splat, hole_guide

HEIGHT, WIDTH = 1080, 1920
CHANNELS = 8


def measure(*, repeats: int = 15, threads: int = 0) -> list[Record]:  # noqa: ARG001 - the operator has one thread
    """Milliseconds of each case, interleaved; all on one thread."""
    arrays = make_arrays(HEIGHT, WIDTH)
    out, guide = (np.ones((CHANNELS, HEIGHT, WIDTH), np.float32) for _ in range(2))
    cases: dict[str, Case] = {
        "kernels/memcpy_guide/rgb24/1080p/threads=1": partial(np.copyto, guide, out.copy()),
        "kernels/hole_guide/rgb24/1080p/threads=1": partial(hole_guide, *arrays, out=out),
    }
    holes = float(arrays[1].mean())
    return interleaved(cases, repeats=repeats, context={"size": [WIDTH, HEIGHT], "holes": holes})


def make_arrays(height: int, width: int) -> tuple[Array, Array, Array, Array]:
    """The right eye of the scene with the background in its holes: colours, holes, parallax, and some disparity."""
    parallax = make_parallax(height, width)
    (view,) = forward_splat(make_packed(height, width), parallax, eyes=(-1,), tear_px=2, fill="background")
    return view.planes[0], view.hole, view.parallax_px, make_disparity(height, width)

"""Two eyes with hole masks at 1080p, beside copying the planes twice and beside cv2.remap, which samples only."""

from __future__ import annotations

from functools import partial
from typing import Any

import cv2
import numpy as np

from benchmarks.kernels.scene import PARALLAX_RANGE_PX, Array, make_parallax, make_planes
from benchmarks.kernels.timing import Case, interleaved, thread_counts
from benchmarks.record import Record
from kernels import forward_splat

HEIGHT, WIDTH = 1080, 1920
EYES = (0.5, -0.5)
TEAR_PX = 3.0


def measure(*, repeats: int = 15, threads: int = 0) -> list[Record]:
    """Milliseconds of each case, interleaved; peers run on one thread."""
    parallax = make_parallax(HEIGHT, WIDTH)
    eight, deep = make_planes(HEIGHT, WIDTH), make_planes(HEIGHT, WIDTH, dtype=np.uint16)
    packed = np.random.default_rng(2).integers(0, 256, (HEIGHT, WIDTH, 3)).astype(np.uint8)
    cases: dict[str, Case] = {
        "kernels/memcpy_two_eyes/yuv420p/1080p/threads=1": _copies(eight),
        "kernels/cv2_remap_nearest_two_eyes/yuv420p/1080p/threads=1": _remaps(eight, parallax, cv2.INTER_NEAREST),
        "kernels/cv2_remap_linear_two_eyes/yuv420p/1080p/threads=1": _remaps(eight, parallax, cv2.INTER_LINEAR),
    }
    name = "kernels/forward_splat"
    for count in thread_counts(threads):
        cases[f"{name}/yuv420p/1080p/threads={count}"] = _splat(eight, parallax, threads=count)
    cases[f"{name}/yuv420p/1080p/fill=background/threads=1"] = _splat(eight, parallax, fill="background")
    cases[f"{name}/yuv420p/1080p/fill=surface/threads=1"] = _splat(eight, parallax, fill="surface")
    cases[f"{name}/yuv420p10le/1080p/threads=1"] = _splat(deep, parallax)
    cases[f"{name}/rgb24/1080p/threads=1"] = _splat((packed,), parallax)
    context = {"size": [WIDTH, HEIGHT], "eyes": list(EYES), "tear_px": TEAR_PX, "parallax_px": list(PARALLAX_RANGE_PX)}
    return interleaved(cases, repeats=repeats, context=context)


def _splat(planes: tuple[Array, ...], parallax: Array, **options: Any) -> Case:
    out = forward_splat(planes, parallax, eyes=EYES, tear_px=TEAR_PX)
    return partial(forward_splat, planes, parallax, eyes=EYES, tear_px=TEAR_PX, out=out, **options)


def _copies(planes: tuple[Array, ...]) -> Case:
    targets = [[np.empty_like(plane) for plane in planes] for _ in EYES]

    def run() -> None:
        for eye in targets:
            for target, plane in zip(eye, planes, strict=True):
                np.copyto(target, plane)

    return run


def _remaps(planes: tuple[Array, ...], parallax: Array, how: int) -> Case:
    """Both eyes by backward sampling with maps already built: no visibility, no holes."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    luma = [(x - np.float32(eye) * parallax, y) for eye in EYES]
    maps = [(full, tuple(np.ascontiguousarray(m[::2, ::2] / 2) for m in full)) for full in luma]
    targets = [[np.empty_like(plane) for plane in planes] for _ in EYES]

    def run() -> None:
        cv2.setNumThreads(1)
        for (full, half), eye in zip(maps, targets, strict=True):
            for plane, target, (map_x, map_y) in zip(planes, eye, (full, half, half), strict=True):
                cv2.remap(plane, map_x, map_y, how, dst=target)

    return run

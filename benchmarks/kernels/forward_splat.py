"""Two eyes with hole masks at 1080p, beside what the same arrays cost elsewhere.

memcpy only copies the planes twice. cv2.remap and grid_sample sample backwards with maps already built: no visibility,
no holes. Softmax splatting does what ours does, but for the tears.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import cv2
import numpy as np

from benchmarks import peers
from benchmarks.kernels.scene import (
    NOISE_PX,
    PARALLAX_RANGE_PX,
    Array,
    make_noisy_parallax,
    make_packed,
    make_parallax,
    make_planes,
)
from benchmarks.kernels.timing import Case, interleaved, thread_counts
from benchmarks.record import Record
from kernels import forward_splat

HEIGHT, WIDTH = 1080, 1920
EYES = (0.5, -0.5)
TEAR_PX = 3.0

Planes = tuple[Array, ...]


def measure(*, repeats: int = 15, threads: int = 0) -> list[Record]:
    """Milliseconds of each case, interleaved; peers run on one thread."""
    scene, noisy = make_parallax(HEIGHT, WIDTH), make_noisy_parallax(HEIGHT, WIDTH)
    formats: dict[str, Planes] = {
        "yuv420p": make_planes(HEIGHT, WIDTH),
        "yuv420p10le": make_planes(HEIGHT, WIDTH, dtype=np.uint16),
        "rgb24": make_packed(HEIGHT, WIDTH),
    }
    context = {
        "size": [WIDTH, HEIGHT],
        "eyes": list(EYES),
        "tear_px": TEAR_PX,
        "planes": "noise over the whole range of values",
        "parallax": "slanted room with round, thin and soft things; where the name says noisy, with noise added",
        "parallax_px": list(PARALLAX_RANGE_PX),
        "noise_px": NOISE_PX,
    }
    cases = _peers(formats, scene, noisy) | _ours(formats, scene, noisy, threads)
    return interleaved(cases, repeats=repeats, context=context)


def _ours(formats: Mapping[str, Planes], scene: Array, noisy: Array, threads: int) -> dict[str, Case]:
    name, eight = "kernels/forward_splat", formats["yuv420p"]
    cases: dict[str, Case] = {}
    for count in thread_counts(threads):
        cases[f"{name}/yuv420p/1080p/threads={count}"] = _splat(eight, scene, threads=count)
    cases[f"{name}/yuv420p/1080p/noisy/threads=1"] = _splat(eight, noisy)
    cases[f"{name}/yuv420p/1080p/fill=background/threads=1"] = _splat(eight, scene, fill="background")
    cases[f"{name}/yuv420p/1080p/fill=surface/threads=1"] = _splat(eight, scene, fill="surface")
    cases[f"{name}/yuv420p/1080p/without_parallax/threads=1"] = _splat(eight, scene, with_parallax=False)
    cases[f"{name}/yuv420p/1080p/parallax=float16/threads=1"] = _splat(eight, scene.astype(np.float16))
    for form in ("yuv420p10le", "rgb24"):
        cases[f"{name}/{form}/1080p/threads=1"] = _splat(formats[form], scene)
    return cases


def _peers(formats: Mapping[str, Planes], scene: Array, noisy: Array) -> dict[str, Case]:
    cases: dict[str, Case] = {}
    for form, planes in formats.items():
        cases[f"kernels/memcpy_two_eyes/{form}/1080p/threads=1"] = _copies(planes)
        cases[f"kernels/cv2_remap_nearest_two_eyes/{form}/1080p/threads=1"] = _remaps(planes, scene, cv2.INTER_NEAREST)
        cases[f"kernels/cv2_remap_linear_two_eyes/{form}/1080p/threads=1"] = _remaps(planes, scene, cv2.INTER_LINEAR)
    eight = formats["yuv420p"]
    cases["kernels/cv2_remap_linear_two_eyes/yuv420p/1080p/noisy/threads=1"] = _remaps(eight, noisy, cv2.INTER_LINEAR)
    if peers.has_torch():
        from benchmarks.peers import forward_splat_torch

        y, u, v = eight
        for label, peer in (
            ("torch_grid_sample_two_eyes", forward_splat_torch.grid_sample_two_eyes),
            ("torch_index_add_two_eyes", forward_splat_torch.softmax_splat_two_eyes),
        ):
            cases[f"kernels/{label}/yuv420p/1080p/threads=1"] = peer((y, u, v), scene, EYES)
    return cases


def _splat(planes: Planes, parallax: Array, **options: Any) -> Case:
    splat = partial(forward_splat, planes, parallax, eyes=EYES, tear_px=TEAR_PX, **options)
    return partial(splat, out=splat())


def _copies(planes: Planes) -> Case:
    targets = [[np.empty_like(plane) for plane in planes] for _ in EYES]

    def run() -> None:
        for eye in targets:
            for target, plane in zip(eye, planes, strict=True):
                np.copyto(target, plane)

    return run


def _remaps(planes: Planes, parallax: Array, how: int) -> Case:
    """Both eyes by backward sampling with maps already built: no visibility, no holes."""
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    luma = [(x - np.float32(eye) * parallax, y) for eye in EYES]
    maps = [(full, tuple(np.ascontiguousarray(m[::2, ::2] / 2) for m in full)) for full in luma]
    targets = [[np.empty_like(plane) for plane in planes] for _ in EYES]

    def run() -> None:
        cv2.setNumThreads(1)
        for (full, half), eye in zip(maps, targets, strict=True):
            for plane, target, (map_x, map_y) in zip(planes, eye, (full, half, half)[: len(planes)], strict=True):
                cv2.remap(plane, map_x, map_y, how, dst=target)

    return run

"""A 1080p picture with depth seen by a moved camera, beside what the same arrays cost elsewhere.

cv2.remap samples backwards with maps already built: no visibility, no holes. Splatting by index_add does what ours
does, but for the joined surfaces: it keeps the background from shining through cracks, but does not close them.
"""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np

from benchmarks import peers
from benchmarks.kernels.scene import Array, make_disparity, make_packed
from benchmarks.kernels.timing import Case, interleaved, thread_counts
from benchmarks.record import Record
from kernels import Pinhole, point_splat
from kernels.point_splat.camera import projection

HEIGHT, WIDTH = 1080, 1920
FOCAL = 0.8
"""Focal length over width."""
FAR_M = 10.0
"""Depth where disparity is 0; the nearest things stand at a tenth of it."""
MOVES: dict[str, tuple[tuple[float, float, float], float, float]] = {
    "dolly": ((0.05, 0.02, -0.1), 0.0, 1.0),
    "roll": ((0.05, 0.02, -0.1), 2.0, 1.0),
    "zoom": ((0.0, 0.0, 0.0), 0.0, 1.5),
}
"""Shift in metres, roll in degrees, and zoom of the target camera."""


def measure(*, repeats: int = 15, threads: int = 0) -> list[Record]:
    """Milliseconds of each case, interleaved; peers run on one thread."""
    image, depth = make_arrays(HEIGHT, WIDTH)
    source = make_camera((0.0, 0.0, 0.0), 0.0, 1.0)
    cases: dict[str, Case] = {"kernels/cv2_remap_linear/rgb24/1080p/threads=1": _remap(image)}
    for move, look in MOVES.items():
        target, name = make_camera(*look), f"rgb24/1080p/{move}"
        out = point_splat(image, depth, source=source, target=target)
        for count in thread_counts(threads) if move == "dolly" else [1]:
            run = partial(point_splat, image, depth, source=source, target=target, threads=count, out=out)
            cases[f"kernels/point_splat/{name}/threads={count}"] = run
        if peers.has_torch():
            from benchmarks.peers.point_splat_torch import index_add_point_splat

            matrix = projection(source, target, (HEIGHT, WIDTH), (HEIGHT, WIDTH))
            cases[f"kernels/torch_index_add/{name}/threads=1"] = index_add_point_splat(
                image, depth, matrix, (HEIGHT, WIDTH)
            )
    context = {
        "size": [WIDTH, HEIGHT],
        "moves": {name: list(look) for name, look in MOVES.items()},
        "depth": "slanted room with round, thin and soft things, 1 m to 10 m",
        "focal": FOCAL,
    }
    return interleaved(cases, repeats=repeats, context=context)


def make_arrays(height: int, width: int) -> tuple[Array, Array]:
    """The picture (height, width, 3) uint8, and its depth in metres (height, width) float32."""
    (image,) = make_packed(height, width)
    return image, (1 / (1 / FAR_M + (1 - 1 / FAR_M) * make_disparity(height, width))).astype(np.float32)


def make_camera(shift: tuple[float, float, float], roll: float, zoom: float) -> Pinhole:
    """A camera of MOVES."""
    cos, sin = np.cos(np.radians(roll)), np.sin(np.radians(roll))
    pose = np.array([[cos, -sin, 0, shift[0]], [sin, cos, 0, shift[1]], [0, 0, 1, shift[2]]], np.float64)
    return Pinhole(fx=FOCAL * zoom, fy=FOCAL * zoom * WIDTH / HEIGHT, pose=pose)


def _remap(image: Array) -> Case:
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    map_x, map_y, target = x * np.float32(0.97) + 20, y * np.float32(0.97) + 10, np.empty_like(image)

    def run() -> None:
        cv2.setNumThreads(1)
        cv2.remap(image, map_x, map_y, cv2.INTER_LINEAR, dst=target)

    return run

"""Every implementation equals the reference bit for bit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels import Pinhole, PointView, point_splat
from kernels.point_splat.camera import projection
from kernels.point_splat.reference import point_splat_reference

# The first call compiles for ten seconds of CPU, which a busy machine makes a minute.
pytestmark = pytest.mark.timeout(180)

NOT_POINTS = (np.nan, np.inf, -np.inf, 0, -1, 1e-40, 1e35)


def rotation(x: float, y: float, z: float) -> np.ndarray:
    (cx, cy, cz), (sx, sy, sz) = np.cos([x, y, z]), np.sin([x, y, z])
    about_x = np.array([[1, 0, 0], [0, cx, -sx], [0, sx, cx]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    return about_x @ about_y @ np.array([[cz, -sz, 0], [sz, cz, 0], [0, 0, 1]])


def camera(*, turn: tuple[float, float, float] = (0, 0, 0), shift: tuple[float, ...] = (0, 0, 0), **lens) -> Pinhole:
    return Pinhole(**({"fx": 1.0, "fy": 1.0} | lens), pose=np.column_stack([rotation(*turn), shift]))


SOURCE = camera()
MOVES = {
    "still": SOURCE,
    "sideways": camera(shift=(0.11, 0, 0)),
    "nearer": camera(shift=(0.02, -0.03, -0.4)),
    "away": camera(shift=(0, 0, 1.7)),
    "into the scene": camera(shift=(0, 0, -1.5)),
    "through everything": camera(shift=(0, 0, -40)),
    "small roll": camera(turn=(0.01, -0.02, 0.05), shift=(0.05, 0, -0.1)),
    "roll by 45 degrees": camera(turn=(0, 0, np.pi / 4), fx=1.3, fy=1.3),
    "upside down": camera(turn=(0, 0, np.pi)),
    "quarter turn": camera(turn=(0, 0, -np.pi / 2)),
    "looking back": camera(turn=(0, np.pi, 0)),
    "looking aside": camera(turn=(0, 1.2, 0), shift=(0, 0, 1)),
    "zoom": camera(fx=1.45, fy=1.45, cx=0.42),
    "extreme zoom": camera(fx=900.0, fy=700.0, shift=(0.001, 0, 0)),
    "far outside": camera(shift=(1e6, 0, 0)),
    "squeezed": camera(fx=0.01, fy=3.0),
}


def scene(kind: str, rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    if kind == "wall":
        depth = 2 + 0 * x
    elif kind == "slope":
        depth = 1.5 + x / (2 * width) + y / (3 * height)
    elif kind == "layers":
        depth = rng.choice([1.0, 1.5, 3.0], (height // 3 + 1, width // 3 + 1)).repeat(3, 0).repeat(3, 1)
        depth = depth[:height, :width] + 0.01 * rng.random((height, width))
    elif kind == "noise":
        depth = rng.uniform(0.5, 4, (height, width))
    else:
        depth = np.exp(rng.normal(0, 8, (height, width)))
    depth = np.asarray(depth, np.float32)
    if kind == "layers":
        depth[rng.random((height, width)) < 0.1] = rng.choice(NOT_POINTS)
    return depth


def assert_same_bits(
    image: np.ndarray, depth: np.ndarray, target: Pinhole, *, size: tuple[int, int], tear: float = 0.05
) -> PointView:
    """The CPU twin on one, two and five threads against the reference: no tolerance."""
    matrix = projection(SOURCE, target, depth.shape, size)
    want = point_splat_reference(image, depth, matrix, size, np.float32(1 - tear))
    for threads in (1, 2, 5):
        got = point_splat(image, depth, source=SOURCE, target=target, size=size, tear=tear, threads=threads)
        where = f"{threads} threads, {depth.shape} to {size}"
        np.testing.assert_array_equal(got.hole, want.hole, err_msg=where)
        np.testing.assert_array_equal(got.depth, want.depth, err_msg=where)
        np.testing.assert_array_equal(got.image, want.image, err_msg=where)
    return want


def picture(rng: np.random.Generator, height: int, width: int, dtype: type = np.uint8) -> np.ndarray:
    return rng.integers(0, np.iinfo(dtype).max, (height, width, 3), dtype=dtype, endpoint=True)


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("kind", ["wall", "slope", "layers", "noise", "wild"])
def test_reference_vs_cpu(rng: np.random.Generator, kind: str, move: str) -> None:
    height, width = int(rng.integers(15, 22)), int(rng.integers(18, 28))
    dtype = np.uint16 if kind == "layers" else np.uint8
    size = (height, width) if move == "still" else (int(rng.integers(10, 40)), int(rng.integers(10, 40)))
    assert_same_bits(picture(rng, height, width, dtype), scene(kind, rng, height, width), MOVES[move], size=size)


@pytest.mark.parametrize("height", [1, 2, 3])
@pytest.mark.parametrize("width", [1, 2, 5])
def test_reference_vs_cpu_on_tiny_pictures(rng: np.random.Generator, height: int, width: int) -> None:
    for move in MOVES.values():
        depth = scene("layers", rng, height, width)
        assert_same_bits(picture(rng, height, width), depth, move, size=(int(rng.integers(1, 6)), 3), tear=0.5)


@pytest.mark.parametrize("move", ["small roll", "nearer", "upside down"])
def test_reference_vs_cpu_over_several_runs_of_cells(rng: np.random.Generator, move: str) -> None:
    """Rows longer than what the CPU twin solves at a time, on a frame in which most cells cover one pixel."""
    image, depth = picture(rng, 7, 531), scene("slope", rng, 7, 531)
    depth[2:5, 250:262] = 1
    assert_same_bits(image, depth, MOVES[move], size=(9, 530))


def test_reference_vs_cpu_with_the_mask_half_empty(rng: np.random.Generator) -> None:
    depth = scene("slope", rng, 20, 20)
    depth[rng.random((20, 20)) < 0.5] = np.nan
    assert_same_bits(picture(rng, 20, 20), depth, MOVES["small roll"], size=(30, 30))


@pytest.mark.parametrize("tear", [0, 0.01, 0.3, 0.99])
def test_reference_vs_cpu_for_every_tear(rng: np.random.Generator, tear: float) -> None:
    assert_same_bits(
        picture(rng, 16, 16), scene("noise", rng, 16, 16), camera(shift=(0.3, 0.1, 0.4)), size=(16, 16), tear=tear
    )


def test_one_thread_vs_many_on_a_large_frame(rng: np.random.Generator) -> None:
    image, depth = picture(rng, 200, 600), scene("layers", rng, 200, 600)
    for move in MOVES.values():
        one = point_splat(image, depth, source=SOURCE, target=move)
        for threads in (2, 3, 16):
            many = point_splat(image, depth, source=SOURCE, target=move, threads=threads)
            assert one.image.tobytes() == many.image.tobytes()
            assert one.depth.tobytes() == many.depth.tobytes()
            assert one.hole.tobytes() == many.hole.tobytes()


angles, places = st.floats(-3.2, 3.2), st.floats(-2, 2)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**31),
    turn=st.tuples(angles, angles, angles),
    shift=st.tuples(places, places, places),
    zoom=st.floats(0.1, 20),
)
def test_reference_vs_cpu_for_any_camera(seed: int, turn: tuple, shift: tuple, zoom: float) -> None:
    rng = np.random.default_rng(seed)
    height, width = int(rng.integers(1, 12)), int(rng.integers(1, 12))
    kind = ("wall", "slope", "layers", "noise", "wild")[seed % 5]
    target = camera(turn=turn, shift=shift, fx=zoom, fy=zoom)
    view = assert_same_bits(picture(rng, height, width), scene(kind, rng, height, width), target, size=(11, 13))
    assert not view.image[view.hole == 1].any()
    assert np.array_equal(view.hole == 1, view.depth == 0)

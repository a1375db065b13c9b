"""The contract of point_splat: what holds for every scene, errors, out, threads."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kernels import Pinhole, PointView, point_splat

# The first call compiles for ten seconds of CPU, which a busy machine makes a minute.
pytestmark = pytest.mark.timeout(180)

H, W = 9, 14
CAMERA = Pinhole(fx=0.8, fy=1.2)
IMAGE = np.random.default_rng(1).integers(0, 256, (H, W, 3)).astype(np.uint8)
DEPTH = np.full((H, W), 2, np.float32)


def moved(x: float = 0, y: float = 0, z: float = 0) -> Pinhole:
    pose = np.eye(3, 4)
    pose[:, 3] = x, y, z
    return Pinhole(fx=0.8, fy=1.2, pose=pose)


@pytest.mark.parametrize("deep", [False, True])
@settings(max_examples=40, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**31), threads=st.integers(1, 3))
def test_equal_cameras_give_the_picture_back(deep: bool, seed: int, threads: int) -> None:
    rng = np.random.default_rng(seed)
    height, width = int(rng.integers(1, 40)), int(rng.integers(1, 40))
    image = rng.integers(0, 65536 if deep else 256, (height, width, 3)).astype(np.uint16 if deep else np.uint8)
    depth = np.exp(rng.normal(0, 3, (height, width))).astype(np.float32)
    fx, fy, cx, cy = rng.uniform(0.2, 3, 4)
    camera = Pinhole(fx=fx, fy=fy, cx=cx, cy=cy, pose=np.column_stack([np.eye(3), rng.normal(size=3)]))
    view = point_splat(image, depth, source=camera, target=camera, threads=threads)
    assert np.array_equal(view.image, image)
    assert np.array_equal(view.depth, depth)
    assert not view.hole.any()


@pytest.mark.parametrize("width", [4096, 16384])
def test_equal_cameras_give_a_very_wide_picture_back(rng: np.random.Generator, width: int) -> None:
    image = rng.integers(0, 256, (2, width, 3)).astype(np.uint8)
    depth = rng.uniform(0.5, 40, (2, width)).astype(np.float32)
    view = point_splat(image, depth, source=CAMERA, target=CAMERA)
    assert np.array_equal(view.image, image)
    assert np.array_equal(view.depth, depth)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(x=st.floats(-1, 1), y=st.floats(-1, 1), z=st.floats(-0.9, 3), near=st.floats(1, 1.8), zoom=st.floats(0.3, 5))
def test_nearer_wins(x: float, y: float, z: float, near: float, zoom: float) -> None:
    """Two flat things: where the nearer one alone is seen it is seen before the other too, and nowhere else."""
    rng = np.random.default_rng(7)
    both = DEPTH.copy()
    thing = np.zeros((H, W), bool)
    thing[2:6, 3:9] = rng.random((4, 6)) < 0.7
    both[thing] = near
    image = np.where(thing[..., None], 200, 50).astype(np.uint8).repeat(3, axis=2)
    pose = np.column_stack([np.eye(3), (x, y, z)])
    target = Pinhole(fx=0.8 * zoom, fy=1.2 * zoom, pose=pose)
    alone = np.where(thing, np.float32(near), np.float32(np.nan))
    front, seen = (point_splat(image, depth, source=CAMERA, target=target) for depth in (alone, both))
    shown = front.hole == 0
    assert (seen.hole[shown] == 0).all()
    assert (seen.image[shown] == 200).all()
    assert (seen.image[(seen.hole == 0) & ~shown] == 50).all()


@settings(max_examples=60, deadline=None, derandomize=True)
@given(x=st.floats(-0.2, 0.2), z=st.floats(-1.9, 0), roll=st.floats(-4, 4), slope=st.floats(-0.3, 0.3))
def test_a_surface_has_no_crack_however_near(x: float, z: float, roll: float, slope: float) -> None:
    """A wall that fills the picture still does when the camera comes nearer and rolls within its middle."""
    depth = (2 + slope * np.linspace(-0.1, 0.1, 40)[None] * np.ones((40, 1))).astype(np.float32)
    pose = np.eye(3, 4)
    pose[:2, :2] = [[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]]
    pose[:, 3] = x, 0, z
    target = Pinhole(fx=4, fy=4, pose=pose)
    view = point_splat(
        np.full((40, 40, 3), 7, np.uint8), depth, source=Pinhole(fx=1, fy=1), target=target, size=(61, 61)
    )
    assert not view.hole.any()
    assert (view.image == 7).all()


def test_holes_hold_nothing(rng: np.random.Generator) -> None:
    depth = rng.uniform(1, 4, (H, W)).astype(np.float32)
    view = point_splat(IMAGE, depth, source=CAMERA, target=moved(0.4, 0.1))
    assert set(np.unique(view.hole)) == {0, 1}
    assert not view.image[view.hole == 1].any()
    assert np.array_equal(view.depth == 0, view.hole == 1)


def test_a_moved_view_moved_back_is_the_picture_where_it_was_seen() -> None:
    there = point_splat(IMAGE, DEPTH, source=CAMERA, target=moved(x=2 / (0.8 * W) * 2))
    back = point_splat(there.image, there.depth, source=moved(x=2 / (0.8 * W) * 2), target=CAMERA)
    assert np.array_equal(back.image[:, :-2], IMAGE[:, :-2])
    assert back.hole[:, -2:].all()


def test_out_is_used_and_nothing_of_frame_size_is_allocated(rng: np.random.Generator) -> None:
    image = rng.integers(0, 256, (600, 900, 3)).astype(np.uint8)
    depth = rng.uniform(2, 2.1, (600, 900)).astype(np.float32)
    out = point_splat(image, depth, source=CAMERA, target=moved(0.1))
    want = [array.copy() for array in (out.image, out.hole, out.depth)]
    for array in (out.image, out.hole, out.depth):
        array[...] = 77
    tracemalloc.start()
    assert point_splat(image, depth, source=CAMERA, target=moved(0.1), out=out) is out
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert all(np.array_equal(a, b) for a, b in zip((out.image, out.hole, out.depth), want, strict=True))
    # Two rows of vertices of the widest picture are reserved; what is not used is never touched.
    assert peak < 1.3 * 2**20


def test_padded_rows_are_read_and_written_in_place(rng: np.random.Generator) -> None:
    image, depth = np.zeros((H, W + 3, 3), np.uint8), np.zeros((H, W + 5), np.float32)
    image[:, :W], depth[:, :W] = IMAGE, DEPTH
    out = PointView(np.full((H, W + 2, 3), 9, np.uint8)[:, :W], np.full((H, W + 1), 9, np.uint8)[:, :W],
                    np.full((H, W + 4), 9, np.float32)[:, :W])  # fmt: skip
    point_splat(image[:, :W], depth[:, :W], source=CAMERA, target=moved(0.2), out=out)
    want = point_splat(IMAGE, DEPTH, source=CAMERA, target=moved(0.2))
    assert np.array_equal(out.image, want.image)
    assert np.array_equal(out.depth, want.depth)
    assert (out.image.base[:, W:] == 9).all()
    assert (out.hole.base[:, W:] == 9).all()
    assert (out.depth.base[:, W:] == 9).all()


def test_inputs_may_be_read_only() -> None:
    image, depth = IMAGE.copy(), DEPTH.copy()
    image.flags.writeable = depth.flags.writeable = False
    assert np.array_equal(point_splat(image, depth, source=CAMERA, target=CAMERA).image, IMAGE)


def view(**change: np.ndarray) -> PointView:
    arrays = {"image": IMAGE.copy(), "hole": np.zeros((H, W), np.uint8), "depth": np.zeros((H, W), np.float32)}
    return PointView(**(arrays | change))


def read_only(array: np.ndarray) -> np.ndarray:
    copy = array.copy()
    copy.flags.writeable = False
    return copy


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"image": IMAGE.tolist()}, TypeError, "image must be a NumPy array"),
        ({"image": IMAGE.astype(np.float32)}, TypeError, "image must be uint8 or uint16"),
        ({"image": IMAGE[..., 0]}, ValueError, "image must have 3 axes"),
        ({"image": IMAGE[..., :2]}, ValueError, "image must be contiguous"),
        ({"image": np.zeros((H, W, 4), np.uint8)}, ValueError, "image must have shape (9, 14, 3)"),
        ({"image": IMAGE[:-1]}, ValueError, "image must have shape"),
        ({"depth": DEPTH.astype(np.float64)}, TypeError, "depth must be float32"),
        ({"depth": DEPTH[:0]}, ValueError, "depth must not be empty"),
        ({"source": np.eye(4)}, TypeError, "source must be a Pinhole"),
        ({"target": Pinhole(fx=0, fy=1)}, ValueError, "target.fx must be finite and > 0, got 0"),
        ({"target": Pinhole(fx=1, fy=1, cx=np.nan)}, ValueError, "target.cx must be finite, got nan"),
        ({"target": Pinhole(fx="1", fy=1)}, TypeError, "target.fx must be a number"),
        ({"target": Pinhole(fx=1, fy=1, pose=np.eye(4))}, ValueError, "target.pose must have shape (3, 4)"),
        ({"target": Pinhole(fx=1, fy=1, pose=2 * np.eye(3, 4))}, ValueError, "target.pose must start with a rotation"),
        ({"target": Pinhole(fx=1, fy=1, pose=np.diag([1, 1, -1, 1])[:3] * 1.0)}, ValueError, "target.pose must start"),
        ({"target": Pinhole(fx=1, fy=1, pose=np.full((3, 4), np.nan))}, ValueError, "target.pose must be finite"),
        ({"target": moved(x=1e300)}, ValueError, "target must be a camera whose distance"),
        ({"size": (4, 0)}, ValueError, "size[1] must be at least 1"),
        ({"size": (4.0, 4)}, TypeError, "size[0] must be an integer"),
        ({"size": 4}, TypeError, "size must be (height, width)"),
        ({"size": (20000, 4)}, ValueError, "at most 16384"),
        ({"tear": 1.0}, ValueError, "tear must be 0 to 0.99"),
        ({"tear": np.nan}, ValueError, "tear must be 0 to 0.99"),
        ({"tear": "0.1"}, TypeError, "tear must be a number"),
        ({"threads": 0}, ValueError, "threads must be at least 1"),
        ({"threads": 1.5}, TypeError, "threads must be an integer"),
        ({"out": IMAGE.copy()}, TypeError, "out must be a PointView"),
        ({"out": view(image=IMAGE)}, ValueError, "out.image must not overlap"),
        ({"out": view(image=IMAGE.astype(np.uint16))}, TypeError, "out.image must be uint8"),
        ({"out": view(hole=np.zeros((H, W + 1), np.uint8))}, ValueError, "out.hole must have shape"),
        ({"out": view(depth=read_only(DEPTH))}, ValueError, "out.depth must be writable"),
        ({"out": view(depth=DEPTH.copy()[::-1])}, ValueError, "row stride"),
    ],
)
def test_bad_arguments_are_named(change: dict, error: type[Exception], words: str) -> None:
    arguments = {"image": IMAGE, "depth": DEPTH, "source": CAMERA, "target": CAMERA} | change
    with pytest.raises(error) as caught:
        point_splat(arguments.pop("image"), arguments.pop("depth"), **arguments)
    assert words in str(caught.value)

"""point_splat.cu: compiled for every GPU, run on the CPU under checks, and on a GPU where there is one."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from kernels import Pinhole, PointView, point_splat
from kernels.point_splat.camera import projection
from kernels.point_splat.cuda import SOURCE, THREADS, launches, new_args
from kernels.point_splat.reference import point_splat_reference

# The first call compiles for ten seconds of CPU, which a busy machine makes a minute.
pytestmark = pytest.mark.timeout(180)

CAMERA = Pinhole(fx=1, fy=1)


def camera(shift: tuple[float, ...], *, roll: float = 0, zoom: float = 1) -> Pinhole:
    pose = np.eye(3, 4)
    pose[:2, :2] = [[np.cos(roll), -np.sin(roll)], [np.sin(roll), np.cos(roll)]]
    pose[:, 3] = shift
    return Pinhole(fx=zoom, fy=zoom, pose=pose)


MOVES = {
    "still": CAMERA,
    "near and rolled": camera((0.05, 0.02, -0.4), roll=0.1),
    "into the scene": camera((0, 0, -1.5)),
    "away, upside down": camera((0.1, 0, 1), roll=np.pi),
    "extreme zoom": camera((0.001, 0, 0), zoom=700),
    "far outside": camera((1e6, 0, 0)),
}


def scene(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Layers with soft surfaces, single samples, and places without depth."""
    layers = rng.choice([1.0, 1.5, 3.0], (height // 3 + 1, width // 3 + 1)).repeat(3, 0).repeat(3, 1)
    depth = (layers[:height, :width] + 0.02 * rng.random((height, width))).astype(np.float32)
    bad = rng.random((height, width)) < 0.1
    depth[bad] = rng.choice(np.float32([np.nan, np.inf, 0, -1, 1e-40, 1e35]), int(bad.sum()))
    return depth


def padded(array: np.ndarray, columns: int) -> np.ndarray:
    """The same array with so many columns of garbage to the right of every row."""
    wide = np.full((array.shape[0], array.shape[1] + columns, *array.shape[2:]), np.array(90).astype(array.dtype))
    wide[:, : array.shape[1]] = array
    return wide


@pytest.fixture
def splat(emulator, make_buffer):
    """Give the kernels, run on the CPU one after the other on rows that are padded."""

    def run(image, depth, target: Pinhole, size: tuple[int, int], keep, *, pad: int = 0, seed: int = 1) -> PointView:
        args = new_args(depth.shape, size, projection(CAMERA, target, depth.shape, size), keep)
        outputs = {
            "out_image": np.full((*size, 3), 7, image.dtype),
            "out_hole": np.full(size, 7, np.uint8),
            "out_depth": np.full(size, 7, np.float32),
            "keys": np.full(size, 7, np.uint64),
        }
        bases = {name: padded(array, pad) for name, array in ({"image": image, "depth": depth} | outputs).items()}
        for name, base in bases.items():
            setattr(args, f"{name}_pitch", base.strides[0])
        for kernel, blocks in launches(args, image.dtype):
            buffers = [make_buffer(name, base) for name, base in bases.items()]
            emulator(SOURCE).run(kernel, args, buffers, blocks=blocks, threads=THREADS, shared_bytes=0, seed=seed)
        assert all((bases[name][:, size[1] :] == 90).all() for name in outputs)
        return PointView(*(bases[f"out_{name}"][:, : size[1]] for name in ("image", "hole", "depth")))

    return run


def assert_equal(got: PointView, want: PointView) -> None:
    for name in ("hole", "depth", "image"):
        np.testing.assert_array_equal(getattr(got, name), getattr(want, name), err_msg=name)


def test_compiles_without_spills_for_every_gpu(compile_everywhere) -> None:
    assert len(compile_everywhere(SOURCE)) == 5


@pytest.mark.parametrize("move", MOVES)
@pytest.mark.parametrize("tear", [0.01, 0.6])
def test_reference_vs_device_code(splat, rng: np.random.Generator, move: str, tear: float) -> None:
    dtype = np.uint16 if tear > 0.5 else np.uint8
    for number, (shape, size) in enumerate((((19, 37), (21, 30)), ((1, 1), (3, 2)), ((8, 32), (5, 40)))):
        image = rng.integers(0, np.iinfo(dtype).max, (*shape, 3), dtype=dtype, endpoint=True)
        depth, keep = scene(rng, *shape), np.float32(1 - tear)
        matrix = projection(CAMERA, MOVES[move], shape, size)
        want = point_splat_reference(image, depth, matrix, size, keep)
        assert_equal(splat(image, depth, MOVES[move], size, keep, pad=3 * (number % 2), seed=number), want)


def test_cpu_vs_device_code_on_a_wider_frame(splat, rng: np.random.Generator) -> None:
    shape, size = (24, 150), (28, 160)
    image, depth = rng.integers(0, 256, (*shape, 3)).astype(np.uint8), scene(rng, *shape)
    for move in ("near and rolled", "away, upside down"):
        want = point_splat(image, depth, source=CAMERA, target=MOVES[move], size=size)
        assert_equal(splat(image, depth, MOVES[move], size, np.float32(0.95)), want)


def interface(array: np.ndarray, **changes: object) -> SimpleNamespace:
    """An array that claims to lie on a GPU."""
    given = {
        "shape": array.shape, "strides": array.strides, "typestr": array.dtype.str, "version": 3,
        "data": (array.__array_interface__["data"][0], False),
    }  # fmt: skip
    # The owner stays alive, or the next array might get its place.
    return SimpleNamespace(__cuda_array_interface__=given | changes, owner=array)


def view(**changes: object) -> PointView:
    arrays = {
        "image": interface(np.zeros((4, 6, 3), np.uint8)),
        "hole": interface(np.zeros((4, 6), np.uint8)),
        "depth": interface(np.zeros((4, 6), np.float32)),
    }
    return PointView(**(arrays | changes))


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"depth": np.ones((4, 6), np.float32)}, TypeError, "depth must be a CUDA array"),
        ({"image": interface(np.zeros((4, 6, 3), np.int32))}, TypeError, "image must be uint8 or uint16, got int32"),
        ({"image": interface(np.zeros((4, 5, 3), np.uint8))}, ValueError, "image must have shape (4, 6, 3)"),
        ({"target": Pinhole(fx=-1, fy=1)}, ValueError, "target.fx must be finite and > 0"),
        ({"tear": 2}, ValueError, "tear must be 0 to 0.99"),
        ({"out": view(hole=np.zeros((4, 6), np.uint8))}, TypeError, "out.hole must be a CUDA array"),
        ({"out": view(depth=interface(np.zeros((4, 7), np.float32)))}, ValueError, "out.depth must have shape (4, 6)"),
        ({"out": view(), "keys": interface(np.zeros((4, 6), np.uint32))}, TypeError, "keys must be uint64"),
        ({"stream": 7}, TypeError, "stream must be a pycuda.driver.Stream"),
    ],
)
def test_bad_device_arguments_are_named(change: dict, error: type[Exception], words: str) -> None:
    arguments = {
        "image": interface(np.zeros((4, 6, 3), np.uint8)), "depth": interface(np.ones((4, 6), np.float32)),
        "source": CAMERA, "target": CAMERA, "out": view(), "keys": interface(np.zeros((4, 6), np.uint64)),
    } | change  # fmt: skip
    with pytest.raises(error) as caught:
        point_splat(arguments.pop("image"), arguments.pop("depth"), **arguments)
    assert words in str(caught.value)


@pytest.mark.cuda
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("move", MOVES)
def test_cpu_vs_gpu(gpu, rng: np.random.Generator, dtype: type, move: str) -> None:
    from pycuda import gpuarray

    image = rng.integers(0, np.iinfo(dtype).max, (540, 961, 3), dtype=dtype, endpoint=True)
    depth = scene(rng, 540, 961)
    want = point_splat(image, depth, source=CAMERA, target=MOVES[move])
    arrays = [gpuarray.to_gpu(array) for array in (image, depth)]
    out = None
    for _ in range(2):
        out = point_splat(*arrays, source=CAMERA, target=MOVES[move], out=out)
        gpu.Context.synchronize()
        assert_equal(PointView(*(array.get() for array in (out.image, out.hole, out.depth))), want)

"""The CUDA twin: its kernels run on the CPU against the reference, compiled for every architecture, and on a GPU."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from kernels import SplatView, forward_splat
from kernels.forward_splat import cuda
from kernels.forward_splat._check import check_planes
from kernels.forward_splat.layout import FILLS, Fill
from kernels.forward_splat.reference import forward_splat_reference

FORMATS = ("gray", "420", "422", "444", "packed")
TEARS = (1e-6, 0.7, 1.0, 2.0, 3.5, float("inf"))
EYES = ((0.5, -0.5), (0, -1), (1,), (-0.3, 0.1, 1))
LARGEST = np.finfo(np.float32).max

ToDevice = Callable[[np.ndarray], Any]


def bits(array: np.ndarray) -> np.ndarray:
    """Floats as integers, because -0.0 == 0.0."""
    return array.view(np.int32) if array.dtype == np.float32 else array


def assert_views_equal(got: Sequence[SplatView], want: Sequence[SplatView], where: str) -> None:
    for number, (a, b) in enumerate(zip(got, want, strict=True)):
        pairs = {"hole": (a.hole, b.hole)}
        assert (a.parallax_px is None) == (b.parallax_px is None)
        if b.parallax_px is not None:
            pairs["parallax"] = a.parallax_px, b.parallax_px
        pairs |= {f"plane {n}": pair for n, pair in enumerate(zip(a.planes, b.planes, strict=True))}
        for name, (x, y) in pairs.items():
            np.testing.assert_array_equal(
                bits(x.get()), bits(y), err_msg=f"{name} of view {number}, {where}", strict=True
            )


def assert_same_bits(
    to_device: ToDevice, planes: Sequence[np.ndarray], parallax: np.ndarray, **options: Any
) -> tuple[SplatView, ...]:
    """The CUDA twin against the reference: no tolerance."""
    sources, layout = check_planes(tuple(planes))
    want = forward_splat_reference(sources, parallax, layout, **options)
    got = forward_splat([to_device(plane) for plane in planes], to_device(parallax), **options)
    assert_views_equal(got, want, f"{options}, {[(p.shape, p.dtype) for p in planes]}, {parallax.dtype}")
    return got


def shapes_of(form: str, height: int, width: int) -> list[tuple[int, ...]]:
    chroma = {"420": ((height + 1) // 2, (width + 1) // 2), "422": (height, (width + 1) // 2), "444": (height, width)}
    if form == "packed":
        return [(height, width, 3)]
    return [(height, width)] + [chroma[form]] * 2 if form in chroma else [(height, width)]


def random_planes(rng: np.random.Generator, form: str, dtype: type, height: int, width: int) -> list[np.ndarray]:
    top = np.iinfo(dtype).max
    return [rng.integers(0, top, shape, dtype=dtype, endpoint=True) for shape in shapes_of(form, height, width)]


def random_parallax(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Each row of another kind: noise, walks, steps in eighths, layers, slopes, far out of the frame."""
    x = np.arange(width)
    kinds = [
        lambda: rng.normal(0, 4, width),
        lambda: np.cumsum(rng.normal(0, 1, width)),
        lambda: np.cumsum(rng.integers(-9, 10, width)) / 8,
        lambda: np.repeat(rng.normal(0, 6, width), 5)[:width],
        lambda: rng.normal(0, 0.4, width) + x * rng.normal(0, 0.3),
        lambda: np.sin(x / 9) * rng.normal(0, 6) + rng.normal(0, width),
    ]
    rows = np.stack([kinds[rng.integers(len(kinds))]() for _ in range(height)])
    return rows.astype(np.float32 if rng.integers(2) else np.float16)


def adversarial_rows(width: int) -> np.ndarray:
    """Folds, slivers, full-width tears and stretches, out of range, denormals, signed zeros."""
    x = np.arange(width, dtype=np.float32)
    middle = width // 2
    rows = [
        np.float32(1e-45) * (x % 3 - 1),
        np.float32(1e-39) * x,
        np.where(x % 2 == 0, 0.0, -0.0),
        np.where(x % 2 == 0, 3e38, -3e38),
        np.where(x < middle, LARGEST, -LARGEST),
        np.where(x < middle, -LARGEST, LARGEST),
        np.where(x % 5 == 0, LARGEST, 0),
        np.full(width, 1e6),
        np.full(width, -1e6),
        np.where(x == middle, 7.3, 0),
        np.where((x >= middle) & (x < middle + 9), 20, 0),  # holes between edges that are equally far
        np.where(x % 2 == 0, 0, 5),
        np.where(x < middle, -width, width),
        np.where(x < middle, width, -width),
        -2 * x,
        2.5 * x,
        middle - x,
        x * np.float32(1e-7),
        np.floor(x / 3) / 2,
    ]
    return np.stack(rows).astype(np.float32)


def check_random_rows(rng: np.random.Generator, to_device: ToDevice, form: str, dtype: type, num_pictures: int) -> None:
    for number in range(num_pictures):
        height, width = int(rng.integers(1, 30)), int(rng.integers(1, 140))
        planes, parallax = random_planes(rng, form, dtype, height, width), random_parallax(rng, height, width)
        eyes, tear_px = EYES[rng.integers(len(EYES))], TEARS[rng.integers(len(TEARS))]
        fill, with_parallax = FILLS[number % len(FILLS)], number % 2 == 0
        assert_same_bits(
            to_device, planes, parallax, eyes=eyes, tear_px=tear_px, fill=fill, with_parallax=with_parallax
        )


def check_adversarial_rows(rng: np.random.Generator, to_device: ToDevice, form: str, dtype: type, fill: Fill) -> None:
    for width, eyes, tear_px in (
        (1, (1, -1), 2.0),
        (2, (1, -1), 3.0),
        (67, (1, -1), 3.0),
        (64, (0.5, 0), float("inf")),
    ):
        parallax = adversarial_rows(width)
        planes = random_planes(rng, form, dtype, len(parallax), width)
        assert_same_bits(to_device, planes, parallax, eyes=eyes, tear_px=tear_px, fill=fill)


def check_wide_rows(
    rng: np.random.Generator, to_device: ToDevice, form: str, dtype: type, width: int, fill: Fill
) -> None:
    parallax = np.repeat(rng.normal(0, 90, (2, width // 64 + 1)), 64, axis=1)[:, :width].astype(np.float32)
    parallax += np.sin(np.arange(width, dtype=np.float32) / 50)
    planes = random_planes(rng, form, dtype, 2, width)
    assert_same_bits(to_device, planes, parallax, eyes=(0.5, -0.5), tear_px=3.0, fill=fill)


def test_compiles_without_spills_for_every_architecture(compile_everywhere) -> None:
    assert len(compile_everywhere(cuda.SOURCE)) == 5


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_reference_vs_kernel_on_random_rows(rng, pretend_gpu, form: str, dtype: type) -> None:
    check_random_rows(rng, pretend_gpu(cuda.SOURCE).array, form, dtype, 15)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("fill", FILLS)
def test_reference_vs_kernel_on_adversarial_rows(rng, pretend_gpu, form: str, fill: Fill) -> None:
    check_adversarial_rows(rng, pretend_gpu(cuda.SOURCE).array, form, np.uint8 if form != "422" else np.uint16, fill)


@pytest.mark.parametrize(("width", "shared_kib"), [(16384, 64), (16385, 227), (32768, 163)])
@pytest.mark.parametrize("form", ["420", "packed"])
def test_reference_vs_kernel_on_very_wide_rows(rng, pretend_gpu, form: str, width: int, shared_kib: int) -> None:
    """With the colours in shared memory where they fit, and without."""
    gpu = pretend_gpu(cuda.SOURCE, shared_bytes=shared_kib * 1024)
    check_wide_rows(rng, gpu.array, form, np.uint8, width, "surface")


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("fill", FILLS)
def test_reference_vs_kernel_without_room_for_colours(rng, pretend_gpu, form: str, dtype: type, fill: Fill) -> None:
    gpu = pretend_gpu(cuda.SOURCE, shared_bytes=4 * 64 + 16)
    planes, parallax = random_planes(rng, form, dtype, 6, 61), random_parallax(rng, 6, 61)
    assert_same_bits(gpu.array, planes, parallax, eyes=(0.5, -0.5), tear_px=2.0, fill=fill)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_rows_anywhere_in_memory(rng, pretend_gpu, form: str, dtype: type) -> None:
    """Pitches and starts that allow no wide access, into outputs whose padding must stay."""
    gpu = pretend_gpu(cuda.SOURCE)
    for width in (37, 40):
        planes, parallax = random_planes(rng, form, dtype, 5, width), random_parallax(rng, 5, width).astype(np.float32)

        def place(values: np.ndarray) -> Any:
            unit = values.itemsize
            return gpu.array(values, lead=unit * int(rng.integers(5)), gap=unit * int(rng.integers(7)))

        sources, layout = check_planes(tuple(planes))
        options: dict[str, Any] = {"eyes": (0.5, -1), "tear_px": 2.0, "fill": "surface"}
        want = forward_splat_reference(sources, parallax, layout, **options)
        out = [
            SplatView(tuple(place(np.zeros_like(p)) for p in planes), place(view.hole * 0), place(view.parallax_px * 0))
            for view in want
        ]
        got = forward_splat([place(p) for p in planes], place(parallax), **options, out=out)
        assert all(a is b for a, b in zip(got, out, strict=True))
        assert_views_equal(got, want, f"width {width}")
        for view in out:
            assert all(array.padding_is_untouched() for array in (*view.planes, view.hole, view.parallax_px))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("form", ["gray", "420"])
def test_parallax_that_is_not_finite_is_out_of_the_frame(rng, pretend_gpu, value: float, form: str) -> None:
    gpu = pretend_gpu(cuda.SOURCE)
    planes, parallax = random_planes(rng, form, np.uint8, 4, 50), random_parallax(rng, 4, 50).astype(np.float32)
    parallax[:, [7, 8, 30]] = value
    far = parallax.copy()
    far[:, [7, 30]], far[:, 8] = 1e9, -1e9
    sources, layout = check_planes(tuple(planes))
    want = forward_splat_reference(sources, far, layout, eyes=(1, -1), tear_px=2.0, fill="background")
    faults = gpu.array(np.zeros(1, np.uint32))
    options: dict[str, Any] = {"eyes": (1, -1), "tear_px": 2.0, "fill": "background", "faults": faults}
    device = [gpu.array(plane) for plane in planes]
    forward_splat(device, gpu.array(far), **options)
    assert faults.get()[0] == 0
    got = forward_splat(device, gpu.array(parallax), **options)
    assert faults.get()[0] == 1
    assert_views_equal(got, want, f"{value}")


def test_one_compilation_and_one_launch_for_two_eyes(rng, pretend_gpu) -> None:
    gpu = pretend_gpu(cuda.SOURCE)
    planes, parallax = random_planes(rng, "420", np.uint8, 7, 1920), random_parallax(rng, 7, 1920).astype(np.float16)
    device, stream = [gpu.array(plane) for plane in planes], FakeStream()
    for _ in range(3):
        forward_splat(device, gpu.array(parallax), eyes=(0.5, -0.5), tear_px=2, stream=stream)
    launch = {"name": "splat_planar_u8_f16", "blocks": 4, "threads": 256, "stream": stream}
    assert gpu.launches == [launch] * 3
    assert gpu.loads == 1


class FakeStream:
    handle = 0x1234


class OnGpu:
    """An argument to be put on the GPU first."""

    def __init__(self, values: np.ndarray) -> None:
        self.values = values


@pytest.mark.parametrize(
    ("changed", "value", "error", "message"),
    [
        (0, np.zeros((4, 8), np.uint8), TypeError, r"planes\[1\] must be a NumPy"),
        (1, np.zeros((2, 4), np.uint8), TypeError, r"planes\[1\] must be a CUDA"),
        (1, OnGpu(np.zeros((2, 5), np.uint8)), ValueError, r"planes\[1\] and planes\[2\] must be 4:4:4"),
        (2, OnGpu(np.zeros((2, 4), np.uint16)), TypeError, r"planes\[2\] must be uint8"),
        ("parallax_px", np.zeros((4, 8), np.float32), TypeError, "parallax_px must be a CUDA array"),
        ("parallax_px", OnGpu(np.zeros((4, 9), np.float32)), ValueError, "parallax_px must have"),
        ("parallax_px", OnGpu(np.zeros((4, 8))), TypeError, "parallax_px must be float16 or"),
        ("eyes", (2,), ValueError, "eyes must be"),
        ("tear_px", 0, ValueError, "tear_px must be"),
        ("fill", "red", ValueError, "fill must be"),
        ("stream", 7, TypeError, "stream must be a pycuda"),
        ("faults", np.zeros(1, np.uint32), TypeError, "faults must be a CUDA array"),
        ("faults", OnGpu(np.zeros(2, np.uint32)), ValueError, r"faults must have shape \(1,\)"),
        ("out", [1], TypeError, r"out\[0\] must be a SplatView"),
        ("with_parallax", None, TypeError, "with_parallax must be True or False"),
    ],
)
def test_bad_arguments_are_named(pretend_gpu, changed, value: Any, error: type[Exception], message: str) -> None:
    gpu = pretend_gpu(cuda.SOURCE)
    arguments: dict[str, Any] = {
        "planes": [gpu.array(np.zeros(shape, np.uint8)) for shape in shapes_of("420", 4, 8)],
        "parallax_px": gpu.array(np.zeros((4, 8), np.float32)),
        "eyes": (1,),
        "tear_px": 2,
    }
    where = arguments["planes"] if isinstance(changed, int) else arguments
    where[changed] = gpu.array(value.values) if isinstance(value, OnGpu) else value
    with pytest.raises(error, match=message):
        forward_splat(arguments.pop("planes"), arguments.pop("parallax_px"), **arguments)
    assert gpu.launches == []


def test_outputs_that_cannot_be_written_are_named(pretend_gpu) -> None:
    gpu = pretend_gpu(cuda.SOURCE)
    luma, parallax = gpu.array(np.zeros((4, 8), np.uint8)), gpu.array(np.zeros((4, 8), np.float32))
    fresh = {"plane": np.zeros((4, 8), np.uint8), "hole": np.zeros((4, 8), np.uint8)}
    warped = gpu.array(np.zeros((4, 8), np.float32))

    def splat(plane: Any, hole: Any, seen: Any) -> None:
        forward_splat([luma], parallax, eyes=(1,), tear_px=2, out=[SplatView((plane,), hole, seen)])

    with pytest.raises(ValueError, match=r"out\[0\].planes\[0\] must not overlap"):
        splat(luma, gpu.array(fresh["hole"]), warped)
    with pytest.raises(ValueError, match=r"out\[0\].parallax_px must not overlap"):
        splat(gpu.array(fresh["plane"]), gpu.array(fresh["hole"]), parallax)
    with pytest.raises(ValueError, match=r"out\[0\].hole must be writable"):
        splat(gpu.array(fresh["plane"]), gpu.array(fresh["hole"], read_only=True), warped)
    with pytest.raises(TypeError, match=r"out\[0\].hole must be a CUDA array"):
        splat(gpu.array(fresh["plane"]), fresh["hole"], warped)


def test_a_row_that_does_not_fit_is_refused(pretend_gpu) -> None:
    gpu = pretend_gpu(cuda.SOURCE, shared_bytes=64 * 1024)
    wide = np.zeros((1, 16385), np.uint8)
    with pytest.raises(ValueError, match=r"planes\[0\] must be at most 16384 columns"):
        forward_splat([gpu.array(wide)], gpu.array(wide.astype(np.float32)), eyes=(1,), tear_px=2)


@pytest.mark.parametrize("name", ["stream", "faults"])
def test_options_of_the_gpu_are_refused_for_numpy(name: str) -> None:
    luma = np.zeros((2, 4), np.uint8)
    with pytest.raises(TypeError, match=f"{name} is for arrays on a GPU"):
        forward_splat([luma], luma.astype(np.float32), eyes=(1,), tear_px=2, **{name: 1})


@pytest.mark.cuda
class TestOnAGpu:
    @pytest.fixture
    def to_device(self, gpu) -> ToDevice:
        from pycuda import gpuarray

        return gpuarray.to_gpu

    @pytest.mark.parametrize("form", FORMATS)
    @pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
    def test_cpu_vs_cuda(self, rng, to_device: ToDevice, form: str, dtype: type) -> None:
        check_random_rows(rng, to_device, form, dtype, 30)
        for fill in FILLS:
            check_adversarial_rows(rng, to_device, form, dtype, fill)
            check_wide_rows(rng, to_device, form, dtype, 16384, fill)

    def test_a_stream_and_out(self, rng, gpu, to_device: ToDevice) -> None:
        planes, parallax = random_planes(rng, "packed", np.uint8, 90, 1920), random_parallax(rng, 90, 1920)
        want = forward_splat(planes, parallax, eyes=(0.5, -0.5), tear_px=2)
        device, stream = [to_device(plane) for plane in planes], gpu.Stream()
        out = forward_splat(device, to_device(parallax), eyes=(1, -1), tear_px=2)
        gpu.Context.synchronize()
        forward_splat(device, to_device(parallax), eyes=(0.5, -0.5), tear_px=2, out=out, stream=stream)
        stream.synchronize()
        assert_views_equal(out, want, "on a stream")

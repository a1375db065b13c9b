"""Every implementation equals the reference bit for bit."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from kernels import SplatView, forward_splat
from kernels.forward_splat.layout import FILLS, Fill
from kernels.forward_splat.op import check_planes
from kernels.forward_splat.reference import forward_splat_reference

FORMATS = ("gray", "420", "422", "444", "packed")
DTYPES = (np.uint8, np.uint16)
EYES = ((0.5, -0.5), (0, -1), (1, 0), (-0.3, 0.1))
TEARS = (1e-6, 0.7, 1.0, 2.0, 3.5, 1e30, float("inf"))
SMALLEST = np.float32(1e-45)
LARGEST = np.finfo(np.float32).max


def bits(array: np.ndarray) -> np.ndarray:
    """Floats as integers, because -0.0 == 0.0; any NaN is like any other."""
    if array.dtype != np.float32:
        return array
    return np.where(np.isnan(array), np.int32(-1), array.view(np.int32))


def assert_views_equal(got: Sequence[SplatView], want: Sequence[SplatView], where: str) -> None:
    for number, (a, b) in enumerate(zip(got, want, strict=True)):
        pairs = {"hole": (a.hole, b.hole)}
        assert (a.parallax_px is None) == (b.parallax_px is None)
        if b.parallax_px is not None:
            pairs["parallax"] = a.parallax_px, b.parallax_px
        pairs |= {f"plane {n}": pair for n, pair in enumerate(zip(a.planes, b.planes, strict=True))}
        for name, (x, y) in pairs.items():
            np.testing.assert_array_equal(bits(x), bits(y), err_msg=f"{name} of view {number}, {where}", strict=True)


def assert_same_bits(
    planes: Any,
    parallax: np.ndarray,
    *,
    eyes: Sequence[float],
    tear_px: float,
    fill: Fill,
    with_parallax: bool = True,
    threads: Sequence[int] = (1,),
) -> None:
    """The CPU twin against the reference: no tolerance."""
    sources, layout = check_planes(planes)
    options: dict[str, Any] = {"eyes": eyes, "tear_px": tear_px, "fill": fill, "with_parallax": with_parallax}
    want = forward_splat_reference(sources, parallax, layout, **options)
    for count in threads:
        got = forward_splat(planes, parallax, **options, threads=count)
        where = f"{options}, threads {count}, {[(p.shape, p.dtype) for p in sources]}"
        assert_views_equal(got, want, where)


def random_planes(rng: np.random.Generator, form: str, dtype: type, height: int, width: int) -> Any:
    """Noise; in one picture of three black and white only, where every slip of a weight shows most."""
    shapes = {
        "gray": [(height, width)],
        "packed": [(height, width, 3)],
        "444": [(height, width)] * 3,
        "422": [(height, width)] + [(height, (width + 1) // 2)] * 2,
        "420": [(height, width)] + [((height + 1) // 2, (width + 1) // 2)] * 2,
    }[form]
    top = np.iinfo(dtype).max
    if rng.integers(3) == 0:
        return tuple((rng.integers(0, 2, shape) * top).astype(dtype) for shape in shapes)
    return tuple(rng.integers(0, top, shape, dtype=dtype, endpoint=True) for shape in shapes)


def random_parallax(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Noise, walks, and layers of several widths, in both precisions, landing inside and outside the row."""
    size = (height, width)
    kind = rng.integers(7)
    if kind == 0:
        values = rng.normal(0, 4, size)
    elif kind == 1:
        values = np.cumsum(rng.normal(0, 1, size), axis=1)
    elif kind == 2:
        values = np.repeat(rng.integers(-8, 9, size), 3, axis=1)[:, :width]
    elif kind == 3:
        values = np.repeat(rng.normal(0, 6, size), 5, axis=1)[:, :width]
    elif kind == 4:
        # Multiples of 1/8 land on pixel centres and on the limits of half pixels and tears.
        values = np.cumsum(rng.integers(-9, 10, size), axis=1) / 8
    elif kind == 5:
        # Soft noise on a slope, as networks give it: runs of a few pixels.
        values = rng.normal(0, 0.4, size) + np.arange(width) * rng.normal(0, 0.2, (height, 1))
    else:
        values = np.sin(np.arange(width) / 9) * rng.normal(0, 6, (height, 1)) + rng.normal(0, width, (height, 1))
    return values.astype(np.float32 if rng.integers(2) else np.float16)


def check_random_rows(rng: np.random.Generator, form: str, dtype: type, num_rows: int) -> None:
    rows = 0
    while rows < num_rows:
        height, width = int(rng.integers(1, 60)), int(rng.integers(1, 70))
        assert_same_bits(
            random_planes(rng, form, dtype, height, width),
            random_parallax(rng, height, width),
            eyes=EYES[rng.integers(len(EYES))],
            tear_px=TEARS[rng.integers(len(TEARS))],
            fill=FILLS[rng.integers(len(FILLS))],
            with_parallax=bool(rng.integers(2)),
            threads=(int(rng.integers(1, 4)),),
        )
        rows += height


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_reference_vs_cpu_on_random_rows(rng: np.random.Generator, form: str, dtype: type) -> None:
    """Ten formats: 10,000 rows."""
    check_random_rows(rng, form, dtype, 1000)


@pytest.mark.slow
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_reference_vs_cpu_on_very_many_rows(form: str, dtype: type) -> None:
    check_random_rows(np.random.default_rng(7), form, dtype, 20000)


def adversarial_rows(width: int) -> np.ndarray:
    """(rows, width) float32; rows are independent, so one picture holds them all."""
    x = np.arange(width, dtype=np.float32)
    middle = width // 2
    sliver = np.where(x == middle, 7.3, 0)
    rows = {
        "denormal": SMALLEST * (x % 3 - 1),
        "denormal steps": np.float32(1e-39) * x,
        "negative zero": np.full(width, -0.0),
        "both zeros": np.where(x % 2 == 0, 0.0, -0.0),
        "huge apart": np.where(x % 2 == 0, 3e38, -3e38),
        "huge fold": np.where(x < middle, LARGEST, -LARGEST),
        "huge tear": np.where(x < middle, -LARGEST, LARGEST),
        "huge beside none": np.where(x % 5 == 0, LARGEST, 0),
        "far out": np.full(width, 1e6),
        "far out on the left": np.full(width, -1e6),
        "just out": np.full(width, width - 0.5),
        "just in": np.full(width, 0.5 - width),
        "beyond an index": np.where(x % 3 == 0, 2**31, -(2**31)),
        "one pixel sliver": sliver,
        "one pixel pit": -sliver,
        "slivers everywhere": np.where(x % 2 == 0, 0, 5),
        "slivers of two": np.where(x % 4 < 2, 0, 5.5),
        "full width tear": np.where(x < width / 2, -width, width),
        "full width fold": np.where(x < width / 2, width, -width),
        "one fold for all": -2 * x,
        "folds and tears by turns": np.where(x % 2 == 0, -width, width),
        "stretch to the limit": 2.5 * x,
        "stretch over the frame": x * np.float32(width),
        "all on one pixel": middle - x,
        "all on one edge": middle - 0.5 - x,
        "mirrored": width - 2 * x,
        "almost flat": x * np.float32(1e-7),
        "almost a fold": -x * np.float32(0.9999999),
        "halves": np.floor(x / 3) / 2,
        "only the ends": np.where((x == 0) | (x == width - 1), 3, 0),
    }
    return np.stack([row.astype(np.float32) for row in rows.values()])


def as_half(parallax: np.ndarray) -> np.ndarray:
    """The same rows in float16, kept finite."""
    limit = np.finfo(np.float16).max
    return np.clip(parallax, -limit, limit).astype(np.float16)


@pytest.mark.parametrize(
    ("first", "form", "dtype"), [(n, *f) for n, f in enumerate(itertools.product(FORMATS, DTYPES))]
)
def test_reference_vs_cpu_on_adversarial_rows(rng: np.random.Generator, first: int, form: str, dtype: type) -> None:
    """Every format at every width; eyes and fills take turns, so that each of the twelve pairs comes ten times."""
    turns = itertools.islice(itertools.cycle(itertools.product(EYES, FILLS)), first, None)
    for number, width in enumerate((1, 2, 3, 4, 8, 13, 16, 17, 31, 63, 64, 131)):
        eyes, fill = next(turns)
        parallax = adversarial_rows(width)
        assert_same_bits(
            random_planes(rng, form, dtype, *parallax.shape),
            as_half(parallax) if number % 4 == 3 else parallax,
            eyes=eyes,
            tear_px=TEARS[(first + number) % len(TEARS)],
            fill=fill,
            with_parallax=number % 2 == 0,
        )


@pytest.mark.parametrize("tear_px", TEARS)
@pytest.mark.parametrize("half", [False, True], ids=["float32", "float16"])
def test_reference_vs_cpu_at_every_tear_threshold(rng: np.random.Generator, tear_px: float, half: bool) -> None:
    parallax = adversarial_rows(23)
    planes = random_planes(rng, "420", np.uint8, *parallax.shape)
    for fill in FILLS:
        eyes = (0.5, -0.5, 0.1, -1)
        assert_same_bits(planes, as_half(parallax) if half else parallax, eyes=eyes, tear_px=tear_px, fill=fill)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("size", [(1, 1), (1, 2), (2, 1), (3, 1), (1, 3), (5, 3), (33, 1), (65, 2)])
def test_reference_vs_cpu_on_tiny_and_odd_pictures(rng: np.random.Generator, form: str, size: tuple[int, int]) -> None:
    for dtype, fill, shift in itertools.product(DTYPES, FILLS, (0.25, -0.5, 1)):
        parallax = (shift + rng.integers(0, 2, size)).astype(np.float32)
        planes = random_planes(rng, form, dtype, *size)
        assert_same_bits(planes, parallax, eyes=(0.5, -0.5), tear_px=1.25, fill=fill)


@pytest.mark.parametrize("form", FORMATS)
def test_reference_vs_cpu_on_one_two_and_three_threads(rng: np.random.Generator, form: str) -> None:
    """Bands are 32 rows: 131 give each of three threads one, and the last band an odd row."""
    for fill, dtype in zip(FILLS, (np.float16, np.float32, np.float16), strict=True):
        parallax = rng.normal(0, 3, (131, 21)).astype(dtype)
        planes = random_planes(rng, form, np.uint8, 131, 21)
        assert_same_bits(planes, parallax, eyes=(0.5, -0.5), tear_px=2, fill=fill, threads=(1, 2, 3))


@pytest.mark.parametrize("width", [16384, 16383, 32768])
def test_reference_vs_cpu_on_very_wide_rows(rng: np.random.Generator, width: int) -> None:
    layers = np.repeat(rng.normal(0, 90, (2, width // 64)), 64, axis=1)
    parallax = np.pad(layers, ((0, 0), (0, width - layers.shape[1])), mode="edge").astype(np.float32)
    parallax += np.sin(np.arange(width, dtype=np.float32) / 50)
    assert_same_bits(
        random_planes(rng, "422", np.uint16, 2, width), parallax, eyes=(0.5, -0.5), tear_px=3.0, fill="background"
    )


def test_reference_vs_cpu_on_adversarial_rows_16k_wide(rng: np.random.Generator) -> None:
    x = np.arange(16384, dtype=np.float32)
    parallax = np.stack([
        np.where(x % 2 == 0, 0, 5),
        np.where(x < 8192, -16384, 16384),
        -2 * x,
        1.5 * x,
        8191.5 - x,
        np.where(x == 8192, 16000, 0),
    ]).astype(np.float32)  # fmt: skip
    planes = random_planes(rng, "420", np.uint8, *parallax.shape)
    assert_same_bits(planes, parallax, eyes=(1,), tear_px=3.0, fill="surface")


def test_cpu_is_deterministic(rng: np.random.Generator) -> None:
    planes, parallax = random_planes(rng, "420", np.uint8, 64, 200), random_parallax(rng, 64, 200)
    first, second = (forward_splat(planes, parallax, eyes=(0.5,), tear_px=2.0, threads=2)[0] for _ in range(2))
    assert first.parallax_px.tobytes() == second.parallax_px.tobytes()
    assert all(a.tobytes() == b.tobytes() for a, b in zip(first.planes, second.planes, strict=True))

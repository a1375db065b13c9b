"""Every implementation equals the reference bit for bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from kernels import forward_splat
from kernels.forward_splat.layout import FILLS
from kernels.forward_splat.op import check_planes
from kernels.forward_splat.reference import forward_splat_reference

FORMATS = ("gray", "420", "422", "444", "packed")
EYES = ((0.5, -0.5), (0, -1), (1, 0), (-0.3,))
TEARS = (0.7, 1.0, 2.0, 3.5, float("inf"))


def assert_same_bits(planes: Any, parallax: np.ndarray, *, eyes: tuple[float, ...], tear_px: float, fill: Any) -> None:
    """The CPU twin against the reference: no tolerance."""
    got = forward_splat(planes, parallax, eyes=eyes, tear_px=tear_px, fill=fill)
    sources, layout = check_planes(planes)
    want = forward_splat_reference(sources, parallax, layout, eyes=eyes, tear_px=tear_px, fill=fill)
    for eye, a, b in zip(eyes, got, want, strict=True):
        where = f"eye {eye}, tear {tear_px}, fill {fill}, {[p.shape for p in sources]}"
        np.testing.assert_array_equal(a.hole, b.hole, err_msg=where)
        np.testing.assert_array_equal(a.parallax_px, b.parallax_px, err_msg=where)
        for x, y in zip(a.planes, b.planes, strict=True):
            np.testing.assert_array_equal(x, y, err_msg=where)


def random_planes(rng: np.random.Generator, form: str, dtype: type, height: int, width: int) -> Any:
    shapes = {
        "gray": [(height, width)],
        "packed": [(height, width, 3)],
        "444": [(height, width)] * 3,
        "422": [(height, width)] + [(height, (width + 1) // 2)] * 2,
        "420": [(height, width)] + [((height + 1) // 2, (width + 1) // 2)] * 2,
    }[form]
    return tuple(rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True) for shape in shapes)


def random_parallax(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """Noise, walks, and layers of several widths, in both precisions, landing inside and outside the row."""
    kind = rng.integers(5)
    if kind == 0:
        values = rng.normal(0, 4, (height, width))
    elif kind == 1:
        values = np.cumsum(rng.normal(0, 1, (height, width)), axis=1)
    elif kind == 2:
        values = np.repeat(rng.integers(-8, 9, (height, width)), 3, axis=1)[:, :width]
    elif kind == 3:
        values = np.repeat(rng.normal(0, 6, (height, width)), 5, axis=1)[:, :width]
    else:
        values = np.sin(np.arange(width) / 9) * rng.normal(0, 6, (height, 1)) + rng.normal(0, width, (height, 1))
    return values.astype(np.float32 if rng.integers(2) else np.float16)


@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_reference_vs_cpu_on_random_rows(rng: np.random.Generator, form: str, dtype: type) -> None:
    rows = 0
    while rows < 1000:  # ten formats: 10,000 rows
        height, width = int(rng.integers(1, 60)), int(rng.integers(1, 70))
        eyes = EYES[rng.integers(len(EYES))]
        assert_same_bits(
            random_planes(rng, form, dtype, height, width),
            random_parallax(rng, height, width),
            eyes=eyes,
            tear_px=TEARS[rng.integers(len(TEARS))],
            fill=FILLS[rng.integers(len(FILLS))],
        )
        rows += height * len(eyes)


def adversarial_rows(width: int) -> dict[str, np.ndarray]:
    x = np.arange(width, dtype=np.float32)
    sliver = np.zeros(width, np.float32)
    sliver[width // 2] = 7.3
    comb = np.where(x % 2 == 0, 0, 5).astype(np.float32)
    return {
        "denormal": np.full(width, 1e-42, np.float32) * (x % 3 - 1),
        "negative zero": np.full(width, -0.0, np.float32),
        "huge": np.where(x % 2 == 0, 3e38, -3e38).astype(np.float32),
        "far out": np.full(width, 1e6, np.float32),
        "one pixel sliver": sliver,
        "slivers everywhere": comb,
        "full width tear": np.where(x < width / 2, -width, width).astype(np.float32),
        "one fold for all": -2 * x,
        "stretch to the limit": 2.5 * x,
        "all on one pixel": (width // 2 - x).astype(np.float32),
        "almost flat": x * np.float32(1e-7),
        "halves": np.floor(x / 3).astype(np.float32) / 2,
    }


@pytest.mark.parametrize("name", adversarial_rows(4))
@pytest.mark.parametrize("width", [2, 3, 17, 64, 130])
def test_reference_vs_cpu_on_adversarial_rows(rng: np.random.Generator, name: str, width: int) -> None:
    parallax = np.stack([adversarial_rows(width)[name]] * 3)
    for fill in FILLS:
        for eyes, tear_px in (((1, -1), 3.0), ((0.5, 0), float("inf"))):
            planes = random_planes(rng, "420", np.uint8, 3, width)
            assert_same_bits(planes, parallax, eyes=eyes, tear_px=tear_px, fill=fill)


@pytest.mark.parametrize("width", [16384, 16383, 32768])
def test_reference_vs_cpu_on_very_wide_rows(rng: np.random.Generator, width: int) -> None:
    layers = np.repeat(rng.normal(0, 90, (2, width // 64)), 64, axis=1)
    parallax = np.pad(layers, ((0, 0), (0, width - layers.shape[1])), mode="edge").astype(np.float32)
    parallax += np.sin(np.arange(width, dtype=np.float32) / 50)
    assert_same_bits(
        random_planes(rng, "422", np.uint16, 2, width), parallax, eyes=(0.5, -0.5), tear_px=3.0, fill="background"
    )


def test_cpu_is_deterministic(rng: np.random.Generator) -> None:
    planes, parallax = random_planes(rng, "420", np.uint8, 64, 200), random_parallax(rng, 64, 200)
    first, second = (forward_splat(planes, parallax, eyes=(0.5,), tear_px=2.0, threads=2)[0] for _ in range(2))
    assert first.parallax_px.tobytes() == second.parallax_px.tobytes()
    assert all(a.tobytes() == b.tobytes() for a, b in zip(first.planes, second.planes, strict=True))

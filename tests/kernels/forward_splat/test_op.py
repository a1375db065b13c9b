"""The contract of forward_splat: shapes, signs, errors, out, threads."""

from __future__ import annotations

import tracemalloc
from typing import ClassVar

import numpy as np
import pytest
import torch
from numpy.lib.stride_tricks import as_strided

from kernels import SplatView, forward_splat

H, W = 12, 40


def planes_420(rng: np.random.Generator, height: int = H, width: int = W) -> tuple[np.ndarray, ...]:
    half = ((height + 1) // 2, (width + 1) // 2)
    return tuple(rng.integers(0, 256, shape).astype(np.uint8) for shape in ((height, width), half, half))


def arrays(view: SplatView) -> list[np.ndarray]:
    return [*view.planes, view.hole, view.parallax_px]


def step_parallax(height: int = H, width: int = W) -> np.ndarray:
    """A near square before a far wall, 6 px apart."""
    parallax = np.full((height, width), -2, np.float32)
    parallax[:, width // 3 : width // 2] = 4
    return parallax


def test_near_things_are_further_right_in_the_left_eye() -> None:
    luma = np.zeros((H, W), np.uint8)
    luma[:, 20] = 255
    parallax = np.zeros((H, W), np.float32)
    parallax[:, 20] = 4
    left, right = forward_splat((luma,), parallax, eyes=(0.5, -0.5), tear_px=2)
    assert left.planes[0][0].argmax() == 22
    assert right.planes[0][0].argmax() == 18


@pytest.mark.parametrize("shift", [-3, 0, 5])
def test_constant_parallax_is_an_exact_shift(rng: np.random.Generator, shift: int) -> None:
    luma = rng.integers(0, 256, (H, W)).astype(np.uint8)
    (view,) = forward_splat((luma,), np.full((H, W), shift, np.float32), eyes=(1,), tear_px=2)
    inside = slice(max(shift, 0), W + min(shift, 0))
    assert np.array_equal(view.planes[0][:, inside], np.roll(luma, shift, axis=1)[:, inside])
    assert view.hole.sum() == H * abs(shift)
    assert (view.parallax_px[view.hole == 0] == shift).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
def test_zero_parallax_is_identity_in_every_layout(rng: np.random.Generator, dtype: type) -> None:
    for chroma in (None, (H, W), (H, W // 2), (H // 2, W // 2)):
        shapes = [(H, W)] if chroma is None else [(H, W), chroma, chroma]
        planes = tuple(rng.integers(0, np.iinfo(dtype).max, shape, dtype=dtype, endpoint=True) for shape in shapes)
        for view in forward_splat(planes, np.zeros((H, W), np.float16), eyes=(0.5, -0.5), tear_px=2):
            assert all(np.array_equal(got, want) for got, want in zip(view.planes, planes, strict=True))
            assert not view.hole.any()
    packed = rng.integers(0, 256, (H, W, 3)).astype(dtype)
    (view,) = forward_splat(packed, np.zeros((H, W), np.float32), eyes=(-1,), tear_px=2)
    assert np.array_equal(view.planes[0], packed)


def test_the_kept_eye_is_the_picture(rng: np.random.Generator) -> None:
    planes = planes_420(rng)
    left, right = forward_splat(planes, step_parallax(), eyes=(0, -1), tear_px=2)
    assert np.array_equal(left.planes[0], planes[0])
    assert np.array_equal(left.parallax_px, step_parallax())
    assert right.hole.any()


@pytest.mark.parametrize("threads", [2, 3, 7])
@pytest.mark.usefixtures("no_thread_left")
def test_thread_counts_agree(rng: np.random.Generator, threads: int) -> None:
    height, width = 131, 57
    planes = planes_420(rng, height, width)
    parallax = rng.normal(0, 4, (height, width)).astype(np.float32)
    one = forward_splat(planes, parallax, eyes=(0.5, -0.5), tear_px=2, fill="surface")
    many = forward_splat(planes, parallax, eyes=(0.5, -0.5), tear_px=2, fill="surface", threads=threads)
    for a, b in zip(one, many, strict=True):
        assert all(np.array_equal(x, y) for x, y in zip(arrays(a), arrays(b), strict=True))


def padded(plane: np.ndarray, offset: int = 3, room_for: int = 11) -> np.ndarray:
    """The same values with padding after each row, as decoders leave it."""
    room = np.full((plane.shape[0], plane.shape[1] + room_for, *plane.shape[2:]), 77, plane.dtype)
    view = room[:, offset : offset + plane.shape[1]]
    view[...] = plane
    return view


def read_only(plane: np.ndarray) -> np.ndarray:
    copy = plane.copy()
    copy.flags.writeable = False
    return copy


def upside_down(plane: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(plane[::-1])[::-1]


@pytest.mark.parametrize("lay", [padded, read_only, upside_down])
def test_how_rows_lie_in_memory_does_not_matter(rng: np.random.Generator, lay) -> None:
    planes, parallax = planes_420(rng), step_parallax()
    packed = rng.integers(0, 256, (H, W, 3)).astype(np.uint8)
    for source in (planes, (packed,)):
        (want,) = forward_splat(source, parallax, eyes=(1,), tear_px=2)
        (got,) = forward_splat(tuple(lay(p) for p in source), lay(parallax), eyes=(1,), tear_px=2)
        assert all(np.array_equal(a, b) for a, b in zip(arrays(got), arrays(want), strict=True))


def test_out_may_be_padded_and_its_padding_stays(rng: np.random.Generator) -> None:
    planes, parallax = planes_420(rng), step_parallax()
    (want,) = forward_splat(planes, parallax, eyes=(1,), tear_px=2, fill="background")
    room = SplatView(tuple(padded(p) for p in planes), padded(want.hole), padded(parallax))
    (got,) = forward_splat(planes, parallax, eyes=(1,), tear_px=2, fill="background", out=(room,))
    assert got is room
    for a, b in zip(arrays(got), arrays(want), strict=True):
        assert np.array_equal(a, b)
        assert (a.base[:, :3] == 77).all()
        assert (a.base[:, -8:] == 77).all()


def test_blocks_of_samples_stay_within_their_row(rng: np.random.Generator) -> None:
    """Long surfaces are drawn in blocks wider than the padding above."""
    height, width, margin = 24, 203, 64
    steps = rng.choice([-9, -0.02, 0, 0.02, 9], (height, width), p=[0.02, 0.24, 0.48, 0.24, 0.02])
    parallax = np.cumsum(steps, axis=1).astype(np.float32)
    formats = (planes_420(rng, height, width), (rng.integers(0, 256, (height, width, 3)).astype(np.uint8),))
    for planes in formats:
        for eye in (1, -1):
            (want,) = forward_splat(planes, parallax, eyes=(eye,), tear_px=2)
            rooms = [padded(np.zeros_like(a), margin, 2 * margin) for a in arrays(want)]
            out = SplatView(tuple(rooms[:-2]), *rooms[-2:])
            forward_splat(planes, parallax, eyes=(eye,), tear_px=2, out=(out,))
            for a, b in zip(arrays(out), arrays(want), strict=True):
                assert np.array_equal(a, b)
                assert (a.base[:, :margin] == 77).all()
                assert (a.base[:, -margin:] == 77).all()


def test_out_saves_all_frame_size_memory(rng: np.random.Generator) -> None:
    height, width = 512, 256
    planes = planes_420(rng, height, width)
    for dtype in (np.float32, np.float16):
        parallax = rng.normal(0, 2, (height, width)).astype(dtype)
        out = forward_splat(planes, parallax, eyes=(0.5, -0.5), tear_px=2)
        tracemalloc.start()
        forward_splat(planes, parallax, eyes=(0.5, -0.5), tear_px=2, fill="surface", out=out)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert peak < height * width


@pytest.mark.parametrize("fill", ["none", "background", "surface"])
def test_without_parallax_all_else_is_the_same(rng: np.random.Generator, fill: str) -> None:
    planes, parallax = planes_420(rng), step_parallax()
    (want,) = forward_splat(planes, parallax, eyes=(1,), tear_px=2, fill=fill)
    out = [SplatView(tuple(np.zeros_like(plane) for plane in planes), np.zeros_like(want.hole), None)]
    for target in (None, out):
        (got,) = forward_splat(planes, parallax, eyes=(1,), tear_px=2, fill=fill, with_parallax=False, out=target)
        assert got.parallax_px is None
        assert all(np.array_equal(a, b) for a, b in zip((*got.planes, got.hole), arrays(want)[:-1], strict=True))
    assert got is out[0]


def test_mid_grey_of_deep_planes() -> None:
    planes = (np.ones((2, 4), np.uint16), np.ones((1, 2), np.uint16), np.ones((1, 2), np.uint16))
    parallax = np.full((2, 4), 9, np.float32)
    for bits, grey in ((None, 512), (10, 512), (12, 2048), (16, 32768)):
        (view,) = forward_splat(planes, parallax, eyes=(1,), tear_px=2, bits=bits)
        assert (view.planes[1] == grey).all()
        assert (view.planes[0] == 0).all()


LUMA = np.zeros((H, W), np.uint8)
PARALLAX = np.zeros((H, W), np.float32)
QUARTER = np.zeros((H // 2, W // 2), np.uint8)


class OnDevice:
    """An array on a GPU, as far as the protocol shows it."""

    shape = (H, W)
    __cuda_array_interface__: ClassVar = {"shape": (H, W), "typestr": "|u1", "data": (1, False), "version": 3}


def view(**change: object) -> SplatView:
    """An eye that fits, but for the change."""
    fits = {"planes": (LUMA.copy(),), "hole": LUMA.copy(), "parallax_px": PARALLAX.copy()}
    return SplatView(**(fits | change))  # type: ignore[arg-type]


TWICE = view()


@pytest.mark.parametrize(
    ("change", "error", "words"),
    [
        ({"planes": [LUMA, LUMA]}, ValueError, "planes must be one packed array"),
        ({"planes": [LUMA.tolist()]}, TypeError, "planes[0] must be a NumPy array, got list"),
        ({"planes": LUMA.astype(np.float32)}, TypeError, "planes[0] must be uint8 or uint16, got float32"),
        ({"planes": [LUMA, LUMA.astype(np.uint16), LUMA]}, TypeError, "planes[1] must be uint8 like planes[0]"),
        ({"planes": [LUMA, LUMA[:5], LUMA[:5]]}, ValueError, "4:4:4, 4:2:2 or 4:2:0"),
        ({"planes": np.zeros((H, W, 4), np.uint8)}, ValueError, "planes[0] must have shape (12, 40, 3)"),
        ({"planes": [LUMA[:, ::2]]}, ValueError, "contiguous within a row"),
        ({"planes": [LUMA[:, ::-1]]}, ValueError, "planes[0] must be contiguous within a row, got strides (40, -1)"),
        ({"planes": [np.zeros((W, H), np.uint8).T]}, ValueError, "contiguous within a row, got strides (1, 12)"),
        ({"planes": np.zeros((H, W, 3), np.uint8)[..., ::-1]}, ValueError, "contiguous within a row"),
        ({"planes": np.zeros((H, W, 4), np.uint8)[..., :3]}, ValueError, "contiguous within a row"),
        ({"planes": 5}, TypeError, "planes must be one NumPy array or a sequence of them, got int"),
        ({"planes": None}, TypeError, "planes must be one NumPy array or a sequence of them, got NoneType"),
        ({"planes": [torch.zeros(H, W, dtype=torch.uint8)]}, TypeError, "planes[0] must be a NumPy array, got Tensor"),
        ({"planes": [LUMA, None, None]}, TypeError, "planes[1] must be a NumPy array, got NoneType"),
        ({"planes": [LUMA, OnDevice(), OnDevice()]}, TypeError, "planes[1] must be"),
        ({"planes": [LUMA.astype(">u2")]}, TypeError, "planes[0] must be uint8 or uint16, got >u2"),
        ({"planes": [LUMA.astype(bool)]}, TypeError, "planes[0] must be uint8 or uint16, got bool"),
        ({"planes": np.zeros(W, np.uint8)}, ValueError, "planes[0] must have 2 axes, got shape (40,)"),
        ({"planes": np.zeros((1, H, W, 3), np.uint8)}, ValueError, "planes[0] must have 2 axes"),
        ({"planes": [LUMA, QUARTER, QUARTER[:, 1:]]}, ValueError, "got (6, 20) and (6, 19)"),
        ({"planes": [LUMA[:, :0]], "parallax_px": PARALLAX[:, :0]}, ValueError, "planes[0] must not be empty"),
        ({"planes": [LUMA[:0]]}, ValueError, "must not be empty"),
        ({"planes": [np.zeros((1, 32769), np.uint8)]}, ValueError, "at most 32768 columns"),
        ({"parallax_px": PARALLAX[1:]}, ValueError, "parallax_px must have shape (12, 40), got (11, 40)"),
        (
            {"parallax_px": PARALLAX.astype(np.float64)},
            TypeError,
            "parallax_px must be float16 or float32, got float64",
        ),
        ({"parallax_px": PARALLAX.astype(np.int16)}, TypeError, "parallax_px must be float16 or float32, got int16"),
        ({"parallax_px": PARALLAX.tolist()}, TypeError, "parallax_px must be a NumPy array, got list"),
        ({"parallax_px": torch.zeros(H, W)}, TypeError, "parallax_px must be a NumPy array, got Tensor"),
        ({"parallax_px": PARALLAX[:, ::-1]}, ValueError, "parallax_px must be contiguous within a row"),
        ({"parallax_px": np.asfortranarray(PARALLAX)}, ValueError, "parallax_px must be contiguous within a row"),
        ({"parallax_px": PARALLAX + np.float32(np.nan)}, ValueError, "parallax_px must be finite"),
        ({"parallax_px": PARALLAX - np.float32(np.inf)}, ValueError, "parallax_px must be finite"),
        ({"eyes": ()}, ValueError, "eyes must be one or more"),
        ({"eyes": (2,)}, ValueError, "from -1 to 1"),
        ({"eyes": (float("nan"),)}, ValueError, "eyes"),
        ({"eyes": 0.5}, TypeError, "eyes must be a sequence of numbers, got float"),
        ({"eyes": (0.5, "r")}, TypeError, "eyes[1] must be a number, got str"),
        ({"tear_px": "2"}, TypeError, "tear_px must be a number, got str"),
        ({"tear_px": None}, TypeError, "tear_px must be a number, got NoneType"),
        ({"tear_px": 0}, ValueError, "tear_px must be greater than 0"),
        ({"tear_px": float("nan")}, ValueError, "tear_px"),
        ({"fill": "paint"}, ValueError, "fill must be one of none, background, surface"),
        ({"threads": 0}, ValueError, "threads must be at least 1"),
        ({"threads": 257}, ValueError, "at most 256, got 257"),
        ({"threads": True}, TypeError, "threads must be an integer, got bool"),
        ({"planes": [LUMA.astype(np.uint16)], "bits": 17}, ValueError, "bits must be 9 to 16"),
        ({"threads": 1.5}, TypeError, "threads must be an integer, got float"),
        ({"bits": 10}, ValueError, "bits must be 8 for uint8"),
        ({"with_parallax": 1}, TypeError, "with_parallax must be True or False, got int"),
        ({"with_parallax": False, "out": [view()]}, ValueError, "out[0].parallax_px must be None"),
        ({"out": [view(parallax_px=None)]}, TypeError, "out[0].parallax_px must be a NumPy array, got NoneType"),
        ({"out": ()}, ValueError, "out must hold 1 views"),
        ({"out": LUMA}, TypeError, "out must be a sequence of SplatView, got ndarray"),
        ({"out": view()}, TypeError, "out must be a sequence of SplatView, got SplatView"),
        ({"out": [None]}, TypeError, "out[0] must be a SplatView, got NoneType"),
        ({"out": [view(planes=LUMA.copy())]}, TypeError, "out[0].planes must be a tuple of arrays, got ndarray"),
        ({"out": [view(hole=None)]}, TypeError, "out[0].hole must be a NumPy array, got NoneType"),
        ({"out": [view(parallax_px=PARALLAX)]}, ValueError, "out[0].parallax_px must not overlap"),
        ({"out": [view(planes=(TWICE.hole,), hole=TWICE.hole)]}, ValueError, "out[0].hole must not overlap"),
        ({"eyes": (1, -1), "out": [TWICE, TWICE]}, ValueError, "out[1].planes[0] must not overlap"),
        ({"out": [view(hole=np.zeros((H, 2 * W), np.uint8)[:, ::2])]}, ValueError, "out[0].hole must be contiguous"),
        ({"out": [view(hole=as_strided(LUMA.copy(), strides=(0, 1)))]}, ValueError, "out[0].hole must have a row str"),
        (
            {"out": [view(hole=as_strided(LUMA.copy(), strides=(9, 1)))]},
            ValueError,
            "rows that do not overlap, got row",
        ),
        ({"out": [SplatView((), LUMA, PARALLAX)]}, ValueError, "out[0].planes must be 1 planes"),
        ({"out": [SplatView((LUMA,), LUMA, PARALLAX)]}, ValueError, "out[0].planes[0] must not overlap"),
        ({"out": [SplatView((LUMA.copy(),), PARALLAX, PARALLAX)]}, TypeError, "out[0].hole must be uint8"),
        ({"out": [SplatView((LUMA[1:].copy(),), LUMA, PARALLAX)]}, ValueError, "out[0].planes[0] must have shape"),
        ({"out": [SplatView((read_only(LUMA),), LUMA, PARALLAX)]}, ValueError, "must be writable"),
        ({"out": [SplatView((LUMA.copy()[::-1],), LUMA, PARALLAX)]}, ValueError, "row stride"),
    ],
)
def test_bad_arguments_are_named(change: dict, error: type[Exception], words: str) -> None:
    arguments = {"planes": [LUMA], "parallax_px": PARALLAX, "eyes": (1,), "tear_px": 2.0} | change
    with pytest.raises(error) as caught:
        forward_splat(arguments.pop("planes"), arguments.pop("parallax_px"), **arguments)
    assert words in str(caught.value)


@pytest.mark.parametrize("place", [(0, 0), (H - 1, W - 1), (5, W - 1)])
def test_one_bad_parallax_is_found_wherever_it_is(place: tuple[int, int]) -> None:
    parallax = PARALLAX.copy()
    parallax[place] = np.nan
    for threads in (1, 2):
        with pytest.raises(ValueError, match="finite"):
            forward_splat([LUMA], parallax, eyes=(1,), tear_px=2, threads=threads)

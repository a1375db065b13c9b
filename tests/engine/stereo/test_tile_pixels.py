"""Reading shows the view as it is; writing touches holes only."""

from __future__ import annotations

import numpy as np
import pytest

from engine.colour import rgb_from_yuv, yuv_from_rgb
from engine.frame import Colour, PixelFormat
from engine.stereo.hole_runs import HELD, LENT, OPEN, PAINTED
from engine.stereo.tile_pixels import read_surface, read_tile, write_open

FORMATS = [("420", 8), ("420", 10), ("422", 10), ("444", 8), ("444", 16)]


def _maps(pixel_format: PixelFormat) -> tuple[np.ndarray, np.ndarray]:
    colour = Colour(matrix=1, full_range=True)
    forward, back = rgb_from_yuv(colour, pixel_format, 720), yuv_from_rgb(colour, pixel_format, 720)
    return tuple(np.column_stack(pair).astype(np.float32) for pair in (forward, back))


def _planes(rng: np.random.Generator, pixel_format: PixelFormat, width: int, height: int) -> tuple[np.ndarray, ...]:
    dtype = np.uint8 if pixel_format.bits == 8 else np.uint16
    return tuple(
        rng.integers(0, pixel_format.max_value + 1, shape).astype(dtype)
        for shape in pixel_format.plane_shapes(width, height)
    )


@pytest.mark.parametrize("mirrored", [False, True])
@pytest.mark.parametrize(("subsampling", "bits"), FORMATS)
def test_a_tile_is_read_as_it_is(subsampling: str, bits: int, mirrored: bool, rng: np.random.Generator) -> None:
    pixel_format = PixelFormat(subsampling=subsampling, bits=bits)
    planes = _planes(rng, pixel_format, 33, 21)
    to_rgb, _ = _maps(pixel_format)
    rgb = np.empty((8, 16, 3), np.float32)
    read_tile(planes, pixel_format.chroma_shift, to_rgb, (13, 17), mirrored, rgb)
    shift_x, shift_y = pixel_format.chroma_shift
    up = [planes[0]] + [p.repeat(1 << shift_y, 0).repeat(1 << shift_x, 1)[:21, :33] for p in planes[1:]]
    yuv = np.stack(up, axis=-1)[13:21, 17:33].astype(np.float32)
    yuv = yuv[:, ::-1] if mirrored else yuv
    np.testing.assert_allclose(rgb, np.clip(yuv @ to_rgb[:, :3].T + to_rgb[:, 3], 0, 1), atol=1e-4)


@pytest.mark.parametrize("mirrored", [False, True])
def test_what_was_filled_is_known_at_the_parallax_beside_it(mirrored: bool) -> None:
    hole, state = np.zeros((2, 12), np.uint8), np.zeros((2, 12), np.uint8)
    hole[:, 3:9] = 1
    state[0, 3:9] = [OPEN, OPEN, LENT, HELD, HELD, PAINTED]
    parallax_px = np.tile(np.arange(12, 0, -1, dtype=np.float32), (2, 1))
    view = (hole, parallax_px, state)
    if mirrored:
        view = tuple(np.ascontiguousarray(part[:, ::-1]) for part in view)
    seen, stretched_px, disparity = np.empty((2, 12), np.uint8), *np.empty((2, 2, 12), np.float32)
    read_surface(view, (0, 0), mirrored, (0.5, 0.1, -0.2), seen, stretched_px, disparity)
    expected = parallax_px.copy()
    expected[0, 6:9] = 3.0
    np.testing.assert_array_equal(np.flatnonzero(seen[0]), [3, 4, 5])
    np.testing.assert_array_equal(seen[1], hole[1])
    np.testing.assert_allclose(stretched_px, expected * 0.5)
    np.testing.assert_allclose(disparity, np.clip(expected * 0.1 - 0.2, 0, 1), atol=1e-6)


@pytest.mark.parametrize(("subsampling", "bits"), FORMATS)
def test_only_open_pixels_of_the_core_are_written(subsampling: str, bits: int, rng: np.random.Generator) -> None:
    pixel_format = PixelFormat(subsampling=subsampling, bits=bits)
    planes = _planes(rng, pixel_format, 64, 48)
    before = [plane.copy() for plane in planes]
    _, to_code = _maps(pixel_format)
    state = np.zeros((48, 64), np.uint8)
    state[8:31, 19:34] = OPEN
    state[20:24] = np.where(state[20:24] == OPEN, HELD, 0)
    old_state = state.copy()
    core = (16, 16, 32, 32)
    image = np.empty((3, 32, 32), np.float32)
    image[:] = np.array([0.9, 0.4, 0.2], np.float32)[:, None, None]
    arguments = (image, state, (8, 8), core, to_code, pixel_format.chroma_shift, False, pixel_format.max_value, planes)
    assert write_open(*arguments)
    expected_code = np.floor(to_code[:, :3] @ [0.9, 0.4, 0.2] + to_code[:, 3] + 0.5)
    allowed = np.zeros((48, 64), bool)
    allowed[16:31, 19:32] = True
    allowed[20:24] = False
    np.testing.assert_array_equal(state, np.where(allowed, PAINTED, old_state))
    shift_x, shift_y = pixel_format.chroma_shift
    for index, (plane, old) in enumerate(zip(planes, before, strict=True)):
        mask = allowed
        if index > 0:
            cells = allowed.reshape(48 >> shift_y, 1 << shift_y, 64 >> shift_x, 1 << shift_x)
            mask = cells.all(axis=(1, 3))
        np.testing.assert_array_equal(plane[~mask], old[~mask])
        assert np.abs(plane[mask].astype(float) - expected_code[index]).max() <= 1
        assert mask.any()


@pytest.mark.parametrize(("lent_row", "is_written"), [(4, False), (5, True)])
def test_chroma_that_was_lent_stays(lent_row: int, is_written: bool) -> None:
    """What was lent in the upper row of a chroma sample gives it its colour, now and in the next frame."""
    pixel_format = PixelFormat(subsampling="420")
    _, to_code = _maps(pixel_format)
    planes = tuple(np.full(shape, 7, np.uint8) for shape in pixel_format.plane_shapes(16, 16))
    state = np.zeros((16, 16), np.uint8)
    state[4:8, 2:8] = OPEN
    state[lent_row, 2:8] = LENT
    image = np.full((3, 16, 16), 0.5, np.float32)
    assert write_open(image, state, (0, 0), (0, 0, 16, 16), to_code, (1, 1), False, 255, planes)
    assert (planes[1][3, 1:4] != 7).all()
    assert ((planes[1][2, 1:4] != 7) == is_written).all()
    assert (planes[0][lent_row] == 7).all()


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_reported_where_it_would_be_written(value: float) -> None:
    pixel_format = PixelFormat(subsampling="444")
    _, to_code = _maps(pixel_format)
    planes = tuple(np.zeros((16, 16), np.uint8) for _ in range(3))
    image = np.full((3, 16, 16), 0.5, np.float32)
    image[1, 3, 3] = value
    for where, sound in ((2, True), (3, False)):
        state = np.zeros((16, 16), np.uint8)
        state[where, 2:6] = OPEN
        assert write_open(image, state, (0, 0), (0, 0, 16, 16), to_code, (0, 0), False, 255, planes) is sound

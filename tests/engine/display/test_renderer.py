"""What the shaders draw, against the same picture computed in NumPy.

Tolerance: graphics hardware and Mesa keep about 8 bits of the weight between two texels, which on noise is one code
value per axis and tap; the 8 bit target adds half a code. So 4 codes at worst and 1 on average; a wrong half pixel, a
swapped plane or a wrong matrix costs tens.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.anaglyph import ANAGLYPH_MIXES
from engine.display.context import OffscreenSurface
from engine.display.renderer import Renderer
from engine.display.view import GLASSES, Lens, ViewState
from engine.frame import Colour, Frame, PixelFormat, View

pytestmark = pytest.mark.gl

WORST, MEAN = 4.0, 1.0
Open = Callable[[int, int], OffscreenSurface]


@dataclass(frozen=True)
class Case:
    width: int = 48
    height: int = 32
    format: PixelFormat = field(default_factory=PixelFormat)
    colour: Colour = field(default_factory=lambda: Colour(matrix=6))
    sample_aspect: Fraction = Fraction(1)


def noise_planes(rng: np.random.Generator, case: Case) -> tuple[NDArray[Any], ...]:
    dtype = np.uint8 if case.format.bits == 8 else np.uint16
    step = 1 << (case.format.bits - 8)
    # Chroma near neutral: most colours stay inside the displayable range, so that clipping hides no mistake.
    spans = [(40, 220), (108, 148), (108, 148)]
    shapes = case.format.plane_shapes(case.width, case.height)
    return tuple(
        rng.integers(low * step, high * step, shape).astype(dtype)
        for (low, high), shape in zip(spans, shapes, strict=False)
    )


def make_frame(rng: np.random.Generator, case: Case | None = None, *, stereo: bool = True) -> Frame:
    case = case or Case()
    shape = (case.height, case.width)
    hole = np.zeros(shape, np.uint8)
    disparity = rng.random(shape, dtype=np.float32)
    views = tuple(
        View(planes=noise_planes(rng, case), hole=hole, parallax_px=(disparity - 0.25) * 8) for _ in ("left", "right")
    )
    return Frame(
        planes=noise_planes(rng, case),
        format=case.format,
        colour=case.colour,
        sample_aspect=case.sample_aspect,
        disparity=disparity if stereo else None,
        views=(views[0], views[1]) if stereo else None,
    )


def drawn(surface: OffscreenSurface, frame: Frame, view: ViewState) -> NDArray[np.float64]:
    renderer = Renderer(surface.ctx)
    renderer.upload(frame)
    renderer.draw(surface.target, surface.size, view)
    pixels = read(surface)
    renderer.release()
    return pixels


def read(surface: OffscreenSurface) -> NDArray[np.float64]:
    width, height = surface.size
    data = np.frombuffer(surface.target.read(components=3, alignment=1), np.uint8)
    return data.reshape(height, width, 3)[::-1].astype(np.float64)


def assert_same_picture(got: NDArray[np.float64], expected: NDArray[np.float64]) -> None:
    difference = np.abs(got - expected * 255.0)
    assert difference.max() <= WORST, f"worst {difference.max():.2f} codes at {np.argwhere(difference > WORST)[:3]}"
    assert difference.mean() <= MEAN


# --- the oracle -------------------------------------------------------------------------------------------------------

_WEIGHTS = {1: (0.2126, 0.0722), 6: (0.299, 0.114), 9: (0.2627, 0.0593)}


def sample(plane: NDArray[Any], x: NDArray[np.float64], y: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bilinear, clamped to the edge; x and y in texels, centres at index + 0.5."""
    values = plane.astype(np.float64)
    rows, columns = values.shape
    x, y = x - 0.5, y - 0.5
    x0, y0 = np.floor(x).astype(int), np.floor(y).astype(int)
    fx, fy = x - x0, y - y0

    def at(row: NDArray[Any], column: NDArray[Any]) -> NDArray[np.float64]:
        return values[np.clip(row, 0, rows - 1), np.clip(column, 0, columns - 1)]

    top = at(y0, x0) * (1 - fx) + at(y0, x0 + 1) * fx
    bottom = at(y0 + 1, x0) * (1 - fx) + at(y0 + 1, x0 + 1) * fx
    return top * (1 - fy) + bottom * fy


def eye_at(
    frame: Frame, planes: tuple[NDArray[Any], ...], x: NDArray[np.float64], y: NDArray[np.float64]
) -> NDArray[np.float64]:
    """R'G'B' 0..1 of an eye at luma positions, before clipping."""
    scale = float(1 << (frame.format.bits - 8))
    sx, sy = frame.format.chroma_shift
    luma = sample(planes[0], x, y) / scale
    chroma = [np.full_like(luma, 128.0)] * 2
    if len(planes) == 3:
        chroma = [sample(p, (x + (0.5 if sx else 0.0)) / (1 << sx), y / (1 << sy)) / scale for p in planes[1:]]
    top = frame.format.max_value / scale
    if frame.colour.full_range:
        luma, blue, red = luma / top, (chroma[0] - 128) / top, (chroma[1] - 128) / top
    else:
        luma, blue, red = (luma - 16) / 219, (chroma[0] - 128) / 224, (chroma[1] - 128) / 224
    kr, kb = _WEIGHTS[frame.colour.matrix]
    r = luma + 2 * (1 - kr) * red
    b = luma + 2 * (1 - kb) * blue
    g = (luma - kr * r - kb * b) / (1 - kr - kb)
    return np.stack([r, g, b], axis=-1)


def eye_picture(frame: Frame, planes: tuple[NDArray[Any], ...], width: int, height: int) -> NDArray[np.float64]:
    """One eye scaled to width x height."""
    across, down = frame.width / width, frame.height / height
    taps_x, taps_y = (min(4, max(1, int(np.ceil(f / 2 - 1e-3)))) for f in (across, down))
    total = np.zeros((height, width, 3))
    for j in range(taps_y):
        for i in range(taps_x):
            x = (np.arange(width) + 0.5 + (i + 0.5) / taps_x - 0.5) * across
            y = (np.arange(height) + 0.5 + (j + 0.5) / taps_y - 0.5) * down
            total += eye_at(frame, planes, *np.meshgrid(x, y))
    return np.clip(total / (taps_x * taps_y), 0, 1)


def both_eyes(frame: Frame, width: int, height: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    assert frame.views is not None
    return eye_picture(frame, frame.views[0].planes, width, height), eye_picture(
        frame, frame.views[1].planes, width, height
    )


# --- layouts ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("layout", "size", "axis"),
    [("sbs", (96, 32), 1), ("half-sbs", (48, 32), 1), ("ou", (48, 64), 0), ("half-ou", (48, 32), 0)],
)
def test_two_up(open_surface: Open, rng: np.random.Generator, layout: str, size: tuple[int, int], axis: int) -> None:
    frame = make_frame(rng)
    width, height = (size[0] // 2, size[1]) if axis == 1 else (size[0], size[1] // 2)
    expected = np.concatenate(both_eyes(frame, width, height), axis=axis)
    assert_same_picture(drawn(open_surface(*size), frame, ViewState(layout=layout)), expected)


@pytest.mark.parametrize("eye", [0, 1])
def test_one_eye(open_surface: Open, rng: np.random.Generator, eye: int) -> None:
    frame = make_frame(rng)
    got = drawn(open_surface(48, 32), frame, ViewState(layout=("left", "right")[eye]))
    assert_same_picture(got, both_eyes(frame, 48, 32)[eye])


@pytest.mark.parametrize("glasses", GLASSES)
def test_anaglyph(open_surface: Open, rng: np.random.Generator, glasses: Any) -> None:
    frame = make_frame(rng)
    mix = np.array(ANAGLYPH_MIXES[glasses])
    left, right = both_eyes(frame, 48, 32)
    expected = np.clip(np.concatenate([left, right], axis=-1) @ mix.T, 0, 1)
    assert_same_picture(drawn(open_surface(48, 32), frame, ViewState(layout="anaglyph", glasses=glasses)), expected)


@pytest.mark.parametrize("layout", ["interlaced", "checkerboard"])
@pytest.mark.parametrize("size", [(48, 32), (48, 35), (51, 32)])
def test_interleaved(open_surface: Open, rng: np.random.Generator, layout: Any, size: tuple[int, int]) -> None:
    """Parity counts from the top left of the screen, also where black bars come first."""
    frame = make_frame(rng)
    rows, columns = np.mgrid[: size[1], : size[0]]
    is_right = ((rows + columns if layout == "checkerboard" else rows) & 1)[..., None] == 1
    left, right = np.zeros((size[1], size[0], 3)), np.zeros((size[1], size[0], 3))
    top, side = (size[1] - 32) // 2, (size[0] - 48) // 2
    left[top : top + 32, side : side + 48], right[top : top + 32, side : side + 48] = both_eyes(frame, 48, 32)
    assert_same_picture(drawn(open_surface(*size), frame, ViewState(layout=layout)), np.where(is_right, right, left))


def test_swapped_eyes(open_surface: Open, rng: np.random.Generator) -> None:
    frame = make_frame(rng)
    expected = np.concatenate(both_eyes(frame, 48, 32)[::-1], axis=1)
    assert_same_picture(drawn(open_surface(96, 32), frame, ViewState(layout="sbs", swap_eyes=True)), expected)


@pytest.mark.parametrize("has_disparity", [True, False])
def test_depth(open_surface: Open, rng: np.random.Generator, has_disparity: bool) -> None:
    """Disparity as it is, or else the left view's parallax over its own range: white is near."""
    frame = make_frame(rng)
    assert frame.views is not None
    values = frame.disparity
    if not has_disparity:
        frame = Frame(planes=frame.planes, format=frame.format, colour=frame.colour, views=frame.views)
        parallax = frame.views[0].parallax_px
        values = (parallax - parallax.min()) / np.ptp(parallax)
    expected = np.repeat(np.asarray(values)[..., None], 3, axis=-1)
    assert_same_picture(drawn(open_surface(48, 32), frame, ViewState(layout="depth")), expected)


def test_headset(open_surface: Open, rng: np.random.Generator) -> None:
    frame = make_frame(rng, Case(width=96, height=64))
    lens = Lens(ipd_mm=60, screen_deg=80)
    surface = open_surface(160, 96)
    got = drawn(surface, frame, ViewState(layout="vr", lens=lens))
    assert frame.views is not None
    x, y = np.meshgrid((np.arange(80) + 0.5) / 80, (np.arange(96) + 0.5) / 96)
    for eye, view in enumerate(frame.views):
        centre = 1 - lens.centre if eye == 1 else lens.centre
        px, py = (x - centre) * 2, (y - 0.5) * 2 * 96 / 80
        r2 = px**2 + py**2
        grow = (1 + lens.distortion[0] * r2 + lens.distortion[1] * r2**2) * lens.view_tan / lens.screen_tan
        u, v = px * grow / 2 + 0.5, py * grow / 2 * 96 / 64 + 0.5
        inside = (u >= 0) & (u < 1) & (v >= 0) & (v < 1)
        film = 80 * lens.screen_tan / lens.view_tan
        footprint = 96 / film
        assert int(np.ceil(footprint / 2)) == 1, "one tap keeps the oracle simple"
        expected = np.where(inside[..., None], np.clip(eye_at(frame, view.planes, u * 96, v * 64), 0, 1), 0)
        # Where the film ends, a rounding error decides between film and black.
        edge = np.zeros_like(inside)
        for axis in (0, 1):
            for shift in (-1, 1):
                edge |= np.roll(inside, shift, axis) != inside
        half = got[:, eye * 80 : eye * 80 + 80]
        assert 0.2 < inside.mean() < 0.95
        assert_same_picture(np.where(edge[..., None], 0, half), np.where(edge[..., None], 0, expected))


# --- pixels -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("subsampling", ["420", "422", "444", "gray"])
@pytest.mark.parametrize("bits", [8, 10, 16])
def test_formats(open_surface: Open, rng: np.random.Generator, subsampling: Any, bits: int) -> None:
    """Odd sizes: chroma planes are rounded up."""
    frame = make_frame(rng, Case(width=47, height=31, format=PixelFormat(subsampling=subsampling, bits=bits)))
    assert_same_picture(drawn(open_surface(47, 31), frame, ViewState(layout="left")), both_eyes(frame, 47, 31)[0])


@pytest.mark.parametrize("full_range", [False, True])
@pytest.mark.parametrize("matrix", [1, 6, 9])
def test_colours(open_surface: Open, rng: np.random.Generator, matrix: int, full_range: bool) -> None:
    frame = make_frame(rng, Case(colour=Colour(matrix=matrix, full_range=full_range)))
    assert_same_picture(drawn(open_surface(48, 32), frame, ViewState(layout="right")), both_eyes(frame, 48, 32)[1])


def test_padded_rows(open_surface: Open, rng: np.random.Generator) -> None:
    frame = make_frame(rng, stereo=False)
    padded = tuple(np.pad(plane, ((0, 0), (0, 13)))[:, : plane.shape[1]] for plane in frame.planes)
    assert not padded[0].flags.c_contiguous
    loose = Frame(planes=padded, format=frame.format, colour=frame.colour)
    view = ViewState(layout="left")
    assert np.array_equal(drawn(open_surface(48, 32), loose, view), drawn(open_surface(48, 32), frame, view))


def test_a_flat_frame_shows_in_both_eyes(open_surface: Open, rng: np.random.Generator) -> None:
    frame = make_frame(rng, stereo=False)
    got = drawn(open_surface(96, 32), frame, ViewState(layout="sbs"))
    assert np.array_equal(got[:, :48], got[:, 48:])
    assert_same_picture(got[:, :48], eye_picture(frame, frame.planes, 48, 32))


@pytest.mark.parametrize("size", [(24, 16), (16, 12), (7, 5)])
def test_shrinking_averages(open_surface: Open, rng: np.random.Generator, size: tuple[int, int]) -> None:
    frame = make_frame(rng, Case(sample_aspect=Fraction(size[0] * 32, size[1] * 48)))
    expected = both_eyes(frame, *size)[0]
    assert_same_picture(drawn(open_surface(*size), frame, ViewState(layout="left")), expected)


def test_disparity_in_pixels_is_shown_over_its_own_range(open_surface: Open, rng: np.random.Generator) -> None:
    frame = make_frame(rng)
    values = np.asarray(frame.disparity)
    in_pixels = replace(frame, disparity=values * np.float32(40) - np.float32(12))
    expected = np.repeat(((values - values.min()) / np.ptp(values))[..., None], 3, axis=-1)
    assert_same_picture(drawn(open_surface(48, 32), in_pixels, ViewState(layout="depth")), expected)


def test_depth_is_that_of_the_last_frame_whenever_it_is_asked_for(open_surface: Open, rng: np.random.Generator) -> None:
    surface = open_surface(48, 32)
    renderer = Renderer(surface.ctx)
    frame = make_frame(rng)
    values = np.asarray(frame.disparity)
    for shown in (values, values[:, ::-1].copy()):
        renderer.upload(replace(frame, disparity=shown))
        renderer.draw(surface.target, surface.size, ViewState(layout="left"))
        for _ in range(2):
            renderer.draw(surface.target, surface.size, ViewState(layout="depth"))
            assert_same_picture(read(surface), np.repeat(shown[..., None], 3, axis=-1))
    renderer.release()


def test_wide_pixels_are_letterboxed(open_surface: Open, rng: np.random.Generator) -> None:
    frame = make_frame(rng, Case(sample_aspect=Fraction(2)))
    got = drawn(open_surface(96, 64), frame, ViewState(layout="left"))
    assert not got[:16].any()
    assert not got[48:].any()
    assert (got[16:48].max(axis=-1) > 20).all()


def test_nothing_uploaded_is_black(open_surface: Open, rng: np.random.Generator) -> None:
    surface = open_surface(32, 32)
    renderer = Renderer(surface.ctx)
    surface.target.clear(1.0, 1.0, 1.0)
    renderer.draw(surface.target, surface.size, ViewState(layout="sbs"))
    assert not read(surface).any()
    renderer.upload(make_frame(rng, stereo=False))
    renderer.draw(surface.target, surface.size, ViewState(layout="depth"))
    assert not read(surface).any(), "a frame without depth has no depth to show"
    renderer.release()


def test_size_format_and_eyes_may_change_between_frames(open_surface: Open, rng: np.random.Generator) -> None:
    surface = open_surface(40, 40)
    renderer = Renderer(surface.ctx)
    cases = [Case(40, 40), Case(64, 64, PixelFormat(bits=10)), Case(20, 20, PixelFormat(subsampling="gray"))]
    for case, stereo in [(case, stereo) for case in cases for stereo in (True, False)]:
        frame = make_frame(rng, case, stereo=stereo)
        renderer.upload(frame)
        renderer.draw(surface.target, surface.size, ViewState(layout="right"))
        planes = frame.views[1].planes if frame.views else frame.planes
        assert_same_picture(read(surface), eye_picture(frame, planes, 40, 40))
    renderer.release()


def test_other_types_are_refused(open_surface: Open, rng: np.random.Generator) -> None:
    frame = make_frame(rng, stereo=False)
    renderer = Renderer(open_surface(8, 8).ctx)
    wrong = Frame(planes=tuple(plane.astype(np.int64) for plane in frame.planes), format=frame.format)
    with pytest.raises(TypeError, match="int64"):
        renderer.upload(wrong)
    renderer.release()

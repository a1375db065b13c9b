"""Looking around in a frame, read back from the off-screen framebuffer."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.display.context import OffscreenSurface
from engine.display.head import VIEWING_DISTANCE, HeadPose
from engine.display.renderer import Renderer
from engine.display.view import SCREEN_LAYOUTS, ViewState
from engine.frame import Colour, Frame, PixelFormat, View

pytestmark = pytest.mark.gl
Open = Callable[[int, int], OffscreenSurface]

WIDTH, HEIGHT = 128, 80
NEAR, FAR = 6.0, -4.0
HARDLY = HeadPose(x=1e-9)
"""So little that nothing may change, but enough to be drawn from the mesh."""


def two_layers(rng: np.random.Generator | None = None) -> Frame:
    """A near bright square over a far dark wall with a gray post on it; the same picture for both eyes."""
    luma = np.full((HEIGHT, WIDTH), 60, np.uint8)
    parallax = np.full((HEIGHT, WIDTH), FAR, np.float32)
    luma[:, 100:104] = 120
    square = np.s_[30:51, 50:71]
    luma[square], parallax[square] = 220, NEAR
    if rng is not None:
        luma = (luma + rng.integers(-30, 30, luma.shape)).astype(np.uint8)
    view = View(planes=(luma,), hole=np.zeros(luma.shape, np.uint8), parallax_px=parallax)
    return Frame(
        planes=(luma,),
        format=PixelFormat(subsampling="gray"),
        colour=Colour(full_range=True),
        disparity=(parallax - FAR) / (NEAR - FAR),
        views=(view, replace(view, planes=(luma.copy(),))),
    )


class Stage:
    """A frame in a renderer, looked at from anywhere."""

    def __init__(self, surface: OffscreenSurface, frame: Frame, *, is_software: bool) -> None:
        self.surface = surface
        self.renderer = Renderer(surface.ctx)
        self.renderer._novel._is_software = is_software
        self.renderer.upload(frame)

    def look(self, pose: HeadPose | None = None, **view: object) -> NDArray[np.float64]:
        chosen = ViewState(layout="left", head=pose or HeadPose())
        self.renderer.draw(self.surface.target, self.surface.size, replace(chosen, **view))  # type: ignore[arg-type]
        width, height = self.surface.size
        data = np.frombuffer(self.surface.target.read(components=3, alignment=1), np.uint8)
        return data.reshape(height, width, 3)[::-1].astype(np.float64)


@pytest.fixture(params=["fine", "coarse"])
def stage(open_surface: Open, request: pytest.FixtureRequest) -> Callable[..., Stage]:
    """With the fine mesh that hardware draws, and with the coarse one for processors."""

    def make(frame: Frame | None = None, size: tuple[int, int] = (WIDTH, HEIGHT)) -> Stage:
        return Stage(open_surface(*size), frame or two_layers(), is_software=request.param == "coarse")

    return make


def square_at(pixels: NDArray[np.float64]) -> NDArray[np.float64]:
    """(x, y) of the middle of the bright square."""
    rows, columns = np.nonzero(pixels[..., 0] > 190)
    return np.array([columns.mean() + 0.5, rows.mean() + 0.5])


def post_at(pixels: NDArray[np.float64]) -> float:
    """The x of the middle of the gray post, near the top of the picture."""
    line = pixels[8:12, 80:, 0].mean(axis=0)
    weight = np.clip(line - 62, 0, 60)
    return float((weight * (np.arange(len(line)) + 80.5)).sum() / weight.sum())


@pytest.mark.parametrize("layout", [name for name in SCREEN_LAYOUTS if name not in ("depth", "vr")])
@pytest.mark.parametrize("size", [(WIDTH, HEIGHT), (200, 90)])
def test_a_head_at_home_sees_the_plain_picture(
    stage: Callable[..., Stage], rng: np.random.Generator, layout: str, size: tuple[int, int]
) -> None:
    one = stage(two_layers(rng), size)
    plain, novel = one.look(layout=layout), one.look(HARDLY, layout=layout)
    assert plain.std() > 20
    assert np.abs(plain - novel).max() <= 1


def test_at_home_behind_lenses_it_is_the_plain_picture_too(stage: Callable[..., Stage]) -> None:
    """There the eyes are drawn flat first and bent afterwards, so edges are a little softer."""
    one = stage(size=(2 * WIDTH, WIDTH))
    plain, novel = one.look(layout="vr"), one.look(HARDLY, layout="vr")
    assert plain.std() > 20
    assert np.abs(plain - novel).mean() < 1


def test_near_things_move_against_the_head_and_far_ones_with_it(stage: Callable[..., Stage]) -> None:
    """One eye distance moves everything by its parallax."""
    one = stage()
    home = one.look()
    for steps in (1.0, -0.5):
        moved = one.look(HeadPose(x=steps))
        assert square_at(moved) - square_at(home) == pytest.approx([-NEAR * steps, 0], abs=0.3)
        assert post_at(moved) - post_at(home) == pytest.approx(-FAR * steps, abs=0.3)
    down = one.look(HeadPose(y=0.5))
    assert square_at(down) - square_at(home) == pytest.approx([0, -NEAR / 2], abs=0.3)


def test_what_comes_out_from_behind_has_the_colour_of_the_background(stage: Callable[..., Stage]) -> None:
    moved = stage().look(HeadPose(x=1.5))
    gap = moved[35:45, 71 - 9 : 71 + 4]
    assert np.abs(gap - 60).max() <= 6, "uncovered to the right of a square that went left"
    assert (moved[:, :96] > 50).all(), "nowhere black"


def test_tears_run_along_pixels(stage: Callable[..., Stage]) -> None:
    """The moved square is as large as it was, though its sides lie inside cells of the mesh; and so is a thin line."""
    one = stage()
    assert ((one.look(HeadPose(x=1.0)) > 190).sum(axis=(0, 1)) == 21 * 21).all()
    frame = two_layers()
    assert frame.views is not None
    luma, parallax = frame.planes[0].copy(), frame.views[0].parallax_px.copy()
    luma[:, 21], parallax[:, 21] = 250, NEAR
    view = replace(frame.views[0], planes=(luma,), parallax_px=parallax)
    moved = stage(replace(frame, planes=(luma,), views=(view, view))).look(HeadPose(x=1.0))
    assert (moved[10:20, 21 - int(NEAR), 0] > 230).all()


def test_near_things_cover_far_ones(stage: Callable[..., Stage]) -> None:
    """The post is right of the square; with the head to the left the two meet, and the square stays whole."""
    frame = two_layers()
    assert frame.views is not None
    luma = frame.planes[0].copy()
    luma[:, 74:78] = 120
    view = replace(frame.views[0], planes=(luma,))
    moved = stage(replace(frame, planes=(luma,), views=(view, view))).look(HeadPose(x=-1.5))
    assert (moved[..., 0] > 190).sum() == 21 * 21
    assert (moved[31:50, 60:79, 0] > 190).all()
    assert (moved[10, 69:71, 0] > 100).all(), "above the square the post is where it should be behind it"


def test_layouts_and_poses_in_turn_leave_nothing_behind(stage: Callable[..., Stage]) -> None:
    one, tour = stage(), [name for name in SCREEN_LAYOUTS for _ in range(2)]
    poses = [HeadPose(x=0.5), HeadPose()]
    seen = [one.look(poses[index % 2], layout=name) for index, name in enumerate(tour)]
    for index, (name, pixels) in enumerate(zip(tour, seen, strict=True)):
        assert np.array_equal(pixels, stage().look(poses[index % 2], layout=name)), (name, poses[index % 2])


@pytest.mark.parametrize("end", [70, 51])
def test_soft_slopes_are_stretched_and_not_torn(stage: Callable[..., Stage], end: int) -> None:
    """A wall that comes nearer by 0.7 or 1.8 pixels a pixel: all of it stays gray, and nothing shows through."""
    frame = two_layers()
    assert frame.views is not None
    luma = np.full((HEIGHT, WIDTH), 60, np.uint8)
    luma[:, 40:end] = np.linspace(100, 220, end - 40).astype(np.uint8)
    parallax = np.interp(np.arange(WIDTH), [40, end], [-10, 10]).astype(np.float32)[None].repeat(HEIGHT, axis=0)
    view = replace(frame.views[0], planes=(luma,), parallax_px=parallax)
    moved = stage(replace(frame, planes=(luma,), views=(view, view))).look(HeadPose(x=-1.0))[40, :, 0]
    wall = moved[33 : end + 5]
    assert (np.diff(wall) >= -1).all(), "the slope lies between 30 and its end + 10 now, without gaps"
    assert wall.min() > 95


def test_both_eyes_move(stage: Callable[..., Stage]) -> None:
    one = stage(size=(2 * WIDTH, HEIGHT))
    halves = [np.split(one.look(pose, layout="sbs"), 2, axis=1) for pose in (HeadPose(), HeadPose(x=1.0))]
    for home, moved in zip(*halves, strict=True):
        assert square_at(moved)[0] - square_at(home)[0] == pytest.approx(-NEAR, abs=0.3)


def test_swapped_eyes_stay_swapped(stage: Callable[..., Stage]) -> None:
    frame = two_layers()
    assert frame.views is not None
    dark = replace(frame.views[1], planes=(frame.planes[0] // 2,))
    one = stage(replace(frame, views=(frame.views[0], dark)), (2 * WIDTH, HEIGHT))
    left, right = np.split(one.look(HeadPose(x=0.5), layout="sbs", swap_eyes=True), 2, axis=1)
    assert left.max() < 120 < right.max()
    assert one.look(HeadPose(x=0.5), layout="left", swap_eyes=True).max() < 120


def test_turning_and_coming_nearer(stage: Callable[..., Stage]) -> None:
    one = stage()
    home = one.look()
    turned = one.look(HeadPose(yaw=2.0))
    expected = -VIEWING_DISTANCE * np.tan(np.radians(2.0)) * WIDTH
    assert square_at(turned)[0] - square_at(home)[0] == pytest.approx(expected, abs=0.6)
    assert square_at(one.look(HeadPose(pitch=2.0)))[1] > square_at(home)[1] + 2
    assert (one.look(HeadPose(z=0.2)) > 190).sum() > 1.4 * (home > 190).sum()
    tilted = one.look(HeadPose(roll=5.0))
    assert abs((tilted > 190).sum() / (home > 190).sum() - 1) < 0.1


def test_the_border_is_continued_when_the_head_goes_back(stage: Callable[..., Stage]) -> None:
    pixels = stage().look(HeadPose(z=-0.3))
    assert (pixels[40, [2, -3]] > 15).all(), "not black at once"
    assert pixels[0, 0].max() < pixels[40, 20].min(), "but fading"


def test_depth_is_shown_as_it_is(stage: Callable[..., Stage]) -> None:
    one = stage()
    assert np.array_equal(one.look(layout="depth"), one.look(HeadPose(x=1.0), layout="depth"))


def test_without_parallax_there_is_nothing_to_look_around_in(stage: Callable[..., Stage]) -> None:
    one = stage(replace(two_layers(), views=None))
    assert np.array_equal(one.look(), one.look(HeadPose(x=1.0)))


def test_a_new_frame_and_a_new_size_are_looked_at(stage: Callable[..., Stage]) -> None:
    one = stage()
    one.look(HeadPose(x=1.0))
    frame = two_layers()
    assert frame.views is not None
    luma = np.full((HEIGHT // 2, WIDTH // 2), 33, np.uint8)
    view = View(planes=(luma,), hole=np.zeros_like(luma), parallax_px=np.zeros(luma.shape, np.float32))
    one.renderer.upload(replace(frame, planes=(luma,), views=(view, view), disparity=None))
    assert np.abs(one.look(HeadPose(x=1.0)) - 33).max() <= 1
    one.renderer.upload(frame)
    assert square_at(one.look(HeadPose(x=1.0)))[0] < square_at(one.look())[0] - 5
    one.renderer.release()

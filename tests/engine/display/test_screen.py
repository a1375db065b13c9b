from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.display.context import OffscreenSurface
from engine.display.hud import HudFigures
from engine.display.screen import Screen
from engine.display.view import ViewState
from engine.errors import OutputError, UnavailableError
from engine.frame import Colour, Frame, PixelFormat

pytestmark = pytest.mark.gl
Open = Callable[[int, int], OffscreenSurface]


def gray_frame(level: int) -> Frame:
    return Frame(
        planes=(np.full((36, 64), level, np.uint8),),
        format=PixelFormat(subsampling="gray"),
        colour=Colour(full_range=True),
    )


class TypedSurface(OffscreenSurface):
    """An off-screen surface with keys waiting on it."""

    def __init__(self, keys: list[str]) -> None:
        super().__init__(64, 36)
        self.typed = keys

    def keys(self) -> list[str]:
        typed, self.typed = self.typed, []
        return typed


def test_show_stamps_the_drawing(open_surface: Open) -> None:
    screen = Screen(open_surface(64, 36), ViewState(layout="left"))
    shown = screen.show(gray_frame(200).stamped("arrival", 1.0, 1.0))
    assert [name for name, _, _ in shown.stamps] == ["arrival", "draw"]
    assert shown.stamps[-1][2] > shown.stamps[-1][1]
    assert (screen.picture() == 200).all()
    screen.close()


def test_picture_is_what_was_drawn_last(open_surface: Open) -> None:
    screen = Screen(open_surface(64, 36), ViewState(layout="left"))
    assert not screen.picture().any(), "black before the first frame"
    for level in (10, 77, 250):
        screen.show(gray_frame(level))
    assert (screen.picture() == 250).all()
    screen.close()


def test_screenshot_is_upright_and_has_the_hud(open_surface: Open, tmp_path: Path) -> None:
    screen = Screen(open_surface(320, 180), ViewState(layout="left", show_hud=True))
    screen.figures = HudFigures(lines=("12.3 fps",))
    screen.show(gray_frame(255))
    path = tmp_path / "shot.png"
    screen.screenshot(path)
    pixels = cv2.imread(str(path))
    assert pixels is not None
    assert pixels.shape == (180, 320, 3)
    assert pixels[:60, :100].mean() < 200, "the panel is on top"
    assert (pixels[120:] == 255).all()
    screen.close()


def test_screenshot_says_why_it_cannot_be_written(open_surface: Open, tmp_path: Path) -> None:
    screen = Screen(open_surface(64, 36), ViewState())
    with pytest.raises(OutputError, match="nowhere"):
        screen.screenshot(tmp_path / "nowhere" / "shot.png")
    screen.close()


def test_keys_change_the_view_and_are_reported() -> None:
    try:
        surface = TypedSurface(["l", "x", "h", "q", "up"])
    except UnavailableError as error:
        pytest.skip(f"no off-screen OpenGL here: {error}")
    screen = Screen(surface, ViewState(layout="sbs"))
    assert screen.handle_keys() == ["next_layout", "toggle_hud", "quit", "strength_up"]
    assert screen.view == ViewState(layout="half-sbs", show_hud=True)
    assert screen.handle_keys() == []
    screen.close()


def test_depth_key_redraws_as_depth() -> None:
    try:
        surface = TypedSurface(["d"])
    except UnavailableError as error:
        pytest.skip(f"no off-screen OpenGL here: {error}")
    screen = Screen(surface, ViewState(layout="left"))
    frame = gray_frame(200)
    screen.show(Frame(planes=frame.planes, format=frame.format, disparity=np.full((36, 64), 0.5, np.float32)))
    screen.handle_keys()
    screen.redraw()
    assert np.abs(screen.picture().astype(int) - 128).max() <= 1
    screen.close()


@pytest.mark.parametrize(
    ("layout", "size", "axis"),
    [("sbs", (640, 180), 1), ("half-sbs", (640, 360), 1), ("ou", (320, 360), 0), ("half-ou", (640, 360), 0)],
)
def test_both_eyes_read_the_same_words(open_surface: Open, layout: str, size: tuple[int, int], axis: int) -> None:
    """A panel in one eye only would float nowhere."""
    screen = Screen(open_surface(*size), ViewState(layout=layout, show_hud=True))
    screen.figures = HudFigures(lines=("12.3 fps",), notice="stream lost")
    screen.show(gray_frame(255))
    picture = screen.picture()
    first, second = np.split(picture, 2, axis=axis)
    assert np.array_equal(first, second)
    rows, columns = np.nonzero((first < 120).all(axis=-1))
    height, width = first.shape[:2]
    assert rows.min() < 0.1 * height
    assert rows.max() > 0.8 * height, "and the notice below"
    assert columns.min() < 0.1 * width
    screen.close()


def test_words_stand_before_both_lenses(open_surface: Open) -> None:
    screen = Screen(open_surface(800, 400), ViewState(layout="vr", show_hud=True))
    screen.figures = HudFigures(lines=("12.3 fps",))
    plain = screen.picture()
    screen.show(gray_frame(255))
    screen.figures = HudFigures()
    dark = screen.picture().astype(int) - plain
    screen.figures = HudFigures(lines=("12.3 fps",))
    changed = np.abs(screen.picture().astype(int) - plain - dark).max(axis=-1) > 60
    left, right = np.split(changed, 2, axis=1)
    assert left.sum() > 300
    assert 0.8 < left.sum() / right.sum() < 1.25
    screen.close()

from __future__ import annotations

import re
from fractions import Fraction
from pathlib import Path

import pytest

from engine.display.view import SCREEN_LAYOUTS, Lens, Rect, ViewState, content_aspect, letterbox, start_size


@pytest.mark.parametrize(
    ("aspect", "size", "expected"),
    [
        (16 / 9, (1600, 900), Rect(0, 0, 1600, 900)),
        (16 / 9, (1600, 1200), Rect(0, 150, 1600, 900)),
        (4 / 3, (1600, 900), Rect(200, 0, 1200, 900)),
        (None, (123, 45), Rect(0, 0, 123, 45)),
        (1000.0, (64, 64), Rect(0, 31, 64, 1)),
        (0.001, (64, 64), Rect(31, 0, 1, 64)),
        (1.0, (1, 1), Rect(0, 0, 1, 1)),
    ],
)
def test_letterbox(aspect: float | None, size: tuple[int, int], expected: Rect) -> None:
    assert letterbox(aspect, *size) == expected


@pytest.mark.parametrize("size", [(1, 1), (7, 3), (640, 480), (1919, 1079), (3, 2000)])
@pytest.mark.parametrize("aspect", [0.01, 0.5, 1.0, 16 / 9, 32 / 9, 50.0])
def test_letterbox_stays_inside(aspect: float, size: tuple[int, int]) -> None:
    rect = letterbox(aspect, *size)
    assert rect.width >= 1
    assert rect.height >= 1
    assert rect.x >= 0
    assert rect.y >= 0
    assert rect.x + rect.width <= size[0]
    assert rect.y + rect.height <= size[1]
    assert rect.width == size[0] or rect.height == size[1]


def test_full_layouts_are_twice_as_large_and_half_ones_are_not() -> None:
    assert content_aspect("sbs", 1.5) == 3.0
    assert content_aspect("ou", 1.5) == 0.75
    assert content_aspect("half-sbs", 1.5) == content_aspect("half-ou", 1.5) == 1.5
    assert content_aspect("vr", 1.5) is None


def test_start_size_squares_the_pixels() -> None:
    assert start_size("half-sbs", 720, 576, Fraction(16, 15)) == (768, 576)
    assert start_size("sbs", 720, 576, Fraction(16, 15)) == (1536, 576)
    assert start_size("ou", 640, 360, Fraction(1)) == (640, 720)


@pytest.mark.parametrize("layout", SCREEN_LAYOUTS)
def test_depth_key_overrides_any_layout(layout: str) -> None:
    assert ViewState(layout=layout, show_depth=True).shown == "depth"
    assert ViewState(layout=layout).shown == layout


def test_lenses_that_are_closer_together_sit_nearer_to_the_middle() -> None:
    assert Lens(ipd_mm=63, panel_mm=126).centre == 0.5
    assert Lens(ipd_mm=60, panel_mm=126).centre > 0.5


def test_the_guide_shows_every_layout() -> None:
    guide = Path(__file__).parents[3] / "docs" / "display.md"
    text = guide.read_text()
    shown = set(re.findall(r"\(pictures/(play-[a-z-]+\.jpg)\)", text))
    assert {f"play-{layout}.jpg" for layout in SCREEN_LAYOUTS} | {"play-hud.jpg", "play-keys.jpg"} <= shown
    for name in shown:
        assert 1_000 < (guide.parent / "pictures" / name).stat().st_size < 150_000
    assert all(f"`{layout}`" in text for layout in SCREEN_LAYOUTS)

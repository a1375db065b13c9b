from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.display.context import OffscreenSurface
from engine.display.hud import GlyphAtlas, Hud, HudFigures
from engine.display.view import Rect

pytestmark = pytest.mark.gl
Open = Callable[[int, int], OffscreenSurface]


def drawn(surface: OffscreenSurface, figures: HudFigures, **how: object) -> NDArray[np.uint8]:
    """The HUD over mid-grey."""
    hud = Hud(surface.ctx)
    surface.target.clear(0.5, 0.5, 0.5)
    hud.draw(surface.target, surface.size, figures, **how)  # type: ignore[arg-type]
    width, height = surface.size
    pixels = np.frombuffer(surface.target.read(components=3, alignment=1), np.uint8)
    hud.release()
    return pixels.reshape(height, width, 3)[::-1]


def test_atlas_has_every_glyph() -> None:
    atlas = GlyphAtlas(20)
    blank = atlas.text(0, 0, " ", (255, 255, 255, 255))
    for code in range(33, 127):
        cell = atlas.text(0, 0, chr(code), (255, 255, 255, 255))["texel"]
        left, top = cell.min(axis=0).astype(int)
        right, bottom = cell.max(axis=0).astype(int)
        assert atlas.pixels[top:bottom, left:right].max() > 100, chr(code)
    left, top = blank["texel"].min(axis=0).astype(int)
    assert atlas.pixels[top : top + atlas.line_height, left].max() == 0


def test_glyphs_stay_in_their_cells() -> None:
    """The last column of every cell is empty: nothing of a neighbour shows when a glyph is drawn."""
    for height in (8, 13, 20, 40):
        atlas = GlyphAtlas(height)
        for code in range(33, 127):
            cell = atlas.text(0, 0, chr(code), (255, 255, 255, 255))["texel"]
            right, top = int(cell[:, 0].max()), int(cell[:, 1].min())
            assert atlas.pixels[top : top + height, right - 1].max() == 0, (height, chr(code))


def test_figures_are_equally_wide() -> None:
    atlas = GlyphAtlas(18)
    assert len({atlas.width(digit) for digit in "0123456789"}) == 1
    assert atlas.width("ab") == atlas.width("a") + atlas.width("b")
    assert atlas.width("") == 0


def test_unknown_characters_become_question_marks() -> None:
    atlas = GlyphAtlas(18)
    assert np.array_equal(atlas.text(1, 2, "ä→", (1, 2, 3, 4)), atlas.text(1, 2, "??", (1, 2, 3, 4)))


def test_block_is_solid(open_surface: Open) -> None:
    atlas = GlyphAtlas(18)
    texels = atlas.block(Rect(3, 4, 50, 60), (9, 9, 9, 9))["texel"].astype(int)
    assert (atlas.pixels[texels[:, 1], texels[:, 0]] == 255).all()


def test_nothing_to_say_changes_nothing(open_surface: Open) -> None:
    pixels = drawn(open_surface(200, 100), HudFigures(), show_figures=False)
    assert (pixels == pixels[0, 0]).all()


def test_figures_are_in_the_top_left_corner_and_readable(open_surface: Open) -> None:
    pixels = drawn(open_surface(640, 360), HudFigures(lines=("29.97 fps", "drops none")))
    untouched = pixels[-1, -1]
    changed = (pixels != untouched).any(axis=-1)
    assert changed[20:50, 20:100].mean() > 0.95, "a dark panel"
    assert not changed[200:].any()
    assert not changed[:, 400:].any()
    assert pixels[18:54, 18:200].max() > 220, "light letters"
    assert np.median(pixels[18:54, 18:200]) < 80, "on a dark ground"


def test_graph_marks_late_frames(open_surface: Open) -> None:
    steady = drawn(open_surface(640, 360), HudFigures(frame_ms=(33.0,) * 60, budget_ms=33.3)).astype(int)
    late = drawn(open_surface(640, 360), HudFigures(frame_ms=(33.0,) * 59 + (99.0,), budget_ms=33.3)).astype(int)

    def orange(pixels: NDArray[np.int64]) -> int:
        return int(((pixels[..., 0] > 200) & (pixels[..., 2] < 120)).sum())

    assert orange(steady) == 0
    assert orange(late) > 20


@pytest.mark.parametrize("size", [(1280, 720), (640, 360), (320, 180)])
def test_key_list_fits_into_the_window(open_surface: Open, size: tuple[int, int]) -> None:
    pixels = drawn(open_surface(*size), HudFigures(), show_figures=False, show_keys=True)
    ink = (pixels > 150).any(axis=-1)
    rows, columns = np.nonzero(ink)
    assert len(rows) > 500
    assert rows.min() > 0
    assert rows.max() < size[1] - 1
    assert columns.min() > 0
    assert columns.max() < size[0] - 1


def test_a_long_notice_is_cut_not_lost(open_surface: Open) -> None:
    surface = open_surface(320, 180)
    pixels = drawn(surface, HudFigures(notice="x" * 500), show_figures=False)
    ink = (pixels > 200).any(axis=-1)
    assert ink[90:].sum() > 200
    assert not ink[:90].any()
    assert not ink[:, -2:].any()


def test_high_dpi_text_is_larger(open_surface: Open) -> None:
    figures = HudFigures(lines=("latency",))
    small = drawn(open_surface(800, 600), figures, scale=1.0)
    large = drawn(open_surface(800, 600), figures, scale=2.0)
    assert (large != large[-1, -1]).any(axis=-1).sum() > 3 * (small != small[-1, -1]).any(axis=-1).sum()


def test_more_than_the_buffer_holds_is_cut(open_surface: Open) -> None:
    pixels = drawn(open_surface(320, 180), HudFigures(lines=("x" * 100,) * 100))
    assert (pixels > 200).any()

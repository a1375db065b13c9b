"""Text and bars over the picture: figures in the top left corner, the list of keys in the middle, for both eyes alike.

All glyphs are drawn once into an atlas by OpenCV; a picture of text is then one draw call of textured rectangles.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.display.keys import KEY_LIST
from engine.display.programs import OVERLAY_UNIT, read_shader
from engine.display.view import Area, Rect

if TYPE_CHECKING:
    import moderngl

_FIRST, _LAST = 32, 126
_FONT = cv2.FONT_HERSHEY_SIMPLEX
_VERTEX = np.dtype([("position", "f4", 2), ("texel", "f4", 2), ("tint", "u1", 4)])

Colour = tuple[int, int, int, int]
_INK: Colour = (240, 240, 240, 255)
_FAINT: Colour = (170, 170, 170, 255)
_WARN: Colour = (255, 176, 64, 255)
_PANEL: Colour = (0, 0, 0, 190)
_GOOD_BAR: Colour = (110, 200, 120, 255)


@dataclass(frozen=True, slots=True, kw_only=True)
class HudFigures:
    """What the HUD says: lines of text, and the last frame times as a graph."""

    lines: tuple[str, ...] = ()
    frame_ms: tuple[float, ...] = ()
    """Times between drawn pictures, oldest first."""
    budget_ms: float = 0.0
    """The source's frame duration: bars above it are shown as late. 0 = unknown."""
    notice: str = ""
    """One line that somebody should read: what went wrong, or what a key just did."""


class GlyphAtlas:
    """Printable ASCII in one gray picture of equal cells, and a solid cell for rectangles.

    Args:
        height: rows of a line of text, at least 8.
    """

    def __init__(self, height: int) -> None:
        self.line_height = max(8, height)
        self._cell_width = round(self.line_height * 1.25)
        self._columns = 16
        rows = -(-(_LAST - _FIRST + 2) // self._columns)
        # Drawn four times as large and averaged down: OpenCV's own anti-aliasing is too thin at these sizes.
        factor = 4
        tall, wide = self.line_height * factor, self._cell_width * factor
        font_scale, thickness = tall / 40.0, max(1, round(tall / 20))
        large = np.zeros((rows * tall, self._columns * wide), dtype=np.uint8)
        advances = np.zeros(_LAST + 1, dtype=np.float32)

        def width(text: str) -> int:
            return int(cv2.getTextSize(text, _FONT, font_scale, thickness)[0][0])

        for code in range(_FIRST, _LAST + 1):
            # A glyph alone has no side bearings, between two others it has.
            advances[code] = round((width(f"o{chr(code)}o") - width("oo")) / factor)
            glyph = np.zeros((tall, wide), dtype=np.uint8)
            cv2.putText(glyph, chr(code), (factor, round(tall * 0.74)), _FONT, font_scale, 255, thickness, cv2.LINE_AA)
            left, top = self._cell(code)
            large[top * factor : top * factor + tall, left * factor : left * factor + wide] = glyph
        # Figures must not dance while they change.
        advances[ord("0") : ord("9") + 1] = advances[ord("0") : ord("9") + 1].max()
        self._advances = advances
        size = (self._columns * self._cell_width, rows * self.line_height)
        self.pixels: NDArray[np.uint8] = cv2.resize(large, size, interpolation=cv2.INTER_AREA).astype(np.uint8)
        self._solid = self._cell(_LAST + 1)
        left, top = self._solid
        self.pixels[top : top + 4, left : left + 4] = 255

    def width(self, text: str) -> int:
        """Pixels from the start of a line of text to its end."""
        return int(self._advances[_codes(text)].sum())

    def text(self, x: float, y: float, text: str, tint: Colour) -> NDArray[np.void]:
        """Rectangles (6 vertices a character) of a line whose top left corner is x, y; others than ASCII become "?"."""
        codes = _codes(text)
        cells = np.array([self._cell(int(code)) for code in codes], dtype=np.float32).reshape(-1, 2)
        places = np.full_like(cells, y)
        places[:, 0] = x + np.cumsum(self._advances[codes]) - self._advances[codes]
        extent = np.array([self._cell_width, self.line_height], dtype=np.float32)
        return _rectangles(places, extent, cells, extent, tint)

    def block(self, rect: Rect, tint: Colour) -> NDArray[np.void]:
        """A filled rectangle."""
        place = np.array([[rect.x, rect.y]], dtype=np.float32)
        extent = np.array([rect.width, rect.height], dtype=np.float32)
        inner = np.array([self._solid], dtype=np.float32) + 2.0
        return _rectangles(place, extent, inner, np.zeros(2, dtype=np.float32), tint)

    def _cell(self, code: int) -> tuple[int, int]:
        index = code - _FIRST
        return index % self._columns * self._cell_width, index // self._columns * self.line_height


class Hud:
    """Draws figures and the list of keys over whatever is in the target.

    Args:
        ctx: an OpenGL 3.3 core context, current on the calling thread.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._program = ctx.program(
            vertex_shader=read_shader("overlay.vert"), fragment_shader=read_shader("overlay.frag")
        )
        self._program["atlas"] = OVERLAY_UNIT
        self._atlas: GlyphAtlas | None = None
        self._texture: moderngl.Texture | None = None
        self._buffer = ctx.buffer(reserve=_VERTEX.itemsize * 6 * 4096, dynamic=True)
        self._array = ctx.vertex_array(self._program, [(self._buffer, "2f4 2f4 4f1", "position", "texel", "tint")])

    def draw(
        self,
        target: moderngl.Framebuffer,
        size: tuple[int, int],
        figures: HudFigures,
        *,
        areas: Sequence[Area] = (),
        scale: float = 1.0,
        show_figures: bool = True,
        show_keys: bool = False,
    ) -> None:
        """Draw over a target of (width, height) pixels.

        Args:
            target: framebuffer, kept apart from what is drawn.
            size: its width and height.
            figures: what to say.
            areas: where to say it, the same in each; the whole target if there are none.
            scale: size of a screen pixel in framebuffer pixels (2 on high-DPI screens).
            show_figures: whether the corner is drawn, unless the list of keys is; a notice is drawn in any case.
            show_keys: whether the list of keys is drawn.
        """
        areas = areas or (Area(Rect(0, 0, *size), size),)
        room = areas[0].room
        atlas = self._atlas_for(room, scale, len(KEY_LIST) + 4 if show_keys else 16)
        pieces: list[NDArray[np.void]] = []
        if show_figures and not show_keys:
            pieces += _figures(atlas, figures)
        if show_keys:
            pieces += _keys(atlas, room)
        if figures.notice:
            pieces += _notice(atlas, figures.notice, room)
        if not pieces:
            return
        vertices = np.concatenate(pieces)[: self._buffer.size // _VERTEX.itemsize]
        self._buffer.write(vertices)
        target.use()
        self._program["framebuffer_size"] = (float(room[0]), float(room[1]))
        assert self._texture is not None
        self._texture.use(OVERLAY_UNIT)
        self._ctx.enable(self._ctx.BLEND)
        self._ctx.blend_func = self._ctx.SRC_ALPHA, self._ctx.ONE_MINUS_SRC_ALPHA
        for rect, _ in areas:
            # OpenGL counts rows from the bottom.
            self._ctx.viewport = (rect.x, size[1] - rect.y - rect.height, rect.width, rect.height)
            self._array.render(vertices=len(vertices))
        self._ctx.disable(self._ctx.BLEND)
        self._ctx.viewport = (0, 0, *size)

    def release(self) -> None:
        """Free buffers, texture and program."""
        for part in (self._array, self._buffer, self._texture, self._program):
            if part is not None:
                part.release()

    def _atlas_for(self, size: tuple[int, int], scale: float, rows: int) -> GlyphAtlas:
        """Glyphs of about 18 screen pixels, smaller where that many rows would not fit into the window."""
        height = int(max(8, min(18 * scale, size[1] / rows)))
        if self._atlas is None or self._atlas.line_height != height:
            atlas = GlyphAtlas(height)
            rows_, columns = atlas.pixels.shape
            if self._texture is not None:
                self._texture.release()
            self._texture = self._ctx.texture((columns, rows_), 1, atlas.pixels.tobytes(), alignment=1)
            # Exact where a texel is a pixel; where half layouts squeeze the text, better than leaving out every second.
            self._texture.filter = (self._ctx.LINEAR, self._ctx.LINEAR)
            self._program["atlas_size"] = (float(columns), float(rows_))
            self._atlas = atlas
        return self._atlas


def _rectangles(
    places: NDArray[np.float32],
    extent: NDArray[np.float32],
    texels: NDArray[np.float32],
    texel_extent: NDArray[np.float32],
    tint: Colour,
) -> NDArray[np.void]:
    """Two triangles for each of N rectangles: places and texels (N, 2), extents (2,)."""
    corners = np.array([[0, 0], [1, 0], [0, 1], [1, 0], [1, 1], [0, 1]], dtype=np.float32)
    out = np.empty((len(places), 6), dtype=_VERTEX)
    out["position"] = np.round(places[:, None] + corners * extent)
    out["texel"] = texels[:, None] + corners * texel_extent
    out["tint"] = tint
    return out.reshape(-1)


def _codes(text: str) -> NDArray[np.intp]:
    return np.array([ord(c) if _FIRST <= ord(c) <= _LAST else ord("?") for c in text], dtype=np.intp)


def _panel(atlas: GlyphAtlas, x: int, y: int, width: int, height: int) -> NDArray[np.void]:
    pad = atlas.line_height // 2
    return atlas.block(Rect(x - pad, y - pad, width + 2 * pad, height + 2 * pad), _PANEL)


def _figures(atlas: GlyphAtlas, figures: HudFigures) -> list[NDArray[np.void]]:
    margin, line = atlas.line_height, atlas.line_height
    # Steps of four lines' height: the panel does not breathe with every digit.
    width = max([12 * line, *(-(-atlas.width(text) // (4 * line)) * 4 * line for text in figures.lines)])
    graph = 3 * line if figures.frame_ms else 0
    pieces = [_panel(atlas, margin, margin, width, line * len(figures.lines) + graph)]
    for row, text in enumerate(figures.lines):
        pieces.append(atlas.text(margin, margin + row * line, text, _INK))
    if figures.frame_ms:
        area = Rect(margin, margin + line * len(figures.lines) + line // 2, width, graph - line // 2)
        pieces += _graph(atlas, area, figures.frame_ms, figures.budget_ms)
    return pieces


def _graph(atlas: GlyphAtlas, area: Rect, frame_ms: Sequence[float], budget_ms: float) -> list[NDArray[np.void]]:
    """One bar a frame, newest on the right, full height = twice the budget; a line marks the budget."""
    bar = max(2, atlas.line_height // 6)
    shown = frame_ms[-(area.width // bar) :]
    full_ms = 2 * budget_ms if budget_ms > 0 else max(shown)
    pieces = []
    for index, value in enumerate(reversed(shown)):
        height = max(1, min(area.height, round(value / max(full_ms, 1e-6) * area.height)))
        is_late = budget_ms > 0 and value > 1.5 * budget_ms
        x = area.x + area.width - (index + 1) * bar
        rect = Rect(x, area.y + area.height - height, bar - 1, height)
        pieces.append(atlas.block(rect, _WARN if is_late else _GOOD_BAR))
    if budget_ms > 0:
        pieces.append(atlas.block(Rect(area.x, area.y + area.height // 2, area.width, 1), _FAINT))
    return pieces


def _keys(atlas: GlyphAtlas, size: tuple[int, int]) -> list[NDArray[np.void]]:
    left = max(atlas.width(label) for label, _ in KEY_LIST) + atlas.line_height
    width = left + max(atlas.width(text) for _, text in KEY_LIST)
    x = max(0, (size[0] - width) // 2)
    y = max(0, (size[1] - len(KEY_LIST) * atlas.line_height) // 2)
    pieces = [_panel(atlas, x, y, width, len(KEY_LIST) * atlas.line_height)]
    for row, (label, text) in enumerate(KEY_LIST):
        top = y + row * atlas.line_height
        pieces.append(atlas.text(x, top, label, _WARN))
        pieces.append(atlas.text(x + left, top, text, _INK))
    return pieces


def _notice(atlas: GlyphAtlas, text: str, size: tuple[int, int]) -> list[NDArray[np.void]]:
    room = size[0] - 2 * atlas.line_height
    if atlas.width(text) > room:
        while text and atlas.width(text + "...") > room:
            text = text[:-1]
        text += "..."
    x = max(0, (size[0] - atlas.width(text)) // 2)
    y = size[1] - 3 * atlas.line_height
    return [_panel(atlas, x, y, atlas.width(text), atlas.line_height), atlas.text(x, y, text, _INK)]

"""Draws one frame for two eyes: planes are uploaded as they are, everything else happens in the fragment shaders."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.anaglyph import ANAGLYPH_MIXES
from engine.colour import rgb_from_yuv
from engine.display.novel import NovelView
from engine.display.programs import DEPTH_UNIT, LEFT, PLANE_SAMPLERS, RIGHT, Programs, column_major, sampler_units
from engine.display.textures import EyeTextures, PlaneTexture
from engine.display.view import Area, Lens, Rect, ScreenLayout, ViewState, content_aspect, letterbox
from engine.frame import Array, Colour, Frame, PixelFormat, View

if TYPE_CHECKING:
    import moderngl


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    """What the shaders must know of the frame in the textures; holding the Frame would pin its arrays."""

    width: int
    height: int
    aspect: float
    format: PixelFormat
    colour: Colour
    has_right: bool
    has_depth: bool


# With more taps an axis the picture is a thumbnail, and aliasing is the least of its problems.
_MAX_TAPS = 4
# Where each eye's share of the picture lies: (columns, rows) of the grid that the two eyes fill in reading order.
_GRIDS: dict[ScreenLayout, tuple[int, int]] = {
    "sbs": (2, 1),
    "half-sbs": (2, 1),
    "vr": (2, 1),
    "ou": (1, 2),
    "half-ou": (1, 2),
}


class Renderer:
    """Holds the last frame in textures and draws it in any layout.

    Args:
        ctx: an OpenGL 3.3 core context, current on the calling thread. All methods belong to that thread.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._programs = Programs(ctx)
        self._novel = NovelView(ctx, self._programs)
        self._eyes = (EyeTextures(ctx), EyeTextures(ctx))
        self._depth = PlaneTexture(ctx)
        self._depth_range = (0.0, 1.0)
        self._waiting_depth: tuple[Array, bool] | None = None
        """A map that no drawing has asked for yet, and whether it is relative disparity."""
        self._waiting_surfaces: list[View | None] = [None, None]
        """Eyes that no drawing has looked at from the side yet."""
        self._shown: _Picture | None = None

    def upload(self, frame: Frame) -> None:
        """Copy a frame's eyes (its own planes for both eyes before the stereo stage) to the device.

        Its depth follows when it is drawn first: relative disparity as it is, disparity in pixels or else the parallax
        of the left view stretched to its own range.

        Raises:
            TypeError: planes of a type that no texture holds.
        """
        eyes = [frame.planes] if frame.views is None else [view.planes for view in frame.views]
        for textures, planes in zip(self._eyes, eyes, strict=False):
            textures.upload(planes, frame.format)
        self._waiting_depth = None
        if frame.disparity is not None:
            self._waiting_depth = (frame.disparity, True)
        elif frame.views is not None:
            self._waiting_depth = (frame.views[0].parallax_px, False)
        self._waiting_surfaces = [None, None] if frame.views is None else [*frame.views]
        self._shown = _Picture(
            width=frame.width,
            height=frame.height,
            aspect=float(Fraction(frame.width, frame.height) * frame.sample_aspect),
            format=frame.format,
            colour=frame.colour,
            has_right=len(eyes) == 2,
            has_depth=self._waiting_depth is not None,
        )

    def picture(self, view: ViewState, size: tuple[int, int]) -> Rect:
        """Where the picture lies in a framebuffer of that (width, height)."""
        aspect = 1.0 if self._shown is None else self._shown.aspect
        return letterbox(content_aspect(view.shown, aspect), *size)

    def areas(self, view: ViewState, size: tuple[int, int]) -> tuple[Area, ...]:
        """Where words have to stand so that both eyes read them: once for each, or once for both."""
        if view.shown not in _GRIDS:
            return (Area(Rect(0, 0, *size), size),)
        cells = _cells(view.shown, self.picture(view, size))
        if view.shown == "vr":
            aspect = 1.0 if self._shown is None else self._shown.aspect
            return tuple(_film_area(view.lens, cell, aspect, is_right=index == 1) for index, cell in enumerate(cells))
        across, down = _GRIDS[view.shown] if view.shown.startswith("half") else (1, 1)
        return tuple(Area(cell, (cell.width * across, cell.height * down)) for cell in cells)

    def draw(self, target: moderngl.Framebuffer, size: tuple[int, int], view: ViewState) -> None:
        """Draw what was uploaded last into a target of (width, height) pixels, black around it; waits for nothing.

        Before the first upload, and for a `depth` layout of a frame without depth, everything is black.
        """
        target.use()
        self._ctx.viewport = (0, 0, *size)
        target.clear(0.0, 0.0, 0.0, 1.0)
        shown = self._shown
        if shown is None or (view.shown == "depth" and not shown.has_depth):
            return
        if view.shown == "depth":
            self._upload_depth()
            self._depth.bind(DEPTH_UNIT)
        rect = self.picture(view, size)
        cells = _cells(view.shown, rect)
        # Without a second eye there is no parallax to look around in.
        is_novel = not view.head.is_home and shown.has_right and view.shown != "depth"
        if is_novel:
            self._bind_novel(view, cells, shown)
            target.use()
        else:
            self._bind_planes(view, shown)
        how = "eye_rgb" if is_novel else "eye"
        if len(cells) == 2:
            self._draw_cells(view, cells, size, shown, how)
        else:
            self._draw_mixed(view, rect, size, shown, how)
        self._ctx.viewport = (0, 0, *size)

    def release(self) -> None:
        """Free textures and programs."""
        for part in (*self._eyes, self._depth, self._novel, self._programs):
            part.release()

    def _bind_planes(self, view: ViewState, shown: _Picture) -> None:
        """The eyes as they are."""
        for unit, textures in zip((RIGHT, LEFT) if view.swap_eyes else (LEFT, RIGHT), self._eyes, strict=True):
            (textures if shown.has_right else self._eyes[0]).bind(unit)

    def _bind_novel(self, view: ViewState, cells: tuple[Rect, ...], shown: _Picture) -> None:
        """The eyes as a moved head sees them, each drawn as large as it will be seen."""
        units = (RIGHT, LEFT) if view.swap_eyes else (LEFT, RIGHT)
        wanted = {"left": (LEFT,), "right": (RIGHT,)}.get(view.shown, (LEFT, RIGHT))
        drawn = []
        for eye, (unit, textures) in enumerate(zip(units, self._eyes, strict=True)):
            if unit not in wanted:
                continue
            textures.bind(LEFT)
            size = _eye_size(view, cells[-1 if unit == RIGHT else 0], shown)
            footprint = (shown.width / size[0], shown.height / size[1])
            uniforms = _eye_uniforms(shown, footprint)
            waiting, self._waiting_surfaces[eye] = self._waiting_surfaces[eye], None
            if waiting is not None:
                self._novel.prepare(eye, waiting.parallax_px, waiting.hole, uniforms)
            texture = self._novel.draw(eye, size, view.head, shown.aspect, uniforms, _taps(footprint))
            drawn.append((texture, unit))
        # Only now: drawing an eye takes the units that the first one will be looked at through.
        for texture, unit in drawn:
            texture.use(unit)

    def _upload_depth(self) -> None:
        if self._waiting_depth is None:
            return
        (values, is_disparity), self._waiting_depth = self._waiting_depth, None
        values = np.asarray(values, dtype=np.float32)
        self._depth.upload(values)
        low, high = float(values.min()), float(values.max())
        # Disparity beyond 0..1 is in pixels (--parallax raw).
        is_relative = is_disparity and low >= 0.0 and high <= 1.0
        self._depth_range = (0.0, 1.0) if is_relative else (low, max(high - low, 1e-6))

    def _draw_cells(
        self, view: ViewState, cells: tuple[Rect, ...], size: tuple[int, int], shown: _Picture, how: str
    ) -> None:
        """Both eyes, each in its own part of the picture."""
        for first_unit, cell in zip((LEFT, RIGHT), cells, strict=True):
            uniforms: dict[str, Any] = sampler_units(PLANE_SAMPLERS[:2], first_unit)
            footprint = (shown.width / cell.width, shown.height / cell.height)
            name = "one_eye"
            if view.shown == "vr":
                name = "headset"
                uniforms |= _lens_uniforms(view.lens, cell, shown, is_right=first_unit == RIGHT)
                film = _film_width(view.lens, cell)
                footprint = (shown.width / film, shown.height * shown.aspect / film)
            uniforms |= _eye_uniforms(shown, footprint)
            self._fill(name, cell, size, uniforms, how, _taps(footprint))

    def _draw_mixed(self, view: ViewState, rect: Rect, size: tuple[int, int], shown: _Picture, how: str) -> None:
        """One picture made of one eye, of both, or of the depth."""
        footprint = (shown.width / rect.width, shown.height / rect.height)
        uniforms = _eye_uniforms(shown, footprint)
        match view.shown:
            case "interlaced" | "checkerboard":
                name = "interleaved"
                uniforms |= {"checkerboard": view.shown == "checkerboard", "framebuffer_height": size[1]}
            case "anaglyph":
                name = "anaglyph"
                mixes = np.array(ANAGLYPH_MIXES[view.glasses], dtype=np.float64)
                uniforms |= {"left_mix": column_major(mixes[:, :3]), "right_mix": column_major(mixes[:, 3:])}
            case "depth":
                name = "depth"
                far_value, span = self._depth_range
                uniforms = {"far_value": far_value, "span": span}
            case _:
                name = "one_eye"
                uniforms |= sampler_units(PLANE_SAMPLERS[:2], RIGHT if view.shown == "right" else LEFT)
        self._fill(name, rect, size, uniforms, None if name == "depth" else how, _taps(footprint))

    def _fill(
        self,
        name: str,
        rect: Rect,
        size: tuple[int, int],
        uniforms: Mapping[str, Any],
        how: str | None,
        taps: tuple[int, int],
    ) -> None:
        """Run a fragment shader, which looks at eyes in that way, over a rectangle of the framebuffer."""
        # OpenGL counts rows from the bottom.
        self._ctx.viewport = (rect.x, size[1] - rect.y - rect.height, rect.width, rect.height)
        linked = self._programs.get(name, eye=how, taps=taps if how == "eye" else (1, 1))
        linked.set(uniforms)
        linked.array.render(vertices=3)


def _cells(layout: ScreenLayout, rect: Rect) -> tuple[Rect, ...]:
    """The parts of the picture that the eyes have for themselves; one, the whole, if they share it."""
    across, down = _GRIDS.get(layout, (1, 1))
    middle_x, middle_y = rect.width // across, rect.height // down
    if across == 2:
        return rect._replace(width=middle_x), rect._replace(x=rect.x + middle_x, width=rect.width - middle_x)
    if down == 2:
        return rect._replace(height=middle_y), rect._replace(y=rect.y + middle_y, height=rect.height - middle_y)
    return (rect,)


def _film_width(lens: Lens, cell: Rect) -> float:
    """How wide the film is in the middle of a lens, in pixels."""
    return cell.width * lens.screen_tan / lens.view_tan


def _film_area(lens: Lens, cell: Rect, aspect: float, *, is_right: bool) -> Area:
    """Where the film would hang if the lens did not bend it."""
    middle = cell.x + cell.width * (1.0 - lens.centre if is_right else lens.centre)
    width = min(_film_width(lens, cell), cell.width)
    room = (max(1, round(width)), max(1, round(min(width / aspect, cell.height))))
    return Area(Rect(round(middle - room[0] / 2), cell.y + (cell.height - room[1]) // 2, *room), room)


def _eye_size(view: ViewState, cell: Rect, shown: _Picture) -> tuple[int, int]:
    """Pixels of an eye that is drawn before it is laid out: as many as will be seen of it."""
    if view.shown != "vr":
        return cell.width, cell.height
    width = max(1, round(_film_width(view.lens, cell)))
    return width, max(1, round(width / shown.aspect))


def _lens_uniforms(lens: Lens, cell: Rect, shown: _Picture, *, is_right: bool) -> dict[str, Any]:
    return {
        "half_aspect": cell.width / cell.height,
        "picture_aspect": shown.aspect,
        "lens_x": 1.0 - lens.centre if is_right else lens.centre,
        "view_tan": lens.view_tan,
        "screen_tan": lens.screen_tan,
        "distortion": lens.distortion,
    }


def _eye_uniforms(shown: _Picture, footprint: tuple[float, float]) -> dict[str, Any]:
    """Texture values (code / largest code of the storage) to R'G'B', and how chroma lies on luma."""
    matrix, offset = rgb_from_yuv(shown.colour, shown.format, shown.height)
    storage = 255.0 if shown.format.bits == 8 else 65535.0
    sx, sy = shown.format.chroma_shift
    # Chroma planes are rounded up where the picture's size is odd; a gray picture's single texel is hit by anything.
    columns, rows = -(-shown.width >> sx), -(-shown.height >> sy)
    return {
        "to_rgb": column_major(matrix * storage),
        "rgb_offset": tuple(offset.tolist()),
        "size": (float(shown.width), float(shown.height)),
        "luma_texel": (1.0 / shown.width, 1.0 / shown.height),
        "chroma_texel": (1.0 / (columns << sx), 1.0 / (rows << sy)),
        # Chroma of subsampled video sits on the even luma columns (MPEG-2, H.264 and H.265 unless they say otherwise).
        "chroma_shift": (0.5 if sx else 0.0, 0.0),
        "footprint": footprint,
    }


def _taps(footprint: tuple[float, float]) -> tuple[int, int]:
    """How many bilinear taps cover a footprint: one covers two pixels."""
    across, down = (min(_MAX_TAPS, max(1, math.ceil(pixels / 2 - 1e-3))) for pixels in footprint)
    return across, down

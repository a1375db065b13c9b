"""Draws one frame for two eyes: planes are uploaded as they are, everything else happens in the fragment shaders."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.colour import rgb_from_yuv
from engine.display.textures import EyeTextures, PlaneTexture
from engine.display.view import Glasses, Rect, ViewState, content_aspect, letterbox
from engine.frame import Colour, Frame, PixelFormat

if TYPE_CHECKING:
    import moderngl

# Rows are R', G', B' of the screen; columns R', G', B' of the left eye, then of the right one. The names mean what they
# mean in engine.layouts; the "dubois" ones are the least-squares mixes that E. Dubois published.
ANAGLYPH_MIXES: dict[Glasses, tuple[tuple[float, ...], ...]] = {
    "dubois": (
        (0.456, 0.500, 0.176, -0.043, -0.088, -0.002),
        (-0.040, -0.038, -0.016, 0.378, 0.734, -0.018),
        (-0.015, -0.021, -0.005, -0.072, -0.113, 1.226),
    ),
    "red-cyan": ((1, 0, 0, 0, 0, 0), (0, 0, 0, 0, 1, 0), (0, 0, 0, 0, 0, 1)),
    "green-magenta": ((0, 0, 0, 1, 0, 0), (0, 1, 0, 0, 0, 0), (0, 0, 0, 0, 0, 1)),
    "amber-blue": ((1, 0, 0, 0, 0, 0), (0, 1, 0, 0, 0, 0), (0, 0, 0, 0, 0, 1)),
    "dubois-green-magenta": (
        (-0.062, -0.158, -0.039, 0.529, 0.705, 0.024),
        (0.284, 0.668, 0.143, -0.016, -0.015, -0.065),
        (-0.015, -0.027, 0.021, 0.009, 0.075, 0.937),
    ),
    "dubois-amber-blue": (
        (1.062, -0.205, 0.299, -0.016, -0.123, -0.017),
        (-0.026, 0.908, 0.068, 0.006, 0.062, -0.017),
        (-0.038, -0.173, 0.022, 0.094, 0.185, 0.911),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Picture:
    """What the shaders must know of the frame in the textures; holding the Frame would pin its arrays."""

    width: int
    height: int
    aspect: float
    format: PixelFormat
    colour: Colour
    has_right: bool
    depth_range: tuple[float, float] | None


_PROGRAMS = ("one_eye", "two_up", "interleaved", "anaglyph", "headset")
_SAMPLERS = ("left_y", "left_u", "left_v", "right_y", "right_u", "right_v")
_DEPTH_UNIT = 6
# Above this many taps an axis the picture is a thumbnail and aliasing is the least of its problems.
_MAX_TAPS = 4


def read_shader(name: str) -> str:
    """The text of a file in engine/display/shaders."""
    return (resources.files("engine.display") / "shaders" / name).read_text(encoding="utf-8")


class Renderer:
    """Holds the last frame in textures and draws it in any layout.

    Args:
        ctx: an OpenGL 3.3 core context, current on the calling thread. All methods belong to that thread.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        vertex, prefix = read_shader("fullscreen.vert"), read_shader("eyes.glsl")
        programs = {
            name: ctx.program(vertex_shader=vertex, fragment_shader=prefix + read_shader(f"{name}.frag"))
            for name in _PROGRAMS
        }
        programs["depth"] = ctx.program(vertex_shader=vertex, fragment_shader=read_shader("depth.frag"))
        self._programs = programs
        self._arrays = {name: ctx.vertex_array(program, []) for name, program in programs.items()}
        self._eyes = (EyeTextures(ctx), EyeTextures(ctx))
        self._depth = PlaneTexture(ctx)
        self._shown: _Picture | None = None
        samplers = {name: unit for unit, name in enumerate(_SAMPLERS)} | {"depth": _DEPTH_UNIT}
        for program in programs.values():
            _set(program, samplers)

    @property
    def has_picture(self) -> bool:
        """Whether anything was uploaded yet."""
        return self._shown is not None

    def upload(self, frame: Frame) -> None:
        """Copy a frame's eyes (its own planes for both eyes before the stereo stage) and depth to the device.

        Depth is the frame's disparity, or else the parallax of the left view stretched to its own range.

        Raises:
            TypeError: planes of a type that no texture holds.
        """
        eyes = [frame.planes] if frame.views is None else [view.planes for view in frame.views]
        for textures, planes in zip(self._eyes, eyes, strict=False):
            textures.upload(planes, frame.format)
        depth_range = None
        if frame.disparity is not None:
            self._depth.upload(frame.disparity)
            depth_range = (0.0, 1.0)
        elif frame.views is not None:
            parallax = np.asarray(frame.views[0].parallax_px, dtype=np.float32)
            self._depth.upload(parallax)
            depth_range = (float(parallax.min()), max(float(parallax.max() - parallax.min()), 1e-6))
        self._shown = _Picture(
            width=frame.width,
            height=frame.height,
            aspect=float(Fraction(frame.width, frame.height) * frame.sample_aspect),
            format=frame.format,
            colour=frame.colour,
            has_right=len(eyes) == 2,
            depth_range=depth_range,
        )

    def picture(self, view: ViewState, size: tuple[int, int]) -> Rect:
        """Where the picture lies in a framebuffer of that (width, height)."""
        aspect = 1.0 if self._shown is None else self._shown.aspect
        return letterbox(content_aspect(view.shown, aspect), *size)

    def draw(self, target: moderngl.Framebuffer, size: tuple[int, int], view: ViewState) -> None:
        """Draw what was uploaded last into a target of (width, height) pixels, black around it; waits for nothing.

        Before the first upload, and for a `depth` layout of a frame without depth, everything is black.
        """
        target.use()
        self._ctx.viewport = (0, 0, *size)
        target.clear(0.0, 0.0, 0.0, 1.0)
        shown = self._shown
        if shown is None or (view.shown == "depth" and shown.depth_range is None):
            return
        rect = self.picture(view, size)
        # OpenGL counts rows from the bottom.
        self._ctx.viewport = (rect.x, size[1] - rect.y - rect.height, rect.width, rect.height)
        name, uniforms = _program(view, rect, size, shown)
        if name == "depth":
            self._depth.bind(_DEPTH_UNIT)
        else:
            eyes = (self._eyes[0], self._eyes[1] if shown.has_right else self._eyes[0])
            for unit, textures in zip((3, 0) if view.swap_eyes else (0, 3), eyes, strict=True):
                textures.bind(unit)
            uniforms |= _colour_uniforms(shown) | _footprint(view, rect, shown)
        _set(self._programs[name], uniforms)
        self._arrays[name].render(vertices=3)
        self._ctx.viewport = (0, 0, *size)

    def release(self) -> None:
        """Free textures and programs."""
        for textures in (*self._eyes, self._depth):
            textures.release()
        for name, program in self._programs.items():
            self._arrays[name].release()
            program.release()


def _program(view: ViewState, rect: Rect, size: tuple[int, int], shown: _Picture) -> tuple[str, dict[str, Any]]:
    """The program of a layout, and the uniforms that only that layout has."""
    match view.shown:
        case "sbs" | "half-sbs":
            return "two_up", {"vertical": False}
        case "ou" | "half-ou":
            return "two_up", {"vertical": True}
        case "interlaced" | "checkerboard":
            return "interleaved", {"checkerboard": view.shown == "checkerboard", "framebuffer_height": size[1]}
        case "anaglyph":
            mixes = np.array(ANAGLYPH_MIXES[view.glasses], dtype=np.float64)
            return "anaglyph", {"left_mix": _column_major(mixes[:, :3]), "right_mix": _column_major(mixes[:, 3:])}
        case "left" | "right":
            return "one_eye", {"second": view.shown == "right"}
        case "depth":
            far_value, span = shown.depth_range or (0.0, 1.0)
            return "depth", {"far_value": far_value, "span": span}
        case "vr":
            return "headset", {
                "panel_aspect": rect.width / rect.height,
                "picture_aspect": shown.aspect,
                "lens_x": view.lens.centre,
                "view_tan": view.lens.view_tan,
                "screen_tan": view.lens.screen_tan,
                "distortion": view.lens.distortion,
            }


def _column_major(matrix: NDArray[np.float64]) -> tuple[float, ...]:
    """OpenGL's order of a 3x3 matrix."""
    return tuple(matrix.T.ravel().tolist())


def _set(program: moderngl.Program, values: Mapping[str, Any]) -> None:
    """Set uniforms; the compiler drops those that a shader does not use."""
    for name, value in values.items():
        if name in program:
            program[name] = value


def _colour_uniforms(shown: _Picture) -> dict[str, Any]:
    """Texture values (code / largest code of the storage) to R'G'B', and how chroma lies on luma."""
    matrix, offset = rgb_from_yuv(shown.colour, shown.format, shown.height)
    storage = 255.0 if shown.format.bits == 8 else 65535.0
    sx, sy = shown.format.chroma_shift
    return {
        "to_rgb": _column_major(matrix * storage),
        "rgb_offset": tuple(offset.tolist()),
        "size": (float(shown.width), float(shown.height)),
        "chroma_scale": (1.0 / (1 << sx), 1.0 / (1 << sy)),
        # Chroma of subsampled video sits on the even luma columns (MPEG-2, H.264 and H.265 unless they say otherwise).
        "chroma_shift": (0.5 if sx else 0.0, 0.0),
    }


def _footprint(view: ViewState, rect: Rect, shown: _Picture) -> dict[str, Any]:
    """How many luma pixels lie under one output pixel, and the taps that cover them: one bilinear tap covers two."""
    across = 2 if view.shown in ("sbs", "half-sbs") else 1
    down = 2 if view.shown in ("ou", "half-ou") else 1
    columns, rows = rect.width / across, rect.height / down
    if view.shown == "vr":
        columns = rect.width / 2 * view.lens.screen_tan / view.lens.view_tan
        rows = columns / shown.aspect
    footprint = (shown.width / columns, shown.height / rows)
    taps = tuple(min(_MAX_TAPS, max(1, math.ceil(pixels / 2 - 1e-3))) for pixels in footprint)
    return {"footprint": footprint, "taps": taps}

"""Shader programs: read from engine/display/shaders, linked when first needed, kept."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import moderngl

PLANE_SAMPLERS = ("left_y", "left_uv", "right_y", "right_uv")
LEFT, RIGHT = 0, 2
"""Texture units 0 to 3: luma and chroma of both eyes, and where each eye begins.
Eyes that are RGB already take the units of the luma planes."""
DEPTH_UNIT, OVERLAY_UNIT = 4, 5
_UNITS = {name: unit for unit, name in enumerate(PLANE_SAMPLERS)} | {"depth": DEPTH_UNIT}


@dataclass(frozen=True, slots=True, kw_only=True)
class Linked:
    """A program and the vertex array, without attributes, that draws with it."""

    program: moderngl.Program
    array: moderngl.VertexArray

    def set(self, values: Mapping[str, Any]) -> None:
        """Set uniforms; the compiler drops those that a shader does not use."""
        for name, value in values.items():
            if name in self.program:
                self.program[name] = value


def read_shader(name: str) -> str:
    """The text of a file in engine/display/shaders."""
    return (resources.files("engine.display") / "shaders" / name).read_text(encoding="utf-8")


class Programs:
    """Links programs without vertex attributes.

    Args:
        ctx: an OpenGL 3.3 core context, current on the calling thread.
    """

    def __init__(self, ctx: moderngl.Context) -> None:
        self._ctx = ctx
        self._linked: dict[tuple[Any, ...], Linked] = {}

    def get(
        self,
        fragment: str,
        *,
        vertex: str = "fullscreen",
        geometry: str | None = None,
        eye: str | None = None,
        taps: tuple[int, int] = (1, 1),
        elements: moderngl.Buffer | None = None,
    ) -> Linked:
        """A program made of files in the shader folder, named without suffix.

        Args:
            fragment: its fragment shader.
            vertex: its vertex shader.
            geometry: its geometry shader, if any.
            eye: what is put in front of the fragment shader so that it can look at an eye: `eye` or `eye_rgb`.
            taps: bilinear taps (across, down) that such a look takes.
            elements: 32 bit vertex indices, if it draws with them.
        """
        key = (fragment, vertex, geometry, eye, taps, None if elements is None else elements.glo)
        if key not in self._linked:
            text = read_shader(f"{fragment}.frag")
            if eye is not None:
                version, rest = read_shader(f"{eye}.glsl").split("\n", 1)
                text = f"{version}\n#define ACROSS {taps[0]}\n#define DOWN {taps[1]}\n{rest}{text}"
            program = self._ctx.program(
                vertex_shader=read_shader(f"{vertex}.vert"),
                geometry_shader=None if geometry is None else read_shader(f"{geometry}.geom"),
                fragment_shader=text,
            )
            linked = Linked(program=program, array=self._ctx.vertex_array(program, [], index_buffer=elements))
            linked.set(_UNITS)
            self._linked[key] = linked
        return self._linked[key]

    def release(self) -> None:
        """Free all of them."""
        for linked in self._linked.values():
            linked.array.release()
            linked.program.release()
        self._linked.clear()


def column_major(matrix: Any) -> tuple[float, ...]:
    """OpenGL's order of a matrix."""
    return tuple(matrix.T.ravel().tolist())


def sampler_units(names: Iterable[str], first_unit: int) -> dict[str, int]:
    """Let samplers look at the textures from a unit on."""
    return {name: first_unit + offset for offset, name in enumerate(names)}

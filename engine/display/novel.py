"""What the two eyes see when the viewer's head moves: each eye's picture becomes a surface seen from the side.

Every eye has colours, holes painted already, and a parallax for every pixel. Per frame the map is reduced to cells of a
mesh and a background layer is made: what is farthest around every place, spread into what hides it. Per drawing the
background comes first and the mesh, torn where the parallax jumps, over it. With the head at home both are the picture
itself. Textures made here hold the top row first, like the frame.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from engine.display.head import EYE_DISTANCE, VIEWING_DISTANCE, HeadPose, eye_camera
from engine.display.programs import Linked, Programs, column_major, sampler_units
from engine.display.surface_cells import behind_holes, surface_cells
from engine.display.textures import PlaneTexture

if TYPE_CHECKING:
    from collections.abc import Mapping

    import moderngl

_CELL, _COLUMNS = 2, 320
_COARSE_CELL, _FEWER_COLUMNS = 8, 160
"""Smallest cells, in pixels, and most cells across: about what depth networks see. Coarser where the processor draws,
which pays for every triangle; tears run along pixels all the same."""
_SOFTWARE = ("llvmpipe", "softpipe", "swiftshader")
_TEAR_PX, _TEAR_SLOPE = 3.0, 2.0
"""What is no surface any more: a step of more pixels of parallax between neighbours, or a slope of more pixels a pixel
all through a cell. Softer slopes are stretched: one eye distance makes them three times as wide, and steps four times.
The rims that depth networks give to things have slopes of one or two: torn in one cell and not in the next, they would
be seen as specks of background all along the rim."""
_STRIDES = (1, 3, 9)
_SOFT_LEVEL = 3
_RIM = 0.35
"""How far the border is stretched beyond the picture, in widths."""
_PARALLAX, _FIRST_FREE = 8, 9
_UNITS = {"parallax": _PARALLAX} | sampler_units(("range", "edges", "above_colours", "above_values"), _FIRST_FREE)


class _Target:
    """Textures of one size that are drawn into together."""

    def __init__(self, ctx: moderngl.Context, size: tuple[int, int], *formats: tuple[int, str], depth: bool = False):
        self.size = size
        self.textures = [ctx.texture(size, components, dtype=dtype) for components, dtype in formats]
        for texture in self.textures:
            texture.repeat_x = texture.repeat_y = False
        self._depth = ctx.depth_renderbuffer(size) if depth else None
        self._ctx = ctx
        self._framebuffer = ctx.framebuffer(self.textures, self._depth)

    def begin(self) -> None:
        """Draw into it from now on."""
        self._framebuffer.use()
        self._ctx.viewport = (0, 0, *self.size)

    def clear(self, value: float) -> None:
        """Set every channel to a value, and the depth to infinity."""
        self._framebuffer.clear(value, value, value, value)

    def use(self, first_unit: int) -> None:
        """Bind the textures from a unit on."""
        for offset, texture in enumerate(self.textures):
            texture.use(first_unit + offset)

    def release(self) -> None:
        """Free everything."""
        self._framebuffer.release()
        for part in (*self.textures, self._depth):
            if part is not None:
                part.release()


class _Surface:
    """One eye of the last frame as mesh cells and background layer."""

    def __init__(self, ctx: moderngl.Context, size: tuple[int, int], cell: int) -> None:
        self.counts: tuple[int, int] | None = None
        """How many triangles cover the whole cells, and how many cells are torn, where that is known."""
        self.size = size
        self.cell = cell
        self.cells = (-(-size[0] // self.cell), -(-size[1] // self.cell))
        self.parallax = PlaneTexture(ctx)
        self.range = _Target(ctx, self.cells, (4, "f4"), (1, "f4"))
        self.edges = [_Target(ctx, self.cells, (1, "f4")) for _ in _STRIDES]
        layers = ((4, "f2"), (1, "f4"))
        sizes = [self.cells]
        while min(sizes[-1]) > 2:
            sizes.append((-(-sizes[-1][0] // 2), -(-sizes[-1][1] // 2)))
        self.pushed = [_Target(ctx, level, *layers) for level in sizes]
        self.pulled = [_Target(ctx, level, *layers) for level in sizes]

    def release(self) -> None:
        """Free everything."""
        self.parallax.release()
        for target in (self.range, *self.edges, *self.pushed, *self.pulled):
            target.release()


class _DrawnEye:
    """One eye as the moved head sees it."""

    def __init__(self, ctx: moderngl.Context, size: tuple[int, int], back_share: int) -> None:
        self.seen = _Target(ctx, size, (2, "f4"), depth=True)
        # Blurred anyway.
        self.back = _Target(ctx, (-(-size[0] // back_share), -(-size[1] // back_share)), (3, "f1"))
        self.colour = _Target(ctx, size, (3, "f1"))

    def release(self) -> None:
        """Free everything."""
        self.seen.release()
        self.back.release()
        self.colour.release()


class NovelView:
    """Draws both eyes as a moved head sees them.

    Args:
        ctx: an OpenGL 3.3 core context, current on the calling thread. All methods belong to that thread.
        programs: where shaders are linked.
    """

    def __init__(self, ctx: moderngl.Context, programs: Programs) -> None:
        self._ctx = ctx
        self._programs = programs
        renderer = str(ctx.info["GL_RENDERER"]).lower()
        self._is_software = any(name in renderer for name in _SOFTWARE)
        self._surfaces: list[_Surface | None] = [None, None]
        self._drawn: list[_DrawnEye | None] = [None, None]
        self._elements: dict[tuple[int | str, ...], moderngl.Buffer] = {}

    def prepare(self, eye: int, parallax_px: Any, hole: Any, uniforms: Mapping[str, Any]) -> None:
        """Make the surface of an eye whose planes are bound to the first two texture units.

        Args:
            eye: 0 left, 1 right.
            parallax_px: (H, W) float32, of everything that this eye sees.
            hole: (H, W) uint8, 1 where the picture was painted; that belongs to the background there.
            uniforms: of the eye's picture.
        """
        values = behind_holes(
            np.ascontiguousarray(parallax_px, dtype=np.float32), np.ascontiguousarray(hole, dtype=np.uint8)
        )
        surface = self._surface(eye, (values.shape[1], values.shape[0]))
        surface.parallax.upload(values)
        surface.parallax.bind(_PARALLAX)
        tear = (_TEAR_PX, _TEAR_SLOPE * surface.cell)
        if self._is_software:
            cells = surface_cells(values, surface.cell, tear)
            surface.range.textures[0].write(cells.ranges)
            surface.edges[-1].textures[0].write(cells.edges)
            surface.counts = len(cells.triangles), len(cells.torn)
            for name, numbers in (("whole", cells.triangles), ("torn", cells.torn)):
                if numbers.size:
                    self._list(name, eye, surface).write(numbers.tobytes())
        else:
            self._reduce(surface, tear)
        self._make_background(surface, uniforms)

    def _reduce(self, surface: _Surface, tear: tuple[float, float]) -> None:
        """What `surface_cells` does, in shaders."""
        surface.counts = None
        self._pass(surface.range, "novel_range", {"cell": surface.cell, "tear": tear})
        edges = surface.range.textures[1]
        for stride, target in zip(_STRIDES, surface.edges, strict=True):
            edges.use(_FIRST_FREE)
            self._pass(target, "novel_edges", {"stride": stride, "values": _FIRST_FREE})
            edges = target.textures[0]

    def draw(
        self,
        eye: int,
        size: tuple[int, int],
        pose: HeadPose,
        aspect: float,
        uniforms: Mapping[str, Any],
        taps: tuple[int, int],
    ) -> moderngl.Texture:
        """Draw an eye that was prepared and whose planes are bound to the first two texture units.

        Args:
            eye: 0 left, 1 right.
            size: (width, height) of the result in pixels.
            pose: of the head.
            aspect: width over height of the picture as it is looked at.
            uniforms: of the eye's picture.
            taps: see `Programs.get`.

        Returns:
            R'G'B' of that size; valid until the same eye is drawn again.
        """
        surface, drawn = self._surfaces[eye], self._drawn_eye(eye, size)
        assert surface is not None
        camera = {
            "camera": column_major(eye_camera(pose, (-0.5, 0.5)[eye], aspect)),
            "aspect": aspect,
            "eye_and_screen": (EYE_DISTANCE, VIEWING_DISTANCE),
        }
        surface.parallax.bind(_PARALLAX)
        surface.range.textures[0].use(_FIRST_FREE)
        shared = camera | {"cells": surface.cells, "cell": surface.cell}
        self._draw_mesh(eye, surface, drawn.seen, shared)
        self._draw_background(surface, drawn.back, camera)
        drawn.seen.use(_FIRST_FREE)
        drawn.back.use(_FIRST_FREE + 1)
        colour = self._programs.get("novel_colour", eye="eye", taps=taps)
        self._pass(drawn.colour, colour, dict(uniforms) | {"seen": _FIRST_FREE, "back": _FIRST_FREE + 1})
        return drawn.colour.textures[0]

    def release(self) -> None:
        """Free everything."""
        for part in (*self._surfaces, *self._drawn, *self._elements.values()):
            if part is not None:
                part.release()
        self._surfaces, self._drawn, self._elements = [None, None], [None, None], {}

    def _make_background(self, surface: _Surface, uniforms: Mapping[str, Any]) -> None:
        """Push what is background up to ever coarser levels, and pull it down into the places that are not."""
        surface.range.textures[0].use(_FIRST_FREE)
        surface.edges[-1].use(_FIRST_FREE + 1)
        extent = (surface.cell / surface.size[0], surface.cell / surface.size[1])
        footprint = {"footprint": (float(surface.cell), float(surface.cell))}
        seed = self._programs.get("novel_seed", eye="eye", taps=(2, 2))
        seed.set(dict(uniforms) | footprint | _UNITS | {"cell_extent": extent})
        self._pass(surface.pushed[0], seed)
        sources = {"colours": _FIRST_FREE, "values": _FIRST_FREE + 1}
        for finer, target in zip(surface.pushed, surface.pushed[1:], strict=False):
            finer.use(_FIRST_FREE)
            self._pass(target, "novel_push", sources)
        above: _Target | None = None
        for pushed, target in zip(reversed(surface.pushed), reversed(surface.pulled), strict=True):
            pushed.use(_FIRST_FREE)
            if above is not None:
                above.use(_FIRST_FREE + 2)
            self._pass(target, "novel_pull", sources | {"is_top": above is None})
            above = target

    def _draw_background(self, surface: _Surface, target: _Target, camera: Mapping[str, Any]) -> None:
        target.begin()
        target.clear(0.0)
        knots = (surface.cells[0] // 2 + 3, surface.cells[1] // 2 + 3)
        back = self._programs.get("novel_back", vertex="novel_back", elements=self._grid(*knots))
        surface.pulled[0].use(_FIRST_FREE)
        surface.pulled[min(_SOFT_LEVEL, len(surface.pulled) - 1)].textures[0].use(_FIRST_FREE + 2)
        back.set(camera)
        back.set(
            {"colours": _FIRST_FREE, "values": _FIRST_FREE + 1, "soft": _FIRST_FREE + 2, "knots": knots, "rim": _RIM}
        )
        back.set({"columns": float(surface.size[0])})
        back.array.render(self._ctx.TRIANGLES)

    def _draw_mesh(self, eye: int, surface: _Surface, seen: _Target, uniforms: Mapping[str, Any]) -> None:
        """Which place of the eye's picture is seen where; -1 where nothing is."""
        if surface.counts is None:
            torn, grid = None, self._grid(surface.cells[0] + 1, surface.cells[1] + 1)
            mesh = self._programs.get("novel_mesh", vertex="novel_mesh", elements=grid)
            counts = -1, surface.cells[0] * surface.cells[1]
        else:
            whole, torn = self._list("whole", eye, surface), self._list("torn", eye, surface)
            mesh = self._programs.get("novel_whole", vertex="novel_mesh", elements=whole)
            counts = 3 * surface.counts[0], surface.counts[1]
        tears = self._programs.get("novel_tear", vertex="novel_tear", geometry="novel_tear", elements=torn)
        for linked in (mesh, tears):
            linked.set(_UNITS | dict(uniforms))
        seen.begin()
        seen.clear(-1.0)
        self._ctx.enable(self._ctx.DEPTH_TEST)
        for linked, kind, count in ((mesh, self._ctx.TRIANGLES, counts[0]), (tears, self._ctx.POINTS, counts[1])):
            if count:
                linked.array.render(kind, vertices=count)
        self._ctx.disable(self._ctx.DEPTH_TEST)

    def _list(self, name: str, eye: int, surface: _Surface) -> moderngl.Buffer:
        """Room for a list of cells, kept."""
        key = (name, eye, *surface.cells)
        if key not in self._elements:
            each = {"whole": 6, "torn": 1}[name]
            self._elements[key] = self._ctx.buffer(reserve=4 * each * surface.cells[0] * surface.cells[1])
        return self._elements[key]

    def _grid(self, across: int, down: int) -> moderngl.Buffer:
        """Vertex indices of a grid, kept."""
        if (across, down) not in self._elements:
            self._elements[across, down] = self._ctx.buffer(_triangles(across, down).tobytes())
        return self._elements[across, down]

    def _pass(self, target: _Target, program: str | Linked, uniforms: Mapping[str, Any] | None = None) -> None:
        """Fill a target from a fragment shader."""
        linked = self._programs.get(program) if isinstance(program, str) else program
        linked.set(_UNITS | dict(uniforms or {}))
        target.begin()
        linked.array.render(vertices=3)

    def _surface(self, eye: int, size: tuple[int, int]) -> _Surface:
        present = self._surfaces[eye]
        if present is None or present.size != size:
            if present is not None:
                present.release()
            smallest, columns = (_COARSE_CELL, _FEWER_COLUMNS) if self._is_software else (_CELL, _COLUMNS)
            present = self._surfaces[eye] = _Surface(self._ctx, size, max(smallest, -(-size[0] // columns)))
        return present

    def _drawn_eye(self, eye: int, size: tuple[int, int]) -> _DrawnEye:
        present = self._drawn[eye]
        if present is None or present.colour.size != size:
            if present is not None:
                present.release()
            present = self._drawn[eye] = _DrawnEye(self._ctx, size, 4 if self._is_software else 2)
        return present


def _triangles(across: int, down: int) -> NDArray[np.uint32]:
    """Vertex indices of a grid of across x down vertices."""
    index = np.arange(across * down, dtype=np.uint32).reshape(down, across)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    return np.stack([a, b, c, b, d, c], axis=-1)

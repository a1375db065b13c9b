"""Draws a scene with OpenGL, off screen: colour and exact inverse depth of one eye, or of the layer behind it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import moderngl
import numpy as np
import numpy.typing as npt

from training.data.assets import Assets
from training.data.builder import bounds
from training.data.scene import VERTEX, Camera, Floats, Scene

_SHADERS = Path(__file__).parent / "shaders"
_ROWS = 7
_MAX_LAMPS = 4
_SHADOW_SIZE = 512
_USUAL_VERTICES = 200_000
_UNITS = {"tiles": 0, "photos": 1, "table": 2, "shadow_map": 3, "front": 4, "colours": 0, "inverses": 1}
"""Where each texture is bound."""
_PEEL = 0.02
"""A fragment belongs to the layer behind if it is farther by this share of its inverse depth."""


@dataclass(frozen=True, slots=True)
class Picture:
    """One eye. colour: (H, W, 3) uint8 RGB. inverse_depth: (H, W) float32, 1 / metres along the axis, 0 = sky."""

    colour: npt.NDArray[np.uint8]
    inverse_depth: Floats


class NoContextError(OSError):
    """No off-screen OpenGL context can be made on this machine."""


def create_context() -> moderngl.Context:
    """An EGL context without a window; Mesa's software renderer is kept to one thread a process.

    Raises:
        NoContextError: there is no EGL, or no driver that offers OpenGL 3.3.
    """
    os.environ.setdefault("LP_NUM_THREADS", "1")
    backend: dict[str, Any] = {"backend": "egl"}
    try:
        return moderngl.create_context(standalone=True, require=330, **backend)
    except (OSError, ValueError, RuntimeError, ImportError, moderngl.Error) as error:
        raise NoContextError(f"no off-screen OpenGL: install Mesa's EGL (libegl1, libgl1-mesa-dri); {error}") from error


class Renderer:
    """Holds the context, the textures and the meshes of one set of assets, and draws one scene at a time."""

    def __init__(self, assets: Assets, context: moderngl.Context | None = None) -> None:
        self.assets = assets
        self.context = context or create_context()
        self._programs: dict[str, Any] = {
            name: self.context.program(_source(vertex), _source(fragment, cut_out=name == "cut"))
            for name, vertex, fragment in (
                ("solid", "scene.vert", "scene.frag"),
                ("cut", "scene.vert", "scene.frag"),
                ("shadow", "scene.vert", "shadow.frag"),
                ("sky", "screen.vert", "sky.frag"),
                ("resolve", "screen.vert", "resolve.frag"),
            )
        }
        self._tiles = self._array(assets.tiles, repeat=True)
        self._photos = self._array(assets.photos, repeat=False)
        self._shadow_map = self.context.depth_texture((_SHADOW_SIZE, _SHADOW_SIZE))
        self._shadow_map.compare_func = "<="
        self._shadow_map.filter = (moderngl.LINEAR, moderngl.LINEAR)
        self._shadow_target = self.context.framebuffer(depth_attachment=self._shadow_map)
        self._screen = {name: self.context.vertex_array(self._programs[name], []) for name in ("sky", "resolve")}
        self._buffer = self.context.buffer(reserve=_USUAL_VERTICES * VERTEX.itemsize)
        self._table = self.context.texture((_ROWS, 16), 4, dtype="f4")
        self._targets: dict[tuple[int, int, bool], _Targets] = {}
        self._vertices = np.zeros(0, VERTEX)
        self._ends = np.zeros(0, np.int64)
        self._cut = np.zeros(0, bool)
        self._bounds = bounds([], assets)
        self._bind_vertices()
        for name, program in self._programs.items():
            for sampler, unit in _UNITS.items():
                if sampler in program and (name == "resolve") == (sampler in ("colours", "inverses")):
                    program[sampler] = unit

    def load(self, scene: Scene) -> None:
        """Takes a scene over: uploads its materials and places, draws its shadow map."""
        # A process may hold several renderers; only one context at a time is the current one.
        with self.context:
            self._load(scene)

    def _load(self, scene: Scene) -> None:
        eye = np.asarray(scene.camera.position, np.float32)
        # Near before far, so that little is shaded in vain.
        nodes = sorted(scene.nodes, key=lambda node: float(np.abs(node.matrix[:, 3] - eye).sum()))
        parts = [self.assets.meshes[n.mesh] if isinstance(n.mesh, str) else n.mesh for n in nodes]
        self._vertices = np.concatenate(parts) if parts else np.zeros(0, VERTEX)
        if self._vertices.nbytes > self._buffer.size:
            self._buffer.orphan(self._vertices.nbytes)
        sizes = np.array([len(part) for part in parts], np.int64)
        self._vertices["instance"] = np.repeat(np.arange(len(parts), dtype=np.uint32), sizes)
        self._ends = np.cumsum(sizes)
        self._bounds = bounds(nodes, self.assets)
        self._cut = np.array([node.material.cutout for node in nodes], bool)
        table = np.zeros((max(len(parts), 1), _ROWS * 4), np.float32)
        if nodes:
            table[: len(nodes), :12] = np.stack([node.matrix for node in nodes]).reshape(-1, 12)
            table[: len(nodes), 12:] = [node.material.row() for node in nodes]
        if self._table.height < len(table):
            self._table.release()
            self._table = self.context.texture((_ROWS, 2 * len(table)), 4, dtype="f4")
            self._table.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self._table.write(table, viewport=(0, 0, _ROWS, len(table)))
        self._set_look(scene)
        if scene.look.shadow > 0:
            self._draw_shadows(np.array([node.casts for node in nodes], bool))

    def draw(
        self, scene: Scene, camera: Camera, size: tuple[int, int], front: Picture | None = None, *, smooth: bool = True
    ) -> Picture:
        """One picture of the scene loaded last.

        Args:
            scene: the scene given to load.
            camera: the eye; may differ from the scene's own camera.
            size: (width, height).
            front: what this eye saw before: draw what lies behind it. Pixels where nothing does are black with
                inverse depth 0.
            smooth: four samples a pixel instead of one: soft edges for twice the time.
        """
        with self.context:
            return self._draw(scene, camera, size, front, smooth)

    def _draw(
        self, scene: Scene, camera: Camera, size: tuple[int, int], front: Picture | None, smooth: bool
    ) -> Picture:
        width, height = size
        key = (width, height, smooth)
        if key not in self._targets:
            self._targets[key] = _Targets(self.context, size, 4 if smooth else 0)
        targets = self._targets[key]
        axes = camera.axes()
        sky = self._programs["sky"]
        tangent = (float(np.tan(camera.fov / 2)), float(np.tan(camera.fov / 2)) * height / width)
        view = _view(axes, camera.position)
        matrix = _projection(tangent, camera.near) @ view
        for name in ("solid", "cut"):
            self._programs[name]["view_projection"].write(np.ascontiguousarray(matrix.T, np.float32))
            self._programs[name]["eye"] = camera.position
        sky["axes"].write(np.ascontiguousarray(axes.T, np.float32))
        sky["tangent"] = tangent
        for name in ("solid", "cut", "sky"):
            self._programs[name]["lens"] = (2.0 / width, 2.0 / height, scene.look.vignette * 0.5)
        if front is not None:
            targets.front.write(np.ascontiguousarray(front.inverse_depth[::-1], np.float32))
        for name in ("cut", "sky"):
            self._programs[name]["peel"] = _PEEL if front is not None else -1.0
        self._bind_textures(targets)
        targets.drawn.use()
        targets.drawn.clear(0.0, 0.0, 0.0, 0.0)
        self.context.disable(moderngl.DEPTH_TEST)
        self._screen["sky"].render(moderngl.TRIANGLES, vertices=3)
        self.context.enable(moderngl.DEPTH_TEST)
        seen = _in_view(self._bounds, view, tangent, camera.near)
        solid = self._send(seen & ~self._cut)
        cut = self._send(seen & self._cut, solid)
        peeled = front is not None
        if solid:
            self._arrays["cut" if peeled else "solid"].render(moderngl.TRIANGLES, vertices=solid)
        if cut:
            self._arrays["cut"].render(moderngl.TRIANGLES, vertices=cut, first=solid)
        return targets.read(self._screen["resolve"])

    def _send(self, chosen: npt.NDArray[np.bool_], after: int = 0) -> int:
        """Writes the vertices of the chosen nodes into the buffer; returns how many they are."""
        ends = self._ends
        parts = [self._vertices[(ends[k - 1] if k else 0) : ends[k]] for k in np.flatnonzero(chosen)]
        if not parts:
            return 0
        vertices = np.concatenate(parts)
        self._buffer.write(vertices.view(np.uint8), offset=after * VERTEX.itemsize)
        return len(vertices)

    def release(self) -> None:
        """Gives the context and everything in it back."""
        self.context.release()

    def _array(self, layers: npt.NDArray[np.uint8], *, repeat: bool) -> moderngl.TextureArray:
        count, height, width, _ = layers.shape
        texture = self.context.texture_array((width, height, count), 4, layers)
        texture.repeat_x = texture.repeat_y = repeat
        texture.build_mipmaps()
        texture.filter = (moderngl.LINEAR_MIPMAP_LINEAR, moderngl.LINEAR)
        return texture

    def _bind_vertices(self) -> None:
        layout = (self._buffer, "3f4 4f1 4f1 1u4", "in_position", "in_normal", "in_colour", "in_instance")
        shadow = (self._buffer, "3f4 4f1 4x1 1u4", "in_position", "in_normal", "in_instance")
        self._arrays = {
            name: self.context.vertex_array(self._programs[name], [shadow if name == "shadow" else layout])
            for name in ("solid", "cut", "shadow")
        }

    def _bind_textures(self, targets: _Targets) -> None:
        self._tiles.use(0)
        self._photos.use(1)
        self._table.use(2)
        self._shadow_map.use(3)
        targets.front.use(4)

    def _set_look(self, scene: Scene) -> None:
        look = scene.look
        programs = [self._programs[name] for name in ("solid", "cut", "sky")]
        sun = np.asarray(look.sun, np.float32)
        sun /= max(float(np.linalg.norm(sun)), 1e-6)
        values = {
            "sun": tuple(map(float, sun)),
            "sun_power": look.sun_power,
            "sky_light": look.sky_light,
            "ground_light": look.ground_light,
            "room": look.box,
            "fog": (*look.fog_colour, look.fog),
            "shadow_strength": look.shadow,
            "stain_layer": float(self.assets.stain_layer),
            "zenith": look.zenith,
            "horizon": look.horizon,
            "clouds": look.clouds,
            "photo": float(look.photo),
        }
        for name, value in values.items():
            for each in programs:
                if name in each:
                    each[name] = value
        lamps = scene.lights[:_MAX_LAMPS]
        position, power = np.zeros((2, _MAX_LAMPS, 3), np.float32)
        for k, lamp in enumerate(lamps):
            position[k], power[k] = lamp.position, lamp.power
        matrix = _sun_matrix(sun, np.asarray(look.shadow_centre, np.float32), look.shadow_radius)
        self._programs["shadow"]["view_projection"].write(np.ascontiguousarray(matrix.T))
        bias = np.diag([0.5, 0.5, 0.5, 1.0]).astype(np.float32)
        bias[:3, 3] = 0.5
        for program in programs[:2]:
            program["lamps"] = len(lamps)
            program["lamp_position"].write(position)
            program["lamp_power"].write(power)
            program["shadow_matrix"].write(np.ascontiguousarray((bias @ matrix).T, np.float32))

    def _draw_shadows(self, casts: npt.NDArray[np.bool_]) -> None:
        self._tiles.use(0)
        self._table.use(2)
        self._shadow_target.use()
        self._shadow_target.clear(depth=1.0)
        self.context.enable(moderngl.DEPTH_TEST)
        count = self._send(casts)
        if count:
            self._arrays["shadow"].render(moderngl.TRIANGLES, vertices=count)


class _Targets:
    """What is drawn into: one or four samples a pixel, and where four are made one."""

    def __init__(self, context: moderngl.Context, size: tuple[int, int], samples: int) -> None:
        self.size = size
        self._context = context
        self._samples = samples
        self._colour = context.texture(size, 4, samples=samples)
        self._inverse = context.texture(size, 1, samples=samples, dtype="f4")
        depth = context.depth_renderbuffer(size, samples=samples)
        self.drawn = context.framebuffer([self._colour, self._inverse], depth)
        self._one = self.drawn
        if samples:
            self._one = context.framebuffer([context.texture(size, 4), context.texture(size, 1, dtype="f4")])
        self.front = context.texture(size, 1, dtype="f4")
        self.front.filter = (moderngl.NEAREST, moderngl.NEAREST)

    def read(self, screen: moderngl.VertexArray) -> Picture:
        """What has been drawn."""
        if self._samples:
            self._colour.use(0)
            self._inverse.use(1)
            self._one.use()
            self._context.disable(moderngl.DEPTH_TEST)
            screen.render(moderngl.TRIANGLES, vertices=3)
        width, height = self.size
        colour = np.frombuffer(self._one.read(components=3, alignment=1), np.uint8).reshape(height, width, 3)
        inverse = np.frombuffer(self._one.read(components=1, attachment=1, dtype="f4"), np.float32)
        return Picture(colour[::-1].copy(), inverse.reshape(height, width)[::-1].copy())


def _source(name: str, *, cut_out: bool = False) -> str:
    text = (_SHADERS / name).read_text(encoding="utf-8")
    return text.replace("core\n", "core\n#define CUT_OUT\n", 1) if cut_out else text


def _view(axes: Floats, position: tuple[float, float, float]) -> Floats:
    view = np.eye(4, dtype=np.float32)
    view[:3, :3] = axes.T
    view[:3, 3] = -axes.T @ np.asarray(position, np.float32)
    return view


def _in_view(
    box: tuple[Floats, Floats], view: Floats, tangent: tuple[float, float], near: float
) -> npt.NDArray[np.bool_]:
    """Which boxes may reach into the picture: those whose surrounding ball does."""
    low, high = box
    radius = np.linalg.norm(high - low, axis=1) / 2
    centre = ((low + high) / 2) @ view[:3, :3].T + view[:3, 3]
    depth = -centre[:, 2]
    seen: npt.NDArray[np.bool_] = depth + radius > near
    for side, slope in zip(np.abs(centre[:, :2]).T, tangent, strict=True):
        # Distance of the centre from the side plane of the view, positive outside.
        seen &= (side - slope * depth) / np.hypot(1.0, slope) < radius
    return np.asarray(seen, bool)


def _projection(tangent: tuple[float, float], near: float, far: float = 4000.0) -> Floats:
    out = np.zeros((4, 4), np.float32)
    out[0, 0], out[1, 1] = 1 / tangent[0], 1 / tangent[1]
    out[2, 2], out[2, 3] = -(far + near) / (far - near), -2 * far * near / (far - near)
    out[3, 2] = -1
    return out


def _sun_matrix(sun: Floats, centre: Floats, radius: float) -> Floats:
    """World to clip space of an orthographic camera that looks along the sunlight."""
    aside = np.cross((0.0, 1.0, 0.0) if abs(sun[1]) < 0.95 else (1.0, 0.0, 0.0), sun)
    aside /= np.linalg.norm(aside)
    axes = np.stack([aside, np.cross(sun, aside), sun]) / radius
    matrix = np.eye(4, dtype=np.float32)
    matrix[:3, :3] = axes
    matrix[2, :3] *= -0.5
    matrix[:3, 3] = -matrix[:3, :3] @ centre
    return matrix

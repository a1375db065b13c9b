"""Draws a scene with OpenGL, off screen: colour and exact inverse depth of one eye, or of the layer behind it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import moderngl
import numpy as np
import numpy.typing as npt

from training.data.assets import Assets
from training.data.scene import VERTEX, Camera, Floats, Scene

_SHADERS = Path(__file__).parent / "shaders"
_ROWS = 7
_MAX_LAMPS = 4
_SHADOW_SIZE = 512


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
    try:
        return moderngl.create_context(standalone=True, backend="egl", require=330)
    except (OSError, ValueError, RuntimeError, ImportError, moderngl.Error) as error:
        raise NoContextError(f"no off-screen OpenGL: install Mesa's EGL (libegl1, libgl1-mesa-dri); {error}") from error


class Renderer:
    """Holds the context, the textures and the meshes of one set of assets, and draws one scene at a time."""

    def __init__(self, assets: Assets, context: moderngl.Context | None = None) -> None:
        self.assets = assets
        self.context = context or create_context()
        self._programs = {
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
        self._screen = {
            name: self.context.vertex_array(self._programs[name], []) for name in ("sky", "resolve")
        }
        self._buffer = self.context.buffer(reserve=1 << 20)
        self._table = self.context.texture((_ROWS, 16), 4, dtype="f4")
        self._meshes: dict[str, moderngl.VertexArray] = {}
        self._targets: _Targets | None = None
        self._count = self._solid = 0
        self._casting = (0, 0)
        self._bind_vertices()

    def load(self, scene: Scene) -> None:
        """Uploads the scene's geometry and materials and draws its shadow map."""
        eye = np.asarray(scene.camera.position, np.float32)
        # Solid before cut out, so that one draw call each does; near before far, so that little is shaded in vain;
        # what throws shadows in one run in the middle.
        order = {(False, False): 0, (False, True): 1, (True, True): 2, (True, False): 3}
        nodes = sorted(
            scene.nodes,
            key=lambda n: (order[n.material.cutout, n.casts], float(np.abs(n.matrix[:, 3] - eye).sum())),
        )
        parts = [self.assets.meshes[n.mesh] if isinstance(n.mesh, str) else n.mesh for n in nodes]
        vertices = np.concatenate(parts) if parts else np.zeros(0, VERTEX)
        vertices["instance"] = np.repeat(np.arange(len(parts), dtype=np.uint32), [len(p) for p in parts])
        self._count = len(vertices)
        sizes = np.zeros(4, np.int64)
        for part, node in zip(parts, nodes, strict=True):
            sizes[order[node.material.cutout, node.casts]] += len(part)
        self._solid = int(sizes[:2].sum())
        self._casting = (int(sizes[0]), int(sizes[1:3].sum()))
        if vertices.nbytes > self._buffer.size:
            self._buffer.orphan(vertices.nbytes * 2)
        self._buffer.write(vertices.view(np.uint8))
        table = np.zeros((max(len(parts), 1), _ROWS * 4), np.float32)
        for row, node in zip(table, nodes, strict=False):
            row[:12] = node.matrix.reshape(12)
            row[12:28] = node.material.row()
        if self._table.height < len(table):
            self._table.release()
            self._table = self.context.texture((_ROWS, 2 * len(table)), 4, dtype="f4")
            self._table.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self._table.write(table, viewport=(0, 0, _ROWS, len(table)))
        self._set_look(scene)
        if scene.look.shadow > 0:
            self._draw_shadows()

    def draw(self, scene: Scene, camera: Camera, size: tuple[int, int], front: Picture | None = None) -> Picture:
        """One picture of the scene loaded last.

        Args:
            scene: the scene given to load.
            camera: the eye; may differ from the scene's own camera.
            size: (width, height).
            front: what this eye saw before: draw what lies behind it. Pixels where nothing does are black with
                inverse depth 0.
        """
        width, height = size
        if self._targets is None or self._targets.size != size:
            if self._targets is not None:
                self._targets.release()
            self._targets = _Targets(self.context, size)
        targets = self._targets
        axes = camera.axes()
        sky = self._programs["sky"]
        surfaces = (self._programs["solid"], self._programs["cut"])
        tangent = (float(np.tan(camera.fov / 2)), float(np.tan(camera.fov / 2)) * height / width)
        matrix = _projection(tangent, camera.near) @ _view(axes, camera.position)
        for program in surfaces:
            program["view_projection"].write(np.ascontiguousarray(matrix.T, np.float32))
            program["eye"] = camera.position
        sky["axes"].write(np.ascontiguousarray(axes.T, np.float32))
        sky["tangent"] = tangent
        peel = -1.0
        if front is not None:
            peel = 0.02
            targets.front.write(np.ascontiguousarray(front.inverse_depth[::-1], np.float32))
        for each in (self._programs["cut"], sky):
            each["peel"] = peel
        self._bind_textures(targets)
        targets.many.use()
        targets.many.clear(0.0, 0.0, 0.0, 0.0)
        self.context.disable(moderngl.DEPTH_TEST)
        self._screen["sky"].render(moderngl.TRIANGLES, vertices=3)
        self.context.enable(moderngl.DEPTH_TEST)
        solid = self._solid if front is None else 0
        if solid:
            self._arrays["solid"].render(moderngl.TRIANGLES, vertices=solid)
        if self._count > solid:
            self._arrays["cut"].render(moderngl.TRIANGLES, vertices=self._count - solid, first=solid)
        return targets.resolve(self._screen["resolve"], self._programs["resolve"], scene.look.vignette)

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
        units = {"tiles": 0, "photos": 1, "table": 2, "shadow_map": 3, "front": 4}
        for name in ("solid", "cut", "sky", "shadow"):
            for sampler, unit in units.items():
                if sampler in self._programs[name]:
                    self._programs[name][sampler] = unit

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

    def _draw_shadows(self) -> None:
        self._tiles.use(0)
        self._table.use(2)
        self._programs["shadow"]["tiles"] = 0
        self._programs["shadow"]["table"] = 2
        self._shadow_target.use()
        self._shadow_target.clear(depth=1.0)
        self.context.enable(moderngl.DEPTH_TEST)
        first, count = self._casting
        if count:
            self._arrays["shadow"].render(moderngl.TRIANGLES, vertices=count, first=first)


class _Targets:
    """What is drawn into: four samples a pixel, then one."""

    def __init__(self, context: moderngl.Context, size: tuple[int, int]) -> None:
        self.size = size
        self.colours = context.texture(size, 4, samples=4)
        self.inverses = context.texture(size, 1, samples=4, dtype="f4")
        self.depth = context.depth_renderbuffer(size, samples=4)
        self.many = context.framebuffer([self.colours, self.inverses], self.depth)
        self.colour = context.texture(size, 4)
        self.inverse = context.texture(size, 1, dtype="f4")
        self.one = context.framebuffer([self.colour, self.inverse])
        self.front = context.texture(size, 1, dtype="f4")
        self.front.filter = (moderngl.NEAREST, moderngl.NEAREST)
        self._context = context

    def resolve(self, screen: moderngl.VertexArray, program: moderngl.Program, vignette: float) -> Picture:
        self.colours.use(0)
        self.inverses.use(1)
        program["colours"] = 0
        program["inverses"] = 1
        program["vignette"] = vignette
        self.one.use()
        self._context.disable(moderngl.DEPTH_TEST)
        screen.render(moderngl.TRIANGLES, vertices=3)
        width, height = self.size
        colour = np.frombuffer(self.one.read(components=3, alignment=1), np.uint8).reshape(height, width, 3)
        inverse = np.frombuffer(self.one.read(components=1, attachment=1, dtype="f4"), np.float32)
        return Picture(colour[::-1].copy(), inverse.reshape(height, width)[::-1].copy())

    def release(self) -> None:
        for each in (self.many, self.one, self.colours, self.inverses, self.depth, self.colour, self.inverse, self.front):
            each.release()


def _source(name: str, *, cut_out: bool = False) -> str:
    text = (_SHADERS / name).read_text(encoding="utf-8")
    return text.replace("core\n", "core\n#define CUT_OUT\n", 1) if cut_out else text


def _view(axes: Floats, position: tuple[float, float, float]) -> Floats:
    view = np.eye(4, dtype=np.float32)
    view[:3, :3] = axes.T
    view[:3, 3] = -axes.T @ np.asarray(position, np.float32)
    return view


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

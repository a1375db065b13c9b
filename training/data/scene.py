"""What a scene is: things, lights, a sky and a camera, all of them plain values that can be moved in time.

Metres, seconds, radians. World axes: x right, y up, z towards the viewer. A camera at yaw 0 looks along -z.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float32]
Vec3 = tuple[float, float, float]

VERTEX = np.dtype([("position", "f4", 3), ("normal", "u1", 4), ("colour", "u1", 4), ("instance", "u4")])
"""One corner of a triangle soup. normal holds 128 + 127 n, and in [3] the axis along which the texture is projected."""

PLAIN, TILED, PHOTO = 0, 1, 2
"""How a material is textured: not at all, by a tile repeated in world scale, by a piece of a photograph."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """How a surface looks.

    kind: PLAIN, TILED or PHOTO. layer: which tile or photograph. tint: linear RGB factor. scale: for TILED repeats per
    metre, for PHOTO the share of the photograph shown along each side. offset: where in the texture it starts.
    emission: share of the colour that does not wait for light. stain: strength of low-frequency dirt.
    cutout: throw away what is transparent in the tile.
    """

    kind: int = PLAIN
    layer: int = 0
    tint: Vec3 = (0.7, 0.7, 0.7)
    scale: tuple[float, float] = (1.0, 1.0)
    offset: tuple[float, float] = (0.0, 0.0)
    contrast: float = 1.0
    specular: float = 0.0
    gloss: float = 16.0
    emission: float = 0.0
    stain: float = 0.0
    cutout: bool = False
    turned: bool = False

    def row(self) -> tuple[float, ...]:
        """The sixteen numbers the shader reads."""
        return (
            *self.tint,
            self.contrast,
            float(self.kind),
            float(self.layer),
            *self.scale,
            *self.offset,
            self.specular,
            self.gloss,
            self.emission,
            self.stain,
            float(self.cutout),
            float(self.turned),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """A mesh put into the world.

    mesh: a name in the mesh library, or its own vertices (dtype VERTEX). matrix: (3, 4) float32, mesh to world.
    velocity: metres a second. spin: radians a second about the vertical through its own origin.
    casts: whether it throws a shadow.
    """

    mesh: str | npt.NDArray[np.void]
    matrix: Floats
    material: Material
    velocity: Vec3 = (0.0, 0.0, 0.0)
    spin: float = 0.0
    casts: bool = True

    def at(self, time: float) -> Node:
        """The node `time` seconds later."""
        if time == 0.0 or (self.velocity == (0.0, 0.0, 0.0) and self.spin == 0.0):
            return self
        matrix = self.matrix.copy()
        if self.spin:
            matrix[:, :3] = rotation(self.spin * time, 0.0, 0.0) @ matrix[:, :3]
        matrix[:, 3] += np.asarray(self.velocity, np.float32) * time
        return replace(self, matrix=matrix)


@dataclass(frozen=True, slots=True, kw_only=True)
class Light:
    """A point light: linear RGB power at one metre, falling with the square of the distance."""

    position: Vec3
    power: Vec3


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """A pinhole camera. fov: horizontal, radians. pitch: up is positive. velocity and turn move it in time."""

    position: Vec3
    yaw: float = 0.0
    pitch: float = 0.0
    roll: float = 0.0
    fov: float = 1.0
    near: float = 0.08
    velocity: Vec3 = (0.0, 0.0, 0.0)
    turn: Vec3 = (0.0, 0.0, 0.0)
    """Radians a second of (yaw, pitch, roll)."""

    def focal_px(self, width: int) -> float:
        """Focal length in pixels of a picture `width` pixels wide."""
        return width / (2.0 * float(np.tan(self.fov / 2)))

    def axes(self) -> Floats:
        """(3, 3): columns are the camera's right, up and backward directions in the world."""
        return rotation(self.yaw, self.pitch, self.roll)

    def at(self, time: float) -> Camera:
        """The camera `time` seconds later."""
        if time == 0.0:
            return self
        x, y, z = (p + v * time for p, v in zip(self.position, self.velocity, strict=True))
        yaw, pitch, roll = (t * time for t in self.turn)
        return replace(self, position=(x, y, z), yaw=self.yaw + yaw, pitch=self.pitch + pitch, roll=self.roll + roll)

    def shifted(self, baseline: float) -> Camera:
        """The camera moved to its own right, axes unchanged: the other eye."""
        right = self.axes()[:, 0] * baseline
        x, y, z = (p + float(r) for p, r in zip(self.position, right, strict=True))
        return replace(self, position=(x, y, z))


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """Light that comes from everywhere, the sky, the air and the camera's way of seeing.

    sun: direction towards the sun. box: half sizes of a room around the origin whose corners are darkened (0 = none).
    fog: density per metre. photo: layer of a photographed sky, -1 for none.
    """

    sun: Vec3 = (0.4, 0.8, 0.3)
    sun_power: Vec3 = (1.0, 1.0, 1.0)
    sky_light: Vec3 = (0.4, 0.4, 0.45)
    ground_light: Vec3 = (0.25, 0.22, 0.2)
    zenith: Vec3 = (0.2, 0.4, 0.8)
    horizon: Vec3 = (0.7, 0.8, 0.9)
    clouds: float = 0.0
    photo: int = -1
    fog: float = 0.0
    fog_colour: Vec3 = (0.7, 0.75, 0.8)
    box: Vec3 = (0.0, 0.0, 0.0)
    shadow: float = 1.0
    """How much of the sun a shadow takes away; 0 draws no shadow map."""
    shadow_centre: Vec3 = (0.0, 0.0, 0.0)
    shadow_radius: float = 8.0
    vignette: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """Everything that is needed to draw."""

    kind: str
    nodes: tuple[Node, ...]
    camera: Camera
    look: Look = field(default_factory=Look)
    lights: tuple[Light, ...] = ()

    def at(self, time: float) -> Scene:
        """The scene `time` seconds later: things and camera moved."""
        if time == 0.0:
            return self
        return replace(self, nodes=tuple(node.at(time) for node in self.nodes), camera=self.camera.at(time))


def vec3(values: Iterable[float]) -> Vec3:
    """Three plain floats of anything with three numbers in it."""
    x, y, z = (float(v) for v in values)
    return x, y, z


def rotation(yaw: float, pitch: float, roll: float) -> Floats:
    """(3, 3) float32: roll about z, then pitch about x, then yaw about y."""
    cy, cp, cr = math.cos(yaw), math.cos(pitch), math.cos(roll)
    sy, sp, sr = math.sin(yaw), math.sin(pitch), math.sin(roll)
    return np.array(
        [
            [cy * cr + sy * sp * sr, -cy * sr + sy * sp * cr, sy * cp],
            [cp * sr, cp * cr, -sp],
            [-sy * cr + cy * sp * sr, sy * sr + cy * sp * cr, cy * cp],
        ],
        np.float32,
    )

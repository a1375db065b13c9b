"""Puts things into a scene: the vocabulary that every layout is written in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from training.data.assets import Assets
from training.data.roles import ROLES
from training.data.scene import PHOTO, PLAIN, TILED, Floats, Light, Material, Node, Vec3, rotation


class Builder:
    """Collects nodes. Coordinates are relative to the innermost `at` frame; y is up, boxes stand on their base."""

    def __init__(self, rng: np.random.Generator, assets: Assets) -> None:
        self.rng = rng
        self.assets = assets
        self.nodes: list[Node] = []
        self.lights: list[Light] = []
        self._origin = np.zeros(3, np.float32)
        self._yaw = 0.0

    # Dice ------------------------------------------------------------------------------------------------------------

    def between(self, low: float, high: float) -> float:
        """A number between low and high."""
        return low + (high - low) * float(self.rng.random())

    def chance(self, share: float) -> bool:
        """True in that share of cases."""
        return bool(self.rng.random() < share)

    def count(self, low: int, high: int) -> int:
        """An integer from low to high, both possible."""
        return int(self.rng.integers(low, high + 1))

    def pick(self, items: Any) -> Any:
        """One of a sequence."""
        return items[int(self.rng.integers(len(items)))]

    def tint(self, least: float = 0.25, most: float = 1.0, colourful: float = 0.25) -> Vec3:
        """A linear colour factor; `colourful` is the spread between channels."""
        gray = self.between(least, most)
        spread = np.clip(self.rng.normal(0, colourful, 3), -0.8, 0.8)
        r, g, b = np.clip(gray * (1 + spread), 0.01, 1.1)
        return float(r), float(g), float(b)

    def paint(self) -> Vec3:
        """A saturated or dark lacquer, as on doors, covers and cars."""
        if self.chance(0.35):
            return self.tint(0.02, 0.25, 0.2)
        hue, depth = self.between(0, 6.283), self.between(0.3, 1.0)
        wave = 0.5 + 0.5 * np.cos(hue + np.array([0.0, 2.094, 4.189]))
        r, g, b = self.between(0.1, 0.9) * (1 - depth + depth * wave**2)
        return float(r), float(g), float(b)

    # Materials -------------------------------------------------------------------------------------------------------

    def tiled(self, use: str, *, repeats: float | None = None, **changes: Any) -> Material:
        """A material of one use (see assets.USES) with random size, tint, contrast and shine."""
        scale = repeats or float(np.exp(self.between(np.log(0.4), np.log(3.0))))
        made = Material(
            kind=TILED,
            layer=self.pick(self.assets.uses[use]),
            tint=self.tint(0.55, 1.1, 0.1),
            scale=(scale, scale * self.between(0.85, 1.2)),
            offset=(self.between(0, 1), self.between(0, 1)),
            contrast=self.between(0.7, 1.3),
            specular=self.between(0, 0.25) if self.chance(0.4) else 0.0,
            gloss=float(np.exp(self.between(1.5, 4.5))),
            stain=self.between(0, 0.7),
            turned=self.chance(0.5),
        )
        return replace(made, **changes)

    def lacquer(self, **changes: Any) -> Material:
        """A plain colour."""
        made = Material(
            kind=PLAIN,
            tint=self.paint(),
            specular=self.between(0, 0.4) if self.chance(0.6) else 0.0,
            gloss=float(np.exp(self.between(1.5, 5))),
            stain=self.between(0, 0.4),
            offset=(self.between(0, 1), self.between(0, 1)),
        )
        return replace(made, **changes)

    def photo(self, *, share: float | None = None, aspect: float = 1.0, **changes: Any) -> Material:
        """A random piece of a random photograph; `share` of its side, narrower along x where aspect < 1."""
        part = share or self.between(0.25, 1.0)
        width, height = (part, part / aspect) if aspect > 1 else (part * aspect, part)
        made = Material(
            kind=PHOTO,
            layer=self.count(0, len(self.assets.photos) - 1),
            tint=self.tint(0.7, 1.2, 0.06),
            scale=(width, height),
            offset=(self.between(0, 1 - width), self.between(0, 1 - height)),
        )
        return replace(made, **changes)

    def cover(self) -> Material:
        """The face of a book, box, magazine, packet or sheet of paper."""
        kind = self.rng.random()
        if kind < 0.35:
            return self.photo(share=self.between(0.1, 0.6))
        if kind < 0.6:
            return self.lacquer()
        tile = self.tiled("page" if kind < 0.75 else "cover", repeats=self.between(2, 6))
        return tile if kind < 0.75 else replace(tile, tint=self.paint())

    # Things ----------------------------------------------------------------------------------------------------------

    @contextmanager
    def at(self, x: float, y: float, z: float, yaw: float = 0.0) -> Iterator[None]:
        """Everything placed inside is relative to this point and turned by yaw."""
        origin, before = self._origin, self._yaw
        self._origin = self._world(x, y, z)
        self._yaw = before + yaw
        try:
            yield
        finally:
            self._origin, self._yaw = origin, before

    def put(
        self,
        mesh: str | npt.NDArray[np.void],
        centre: Vec3,
        size: Vec3,
        material: Material,
        *,
        yaw: float = 0.0,
        pitch: float = 0.0,
        roll: float = 0.0,
        **motion: Any,
    ) -> Node:
        """A mesh, scaled by size, its own origin at centre."""
        matrix = np.empty((3, 4), np.float32)
        matrix[:, :3] = rotation(self._yaw + yaw, pitch, roll) * np.asarray(size, np.float32)
        matrix[:, 3] = self._world(*centre)
        node = Node(mesh=mesh, matrix=matrix, material=material, **motion)
        self.nodes.append(node)
        return node

    def box(self, base: Vec3, size: Vec3, material: Material, *, yaw: float = 0.0, mesh: str = "box") -> None:
        """A box (or another solid) that stands on `base`, the middle of its underside."""
        self.put(mesh, (base[0], base[1] + size[1] / 2, base[2]), size, material, yaw=yaw)

    def rod(self, start: Vec3, end: Vec3, width: float, material: Material, mesh: str = "pole") -> None:
        """A round bar between two points."""
        x, y, z = (q - p for p, q in zip(start, end, strict=True))
        length = math.sqrt(x * x + y * y + z * z)
        if length < 1e-5:
            return
        x, y, z = x / length, y / length, z / length
        # Any direction across the bar, then the one across both; spelt out because this is called very often.
        ax, ay, az = (y, -x, 0.0) if abs(z) < 0.9 else (0.0, z, -y)
        thin = width / math.sqrt(ax * ax + ay * ay + az * az)
        ax, ay, az = ax * thin, ay * thin, az * thin
        bx, by, bz = ay * z - az * y, az * x - ax * z, ax * y - ay * x
        axes = np.array([[ax, x * length, bx], [ay, y * length, by], [az, z * length, bz]], np.float32)
        matrix = np.empty((3, 4), np.float32)
        matrix[:, :3] = rotation(self._yaw, 0, 0) @ axes
        middle = [(p + q) / 2 for p, q in zip(start, end, strict=True)]
        matrix[:, 3] = self._world(*middle)
        self.nodes.append(Node(mesh=mesh, matrix=matrix, material=material))

    def model(
        self,
        role: str,
        base: Vec3,
        *,
        yaw: float | None = None,
        grow: float = 1.0,
        tall: float | None = None,
        use: str | None = None,
        **motion: Any,
    ) -> Vec3 | None:
        """A model of a role, standing on `base`; None where the assets hold none.

        `tall` is its height in metres if it shall not have the size of its role: a toy.

        Returns:
            Its size in metres along its own axes.
        """
        names = self.assets.roles.get(role)
        if not names:
            return None
        name = self.pick(names)
        points = self.assets.meshes[name]["position"]
        extent = points.max(0) - points.min(0)
        _, _, measure, least, most = ROLES[role]
        side = extent[1] if measure == "height" or tall else extent.max()
        scale = (tall or self.between(least, most) * grow) / max(float(side), 1e-3)
        turn = self.between(0, 6.283) if yaw is None else yaw
        stretch = np.clip(self.rng.normal(1, 0.05, 3), 0.85, 1.15) * scale
        bottom = base[1] - float(points[:, 1].min()) * float(stretch[1])
        material = self.skin(use or ROLES[role][0])
        self.put(name, (base[0], bottom, base[2]), tuple(stretch), material, yaw=turn, **motion)
        w, h, d = (float(e * s) for e, s in zip(extent, stretch, strict=True))
        return w, h, d

    def skin(self, folder: str) -> Material:
        """What to put on a model whose own colours are often a plain light gray."""
        uses = {
            "furniture": ("wood", "fabric", "plain", "wood"),
            "interior": ("wood", "stone", "metal"),
            "people_animals": ("fabric", "plain"),
            "vehicles": ("plain", "metal"),
            "buildings": ("facade", "stone", "wood"),
            "nature": ("ground", "leaves", "bark"),
            "small_things": ("plain", "cover"),
        }.get(folder, (folder,))
        if self.chance(0.25):
            return self.lacquer()
        made = self.tiled(self.pick(uses), cutout=False)
        tinted = self.chance(0.5) or folder in ("people_animals", "vehicles")
        return replace(made, tint=self.paint() if tinted else self.tint(0.4, 1.3, 0.15))

    def cast_no_shadow(self, first: int) -> None:
        """Takes the shadows away from every node placed since there were `first` of them."""
        self.nodes[first:] = [replace(node, casts=False) for node in self.nodes[first:]]

    def lamp(self, position: Vec3, strength: float) -> None:
        """A warm or cold point light."""
        warmth = self.between(-0.25, 0.35)
        x, y, z = (float(v) for v in self._world(*position))
        self.lights.append(
            Light(position=(x, y, z), power=(strength * (1 + warmth), strength, strength * (1 - warmth)))
        )

    def _world(self, x: float, y: float, z: float) -> Floats:
        c, s = math.cos(self._yaw), math.sin(self._yaw)
        out = np.array([c * x + s * z, y, -s * x + c * z], np.float32)
        return out + self._origin


def bounds(nodes: list[Node], assets: Assets) -> tuple[Floats, Floats]:
    """Lower and upper corners, (N, 3) each, of boxes around nodes in the world."""
    if not nodes:
        return np.zeros((0, 3), np.float32), np.zeros((0, 3), np.float32)
    matrices = np.stack([node.matrix for node in nodes])
    extents = np.stack([assets.extent(node.mesh) for node in nodes])
    turned = matrices[:, :, :3]
    middle = np.einsum("nij,nj->ni", turned, extents[:, 0]) + matrices[:, :, 3]
    reach = np.einsum("nij,nj->ni", np.abs(turned), extents[:, 1])
    return middle - reach, middle + reach

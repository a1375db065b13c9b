"""Landscapes: hills, water, trees, rocks, houses and weather."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np
import numpy.typing as npt

from training.data.assets import Assets
from training.data.builder import Builder
from training.data.outdoors import daylight, fence, tree, wires
from training.data.people import person
from training.data.primitives import fractal, height_field
from training.data.scene import Floats, Scene
from training.data.viewpoints import hand_held

_CELLS = 80


def build_landscape(rng: np.random.Generator, assets: Assets) -> Scene:
    """Open country around the origin, seen from a little above the ground."""
    b = Builder(rng, assets)
    size = b.between(80, 500)
    relief = size * b.between(0.01, 0.16)
    heights = _terrain(b, relief)
    field = height_field(heights, _colours(b, heights, relief))
    ground = b.tiled("ground", repeats=b.between(0.08, 0.5), tint=b.tint(0.6, 1.1, 0.15))
    b.put(field, (0, 0, 0), (size, 1, size), ground)
    if b.chance(0.25):
        water = b.lacquer(tint=b.tint(0.05, 0.35, 0.2), specular=0.6, gloss=80.0)
        b.put("quad", (0, relief * b.between(-0.25, 0.0), 0), (size * 3, size * 3, 1), water, pitch=-np.pi / 2)
    if b.chance(0.5):
        _far_ridges(b, size, relief)

    def floor(x: float, z: float) -> float:
        column, row = ((v / size + 0.5) * (_CELLS - 1) for v in (x, z))
        i, j = int(np.clip(row, 0, _CELLS - 1)), int(np.clip(column, 0, _CELLS - 1))
        return float(heights[i, j])

    eye = (0.0, floor(0, 0) + (b.between(1.3, 2.2) if b.chance(0.6) else b.between(2.5, 14)), 0.0)
    yaw = b.between(0, 6.283)
    _plant(b, yaw, size, floor)
    pitch = float(rng.normal(-0.07, 0.1)) - (0.15 if eye[1] - floor(0, 0) > 3 else 0)
    look = daylight(b, size * 0.5, photo_sky=0.35)
    ahead = (-10 * float(np.sin(yaw)), eye[1] - 2, -10 * float(np.cos(yaw)))
    look = replace(look, shadow_centre=ahead, shadow_radius=b.between(16, 40))
    camera = hand_held(b, eye, yaw, pitch, speed=0.6)
    return Scene(kind="landscape", nodes=tuple(b.nodes), camera=camera, look=look)


def _terrain(b: Builder, relief: float) -> Floats:
    """(_CELLS, _CELLS) heights in metres; about level where the camera stands."""
    rough = b.between(0.8, 1.6)
    heights = (fractal(b.rng, _CELLS, 6, rough) - 0.5) * relief
    style = b.rng.random()
    if style < 0.2:
        heights = np.abs(heights) - relief * 0.2
    elif style < 0.35:
        steps = b.count(3, 6)
        heights = np.round(heights / relief * steps) / steps * relief
        heights = np.asarray(cv2.GaussianBlur(heights, (0, 0), 0.7), np.float32)
    middle = _CELLS // 2
    y, x = np.mgrid[:_CELLS, :_CELLS] - middle
    level = np.exp(-(x**2 + y**2) / (2 * b.between(2, 10) ** 2))
    return np.asarray(heights * (1 - level) + heights[middle, middle] * level, np.float32)


def _colours(b: Builder, heights: Floats, relief: float) -> npt.NDArray[np.uint8]:
    """Vertex colours that change with height and slope: meadow, stone, snow, sand."""
    low, high = np.array(b.tint(0.3, 0.9, 0.3)), np.array(b.tint(0.3, 1.0, 0.2))
    stone = np.array(b.tint(0.25, 0.7, 0.08))
    part = np.clip(heights / max(relief, 1e-3) + 0.5 + 0.2 * (fractal(b.rng, _CELLS, 5, 0.5) - 0.5), 0, 1)[..., None]
    gy, gx = np.gradient(heights)
    steep = np.clip(np.hypot(gx, gy) / (relief * 0.06 + 1e-6) - 0.4, 0, 1)[..., None]
    colour = (low * (1 - part) + high * part) * (1 - steep) + stone * steep
    colour *= 0.75 + 0.5 * fractal(b.rng, _CELLS, 6, 0.3)[..., None]
    out = np.full((_CELLS * _CELLS, 4), 255, np.uint8)
    out[:, :3] = np.clip(np.sqrt(colour.reshape(-1, 3)) * 255, 0, 255)
    return out


def _far_ridges(b: Builder, size: float, relief: float) -> None:
    """Mountains beyond the terrain."""
    for k in range(b.count(1, 3)):
        around = b.between(0, 6.283)
        far = size * (0.8 + 0.6 * k)
        heights = fractal(b.rng, 24, 4, 0.9) * np.hanning(24)[:, None].astype(np.float32)
        ridge = height_field(heights)
        stuff = b.tiled("stone", repeats=0.01, tint=b.tint(0.3, 0.8, 0.15), stain=0.6)
        tall = size * b.between(0.1, 0.6)
        place = (far * float(np.sin(around)), -relief, far * float(np.cos(around)))
        b.put(ridge, place, (size * 2.5, tall, size * 0.7), stuff, yaw=around)


def _plant(b: Builder, yaw: float, size: float, floor: Callable[[float, float], float]) -> None:
    """Fills the part of the country the camera looks at."""
    style = b.pick(("wood", "meadow", "stones", "village", "ruins", "park"))
    things = {
        "wood": (25, 60),
        "meadow": (8, 25),
        "stones": (15, 50),
        "village": (8, 22),
        "ruins": (10, 25),
        "park": (15, 35),
    }
    for _ in range(b.count(*things[style])):
        far = float(np.exp(b.between(np.log(2.5), np.log(size * 0.45))))
        around = yaw + b.between(-0.75, 0.75)
        x, z = -far * float(np.sin(around)), -far * float(np.cos(around))
        _one(b, style, x, floor(x, z) - 0.1, z, near=far < 6)
    for _ in range(b.pick((0, 0, 1, 2, 4))):
        far, around = b.between(3, 25), yaw + b.between(-0.5, 0.5)
        x, z = -far * float(np.sin(around)), -far * float(np.cos(around))
        if b.chance(0.5):
            person(b, x, floor(x, z), z, moving=True)
        else:
            b.model(
                b.pick(("beast", "beast", "pet", "car", "boat")),
                (x, floor(x, z), z),
                velocity=(b.between(-1, 1), 0.0, 0.0),
            )
    if b.chance(0.35):
        far, side = b.between(3, 15), b.between(5, 20)
        c, s = float(np.cos(yaw)), float(np.sin(yaw))
        ends = [(-far * s + k * side * c, -far * c - k * side * s) for k in (-1, 1)]
        (x0, z0), (x1, z1) = ends
        if b.chance(0.75):
            fence(b, (x0, floor(x0, z0), z0), (x1, floor(x1, z1), z1))
        else:
            for x, z in ends:
                b.rod((x, floor(x, z), z), (x, floor(x, z) + 8, z), 0.25, b.tiled("bark"))
            wires(b, (x0, floor(x0, z0) + 7, z0), (x1, floor(x1, z1) + 7, z1), 3)


def _one(b: Builder, style: str, x: float, y: float, z: float, *, near: bool) -> None:
    dice = b.rng.random()
    if style == "village" and dice < 0.5 and not near:
        if not (b.chance(0.7) and b.model(b.pick(("house", "house", "tower", "yard")), (x, y, z))):
            w, h, d = b.between(4, 9), b.between(2.5, 6), b.between(4, 8)
            with b.at(x, y - 0.5, z, b.between(0, 6.28)):
                b.box((0, 0, 0), (w, h, d), b.tiled("facade", repeats=0.4))
                b.put("roof", (0, h + 1.2, 0), (w + 0.6, 2.4, d + 0.8), b.tiled("roof", repeats=0.5))
                b.put("box", (0, h / 2, d / 2), (1.2, 1.2, 0.1), b.lacquer(tint=(0.03, 0.03, 0.04)))
    elif style == "ruins" and dice < 0.6:
        role = b.pick(("grave", "yard", "tower" if not near else "grave", "column"))
        if not b.model(role, (x, y, z)):
            b.box((x, y, z), (0.6, b.between(1, 3), 0.5), b.tiled("stone"), yaw=b.between(0, 6.28))
    elif (style in ("stones", "meadow") and dice < 0.6) or (near and dice < 0.6):
        if style == "meadow" or b.chance(0.3):
            if not b.model(b.pick(("bush", "flower", "flower", "rock")), (x, y, z)):
                _weeds(b, x, y, z)
        else:
            size = b.between(0.2, 2.0 if not near else 0.8)
            stone = b.tiled("stone", tint=b.tint(0.3, 0.9, 0.1))
            b.put(
                f"hull{b.count(0, 23)}",
                (x, y + size * 0.3, z),
                (size, size * b.between(0.4, 0.9), size * b.between(0.6, 1.3)),
                stone,
                yaw=b.between(0, 6),
            )
    elif dice < 0.85:
        tree(b, x, y, z, grow=b.between(0.6, 1.4))
    else:
        _weeds(b, x, y, z)


def _weeds(b: Builder, x: float, y: float, z: float) -> None:
    """A tuft of thin blades."""
    green = b.lacquer(tint=(b.between(0.05, 0.4), b.between(0.12, 0.45), b.between(0.02, 0.12)))
    tall = b.between(0.2, 1.0)
    for _ in range(b.count(4, 10)):
        lean = b.rng.normal(0, 0.3, 4) * tall
        root = (x + float(lean[2]), y, z + float(lean[3]))
        b.rod(
            root,
            (root[0] + float(lean[0]), y + tall * b.between(0.6, 1.1), root[2] + float(lean[1])),
            0.025 * tall + 0.004,
            green,
        )

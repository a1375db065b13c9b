"""Streets: facades on both sides, traffic, people and what stands about."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from typing import Any

import numpy as np

from training.data.assets import Assets
from training.data.builder import Builder, bounds
from training.data.outdoors import daylight, fence, tree, wires
from training.data.people import person
from training.data.scene import Scene, vec3
from training.data.viewpoints import free, hand_held, lens


def build_street(rng: np.random.Generator, assets: Assets) -> Scene:
    """A street along z, seen by somebody who walks or drives on it."""
    b = Builder(rng, assets)
    lane, walk = b.between(2.2, 7), b.between(1.0, 4)
    long = b.between(40, 110)
    edge = lane + walk
    b.box((0, -0.2, 0), (2 * lane, 0.2, long), b.tiled("road", repeats=b.between(0.15, 0.6)))
    for side in (-1, 1):
        b.box(
            (side * (lane + 15), -0.2, 0),
            (30, 0.2 + b.between(0.0, 0.18), long),
            b.tiled("road", repeats=b.between(0.2, 0.8)),
        )
    b.box((0, -0.3, 0), (400, 0.05, 400), b.tiled("ground", repeats=0.3))
    if b.chance(0.6):
        paint = b.lacquer(tint=b.tint(0.6, 1.0, 0.05))
        for k in range(int(long / 4)):
            b.box((0, 0, -long / 2 + 4 * k), (0.15, 0.006, 2), paint)
    for side in (-1, 1):
        _front(b, side, edge, long)
        _furniture(b, side, lane, edge, long)
    _traffic(b, lane, long)
    for _ in range(b.count(0, 8)):
        x = b.between(-edge, edge)
        person(b, x, 0, b.between(-0.4, 0.4) * long if b.chance(0.5) else b.between(-12, 5), moving=True)
    if b.chance(0.25):
        z = -b.between(0.3, 0.5) * long
        b.box((0, 0, z), (2 * edge, b.between(3, 14), 4), b.tiled("facade", repeats=0.3))
    low, high = bounds(b.nodes, assets)
    solid = (high - low).max(axis=1) < 30
    low, high = low[solid], high[solid]
    position = (0.0, 1.6, 8.0)
    for _ in range(30):
        position = (
            b.between(-edge, edge) * 0.9,
            b.between(1.2, 2.0) if b.chance(0.75) else b.between(2, 7),
            b.between(0, 0.4) * long,
        )
        if free(position, low, high, 0.5):
            break
    yaw = float(rng.normal(0, 0.35)) if b.chance(0.8) else b.between(-1.6, 1.6)
    pitch = float(rng.normal(-0.05, 0.12)) if position[1] < 2.1 else b.between(-0.5, 0.0)
    look = daylight(b, 30.0)
    focus = (position[0] - 8 * np.sin(yaw), 0.0, position[2] - 8 * np.cos(yaw))
    look = replace(look, shadow_centre=vec3(focus), shadow_radius=b.between(14, 26))
    camera = hand_held(b, position, yaw, pitch, speed=0.8, fov=lens(b, 18, 50))
    return Scene(kind="street", nodes=tuple(b.nodes), camera=camera, look=look)


def _front(b: Builder, side: int, edge: float, long: float) -> None:
    """A row of houses, gaps, walls and gardens along one side."""
    z = -long / 2
    while z < long / 2:
        wide = b.between(5, 16)
        dice = b.rng.random()
        with b.at(side * edge, 0, z + wide / 2, -side * np.pi / 2):
            if dice < 0.12 and b.model("house", (0, 0, -4), yaw=b.pick((0.0, np.pi / 2, np.pi))):
                pass
            elif dice < 0.78:
                facade(b, wide, b.between(3, 16))
            elif dice < 0.9:
                fence(b, (-wide / 2, 0, 0), (wide / 2, 0, 0))
                for _ in range(b.count(0, 3)):
                    tree(b, b.between(-0.5, 0.5) * wide, 0, -b.between(1, 8))
            else:
                b.box((0, 0, -0.2), (wide, b.between(0.6, 2.5), 0.3), b.tiled("facade", repeats=0.4))
        z += wide + (b.between(0, 4) if b.chance(0.3) else 0.0)


def facade(b: Builder, wide: float, tall: float) -> None:
    """A house front in the plane z = 0 that looks towards +z, with windows, a door and sometimes a roof or awning."""
    deep = b.between(4, 9)
    wall = b.tiled("facade", repeats=b.between(0.25, 0.8), tint=b.tint(0.5, 1.1, 0.15))
    b.box((0, 0, -deep / 2), (wide, tall, deep), wall)
    glass = b.lacquer(tint=b.tint(0.01, 0.12, 0.2), specular=b.between(0.2, 0.8), gloss=60.0)
    frame = b.lacquer(tint=b.tint(0.3, 1.0, 0.1))
    columns, floors = max(1, round(wide / b.between(1.8, 3.5))), max(1, round(tall / b.between(2.7, 3.6)))
    ww, wh = wide / columns * b.between(0.35, 0.8), tall / floors * b.between(0.4, 0.7)
    door, inset = b.count(0, columns - 1), b.chance(0.5)
    for i in range(columns):
        for j in range(floors):
            x, y = wide * ((i + 0.5) / columns - 0.5), tall * (j + 0.55) / floors
            if j == 0 and i == door:
                b.box((x, 0, 0.02), (1.0, 2.1, 0.06), b.lacquer())
                continue
            b.put("box", (x, y, 0.0), (ww + 0.16, wh + 0.16, 0.12), frame)
            shop = j == 0 and b.chance(0.3)
            b.put("box", (x, y, 0.05), (ww, wh, 0.05), b.photo(share=0.4, emission=0.3) if shop else glass)
            if inset:
                b.put("box", (x, y, 0.08), (0.05, wh, 0.04), frame)
            if b.chance(0.12):
                b.box((x, y - wh / 2 - 0.1, 0.35), (ww * 1.3, 0.9, 0.7), b.tiled("metal"))
    if b.chance(0.4):
        b.put("roof", (0, tall + 1.2, -deep / 2), (wide + 0.4, 2.4, deep + 0.8), b.tiled("roof", repeats=0.5))
    if b.chance(0.3):
        cloth = b.tiled("fabric", repeats=0.8, tint=b.paint())
        b.put("box", (0, 2.7, 0.6), (wide * b.between(0.3, 0.9), 0.05, 1.3), cloth, pitch=0.35)
    if b.chance(0.35):
        w, x = b.between(0.6, 2.5), b.between(-0.3, 0.3) * wide
        b.put("box", (x, b.between(2.6, 3.4), 0.12), (w, w * b.between(0.2, 0.5), 0.1), b.cover())


def _furniture(b: Builder, side: int, lane: float, edge: float, long: float) -> None:
    """Lamps, poles with wires, trees, bins and signs along the kerb."""
    x = side * (lane + 0.4)
    gap, stuff = b.between(5, 16), b.rng.random()
    steel = b.lacquer(tint=b.tint(0.05, 0.5, 0.1))
    height = b.between(4, 8)
    tops = []
    z = -long / 2 + b.between(0, gap)
    while z < long / 2:
        if stuff < 0.3:
            if not (b.chance(0.4) and b.model("lamp_post", (x, 0, z), yaw=-side * np.pi / 2)):
                b.rod((x, 0, z), (x, height, z), 0.12, steel)
                b.rod((x, height, z), (x - side * 1.4, height + 0.2, z), 0.07, steel)
                b.put("box", (x - side * 1.4, height + 0.15, z), (0.6, 0.12, 0.25), b.lacquer(tint=(1, 1, 0.9)))
        elif stuff < 0.6:
            tree(b, x, 0, z, grow=b.between(0.6, 1.1))
        elif stuff < 0.75:
            b.rod((x, 0, z), (x, height, z), 0.18, b.tiled("bark"))
            tops.append((x, height - 0.6, z))
        z += gap
    for p, q in pairwise(tops):
        wires(b, p, q, 2)
    for _ in range(b.count(0, 6)):
        at = (side * b.between(lane + 0.2, edge), 0.0, b.between(-0.4, 0.45) * long)
        role = b.pick(("sign", "sign2", "cone", "bicycle", "bin", "grave", "dungeon", "bush"))
        if not b.model(role, at):
            size = (b.between(0.3, 1.2), b.between(0.4, 1.3), b.between(0.3, 0.8))
            b.box(at, size, b.cover(), yaw=b.between(0, 6.28), mesh=b.pick(("box", "cylinder", "cone")))
    if b.chance(0.25):
        fence(b, (x, 0, -b.between(0, 20)), (x, 0, b.between(2, 12)))


def _traffic(b: Builder, lane: float, long: float) -> None:
    for _ in range(b.count(0, 9)):
        side = b.pick((-1, 1))
        parked = b.chance(0.6)
        x = side * (lane - 1.1 if parked else lane * 0.45)
        z = b.between(-0.5, 0.45) * long
        speed = 0.0 if parked else -side * b.between(3, 14)
        motion: dict[str, Any] = {"velocity": (0.0, 0.0, speed)}
        role = "truck" if b.chance(0.15) else "car"
        if b.model(role, (x, 0, z), yaw=0.0 if side > 0 else np.pi, use="plain", **motion) is None:
            _car(b, x, z, motion)


def _car(b: Builder, x: float, z: float, motion: dict[str, Any]) -> None:
    paint = b.lacquer(specular=0.4, gloss=40.0)
    dark = b.lacquer(tint=(0.02, 0.02, 0.025), specular=0.4)
    long, tall = b.between(3.6, 4.8), b.between(1.4, 1.8)
    b.put("box", (x, tall * 0.36, z), (1.75, tall * 0.42, long), paint, **motion)
    b.put("frustum" if b.chance(0.2) else "box", (x, tall * 0.75, z), (1.5, tall * 0.42, long * 0.5), dark, **motion)
    b.put("box", (x, tall * 0.97, z), (1.4, 0.05, long * 0.42), paint, **motion)
    for sx in (-0.85, 0.85):
        for sz in (-0.32, 0.32):
            b.put("cylinder", (x + sx, 0.32, z + sz * long), (0.64, 0.2, 0.64), dark, roll=np.pi / 2, **motion)

"""Rooms: offices, kitchens and living rooms, seen by somebody who stands or sits in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.data import clutter, walls
from training.data.assets import Assets
from training.data.builder import Builder
from training.data.furniture import ALONG_WALLS, chair, counter, desk
from training.data.people import person
from training.data.scene import Look, Scene, Vec3
from training.data.viewpoints import stand_in_room


def build_room(rng: np.random.Generator, assets: Assets) -> Scene:
    """A furnished room around the origin, its floor at y = 0."""
    b = Builder(rng, assets)
    width, depth = (2.6 + 5.0 * b.between(0, 1) ** 1.3 for _ in range(2))
    height = b.between(2.3, 3.2)
    style = b.pick(("office", "office", "office", "kitchen", "living", "living", "bare"))
    closed = b.chance(0.5)
    sunny = _shell(b, width, depth, height, closed=closed)
    _furnish(b, style, width, depth, height)
    _lights(b, width, depth, height)
    camera = stand_in_room(b, width, depth, height)
    ambient = b.between(0.25, 0.9)
    sun, power = _sunlight(b, sunny)
    look = Look(
        sun=sun,
        sun_power=_scaled(b.tint(0.8, 1.0, 0.08), power if power < 1 or closed else 0.6 * power),
        sky_light=_scaled(b.tint(0.9, 1.0, 0.1), ambient),
        ground_light=_scaled(b.tint(0.7, 1.0, 0.15), ambient * b.between(0.4, 0.9)),
        zenith=b.tint(0.5, 1.0, 0.2),
        horizon=b.tint(0.7, 1.2, 0.1),
        photo=b.count(0, len(assets.photos) - 1) if b.chance(0.5) else -1,
        fog=b.between(0, 0.03) if b.chance(0.1) else 0.0,
        box=(width / 2, height / 2, depth / 2) if b.chance(0.85) else (0.0, 0.0, 0.0),
        shadow=b.between(0.4, 1.0) if b.chance(0.8) or power > 1 else 0.0,
        shadow_radius=max(width, depth, height) * 0.75,
        shadow_centre=(0.0, height / 2, 0.0),
        vignette=b.between(0, 0.3) if b.chance(0.4) else 0.0,
    )
    return Scene(kind="room", nodes=tuple(b.nodes), camera=camera, look=look, lights=tuple(b.lights))


def _scaled(colour: tuple[float, float, float], by: float) -> tuple[float, float, float]:
    return colour[0] * by, colour[1] * by, colour[2] * by


def _shell(b: Builder, width: float, depth: float, height: float, *, closed: bool) -> list[float]:
    """Floor, ceiling and four walls, some with openings; returns the yaws of the walls that have windows."""
    floor = (
        b.tiled("floor", repeats=b.between(0.5, 1.6)) if b.chance(0.6) else b.tiled("carpet", repeats=b.between(0.8, 3))
    )
    b.box((0, -0.1, 0), (width, 0.1, depth), floor)
    ceiling = (
        b.tiled("ceiling", tint=b.tint(0.75, 1.1, 0.04)) if b.chance(0.7) else b.lacquer(tint=b.tint(0.6, 1, 0.05))
    )
    # Where the ceiling throws no shadow the sun lights everything, else only what it reaches through windows.
    b.put("quad", (0, height, 0), (width, depth, 1), ceiling, pitch=np.pi / 2, casts=closed)
    common = walls.wall_material(b)
    sunny: list[float] = []
    for k in range(4):
        length, off = (width, depth / 2) if k % 2 == 0 else (depth, width / 2)
        material = common if b.chance(0.75) else walls.wall_material(b)
        with b.at(0, 0, 0, k * np.pi / 2), b.at(0, 0, -off):
            dice = b.rng.random()
            if dice < 0.3:
                walls.window(b, length, height, material, to_floor=dice < 0.14)
                sunny.append(k * np.pi / 2)
            else:
                b.put("box", (0, height / 2, -0.05), (length, height, 0.1), material)
                if dice < 0.44:
                    walls.door(b, length, height)
            if dice > 0.14 and b.chance(0.6):
                b.box((0, 0, 0.01), (length, b.between(0.06, 0.14), 0.025), b.lacquer(tint=b.tint(0.2, 0.9, 0.1)))
            if dice > 0.3:
                walls.hangings(b, length, height)
    return sunny


def _sunlight(b: Builder, sunny: list[float]) -> tuple[Vec3, float]:
    """Direction towards the sun and how strong it is; through one of the windows where there is one."""
    if not sunny or b.chance(0.3):
        return (b.between(-1, 1), b.between(0.5, 1.5), b.between(-1, 1)), b.between(0.0, 0.9)
    wall = float(b.pick(sunny)) + b.between(-0.7, 0.7)
    return (-float(np.sin(wall)), b.between(0.25, 1.1), -float(np.cos(wall))), b.between(0.6, 3.0)


def _furnish(b: Builder, style: str, width: float, depth: float, height: float) -> None:
    items = ALONG_WALLS[style]
    for k in range(4):
        length, off = (width, depth / 2) if k % 2 == 0 else (depth, width / 2)
        with b.at(0, 0, 0, k * np.pi / 2), b.at(0, 0, -off):
            along = -length / 2 + b.between(0.1, 0.8)
            run = replace(b.lacquer(), specular=b.between(0, 0.4)) if b.chance(0.5) else b.tiled("wood")
            while along < length / 2 - 0.7:
                space = length / 2 - along - 0.5
                wide = min(b.between(0.6, 2.2), space)
                if wide < 0.5:
                    break
                if b.chance(0.8):
                    with b.at(along + wide / 2, 0, 0):
                        if style == "kitchen" and b.chance(0.7):
                            counter(b, wide, run)
                        else:
                            b.pick(items)(b, wide, height)
                along += wide + (b.between(0, 0.6) if style != "kitchen" else b.pick((0.0, 0.0, 0.5)))
    middle = b.between(0, 0.35) * min(width, depth)
    if b.chance(0.75):
        with b.at(b.between(-1, 1) * middle, 0, b.between(-1, 1) * middle, b.between(0, 6.283)):
            _table_group(b)
    if b.chance(0.4):
        flat = b.tiled("carpet", repeats=b.between(0.4, 2), tint=b.paint() if b.chance(0.5) else b.tint(0.5, 1.1))
        size = (b.between(1, 2.5), 0.012, b.between(1, 3.5))
        b.box(
            (b.between(-1, 1) * middle, 0, b.between(-1, 1) * middle),
            size,
            flat,
            yaw=b.pick((0.0, 0.0, b.between(0, 3))),
        )
    for _ in range(b.pick((0, 1, 1, 2, 4, 7))):
        x, z = b.between(-0.45, 0.45) * width, b.between(-0.45, 0.45) * depth
        _loose(b, x, z, height)
    for _ in range(b.pick((0, 0, 0, 0, 1, 1, 2))):
        person(b, b.between(-0.4, 0.4) * width, 0, b.between(-0.4, 0.4) * depth, moving=True)


def _loose(b: Builder, x: float, z: float, height: float) -> None:
    """Something that stands on the floor."""
    dice = b.rng.random()
    roles = ("office_chair", "chair", "armchair", "stool", "bin", "plant", "floor_lamp", "dungeon", "pet", "column")
    if dice < 0.45:
        if not b.model(b.pick(roles), (x, 0, z)):
            chair(b, x, z, b.between(0, 6.283))
    elif dice < 0.6:
        chair(b, x, z, b.between(0, 6.283))
    elif dice < 0.75:
        clutter.carton(b, x, 0, z, b.between(1, 2.5))
    elif dice < 0.87:
        clutter.stalks(b, x, 0, z, b.between(0.5, 1.6))
    elif dice < 0.93:
        b.rod((x, 0, z), (x, height, z), b.between(0.03, 0.3), b.lacquer(tint=b.tint(0.2, 1)))
    else:
        b.rod((x, 0, z), (x, 1.5, z), 0.025, b.lacquer())
        b.box((x, 1.4, z), (0.35, 0.3, 0.35), b.tiled("fabric", emission=b.between(0, 0.9)), mesh="shade")
        b.box((x, 0, z), (0.3, 0.03, 0.3), b.lacquer(), mesh="cylinder")


def _table_group(b: Builder) -> None:
    w, d, h = b.between(0.7, 2.2), b.between(0.6, 1.2), b.between(0.7, 0.77) if b.chance(0.75) else b.between(0.35, 0.5)
    size = b.model(b.pick(("table", "desk", "low_table")), (0, 0, 0), yaw=0.0) if b.chance(0.3) else None
    if size:
        w, h, d = size
    else:
        desk(b, w, d, h)
    clutter.spread(b, w, d, h, b.count(1, 9))
    if h > 0.6:
        for _ in range(b.count(0, 5)):
            side = b.pick((-1, 1))
            place = (b.between(-0.4, 0.4) * w, side * (d / 2 + b.between(0.05, 0.45)))
            if b.chance(0.35) and b.model(b.pick(("chair", "office_chair")), (place[0], 0, place[1])):
                continue
            chair(b, *place, (np.pi if side > 0 else 0.0) + b.between(-0.6, 0.6))


def _lights(b: Builder, width: float, depth: float, height: float) -> None:
    lamps = b.count(1, 3)
    strength = b.between(0.5, 2.2) / lamps
    for _ in range(lamps):
        x, z = b.between(-0.35, 0.35) * width, b.between(-0.35, 0.35) * depth
        drop = b.between(0.05, 0.6)
        b.lamp((x, height - drop - 0.12, z), strength * b.between(0.5, 1.5))
        bright = b.lacquer(tint=(1.0, 0.97, 0.9), emission=1.0)
        if b.chance(0.4):
            b.put("box", (x, height - 0.02, z), (b.between(0.15, 0.6), 0.04, b.between(0.6, 1.3)), bright)
        elif b.chance(0.6):
            b.rod((x, height, z), (x, height - drop, z), 0.012, b.lacquer())
            b.put("shade", (x, height - drop, z), (0.35, 0.22, 0.35), b.tiled("fabric", emission=0.7))

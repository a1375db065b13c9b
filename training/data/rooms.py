"""Rooms: offices, kitchens and living rooms, seen by somebody who stands or sits in them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.data import clutter
from training.data.assets import Assets
from training.data.builder import Builder
from training.data.furniture import ALONG_WALLS, chair, counter, desk
from training.data.people import person
from training.data.scene import Look, Material, Scene
from training.data.viewpoints import stand_in_room


def build_room(rng: np.random.Generator, assets: Assets) -> Scene:
    """A furnished room around the origin, its floor at y = 0."""
    b = Builder(rng, assets)
    width, depth = (2.6 + 5.0 * b.between(0, 1) ** 1.3 for _ in range(2))
    height = b.between(2.3, 3.2)
    style = b.pick(("office", "office", "office", "kitchen", "living", "living", "bare"))
    _shell(b, width, depth, height)
    _furnish(b, style, width, depth, height)
    _lights(b, width, depth, height)
    camera = stand_in_room(b, width, depth, height)
    ambient = b.between(0.25, 0.9)
    look = Look(
        sun=(b.between(-1, 1), b.between(0.5, 1.5), b.between(-1, 1)),
        sun_power=_scaled(b.tint(0.8, 1.0, 0.08), b.between(0.0, 0.9)),
        sky_light=_scaled(b.tint(0.9, 1.0, 0.1), ambient),
        ground_light=_scaled(b.tint(0.7, 1.0, 0.15), ambient * b.between(0.4, 0.9)),
        zenith=b.tint(0.5, 1.0, 0.2),
        horizon=b.tint(0.7, 1.2, 0.1),
        photo=b.count(0, len(assets.photos) - 1) if b.chance(0.5) else -1,
        fog=b.between(0, 0.03) if b.chance(0.1) else 0.0,
        box=(width / 2, height / 2, depth / 2) if b.chance(0.85) else (0.0, 0.0, 0.0),
        shadow=b.between(0.4, 1.0) if b.chance(0.75) else 0.0,
        shadow_radius=max(width, depth, height) * 0.75,
        shadow_centre=(0.0, height / 2, 0.0),
        vignette=b.between(0, 0.3) if b.chance(0.4) else 0.0,
    )
    return Scene(kind="room", nodes=tuple(b.nodes), camera=camera, look=look, lights=tuple(b.lights))


def _scaled(colour: tuple[float, float, float], by: float) -> tuple[float, float, float]:
    return colour[0] * by, colour[1] * by, colour[2] * by


def _shell(b: Builder, width: float, depth: float, height: float) -> None:
    """Floor, ceiling and four walls, some with openings."""
    floor = (
        b.tiled("floor", repeats=b.between(0.5, 1.6)) if b.chance(0.6) else b.tiled("carpet", repeats=b.between(0.8, 3))
    )
    b.box((0, -0.1, 0), (width, 0.1, depth), floor)
    ceiling = (
        b.tiled("ceiling", tint=b.tint(0.75, 1.1, 0.04)) if b.chance(0.7) else b.lacquer(tint=b.tint(0.6, 1, 0.05))
    )
    # The ceiling throws no shadow, or the sun would light nothing.
    b.put("quad", (0, height, 0), (width, depth, 1), ceiling, pitch=np.pi / 2, casts=False)
    common = _wall_material(b)
    for k in range(4):
        length, off = (width, depth / 2) if k % 2 == 0 else (depth, width / 2)
        material = common if b.chance(0.75) else _wall_material(b)
        with b.at(0, 0, 0, k * np.pi / 2), b.at(0, 0, -off):
            dice = b.rng.random()
            if dice < 0.25:
                _window(b, length, height, material)
            else:
                b.put("box", (0, height / 2, -0.05), (length, height, 0.1), material)
                if dice < 0.4:
                    _door(b, length, height)
            if b.chance(0.6):
                b.box((0, 0, 0.01), (length, b.between(0.06, 0.14), 0.025), b.lacquer(tint=b.tint(0.2, 0.9, 0.1)))
            _wall_pictures(b, length, height)


def _wall_material(b: Builder) -> Material:
    if b.chance(0.5):
        return b.lacquer(tint=b.tint(0.4, 1.0, 0.08), specular=0.0, stain=b.between(0.05, 0.5))
    if b.chance(0.6):
        return b.tiled("wall", repeats=b.between(0.3, 1.5), tint=b.tint(0.6, 1.15, 0.08))
    return b.tiled("plain", repeats=b.between(0.4, 1.5), tint=b.paint())


def _window(b: Builder, length: float, height: float, material: Material) -> None:
    w, low, high = b.between(0.4, 0.85) * length, b.between(0.0, 1.0), b.between(1.9, height - 0.1)
    x = b.between(-0.5, 0.5) * (length - w) * 0.8
    left, right = x - w / 2 + length / 2, length / 2 - x - w / 2
    for start, size in ((-length / 2 + left / 2, left), (length / 2 - right / 2, right)):
        if size > 0.02:
            b.put("box", (start, height / 2, -0.05), (size, height, 0.1), material)
    b.put("box", (x, low / 2, -0.05), (w, low + 0.001, 0.1), material)
    b.put("box", (x, (height + high) / 2, -0.05), (w, height - high, 0.1), material)
    frame = b.lacquer(tint=b.tint(0.3, 1.0, 0.1) if b.chance(0.7) else b.tint(0.02, 0.3))
    bars = b.count(1, 4)
    for k in range(bars + 1):
        b.put("box", (x - w / 2 + w * k / bars, (low + high) / 2, -0.03), (0.05, high - low, 0.06), frame)
    for y in (low, high):
        b.put("box", (x, y, -0.03), (w, 0.05, 0.08), frame)
    if b.chance(0.9):
        far = b.between(1.5, 15)
        wide = w + 2 * far
        view = b.photo(emission=b.between(0.5, 1.0))
        b.put("quad", (x, b.between(0.5, 2), -far), (wide, wide * 0.7, 1), view)
    if b.chance(0.5):
        cloth = b.tiled("fabric", repeats=b.between(1, 4))
        for side in (-1, 1):
            cw = w * b.between(0.12, 0.4)
            tall = high + 0.1 - b.between(0, 0.3)
            middle = (x + side * (w / 2 - cw * 0.2), high + 0.1 - tall / 2, 0.1)
            b.put(f"drape{b.count(0, 7)}", middle, (cw, tall, 0.25), cloth)
    elif b.chance(0.3):
        slat = b.lacquer(tint=b.tint(0.5, 1.0, 0.05))
        drop = b.between(0.2, 1.0) * (high - low)
        for k in range(int(drop / 0.07)):
            b.put("box", (x, high - k * 0.07, 0.03), (w, 0.006, 0.05), slat, pitch=0.5)


def _door(b: Builder, length: float, height: float) -> None:
    x, w, h = b.between(-0.4, 0.4) * (length - 1.0), b.between(0.75, 0.95), min(b.between(1.95, 2.15), height)
    leaf = b.tiled("wood", repeats=0.7) if b.chance(0.6) else b.lacquer()
    frame = b.lacquer(tint=b.tint(0.2, 0.9, 0.1))
    b.box((x, 0, 0.005), (w + 0.14, h + 0.07, 0.03), frame)
    b.box((x, 0, 0.015), (w, h, 0.04), leaf)
    metal = b.lacquer(tint=(0.5, 0.5, 0.5), specular=0.6)
    b.rod((x + w * 0.4, 1.03, 0.08), (x + w * 0.26, 1.03, 0.08), 0.02, metal)


def _wall_pictures(b: Builder, length: float, height: float) -> None:
    for _ in range(b.pick((0, 0, 1, 1, 2, 3, 6))):
        w, h = b.between(0.2, 1.1), b.between(0.2, 0.9)
        x, y = b.between(-0.45, 0.45) * length, b.between(1.2, max(1.3, height - h / 2 - 0.2))
        if b.chance(0.5):
            b.put("box", (x, y, 0.012), (w + 0.06, h + 0.06, 0.03), b.lacquer())
        face = b.photo(aspect=w / h) if b.chance(0.65) else b.cover()
        b.put("quad", (x, y, 0.03), (w, h, 1), face)
    if b.chance(0.15):
        x, y = b.between(-0.4, 0.4) * length, b.between(1.4, 2)
        b.put("cylinder", (x, y, 0.03), (0.3, 0.05, 0.3), b.lacquer(tint=b.tint(0.5, 1)), pitch=np.pi / 2)
    if b.chance(0.3):
        wide = b.between(0.6, 1.6)
        x, y = b.between(-0.3, 0.3) * length, b.between(1.2, 1.9)
        b.put("box", (x, y, 0.13), (wide, 0.03, 0.25), b.tiled("wood"))
        with b.at(x, y + 0.015, 0.13):
            clutter.spread(b, wide, 0.2, 0, b.count(1, 6))


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

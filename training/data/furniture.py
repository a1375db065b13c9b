"""Furniture made of boxes and rods, and what stands along the walls of each style of room."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from training.data import clutter
from training.data.builder import Builder
from training.data.scene import Material

WallItem = Callable[[Builder, float, float], None]
"""Places something in front of a wall at z = 0: builder, width to fill, height of the room."""


def chair(b: Builder, x: float, z: float, yaw: float) -> None:
    """A chair of seat, legs and back; it faces +z before it is turned."""
    wood = b.tiled("wood") if b.chance(0.5) else b.lacquer()
    seat = b.tiled("fabric", tint=b.paint()) if b.chance(0.5) else wood
    w, h, back = b.between(0.4, 0.52), b.between(0.42, 0.5), b.between(0.3, 0.6)
    with b.at(x, 0, z, yaw):
        b.box((0, h - 0.04, 0), (w, b.between(0.03, 0.1), w), seat)
        if b.chance(0.7):
            bar = b.between(0.02, 0.05)
            for sx in (-1, 1):
                for sz in (-1, 1):
                    b.box((sx * (w / 2 - bar / 2), 0, sz * (w / 2 - bar / 2)), (bar, h - 0.03, bar), wood)
                b.box((sx * (w / 2 - bar / 2), h, -w / 2 + bar / 2), (bar, back, bar), wood)
        else:
            b.rod((0, 0.05, 0), (0, h, 0), 0.05, wood)
            for k in range(5):
                angle = k * 1.2566
                b.rod((0, 0.08, 0), (0.3 * np.cos(angle), 0.04, 0.3 * np.sin(angle)), 0.035, wood)
            b.rod((0, h, -w / 2), (0, h + back * 0.5, -w / 2), 0.04, wood)
        if b.chance(0.5):
            b.box((0, h + back * 0.35, -w / 2 + 0.02), (w, back * 0.65, b.between(0.02, 0.07)), seat)
        else:
            rails = b.count(2, 4)
            for k in range(rails):
                b.box((0, h + back * (0.3 + 0.65 * k / rails), -w / 2 + 0.02), (w, back * 0.12, 0.02), wood)


def desk(b: Builder, w: float, d: float, h: float) -> None:
    """A table top on legs, cheeks or a trestle, centred on the frame."""
    top = b.tiled("wood", specular=b.between(0, 0.3)) if b.chance(0.7) else b.lacquer()
    legs = top if b.chance(0.5) else b.lacquer()
    t = b.between(0.02, 0.06)
    b.box((0, h - t, 0), (w, t, d), top)
    if b.chance(0.6):
        bar = b.between(0.03, 0.1)
        for sx in (-1, 1):
            for sz in (-1, 1):
                b.box((sx * (w / 2 - bar), 0, sz * (d / 2 - bar)), (bar, h - t, bar), legs)
    elif b.chance(0.6):
        for sx in (-1, 1):
            b.box((sx * (w / 2 - 0.03), 0, 0), (0.03, h - t, d * 0.95), legs)
        b.box((0, h * 0.4, -d * 0.4), (w * 0.95, h * 0.5, 0.02), legs)
    else:
        b.box((w * 0.3, 0, 0), (w * 0.35, h - t, d * 0.9), legs)
        b.rod((-w * 0.45, 0, d * 0.4), (-w * 0.45, h, d * 0.4), 0.04, legs)
        b.rod((-w * 0.45, 0, -d * 0.4), (-w * 0.45, h, -d * 0.4), 0.04, legs)


def _work_place(b: Builder, wide: float, _height: float) -> None:
    d, h = b.between(0.6, 0.85), b.between(0.7, 0.77)
    wide = max(wide, 0.9)
    with b.at(0, 0, d / 2 + b.between(0.02, 0.1)):
        desk(b, wide, d, h)
        clutter.computer(b, wide, d, h)
        clutter.spread(b, wide, d, h, b.count(1, 8))
        if b.chance(0.75):
            place = (b.between(-0.3, 0.3) * wide, d / 2 + b.between(0.1, 0.5))
            if not (b.chance(0.4) and b.model("office_chair", (place[0], 0, place[1]))):
                chair(b, *place, np.pi + b.between(-0.9, 0.9))
        if b.chance(0.35):
            b.box((0, h, -d / 2), (wide, b.between(0.3, 0.6), 0.03), b.tiled("fabric", tint=b.paint()))


def _shelf(b: Builder, wide: float, height: float) -> None:
    tall, deep = min(b.between(0.8, 2.2), height - 0.1), b.between(0.24, 0.4)
    with b.at(0, 0, deep / 2 + 0.02):
        clutter.shelf(b, wide, tall, deep)
        if tall < 1.6:
            clutter.spread(b, wide, deep, tall, b.count(0, 6))


def _chest(b: Builder, wide: float, height: float) -> None:
    tall, deep = b.between(0.5, 1.3) if b.chance(0.6) else min(b.between(1.6, 2.2), height), b.between(0.35, 0.65)
    body = b.tiled("wood") if b.chance(0.6) else b.lacquer()
    front = body if b.chance(0.6) else b.lacquer()
    with b.at(0, 0, deep / 2 + 0.02):
        b.box((0, 0, 0), (wide, tall, deep), body)
        columns, rows = b.count(1, 3), b.count(1, 4)
        for i in range(columns):
            for j in range(rows):
                place = (-wide / 2 + wide * (i + 0.5) / columns, tall * (j + 0.5) / rows, deep / 2)
                b.put("box", place, (wide / columns - 0.02, tall / rows - 0.02, 0.03), front)
                b.put("box", (place[0], place[1], deep / 2 + 0.03), (0.1, 0.012, 0.02), b.lacquer(specular=0.6))
        if tall < 1.4:
            clutter.spread(b, wide, deep, tall, b.count(0, 6))


def counter(b: Builder, wide: float, body: Material) -> None:
    """A piece of fitted kitchen with what stands on it, sometimes with cupboards above."""
    with b.at(0, 0, 0.31):
        b.box((0, 0.08, 0), (wide, 0.8, 0.58), body)
        doors = max(1, round(wide / 0.6))
        steel = b.lacquer(tint=(0.55, 0.55, 0.55), specular=0.7)
        for k in range(doors):
            x = -wide / 2 + wide * (k + 0.5) / doors
            b.put("box", (x, 0.47, 0.295), (wide / doors - 0.012, 0.77, 0.02), body)
            b.put("box", (x, 0.8, 0.32), (0.25, 0.015, 0.02), steel)
        b.box((0, 0.88, 0), (wide, 0.04, 0.62), b.tiled("stone") if b.chance(0.5) else b.tiled("wood"))
        clutter.spread(b, wide, 0.5, 0.92, b.count(1, 7))
    if b.chance(0.5):
        b.box((0, 1.45, 0.18), (wide, b.between(0.5, 0.8), 0.33), body)


def _model_of(*roles: str) -> WallItem:
    def place(b: Builder, wide: float, height: float) -> None:
        size = b.model(b.pick(roles), (0, 0, b.between(0.3, 0.6)), yaw=b.pick((0.0, np.pi)))
        if size is None:
            _chest(b, wide, height)
        elif size[1] < 1.3:
            with b.at(0, 0, 0.35):
                clutter.spread(b, size[0] * 0.8, 0.25, size[1], b.count(0, 3))

    return place


def _couch(b: Builder, wide: float, _height: float) -> None:
    cloth = b.tiled("fabric", repeats=b.between(1, 4), tint=b.paint())
    wide = max(wide, 1.0)
    with b.at(0, 0, 0.5):
        b.box((0, 0.1, 0), (wide, 0.32, 0.85), cloth)
        b.box((0, 0.1, -0.35), (wide, b.between(0.6, 0.8), 0.2), cloth)
        for side in (-1, 1):
            b.box((side * wide / 2, 0.1, 0), (0.18, 0.5, 0.85), cloth)
        for _ in range(b.count(0, 4)):
            x = b.between(-0.4, 0.4) * wide
            b.put("sphere", (x, 0.6, -0.18), (0.45, 0.4, 0.18), b.tiled("fabric", tint=b.paint()), pitch=-0.3)


def _bed(b: Builder, wide: float, _height: float) -> None:
    wide, long = max(wide, 0.9), 2.0
    with b.at(0, 0, long / 2):
        b.box((0, 0.05, 0), (wide, 0.25, long), b.tiled("wood"))
        b.box((0, 0.3, 0), (wide * 0.97, 0.2, long * 0.97), b.tiled("fabric", tint=b.tint(0.5, 1)))
        b.box((0, 0.36, 0.3), (wide * 1.02, 0.17, long * 0.65), b.tiled("fabric", tint=b.paint()))
        b.put("sphere", (0, 0.55, -0.75), (wide * 0.7, 0.2, 0.4), b.tiled("fabric", tint=b.tint(0.6, 1)))
        b.box((0, 0, -long / 2), (wide, b.between(0.6, 1.1), 0.05), b.tiled("wood"))


ALONG_WALLS: dict[str, tuple[WallItem, ...]] = {
    "office": (_work_place, _work_place, _work_place, _shelf, _shelf, _chest,
               _model_of("bookcase", "closet", "cabinet")),
    "kitchen": (_chest, _shelf, _model_of("kitchen", "appliance"), _model_of("fridge", "kitchen"), _work_place),
    "living": (_couch, _couch, _shelf, _chest, _bed, _model_of("sofa", "armchair"), _model_of("bookcase", "cabinet"),
               _model_of("bed", "closet")),
    "bare": (_chest, _model_of("cabinet", "plant", "column"), _model_of("sofa", "appliance"), _shelf),
}  # fmt: skip

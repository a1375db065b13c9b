"""What is in walls and on them: windows, glass doors, doors, curtains, pictures, screens, mirrors.

Everything is built on a wall in the plane z = 0 of the frame, `length` wide around x = 0, seen from +z.
Glass is not drawn: what counts is what lies outside, far away. Mirrors and screens are as flat as the glass they show.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from training.data import clutter
from training.data.builder import Builder
from training.data.outdoors import tree
from training.data.scene import Material


def wall_material(b: Builder) -> Material:
    """Plaster, paint, paper, tiles or bricks."""
    if b.chance(0.5):
        return b.lacquer(tint=b.tint(0.4, 1.0, 0.08), specular=0.0, stain=b.between(0.05, 0.5))
    if b.chance(0.6):
        return b.tiled("wall", repeats=b.between(0.3, 1.5), tint=b.tint(0.6, 1.15, 0.08))
    return b.tiled("plain", repeats=b.between(0.4, 1.5), tint=b.paint())


def window(b: Builder, length: float, height: float, material: Material, *, to_floor: bool) -> None:
    """A wall with a window or a glass door in it, the view outside, and curtains or a blind."""
    w, high = b.between(0.4, 0.85) * length, b.between(1.9, height - 0.1)
    low = 0.0 if to_floor else b.between(0.3, 1.0)
    x = b.between(-0.5, 0.5) * (length - w) * 0.8
    left, right = x - w / 2 + length / 2, length / 2 - x - w / 2
    for start, size in ((-length / 2 + left / 2, left), (length / 2 - right / 2, right)):
        if size > 0.02:
            b.put("box", (start, height / 2, -0.05), (size, height, 0.1), material)
    b.put("box", (x, low / 2, -0.05), (w, low + 0.001, 0.1), material)
    b.put("box", (x, (height + high) / 2, -0.05), (w, height - high, 0.1), material)
    frame = b.lacquer(tint=b.tint(0.3, 1.0, 0.1) if b.chance(0.7) else b.tint(0.02, 0.3))
    bars = b.count(1, 4)
    thick = b.between(0.04, 0.09)
    for k in range(bars + 1):
        b.put("box", (x - w / 2 + w * k / bars, (low + high) / 2, -0.03), (thick, high - low, 0.06), frame)
    for y in (low, high):
        b.put("box", (x, y, -0.03), (w, thick, 0.08), frame)
    _view(b, x, w, to_floor=to_floor)
    if b.chance(0.6):
        _curtains(b, x, w, high, to_floor=to_floor)
    elif b.chance(0.3):
        slat = b.lacquer(tint=b.tint(0.5, 1.0, 0.05))
        drop = b.between(0.2, 1.0) * (high - low)
        for k in range(int(drop / 0.07)):
            b.put("box", (x, high - k * 0.07, 0.03), (w, 0.006, 0.05), slat, pitch=0.5)


def _view(b: Builder, x: float, w: float, *, to_floor: bool) -> None:
    """What is outside: a terrace or garden, sometimes a wall, and beyond it a photographed view or the sky."""
    # Nothing outside throws a shadow: the sun has to come in.
    outside: dict[str, Any] = {"casts": False}
    bright = b.between(0.5, 1.2)
    if to_floor or b.chance(0.3):
        ground = b.tiled(b.pick(("road", "ground", "floor")), repeats=b.between(0.5, 2), emission=0.3 * bright)
        b.put("box", (x, -0.1, -15.1), (w + 40, 0.1, 30), ground, **outside)
        if b.chance(0.5):
            wall = b.tiled("facade", repeats=b.between(0.4, 1), emission=0.4 * bright)
            b.put("box", (x, 0, -b.between(1.5, 6)), (w + 20, b.between(1.2, 6), 0.2), wall, **outside)
        first = len(b.nodes)
        for _ in range(b.count(0, 2)):
            tree(b, x + b.between(-0.8, 0.8) * w, 0, -b.between(3, 10), grow=b.between(0.4, 0.9))
        b.cast_no_shadow(first)
    if b.chance(0.85):
        far = float(np.exp(b.between(np.log(2.0), np.log(40.0))))
        wide = w + 2 * far
        b.put("quad", (x, b.between(0.2, 0.4) * far, -far), (wide, wide * 0.7, 1), b.photo(emission=bright), **outside)


def _curtains(b: Builder, x: float, w: float, high: float, *, to_floor: bool) -> None:
    """Cloth in folds on both sides of a window, or drawn across it."""
    sheer = b.chance(0.35)
    cloth = b.tiled("fabric", repeats=b.between(1, 4), **({"tint": b.tint(0.8, 1.1, 0.03)} if sheer else {}))
    if sheer:
        cloth = b.lacquer(tint=b.tint(0.7, 1.0, 0.04), specular=0.0, emission=b.between(0.0, 0.3))
    rail = high + 0.1
    for side in (-1, 1):
        if b.chance(0.15):
            continue
        cw = w * b.between(0.12, 0.55)
        tall = rail - (0.02 if to_floor or b.chance(0.5) else b.between(0.3, 0.8))
        middle = (x + side * (w / 2 - cw * 0.3), rail - tall / 2, 0.12)
        b.put(f"drape{b.count(0, 7)}", middle, (cw, tall, b.between(0.15, 0.35)), cloth)
    if b.chance(0.4):
        b.rod((x - w * 0.6, rail, 0.12), (x + w * 0.6, rail, 0.12), 0.03, b.lacquer())


def door(b: Builder, length: float, height: float) -> None:
    """A door in its frame: shut, or ajar into the room with a dark or bright gap behind it."""
    x, w, h = b.between(-0.4, 0.4) * (length - 1.0), b.between(0.75, 0.95), min(b.between(1.95, 2.15), height)
    leaf = b.tiled("wood", repeats=0.7) if b.chance(0.6) else b.lacquer()
    b.box((x, 0, 0.005), (w + 0.14, h + 0.07, 0.03), b.lacquer(tint=b.tint(0.2, 0.9, 0.1)))
    metal = b.lacquer(tint=(0.5, 0.5, 0.5), specular=0.6)
    ajar = b.between(0.2, 1.6) if b.chance(0.4) else 0.0
    if ajar:
        b.box((x, 0, 0.012), (w, h, 0.02), b.lacquer(tint=b.tint(0.02, 0.4, 0.1), specular=0.0))
    with b.at(x - w / 2, 0, 0.015, -ajar):
        b.box((w / 2, 0, 0), (w, h, 0.04), leaf)
        b.rod((w * 0.9, 1.03, 0.06), (w * 0.76, 1.03, 0.06), 0.02, metal)


def hangings(b: Builder, length: float, height: float) -> None:
    """Pictures, a screen or a mirror, a clock, a shelf board, switches."""
    for _ in range(b.pick((0, 0, 1, 1, 2, 3, 6))):
        w, h = b.between(0.2, 1.1), b.between(0.2, 0.9)
        x, y = b.between(-0.45, 0.45) * length, b.between(1.2, max(1.3, height - h / 2 - 0.2))
        if b.chance(0.5):
            b.put("box", (x, y, 0.012), (w + 0.06, h + 0.06, 0.03), b.lacquer())
        face = b.photo(aspect=w / h) if b.chance(0.65) else b.cover()
        b.put("quad", (x, y, 0.03), (w, h, 1), face)
    dice = b.rng.random()
    x = b.between(-0.35, 0.35) * length
    if dice < 0.2:
        w = b.between(0.7, 1.5)
        y = b.between(1.0, 1.6)
        b.put("box", (x, y, 0.04), (w, w * 0.58, 0.06), b.lacquer(tint=b.tint(0.01, 0.06, 0.1), specular=0.3))
        lit = b.photo(aspect=1.75, emission=b.between(0.4, 0.9))
        off = b.lacquer(tint=(0.01, 0.01, 0.013), specular=0.5, gloss=80.0)
        b.put("quad", (x, y, 0.073), (w * 0.95, w * 0.54, 1), lit if b.chance(0.7) else off)
    elif dice < 0.32:
        w, h = b.between(0.4, 1.2), b.between(0.6, 1.7)
        y = b.between(h / 2 + 0.2, max(h / 2 + 0.3, height - h / 2 - 0.2))
        b.put("box", (x, y, 0.015), (w + 0.08, h + 0.08, 0.04), b.tiled("wood") if b.chance(0.5) else b.lacquer())
        b.put("quad", (x, y, 0.037), (w, h, 1), b.photo(aspect=w / h, emission=0.3, specular=0.3, gloss=60.0))
    if b.chance(0.15):
        x, y = b.between(-0.4, 0.4) * length, b.between(1.4, 2)
        b.put("cylinder", (x, y, 0.03), (0.3, 0.05, 0.3), b.lacquer(tint=b.tint(0.5, 1)), pitch=np.pi / 2)
    if b.chance(0.3):
        wide = b.between(0.6, 1.6)
        x, y = b.between(-0.3, 0.3) * length, b.between(1.2, 1.9)
        b.put("box", (x, y, 0.13), (wide, 0.03, 0.25), b.tiled("wood"))
        with b.at(x, y + 0.015, 0.13):
            clutter.spread(b, wide, 0.2, 0, b.count(1, 6))
    if b.chance(0.3):
        white = b.lacquer(tint=b.tint(0.7, 1.0, 0.03))
        b.put("box", (b.between(-0.4, 0.4) * length, b.pick((0.3, 1.1)), 0.005), (0.08, 0.08, 0.012), white)

"""Small and middle-sized things: what stands on desks, shelves and floors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.data.builder import Builder
from training.data.scene import PLAIN, Material


def book(b: Builder, x: float, y: float, z: float) -> None:
    """A book, magazine, packet or pile of paper lying flat."""
    yaw = b.between(0, 6.283)
    for _ in range(b.count(1, 3)):
        w, h, d = b.between(0.13, 0.32), b.between(0.004, 0.05), b.between(0.1, 0.24)
        b.box((x, y, z), (w, h, d), b.cover(), yaw=yaw + b.between(-0.3, 0.3))
        y += h


def carton(b: Builder, x: float, y: float, z: float, grow: float = 1.0) -> None:
    """A box or packet standing up."""
    size = (b.between(0.06, 0.3) * grow, b.between(0.06, 0.35) * grow, b.between(0.05, 0.25) * grow)
    b.box((x, y, z), size, b.cover(), yaw=b.between(0, 6.283))


def mug(b: Builder, x: float, y: float, z: float) -> None:
    """A mug with its handle, a glass or a bowl."""
    material = b.lacquer(tint=b.tint(0.5, 1.0, 0.1)) if b.chance(0.5) else b.lacquer()
    w, h = b.between(0.07, 0.1), b.between(0.08, 0.14)
    b.box((x, y, z), (w, h, w), material, mesh="cup")
    if b.chance(0.7):
        b.put("torus", (x + w * 0.45, y + h / 2, z), (h * 0.6, 0.05, h * 0.6), material, pitch=np.pi / 2)


def bottle(b: Builder, x: float, y: float, z: float) -> None:
    """A bottle, can, bowl or vase."""
    mesh = b.pick(("bottle", "cylinder", "bowl", "vase", "cone", "sphere", "cylinder", "prism"))
    w, h = b.between(0.05, 0.14), b.between(0.08, 0.32)
    b.box((x, y, z), (w, h if mesh != "sphere" else w, w), b.lacquer() if b.chance(0.6) else b.cover(), mesh=mesh)


def screen(b: Builder, x: float, y: float, z: float, yaw: float) -> None:
    """A monitor on its foot, dark or lit, facing +z before it is turned."""
    w = b.between(0.38, 0.65)
    h = w * b.between(0.52, 0.72)
    dark = replace(b.lacquer(), tint=b.tint(0.01, 0.08, 0.1) if b.chance(0.85) else b.tint(0.4, 0.9, 0.03))
    with b.at(x, y, z, yaw):
        lift = b.between(0.06, 0.16)
        b.box((0, 0, -0.02), (w * 0.4, 0.015, 0.18), dark)
        b.box((0, 0, -0.05), (0.05, lift + 0.1, 0.03), dark)
        b.box((0, lift, 0), (w, h, b.between(0.02, 0.06)), dark)
        if b.chance(0.12):
            b.box((0, lift - 0.01, -0.15), (w * 0.8, h * 0.9, 0.3), dark)
        lit = b.chance(0.45)
        face = b.photo(emission=0.8) if lit else replace(dark, tint=(0.012, 0.012, 0.015), specular=0.3, gloss=60.0)
        if lit and b.chance(0.5):
            face = b.tiled("page", repeats=3.0, emission=0.8)
        b.put("quad", (0, lift + h / 2, 0.034), (w * 0.94, h * 0.92, 1), face)


def computer(b: Builder, width: float, depth: float, y: float) -> None:
    """One or two monitors, keyboard, mouse and papers on a desk top centred on the frame; the wall is at -z."""
    count = b.count(1, 2)
    for k in range(count):
        x = (k - (count - 1) / 2) * b.between(0.5, 0.7) + b.between(-0.1, 0.1)
        if abs(x) < width / 2 - 0.2:
            screen(b, x, y, -depth * b.between(0.05, 0.25), b.between(-0.4, 0.4))
    dark = b.lacquer(tint=b.tint(0.01, 0.1, 0.05) if b.chance(0.7) else b.tint(0.5, 0.9, 0.05))
    x, z = b.between(-0.2, 0.2), depth * b.between(0.15, 0.32)
    if b.chance(0.3):
        with b.at(x, y, z, b.between(-0.5, 0.5)):
            b.box((0, 0, 0), (0.33, 0.02, 0.23), dark)
            b.put("box", (0, 0.12, -0.15), (0.33, 0.22, 0.012), dark, pitch=-0.3)
            b.put("quad", (0, 0.122, -0.14), (0.31, 0.2, 1), b.photo(emission=0.7), pitch=-0.3)
    else:
        keys = b.tiled("cover", repeats=12.0, tint=dark.tint) if b.chance(0.6) else dark
        b.box((x, y, z), (0.44, 0.025, 0.15), keys, yaw=b.between(-0.2, 0.2))
        b.box((x + 0.3, y, z), (0.06, 0.03, 0.1), dark, yaw=b.between(-0.4, 0.4))


def thing(b: Builder, x: float, y: float, z: float) -> None:
    """Anything that fits on a table."""
    role = b.pick(
        ("food", "trinket", "dungeon_small", "small_plant", "table_lamp", "gadget", "vase", "laptop", "books")
    )
    dice = b.rng.random()
    if dice < 0.22 and b.model(role, (x, y, z)):
        return
    if dice < 0.45:
        book(b, x, y, z)
    elif dice < 0.62:
        carton(b, x, y, z)
    elif dice < 0.75:
        mug(b, x, y, z)
    elif dice < 0.9:
        bottle(b, x, y, z)
    elif dice < 0.95:
        stalks(b, x, y, z, b.between(0.15, 0.45))
    else:
        size = b.between(0.05, 0.25)
        mesh = f"hull{b.count(0, 23)}" if b.chance(0.6) else b.pick(("sphere", "cone", "torus", "prism"))
        b.box(
            (x, y, z), (size, size, size * b.between(0.6, 1.2)), b.tiled(b.pick(("stone", "cover", "metal"))), mesh=mesh
        )


def spread(b: Builder, width: float, depth: float, y: float, count: int) -> None:
    """Things all over a rectangle centred on the frame."""
    for _ in range(count):
        thing(b, b.between(-0.46, 0.46) * width, y, b.between(-0.44, 0.44) * depth)


def stalks(b: Builder, x: float, y: float, z: float, height: float) -> None:
    """A pot with thin stems and leaves."""
    pot = height * b.between(0.2, 0.4)
    b.box((x, y, z), (pot, pot, pot), b.lacquer() if b.chance(0.5) else b.tiled("stone"), mesh="bowl")
    green = Material(kind=PLAIN, tint=(b.between(0.02, 0.2), b.between(0.1, 0.4), b.between(0.01, 0.1)), stain=0.4)
    leaf = replace(b.tiled("leaves"), tint=(1.0, 1.0, 1.0))
    for _ in range(b.count(3, 9)):
        lean = b.rng.normal(0, 0.3, 2) * height
        end = (x + float(lean[0]), y + height * b.between(0.6, 1.0), z + float(lean[1]))
        b.rod((x, y + pot * 0.8, z), end, max(0.004, height * 0.012), green)
        w = height * b.between(0.1, 0.35)
        mesh = f"cutout{b.count(0, 47)}"
        angles = b.rng.uniform(0, 6.3, 3)
        b.put(mesh, end, (w, w * 0.5, w), leaf, yaw=angles[0], pitch=angles[1], roll=angles[2])


def shelf(b: Builder, width: float, height: float, depth: float) -> None:
    """Open shelves full of books and boxes; stands on the frame's origin, its back towards -z."""
    wood = b.tiled("wood") if b.chance(0.7) else b.lacquer()
    t = 0.025
    for x in (-width / 2, width / 2):
        b.box((x, 0, 0), (t, height, depth), wood)
    if b.chance(0.7):
        b.box((0, 0, -depth / 2 + 0.01), (width, height, 0.015), wood)
    levels = max(2, round(height / b.between(0.28, 0.42)))
    step = height / levels
    for k in range(levels + 1):
        b.box((0, min(k * step, height - t), 0), (width, t, depth), wood)
        if k == levels:
            break
        x = -width / 2 + 0.03
        fill = b.between(0.3, 1.0)
        while x < width / 2 - 0.06:
            if not b.chance(fill):
                x += b.between(0.05, 0.3)
                continue
            if b.chance(0.8):
                w = b.between(0.025, 0.07)
                tall = step * b.between(0.55, 0.9)
                lean = b.between(-0.15, 0.15) if b.chance(0.15) else 0.0
                deep = depth * b.between(0.5, 0.9)
                middle = (x + w / 2, k * step + t + tall / 2, (depth - deep) / 2 - depth * 0.1)
                b.put("box", middle, (w * 0.95, tall, deep), b.cover(), roll=lean)
                x += w
            else:
                w = min(b.between(0.1, 0.35), width / 2 - x)
                tall = step * b.between(0.3, 0.85)
                b.box((x + w / 2, k * step + t, 0), (w * 0.9, tall, depth * 0.8), b.cover())
                x += w

"""Light and air outside, and the things that streets and landscapes share."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np

from training.data.builder import Builder
from training.data.scene import Look, Vec3, vec3


def daylight(b: Builder, radius: float, *, photo_sky: float = 0.3) -> Look:
    """Sun, sky, haze and shadows for a place about `radius` metres wide around the origin."""
    high = b.between(0.15, 1.4)
    around = b.between(0, 6.283)
    overcast = b.chance(0.3)
    power = b.between(0.0, 0.3) if overcast else b.between(0.7, 1.6)
    warm = b.between(0, 0.5) * (1.4 - high)
    sky = b.between(0.35, 0.8)
    haze = b.tint(0.5, 1.1, 0.08)
    # Fog is told by how far one sees: mostly far beyond the place, now and then within it.
    sight = radius * float(np.exp(b.between(-0.7, 3.5))) if b.chance(0.6) else 1e5
    return Look(
        sun=(float(np.cos(around) * np.cos(high)), float(np.sin(high)), float(np.sin(around) * np.cos(high))),
        sun_power=(power * (1 + warm), power, power * (1 - warm)),
        sky_light=(sky * b.between(0.8, 1), sky * b.between(0.9, 1.05), sky * b.between(0.95, 1.25)),
        ground_light=b.tint(0.15, 0.45, 0.15),
        zenith=b.tint(0.4, 0.9, 0.05)
        if overcast
        else (b.between(0.05, 0.3), b.between(0.2, 0.45), b.between(0.5, 1.0)),
        horizon=haze,
        clouds=b.between(0, 1) if b.chance(0.6) else 0.0,
        photo=b.count(0, len(b.assets.photos) - 1) if b.chance(photo_sky) else -1,
        fog=1.0 / sight,
        fog_colour=haze,
        shadow=0.0 if overcast else b.between(0.5, 1.0),
        shadow_radius=radius * b.between(0.5, 0.9),
        vignette=b.between(0, 0.3) if b.chance(0.3) else 0.0,
    )


def tree(b: Builder, x: float, y: float, z: float, grow: float = 1.0) -> None:
    """A tree: a model, a ball on a trunk, a fir, or bare branches."""
    dice = b.rng.random()
    if dice < 0.35 and b.model("tree", (x, y, z), grow=grow):
        return
    tall = b.between(3, 9) * grow
    bark = b.tiled("bark")
    leaf = replace(b.tiled("leaves", repeats=b.between(0.3, 1.5)), cutout=True, tint=b.tint(0.5, 1.2, 0.25))
    trunk = tall * b.between(0.25, 0.5)
    b.box((x, y - 0.2, z), (tall * 0.05, trunk + 0.3, tall * 0.05), bark, mesh="pole")
    if dice < 0.6:
        for _ in range(b.count(2, 5)):
            size = tall * b.between(0.25, 0.5)
            place = (
                x + b.between(-0.2, 0.2) * tall,
                y + trunk + b.between(0.1, 0.45) * tall,
                z + b.between(-0.2, 0.2) * tall,
            )
            solid = replace(leaf, cutout=b.chance(0.6))
            b.put(b.pick(("sphere", "hull3", "hull8", "hull15")), place, (size, size * b.between(0.6, 1), size), solid)
    elif dice < 0.8:
        levels = b.count(2, 5)
        for k in range(levels):
            part = 1 - k / levels
            wide = tall * 0.45 * (0.3 + 0.7 * part)
            b.box(
                (x, y + trunk * 0.6 + k * tall * 0.5 / levels, z),
                (wide, tall * 0.5 / levels + 0.2 * tall, wide),
                leaf,
                mesh="cone",
            )
    else:
        for _ in range(b.count(5, 12)):
            root = y + trunk * b.between(0.6, 1.0)
            lean = b.rng.normal(0, 0.2, 2) * tall
            tip = (x + float(lean[0]), root + tall * b.between(0.1, 0.5), z + float(lean[1]))
            b.rod((x, root, z), tip, tall * 0.015, bark)
            if b.chance(0.5):
                size = tall * b.between(0.1, 0.3)
                b.put(
                    f"cutout{b.count(0, 47)}",
                    tip,
                    (size, size, size),
                    leaf,
                    yaw=b.between(0, 6.28),
                    pitch=b.between(-1, 1),
                )


def fence(b: Builder, start: Vec3, end: Vec3) -> None:
    """Posts with rails, pickets or wires between two points."""
    a, z = np.asarray(start), np.asarray(end)
    length = float(np.linalg.norm(z - a))
    tall, gap = b.between(0.7, 1.8), b.between(0.15, 2.5)
    posts = min(max(2, int(length / gap)), 40)
    stuff = b.tiled("wood") if b.chance(0.5) else b.lacquer()
    thick = b.between(0.02, 0.1)
    for k in range(posts + 1):
        x, y, w = (float(v) for v in a + (z - a) * k / posts)
        b.rod((x, y, w), (x, y + tall, w), thick, stuff)
    for k in range(b.count(1, 4)):
        lift = tall * (0.95 - 0.25 * k)
        b.rod(
            (start[0], start[1] + lift, start[2]), (end[0], end[1] + lift, end[2]), thick * b.between(0.2, 0.8), stuff
        )


def wires(b: Builder, start: Vec3, end: Vec3, count: int) -> None:
    """Cables that sag between two points."""
    black = b.lacquer(tint=(0.02, 0.02, 0.02))
    a, z = np.asarray(start), np.asarray(end)
    for k in range(count):
        offset = np.array([0.0, 0.35 * k, 0.0])
        sag = b.between(0.2, 1.2)
        points = [a + (z - a) * s + offset - (0, sag * 4 * s * (1 - s), 0) for s in np.linspace(0, 1, 7)]
        for p, q in pairwise(points):
            b.rod(vec3(p), vec3(q), b.between(0.015, 0.05), black)

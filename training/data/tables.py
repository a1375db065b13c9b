"""Close-ups: small things on a table top before a room, a wall or a photograph."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.data import clutter
from training.data.assets import Assets
from training.data.builder import Builder
from training.data.furniture import desk
from training.data.scene import Look, Scene, vec3
from training.data.viewpoints import hand_held, look_at


def build_table(rng: np.random.Generator, assets: Assets) -> Scene:
    """A table at the origin with its top at y = 0, seen from near."""
    b = Builder(rng, assets)
    w, d = b.between(0.7, 2.4), b.between(0.6, 1.3)
    with b.at(0, -0.75, 0):
        desk(b, w, d, 0.75)
        _behind(b, d)
    if b.chance(0.3):
        cloth = b.tiled("fabric", repeats=b.between(1, 5))
        b.box((0, 0, 0), (w * b.between(0.4, 1.02), 0.004, d * b.between(0.4, 1.02)), cloth)
    if b.chance(0.3):
        with b.at(0, 0, 0):
            clutter.computer(b, w, d, 0.0)
    clutter.spread(b, w, d, 0.004, b.count(4, 22))
    for _ in range(b.pick((0, 0, 1, 3, 8))):
        _heap(b, w, d)
    look = Look(
        sun=(b.between(-1, 1), b.between(0.5, 1.5), b.between(-0.6, 1)),
        sun_power=tuple(np.array(b.tint(0.8, 1, 0.1)) * b.between(0.2, 1.3)),
        sky_light=b.tint(0.25, 0.8, 0.1),
        ground_light=b.tint(0.15, 0.5, 0.15),
        horizon=b.tint(0.3, 1.0, 0.2),
        zenith=b.tint(0.3, 1.0, 0.2),
        photo=b.count(0, len(assets.photos) - 1) if b.chance(0.6) else -1,
        shadow=b.between(0.4, 1),
        shadow_radius=b.between(1.2, 3.5),
        vignette=b.between(0, 0.35) if b.chance(0.4) else 0.0,
    )
    for _ in range(b.count(0, 2)):
        b.lamp((b.between(-2, 2), b.between(0.8, 2), b.between(-1, 2)), b.between(0.2, 1.5))
    target = (b.between(-0.35, 0.35) * w, b.between(0.0, 0.2), b.between(-0.4, 0.3) * d)
    far, high, side = b.between(0.4, 1.6), b.between(0.12, 1.1), b.between(-0.8, 0.8)
    eye = (target[0] + far * np.sin(side), target[1] + high * far, target[2] + far * np.cos(side) * b.between(0.6, 1.0))
    position = vec3(eye)
    yaw, pitch = look_at(position, target)
    camera = hand_held(b, position, yaw + b.between(-0.2, 0.2), pitch + b.between(-0.15, 0.15), speed=0.1)
    camera = replace(camera, near=0.03)
    return Scene(kind="table", nodes=tuple(b.nodes), camera=camera, look=look, lights=tuple(b.lights))


def _behind(b: Builder, depth: float) -> None:
    """Floor, and a wall, shelves or open space beyond the table."""
    b.box((0, -0.1, 0), (14, 0.1, 14), b.tiled(b.pick(("floor", "carpet", "ground"))))
    dice = b.rng.random()
    if dice < 0.7:
        back = -depth / 2 - (b.between(0.02, 0.3) if b.chance(0.5) else b.between(0.5, 4))
        wall = b.tiled(b.pick(("wall", "plain", "facade"))) if b.chance(0.6) else b.lacquer(tint=b.tint(0.4, 1, 0.1))
        b.box((0, 0, back - 0.05), (12, 3.2, 0.1), wall)
        for _ in range(b.count(0, 4)):
            w, h = b.between(0.2, 1.0), b.between(0.2, 0.9)
            place = (b.between(-1.8, 1.8), b.between(0.9, 2.0), back + 0.01)
            b.put("quad", place, (w, h, 1), b.photo(aspect=w / h) if b.chance(0.7) else b.cover())
        if b.chance(0.35):
            with b.at(b.between(-1, 1), 0, back + 0.2):
                clutter.shelf(b, b.between(0.8, 2.2), b.between(1, 2.2), 0.3)
        if b.chance(0.4):
            b.box((b.pick((-1, 1)) * b.between(1.2, 4), 0, 0), (0.1, 3.2, 12), wall)
    elif dice < 0.85:
        far = b.between(2, 6)
        b.put("quad", (0, 1.2, -far), (far * 3, far * 2, 1), b.photo(share=b.between(0.5, 1.0), emission=0.8))
    for _ in range(b.count(0, 3)):
        x, z = b.between(-2.5, 2.5), -depth / 2 - b.between(0.4, 3)
        if not b.model(b.pick(("chair", "plant", "sofa", "bookcase", "person", "floor_lamp", "closet")), (x, 0, z)):
            b.box((x, 0, z), (b.between(0.3, 1), b.between(0.4, 1.8), b.between(0.3, 0.6)), b.cover())


def _heap(b: Builder, w: float, d: float) -> None:
    """A larger thing, a pile, or something thin that crosses the picture."""
    x, z = b.between(-0.4, 0.4) * w, b.between(-0.4, 0.4) * d
    dice = b.rng.random()
    if dice < 0.3:
        y = 0.0
        for _ in range(b.count(2, 6)):
            tall = b.between(0.02, 0.12)
            b.box((x, y, z), (b.between(0.1, 0.3), tall, b.between(0.1, 0.25)), b.cover(), yaw=b.between(0, 6.28))
            y += tall
    elif dice < 0.55:
        size = b.between(0.1, 0.35)
        mesh = b.pick(("sphere", "torus", "cone", "vase", "bottle", "prism", f"hull{b.count(0, 23)}"))
        b.box((x, 0, z), (size, size, size), b.tiled(b.pick(("stone", "cover", "wood", "fabric"))), mesh=mesh)
    elif dice < 0.8:
        clutter.stalks(b, x, 0, z, b.between(0.2, 0.7))
    else:
        lean = b.rng.normal(0, 0.25, 2)
        end = (x + float(lean[0]), b.between(0.05, 0.5), z + float(lean[1]))
        b.rod((x, 0.0, z), end, b.between(0.005, 0.03), b.lacquer())

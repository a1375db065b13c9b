"""People seen from near, as films show them: a face or two before a background that is out of focus."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from training.data import clutter
from training.data.assets import Assets
from training.data.builder import Builder
from training.data.furniture import ALONG_WALLS, desk
from training.data.outdoors import daylight, tree
from training.data.people import bust, person
from training.data.scene import Look, Scene
from training.data.streets import facade
from training.data.viewpoints import hand_held, lens, look_at


def build_portrait(rng: np.random.Generator, assets: Assets) -> Scene:
    """One to three people a few steps from a camera at the origin's height, or a crowd."""
    b = Builder(rng, assets)
    fov = lens(b, 24, 85)
    tangent = float(np.tan(np.radians(fov) / 2))
    # A head is 0.24 m; in a portrait it takes a sixth to two thirds of the height of the picture.
    away = 0.24 / (2 * tangent * 0.58 * b.between(0.15, 0.6))
    away = float(np.clip(away, 0.5, 4.0))
    eye = b.between(1.2, 1.8) if b.chance(0.8) else b.between(0.5, 2.4)
    crowd = b.chance(0.25)
    head = _cast(b, away, tangent, crowd=crowd)
    outside = b.chance(0.4)
    behind = away + (b.between(0.4, 2.0) if b.chance(0.4) else b.between(1.5, 7.0))
    if outside:
        _outside(b, behind * 2)
    else:
        _inside(b, behind, tangent)
    position = (0.0, eye, 0.0)
    yaw, pitch = look_at(position, (0.0, head - b.between(-0.1, 0.35), -away))
    look = daylight(b, 12.0) if outside else _indoors(b)
    look = replace(look, shadow_centre=(0.0, 1.2, -away - 0.5), shadow_radius=b.between(2.5, 5))
    if not outside:
        for _ in range(b.count(1, 3)):
            b.lamp((b.between(-2, 2), b.between(1.4, 2.6), -b.between(-0.5, behind)), b.between(0.3, 1.6))
    camera = hand_held(b, position, yaw + b.between(-0.1, 0.1), pitch, speed=0.1, fov=fov)
    return Scene(kind="portrait", nodes=tuple(b.nodes), camera=camera, look=look, lights=tuple(b.lights))


def _cast(b: Builder, away: float, tangent: float, *, crowd: bool) -> float:
    """Puts the people into the picture; returns how high the first one's face is."""
    head = b.between(1.45, 1.75)
    bust(b, b.between(-0.45, 0.45) * tangent * away, head, -away, yaw=float(b.rng.normal(0, 0.6)))
    for _ in range(b.count(3, 12) if crowd else b.pick((0, 0, 1, 1, 2))):
        farther = away * float(np.exp(b.between(0.0, 1.4 if crowd else 0.6)))
        side = b.between(-1.0, 1.0) * tangent * farther
        if farther > 3.0 and b.chance(0.6):
            person(b, side, 0, -farther, moving=True)
        else:
            bust(b, side, b.between(1.2, 1.8), -farther, yaw=float(b.rng.normal(0, 0.9)))
    if b.chance(0.2):
        # Over the shoulder: somebody's back at the edge of the picture.
        near = away * b.between(0.45, 0.7)
        side = b.pick((-1, 1)) * tangent * near * b.between(0.7, 1.1)
        bust(b, side, head + b.between(-0.15, 0.1), -near, yaw=np.pi + float(b.rng.normal(0, 0.4)))
    if b.chance(0.2):
        with b.at(0, b.between(0.95, 1.15) - 0.75, -away * 0.8):
            desk(b, 2.5, 0.5, 0.75)
            clutter.spread(b, 1.6, 0.4, 0.75, b.count(1, 6))
    return head


def _inside(b: Builder, behind: float, tangent: float) -> None:
    """A wall with what stands before it; a piece of floor and ceiling."""
    half = tangent * behind + 1.0
    tall = b.between(2.3, 3.2)
    wall = b.tiled(b.pick(("wall", "plain", "wood"))) if b.chance(0.6) else b.lacquer(stain=0.4)
    b.box((0, -0.1, -behind / 2), (12, 0.1, behind * 2 + 4), b.tiled("floor"))
    b.put("quad", (0, tall, -behind / 2), (12, behind * 2 + 4, 1), b.tiled("ceiling"), pitch=np.pi / 2, casts=False)
    with b.at(0, 0, -behind, b.between(-0.5, 0.5)):
        b.put("box", (0, tall / 2, -0.05), (16, tall, 0.1), wall)
        style = b.pick(("office", "living", "living", "kitchen"))
        for _ in range(b.count(0, 4)):
            with b.at(b.between(-1, 1) * half, 0, 0):
                b.pick(ALONG_WALLS[style])(b, b.between(0.8, 2.0), tall)
        for _ in range(b.count(0, 5)):
            w, h = b.between(0.2, 1.4), b.between(0.2, 1.0)
            bright = {"emission": b.between(0.5, 1.0)} if b.chance(0.3) else {}
            b.put(
                "quad", (b.between(-1, 1) * half, b.between(1.2, 2.1), 0.03), (w, h, 1), b.photo(aspect=w / h, **bright)
            )
        if b.chance(0.35):
            cloth = b.tiled("fabric", repeats=b.between(1, 4))
            for _ in range(b.count(1, 3)):
                b.put(
                    f"drape{b.count(0, 7)}",
                    (b.between(-1, 1) * half, tall / 2, 0.15),
                    (b.between(0.5, 2), tall, 0.3),
                    cloth,
                )
    if b.chance(0.3):
        side = b.pick((-1, 1))
        b.put("box", (side * half * b.between(0.7, 1.2), tall / 2, -behind / 2), (0.1, tall, behind * 1.5), wall)


def _outside(b: Builder, behind: float) -> None:
    """Ground, and houses, trees or a photographed view."""
    b.box((0, -0.1, 0), (300, 0.1, 300), b.tiled(b.pick(("ground", "road", "road")), repeats=b.between(0.2, 0.8)))
    dice = b.rng.random()
    if dice < 0.45:
        for k in (-1, 0, 1):
            with b.at(k * 9.0, 0, -behind - b.between(2, 5), b.between(-0.2, 0.2)):
                facade(b, 9.0, b.between(4, 12))
    elif dice < 0.7:
        far = behind + b.between(5, 25)
        b.put("quad", (0, 0.35 * far, -far), (far * 3, far * 1.5, 1), b.photo(share=b.between(0.6, 1), emission=0.9))
    for _ in range(b.count(0, 6)):
        tree(b, b.between(-1, 1) * behind, 0, -behind * b.between(0.8, 2.5), grow=b.between(0.4, 1.0))
    for _ in range(b.count(0, 3)):
        b.model(
            b.pick(("car", "bush", "sign", "bicycle")), (b.between(-1, 1) * behind, 0, -behind * b.between(0.8, 1.5))
        )


def _indoors(b: Builder) -> Look:
    ambient = b.between(0.15, 0.8)
    warm = b.tint(0.85, 1.0, 0.1)
    return Look(
        sun=(b.between(-1, 1), b.between(0.2, 1.2), b.between(-0.4, 1)),
        sun_power=(warm[0] * ambient, warm[1] * ambient, warm[2] * ambient),
        sky_light=(warm[2] * ambient, warm[1] * ambient, warm[0] * ambient),
        ground_light=b.tint(0.1, 0.4, 0.15),
        horizon=b.tint(0.2, 0.9, 0.2),
        shadow=b.between(0.4, 1),
        vignette=b.between(0, 0.35) if b.chance(0.4) else 0.0,
    )

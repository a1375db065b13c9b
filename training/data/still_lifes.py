"""Still lifes: things on a table or a floor that fill the picture, with a wall, cloth, shelf or board right behind.

Everything is laid out in the picture first: how far away, how large, how far aside. Only then it becomes metres, so
that the frame is full whatever the lens.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from training.data import clutter, ornaments
from training.data.assets import Assets
from training.data.builder import Builder
from training.data.scene import Look, Material, Scene, Vec3
from training.data.viewpoints import hand_held, lens

_ASPECT = 224 / 384
"""Height over width of the usual picture; others see a little more or less at the top and bottom."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What the camera sees of a plane at y = 0, from `near` to the backdrop at `far`, in metres from the camera.

    The camera is at z = 0, `eye` above the plane, and looks along -z.
    """

    eye: float
    pitch: float
    fov: float
    near: float
    far: float

    def half_width(self, away: float) -> float:
        """Half of what is in the picture from left to right at a distance."""
        return away * math.tan(self.fov / 2)

    def top(self, away: float) -> float:
        """How high the picture reaches at a distance."""
        return self.eye + away * math.tan(math.atan(math.tan(self.fov / 2) * _ASPECT) + self.pitch)

    def frame(self, away: float) -> float:
        """How tall the picture is at a distance."""
        return 2 * away * math.tan(self.fov / 2) * _ASPECT


def build_still_life(rng: np.random.Generator, assets: Assets) -> Scene:
    """Things on a plane, small ones before large ones, or slanted boards, before a backdrop."""
    b = Builder(rng, assets)
    stage = _stage(b)
    dice = b.rng.random()
    if dice < 0.22:
        _boards(b, stage)
    else:
        _ground(b, stage)
        _backdrop(b, stage)
        _arrange(b, stage, crowded=dice > 0.75)
    camera = hand_held(b, (0.0, stage.eye, 0.0), 0.0, stage.pitch, speed=0.08, fov=math.degrees(stage.fov))
    camera = replace(camera, near=0.03)
    return Scene(kind="still_life", nodes=tuple(b.nodes), camera=camera, look=_look(b, stage), lights=tuple(b.lights))


def _stage(b: Builder) -> Stage:
    """A camera a little above the plane: level to slightly downward."""
    fov = math.radians(lens(b, 24, 70))
    # Table tops for the most part, now and then a floor with larger things on it.
    far = b.between(0.8, 1.8) if b.chance(0.7) else b.between(1.8, 4.5)
    near = far / math.exp(b.between(math.log(1.8), math.log(5.0)))
    pitch = -b.between(0.0, 0.35) if b.chance(0.85) else b.between(-0.6, 0.05)
    below = max(math.atan(math.tan(fov / 2) * _ASPECT) - pitch, 0.12)
    return Stage(eye=near * math.tan(below), pitch=pitch, fov=fov, near=near, far=far)


def _ground(b: Builder, stage: Stage) -> None:
    """The plane everything stands on; its front edge is seldom in the picture."""
    wide = 2.5 * stage.half_width(stage.far) + 1
    front = stage.near * (b.between(1.05, 1.3) if b.chance(0.2) else -0.5)
    use = b.pick(("wood", "wood", "fabric", "plain", "stone", "carpet", "floor"))
    face = b.tiled(use, repeats=b.between(0.4, 2.5) / stage.far) if b.chance(0.85) else b.lacquer()
    long = stage.far * 1.1 - front
    b.put("box", (0, -0.02 * stage.far, -(front + long / 2)), (wide, 0.04 * stage.far, long), face)
    if front > 0:
        b.box((0, -0.7 * stage.far, -stage.far), (wide * 2, 0.05, stage.far * 2), b.tiled("floor"))
    if b.chance(0.3):
        cloth = b.tiled("fabric", repeats=b.between(1, 4) / stage.far)
        size = (stage.half_width(stage.far) * b.between(0.6, 2), 0.006 * stage.far, stage.far * b.between(0.2, 0.7))
        b.box((b.between(-0.3, 0.3), 0, -(stage.near + stage.far) / 2), size, cloth, yaw=b.between(-0.4, 0.4))


def _backdrop(b: Builder, stage: Stage) -> None:
    """What closes the picture behind the things."""
    far, half = stage.far, stage.half_width(stage.far)
    tall = max(stage.top(far), 0.3 * stage.frame(far)) * 1.5 + 0.3
    wall = b.tiled("wall", repeats=b.between(0.4, 2)) if b.chance(0.6) else b.lacquer(stain=b.between(0.1, 0.6))
    slant = b.between(-0.45, 0.45) if b.chance(0.4) else 0.0
    with b.at(0, 0, -far, slant):
        b.put("quad", (0, tall / 2 - 0.5, -0.02), (6 * half + 1, tall + 1, 1), wall)
        dice = b.rng.random()
        if dice < 0.3:
            _hang(b, half, tall)
        elif dice < 0.45:
            b.put(
                "quad",
                (b.between(-0.2, 0.2) * half, tall / 2, 0.0),
                (half * 2.4, tall, 1),
                _poster(b, 2.4 * half / tall),
            )
        elif dice < 0.6:
            with b.at(0, 0, 0.06 * far):
                clutter.shelf(b, 2.2 * half, tall, 0.12 * far)
        for _ in range(b.pick((0, 1, 2, 3, 5))):
            w, h = b.between(0.2, 0.9) * half, b.between(0.2, 0.8) * half
            place = (b.between(-1, 1) * half, b.between(0.2, 0.8) * tall, 0.006 * far + 0.002 * len(b.nodes) * far / 40)
            b.put("quad", place, (w, h, 1), _poster(b, w / h), roll=b.between(-0.1, 0.1) if b.chance(0.3) else 0.0)
    if b.chance(0.25):
        side = b.pick((-1, 1))
        edge = side * half * b.between(0.6, 1.0)
        b.put(
            "box",
            (edge, tall / 2 - 0.1, -far * 0.9),
            (0.03, tall + 0.2, far * 0.6),
            wall,
            yaw=side * b.between(0.0, 0.5),
        )


def _hang(b: Builder, half: float, tall: float) -> None:
    """Cloth over the backdrop: in folds, or a sheet with something printed on it."""
    cloth = b.tiled("fabric", repeats=b.between(0.6, 4) / half) if b.chance(0.7) else b.photo(share=b.between(0.4, 1))
    pieces = b.pick((1, 1, 2, 3))
    for k in range(pieces):
        wide = 2.4 * half / pieces * b.between(0.7, 1.1)
        x = (k + 0.5) / pieces * 2.4 * half - 1.2 * half
        size = (wide, tall * 1.2, 0.12 * half * b.between(0.2, 1.5))
        b.put(f"drape{b.count(0, 7)}", (x, tall * 0.5, 0.08 * half), size, cloth, roll=b.between(-0.08, 0.08))


def _poster(b: Builder, aspect: float) -> Material:
    """Something printed: a picture, a page, a pattern."""
    if b.chance(0.65):
        return b.photo(aspect=aspect)
    return b.tiled(b.pick(("page", "page", "cover", "fabric")), repeats=b.between(1, 4))


def _arrange(b: Builder, stage: Stage, *, crowded: bool) -> None:
    """Things from the back to the front; what is tall stands behind."""
    taken: list[tuple[float, float, float]] = []
    for part in np.sort(b.rng.uniform(0.0, 1.0, b.count(14, 26) if crowded else b.count(4, 13)))[::-1]:
        deep = float(part)
        away = stage.near * 1.08 + deep * (stage.far * 0.94 - stage.near * 1.08)
        if deep < 0.3 and b.chance(0.25):
            continue
        share = b.between(0.15, 0.35) + deep * b.between(0.1, 0.55)
        if b.chance(0.15):
            share = b.between(0.5, 1.0)
        tall = min(share * stage.frame(away), max(stage.top(away) * 1.1, 0.1 * stage.frame(away)))
        for _ in range(6):
            x = b.between(-1.0, 1.0) * stage.half_width(away)
            if all(math.hypot(x - q[0], away - q[1]) > 0.5 * (tall * 0.7 + q[2]) for q in taken):
                taken.append((x, away, tall * 0.7))
                break
        else:
            continue
        with b.at(x, 0, -away):
            ornaments.ornament(b, tall)
    if b.chance(0.4):
        # What the picture is of.
        away = b.between(0.75, 1.0) * math.sqrt(stage.near * stage.far)
        with b.at(b.between(-0.5, 0.5) * stage.half_width(away), 0, -away):
            ornaments.ornament(
                b, min(b.between(0.6, 1.0) * stage.frame(away), max(stage.top(away), 0.4 * stage.frame(away)))
            )
    for _ in range(b.pick((0, 0, 1, 2))):
        away = b.between(stage.near, stage.far)
        _thin(b, stage, away)


def _thin(b: Builder, stage: Stage, away: float) -> None:
    """A stick, brush or wire that leans across the picture."""
    x, tall = b.between(-0.9, 0.9) * stage.half_width(away), b.between(0.3, 0.9) * stage.frame(away)
    end = (x + b.between(-0.6, 0.6) * tall, tall, -away - b.between(-0.2, 0.4) * tall)
    stuff = b.lacquer() if b.chance(0.6) else b.tiled("wood")
    b.rod((x, 0, -away), end, b.between(0.008, 0.03) * tall, stuff)


def _boards(b: Builder, stage: Stage) -> None:
    """Slanted boards with pictures and print on them, nearer ones lower: nothing but planes."""
    far = stage.far
    half, frame = stage.half_width(far), stage.frame(far)
    centre = stage.eye + far * math.tan(stage.pitch)
    back = {"yaw": b.between(-0.5, 0.5), "pitch": b.between(-0.35, 0.15)}
    b.put("quad", (0, centre, -far * 1.1), (half * 4.5, frame * 3, 1), _poster(b, 1.5), **back)
    if b.chance(0.5):
        tilt = -b.between(0.7, 1.5)
        away = b.between(0.45, 0.75) * far
        low = stage.eye + away * math.tan(stage.pitch) - 0.5 * stage.frame(away) * b.between(0.5, 0.9)
        b.put("quad", (0, low, -away), (half * 4, far * 0.9, 1), _poster(b, 1.5), pitch=tilt, yaw=b.between(-0.3, 0.3))
    for part in np.sort(b.rng.uniform(0.0, 1.0, b.count(1, 5)))[::-1]:
        away = stage.near + float(part) * (far - stage.near)
        tall = stage.frame(away) * b.between(0.5, 1.2)
        # The lower the board, the nearer, as a rule.
        middle = (
            stage.eye
            + away * math.tan(stage.pitch)
            - stage.frame(away) * (0.55 - 0.5 * float(part)) * b.between(0.3, 1.2)
        )
        x = b.between(-0.9, 0.9) * stage.half_width(away)
        mesh = f"shard{b.count(0, 23)}" if b.chance(0.6) else "quad"
        size = (tall * b.between(0.6, 1.8), tall, 1.0)
        b.put(
            mesh,
            (x, middle, -away),
            size,
            _poster(b, size[0] / tall),
            yaw=float(b.rng.normal(0, 0.45)),
            pitch=-abs(float(b.rng.normal(0, 0.45))) if b.chance(0.8) else b.between(0, 0.4),
            roll=float(b.rng.normal(0, 0.3)),
        )


def _look(b: Builder, stage: Stage) -> Look:
    """The soft light of a studio or the lamp of a room."""
    reach = stage.far
    for _ in range(b.pick((0, 1, 1, 2, 3))):
        place: Vec3 = (b.between(-1.2, 1.2) * reach, b.between(0.5, 1.6) * reach, -b.between(-0.5, 0.9) * reach)
        b.lamp(place, b.between(0.2, 0.9) * reach * reach)
    sun: Vec3 = (b.between(-1, 1), b.between(0.4, 1.6), b.between(0.0, 1.2))
    strength = b.between(0.1, 1.1)
    warm = b.tint(0.85, 1.0, 0.08)
    return Look(
        sun=sun,
        sun_power=(warm[0] * strength, warm[1] * strength, warm[2] * strength),
        sky_light=b.tint(0.35, 0.9, 0.08),
        ground_light=b.tint(0.2, 0.6, 0.12),
        horizon=b.tint(0.3, 1.0, 0.2),
        shadow=b.between(0.3, 1),
        shadow_radius=reach * 1.1,
        shadow_centre=(0.0, 0.2 * reach, -0.7 * reach),
        vignette=b.between(0, 0.3) if b.chance(0.3) else 0.0,
    )

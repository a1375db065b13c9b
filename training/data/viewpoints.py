"""Where the camera stands, and how it moves."""

from __future__ import annotations

import numpy as np

from training.data.builder import Builder, bounds
from training.data.scene import Camera, Floats, Vec3, vec3


def look_at(position: Vec3, target: Vec3) -> tuple[float, float]:
    """(yaw, pitch) of a camera at `position` that has `target` in the middle of its picture."""
    x, y, z = (t - p for t, p in zip(target, position, strict=True))
    return float(np.arctan2(-x, -z)), float(np.arctan2(y, np.hypot(x, z)))


def lens(b: Builder, wide: float = 18.0, tele: float = 85.0) -> float:
    """Horizontal field of view in degrees of a focal length between two, in mm before a frame 36 mm wide."""
    focal = float(np.exp(b.between(np.log(wide), np.log(tele))))
    return float(np.degrees(2 * np.arctan(18 / focal)))


def hand_held(
    b: Builder, position: Vec3, yaw: float, pitch: float, *, speed: float = 0.3, fov: float | None = None
) -> Camera:
    """A camera with a random lens, a slight roll, and a slow random drift."""
    vx, vy, vz = (float(v) for v in b.rng.normal(0, speed, 3) * (1, 0.3, 1))
    ty, tp, tr = (float(v) for v in b.rng.normal(0, 0.12, 3) * (1, 0.5, 0.3))
    return Camera(
        position=position,
        yaw=yaw,
        pitch=pitch,
        roll=float(b.rng.normal(0, 0.03)) if b.chance(0.9) else float(b.rng.normal(0, 0.12)),
        fov=float(np.radians(fov if fov is not None else lens(b))),
        velocity=(vx, vy, vz),
        turn=(ty, tp, tr),
    )


def free(point: Vec3, low: Floats, high: Floats, margin: float) -> bool:
    """True where a point is outside of every box by a margin."""
    p = np.asarray(point, np.float32)
    return not bool(((p > low - margin) & (p < high + margin)).all(axis=1).any())


def stand_in_room(b: Builder, width: float, depth: float, height: float) -> Camera:
    """Where somebody would film a room from: an open view at eye height, or something in it seen from a step away."""
    low, high = bounds(b.nodes, b.assets)
    # What encloses the room (shell, rugs, views outside) is no obstacle.
    solid = (high - low).max(axis=1) < 0.8 * max(width, depth)
    solid &= (high - low).min(axis=1) < 3
    low, high = low[solid], high[solid]
    room: Vec3 = (width, depth, height)
    if len(low) and b.chance(0.3):
        near = _close_up(b, low, high, room)
        if near is not None:
            return near
    if b.chance(0.25):
        return _before_a_wall(b, low, high, room)
    views = [_view(b, low, high, room) for _ in range(b.pick((2, 5, 8)))]
    position, yaw, pitch = max(views, key=lambda view: openness(view[0], view[1], low, high, room))
    return hand_held(b, position, yaw, pitch, fov=b.between(42, 76))


_View = tuple[Vec3, float, float]
"""Position, yaw, pitch."""


def _view(b: Builder, low: Floats, high: Floats, room: Vec3) -> _View:
    """Somewhere where nothing is in the way, looking across the middle of the room, mostly down a little."""
    width, depth, height = room
    position: Vec3 = (0.0, 1.6, 0.0)
    for _ in range(20):
        eye = b.between(1.25, 1.75) if b.chance(0.75) else b.between(0.8, min(2.1, height - 0.2))
        position = (b.between(-0.48, 0.48) * width, eye, b.between(-0.48, 0.48) * depth)
        if free(position, low, high, 0.3):
            break
    target: Vec3 = (b.between(-0.3, 0.3) * width, position[1], b.between(-0.3, 0.3) * depth)
    yaw, _ = look_at(position, target)
    # People film either what stands on the floor and on tables, or each other.
    pitch = b.rng.normal(-0.48, 0.15) if b.chance(0.6) else b.rng.normal(-0.15, 0.12)
    return position, yaw + b.between(-0.3, 0.3), float(np.clip(pitch, -0.9, 0.3))


def _before_a_wall(b: Builder, low: Floats, high: Floats, room: Vec3) -> Camera:
    """A level look at a wall or a corner from a few steps away: often no floor in sight, or only a strip of it."""
    width, depth, height = room
    for _ in range(12):
        eye = b.between(0.7, 1.4) if b.chance(0.6) else b.between(1.4, min(2.2, height - 0.2))
        position = (b.between(-0.4, 0.4) * width, eye, b.between(-0.4, 0.4) * depth)
        away, around = b.between(1.5, 4.0), b.between(0, 6.283)
        ahead = (position[0] - away * float(np.sin(around)), position[2] - away * float(np.cos(around)))
        # The far end of this look lies about at a wall.
        reach = max(abs(ahead[0]) / (width / 2), abs(ahead[1]) / (depth / 2))
        if 0.9 < reach < 1.4 and free(position, low, high, 0.35):
            break
    pitch = float(np.clip(b.rng.normal(-0.2, 0.15), -0.6, 0.3))
    return hand_held(b, position, around, pitch, fov=lens(b, 20, 36))


def openness(position: Vec3, yaw: float, low: Floats, high: Floats, room: Vec3) -> float:
    """How far one sees about straight on, in metres: the lower quartile of a few rays, halved if something is near.

    Args:
        position: metres; the room stands around x = z = 0 on y = 0.
        yaw: radians about y, 0 looks along -z.
        low: (N, 3) lower corners of the boxes that are in the way.
        high: (N, 3) upper corners.
        room: width (x), depth (z) and height (y).
    """
    side, lift = np.meshgrid(yaw + np.linspace(-0.5, 0.5, 5), np.linspace(-0.25, 0.1, 3))
    rays = np.stack([-np.sin(side) * np.cos(lift), np.sin(lift), -np.cos(side) * np.cos(lift)], axis=-1).reshape(-1, 3)
    rays = np.where(np.abs(rays) < 1e-4, 1e-4, rays)
    eye = np.asarray(position)
    half = np.array([room[0] / 2, room[2] / 2, room[1] / 2])
    walls = (np.sign(rays) * half + (0, room[2] / 2, 0) - eye) / rays
    length = walls.min(axis=1)
    if len(low):
        first, second = ((edge[None] - eye) / rays[:, None] for edge in (low, high))
        enters, leaves = np.minimum(first, second).max(axis=2), np.maximum(first, second).min(axis=2)
        hit = np.where((enters < leaves) & (leaves > 0), np.maximum(enters, 0), np.inf)
        length = np.minimum(length, hit.min(axis=1))
    return float(np.quantile(length, 0.25)) * (0.5 if length.min() < 0.6 else 1.0)


def _close_up(b: Builder, low: Floats, high: Floats, room: Vec3) -> Camera | None:
    """A hand-held look down on one thing from an arm's length to a few steps away."""
    width, depth, height = room
    for _ in range(12):
        k = b.count(0, len(low) - 1)
        middle = vec3((low[k] + high[k]) / 2)
        away, around = b.between(0.7, 3.0), b.between(0, 6.283)
        lift = away * b.between(0.25, 0.9)
        position = (
            middle[0] + away * float(np.sin(around)),
            min(max(middle[1] + lift, 0.9), height - 0.15),
            middle[2] + away * float(np.cos(around)),
        )
        inside = abs(position[0]) < width / 2 - 0.1 and abs(position[2]) < depth / 2 - 0.1
        if inside and free(position, low, high, 0.3):
            yaw, pitch = look_at(position, middle)
            aside = float(b.rng.normal(0, 0.2))
            return hand_held(b, position, yaw + aside, pitch + float(b.rng.normal(0, 0.12)), fov=b.between(45, 75))
    return None

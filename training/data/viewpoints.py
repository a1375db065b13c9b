"""Where the camera stands, and how it moves."""

from __future__ import annotations

import numpy as np

from training.data.builder import Builder, bounds
from training.data.scene import Camera, Floats, Vec3, vec3


def look_at(position: Vec3, target: Vec3) -> tuple[float, float]:
    """(yaw, pitch) of a camera at `position` that has `target` in the middle of its picture."""
    x, y, z = (t - p for t, p in zip(target, position, strict=True))
    return float(np.arctan2(-x, -z)), float(np.arctan2(y, np.hypot(x, z)))


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
        roll=float(b.rng.normal(0, 0.04)) if b.chance(0.8) else float(b.rng.normal(0, 0.15)),
        fov=float(np.radians(fov if fov is not None else b.between(35, 85))),
        velocity=(vx, vy, vz),
        turn=(ty, tp, tr),
    )


def free(point: Vec3, low: Floats, high: Floats, margin: float) -> bool:
    """True where a point is outside of every box by a margin."""
    p = np.asarray(point, np.float32)
    return not bool(((p > low - margin) & (p < high + margin)).all(axis=1).any())


def stand_in_room(b: Builder, width: float, depth: float, height: float) -> Camera:
    """Somewhere in a room where nothing is in the way, looking at something in it, mostly a little down."""
    low, high = bounds(b.nodes, b.assets)
    # What encloses the room (shell, rugs, views outside) is no obstacle.
    solid = (high - low).max(axis=1) < 0.8 * max(width, depth)
    solid &= (high - low).min(axis=1) < 3
    low, high = low[solid], high[solid]
    if len(low) and b.chance(0.45):
        near = _close_up(b, low, high, (width, depth, height))
        if near is not None:
            return near
    position: Vec3 = (0.0, 1.6, 0.0)
    for _ in range(30):
        eye = b.between(1.4, 1.75) if b.chance(0.6) else b.between(0.7, min(2.2, height - 0.2))
        edge = 0.42 if b.chance(0.4) else 0.49
        position = (b.between(-edge, edge) * width, eye, b.between(-edge, edge) * depth)
        if free(position, low, high, 0.25):
            break
    dice = b.rng.random()
    target: Vec3
    if dice < 0.45 and len(low):
        k = b.count(0, len(low) - 1)
        x, y, z = ((low[k] + high[k]) / 2).tolist()
        target = (x, y, z)
    elif dice < 0.7:
        target = (b.between(-0.3, 0.3) * width, b.between(0.3, 1.2), b.between(-0.3, 0.3) * depth)
    else:
        target = (b.between(-0.5, 0.5) * width, b.between(0.4, 1.7), b.pick((-0.5, 0.5)) * depth)
    yaw, pitch = look_at(position, target)
    return hand_held(b, position, yaw + b.between(-0.15, 0.15), float(np.clip(pitch, -0.9, 0.35)))


def _close_up(b: Builder, low: Floats, high: Floats, room: Vec3) -> Camera | None:
    """A hand-held look at one thing from an arm's length to a few steps away, mostly from above."""
    width, depth, height = room
    for _ in range(12):
        k = b.count(0, len(low) - 1)
        middle = vec3((low[k] + high[k]) / 2)
        away, around = b.between(0.5, 2.8), b.between(0, 6.283)
        lift = away * b.between(0.05, 0.9)
        position = (
            middle[0] + away * float(np.sin(around)),
            min(middle[1] + lift, height - 0.15),
            middle[2] + away * float(np.cos(around)),
        )
        inside = abs(position[0]) < width / 2 - 0.1 and abs(position[2]) < depth / 2 - 0.1
        if inside and position[1] > 0.5 and free(position, low, high, 0.2):
            yaw, pitch = look_at(position, middle)
            aside = float(b.rng.normal(0, 0.15))
            return hand_held(b, position, yaw + aside, pitch + float(b.rng.normal(0, 0.12)), fov=b.between(45, 75))
    return None

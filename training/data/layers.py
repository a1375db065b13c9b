"""Layers: cut-outs of photographs at several depths before a photograph: photographic texture with exact truth."""

from __future__ import annotations

from typing import Any

import numpy as np

from training.data.assets import Assets
from training.data.builder import Builder
from training.data.scene import Look, Scene
from training.data.viewpoints import hand_held


def build_layers(rng: np.random.Generator, assets: Assets) -> Scene:
    """Cards along -z before a camera at the origin."""
    b = Builder(rng, assets)
    flat = b.chance(0.6)
    share = 1.0 if flat else b.between(0.4, 0.9)
    far = b.between(6, 40)
    fov = b.between(40, 75)
    reach = 2 * float(np.tan(np.radians(fov) / 2))
    photo: dict[str, Any] = {"emission": share, "tint": b.tint(0.8, 1.1, 0.05)}
    back = b.photo(share=b.between(0.6, 1.0), **photo)
    tilt = b.between(-0.35, 0.35)
    b.put("quad", (0, 0, -far), (far * reach * 1.7, far * reach * 1.3, 1), back, yaw=tilt, pitch=b.between(-0.2, 0.2))
    if b.chance(0.5):
        low = b.between(0.4, 1.6)
        floor = b.photo(share=b.between(0.3, 1), **photo) if b.chance(0.5) else b.tiled("ground", emission=share)
        b.put("quad", (0, -low, -far / 2), (far * reach * 2, far * 1.2, 1), floor, pitch=-np.pi / 2)
    for depth in np.sort(np.exp(rng.uniform(np.log(0.8), np.log(far * 0.9), b.count(2, 12))))[::-1]:
        wide = float(depth) * reach
        x, y = b.between(-0.55, 0.55) * wide, b.between(-0.4, 0.25) * wide
        size = wide * b.between(0.12, 0.7)
        dice = b.rng.random()
        turn: dict[str, Any] = {
            "yaw": float(rng.normal(0, 0.3)),
            "pitch": float(rng.normal(0, 0.2)),
            "roll": float(rng.normal(0, 0.4)),
        }
        motion: dict[str, Any] = {"velocity": (b.between(-0.1, 0.1) * wide, b.between(-0.03, 0.03) * wide, 0.0)}
        face = b.photo(share=b.between(0.15, 0.8), **photo) if b.chance(0.85) else b.tiled("cover", emission=share)
        if dice < 0.62:
            tall = size * b.between(0.5, 1.8)
            b.put(f"cutout{b.count(0, 47)}", (x, y, -float(depth)), (size, tall, 1), face, **turn, **motion)
        elif dice < 0.75:
            b.put(
                b.pick(("box", "sphere", "cylinder", "hull5", "hull9")),
                (x, y, -float(depth)),
                (size, size, size * 0.6),
                face,
                **turn,
                **motion,
            )
        elif dice < 0.87:
            _thin(b, x, y, float(depth), wide)
        else:
            leaf = b.tiled(
                "leaves", repeats=b.between(1, 5) / wide, emission=share, cutout=True, tint=b.tint(0.6, 1.3, 0.3)
            )
            b.put(f"cutout{b.count(0, 47)}", (x, y, -float(depth)), (size * 1.5, size, 1), leaf, **turn, **motion)
    look = Look(
        sun=(b.between(-1, 1), b.between(0.2, 1.5), b.between(0.2, 1.5)),
        sky_light=b.tint(0.5, 0.9, 0.1),
        horizon=b.tint(0.4, 1, 0.2),
        photo=b.count(0, len(assets.photos) - 1),
        shadow=0.0 if flat else b.between(0, 0.8),
        shadow_radius=far * 0.6,
        shadow_centre=(0.0, 0.0, -far / 2),
        fog=b.between(0.2, 1.5) / far if b.chance(0.25) else 0.0,
        fog_colour=b.tint(0.5, 1.0, 0.1),
    )
    camera = hand_held(b, (0.0, 0.0, 0.0), 0.0, b.between(-0.12, 0.08), speed=0.15, fov=fov)
    return Scene(kind="layers", nodes=tuple(b.nodes), camera=camera, look=look)


def _thin(b: Builder, x: float, y: float, depth: float, wide: float) -> None:
    """A bunch of bars, wires or stems right across the picture or in a corner of it."""
    stuff = b.lacquer() if b.chance(0.6) else b.tiled("bark")
    angle = b.between(0, np.pi)
    width = wide * b.between(0.003, 0.02)
    parallel = b.chance(0.6)
    for k in range(b.count(1, 7)):
        turn = angle if parallel else angle + b.between(-0.5, 0.5)
        dx, dy = float(np.cos(turn)) * wide, float(np.sin(turn)) * wide
        step = k * wide * 0.12
        cx, cy = x - step * float(np.sin(angle)), y + step * float(np.cos(angle))
        lean = b.between(-0.15, 0.15) * depth
        b.rod((cx - dx, cy - dy, -depth - lean), (cx + dx, cy + dy, -depth + lean), width, stuff)

"""People: models where there are any, else figures of rounded parts in a random pose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from training.data.builder import Builder


def person(b: Builder, x: float, y: float, z: float, *, moving: bool = False, sitting: bool = False) -> None:
    """Somebody standing, walking or sitting at a point."""
    motion: dict[str, Any] = {}
    if moving and not sitting and b.chance(0.5):
        direction, speed = b.between(0, 6.283), b.between(0.3, 1.6)
        motion["velocity"] = (speed * float(np.cos(direction)), 0.0, speed * float(np.sin(direction)))
    role = "sitter" if sitting else "person"
    if b.chance(0.65) and b.model(role, (x, y, z), **motion):
        return
    figure(b, x, y, z, sitting=sitting, **motion)


def figure(b: Builder, x: float, y: float, z: float, *, sitting: bool = False, **motion: Any) -> None:
    """A jointed figure of rounded parts; about as tall as a person."""
    tall = b.between(1.5, 1.9)
    tone = b.between(0.08, 0.75)
    skin = b.lacquer(tint=(tone, tone * 0.72, tone * 0.55), specular=0.05)
    shirt = b.tiled("fabric", repeats=b.between(1, 5), tint=b.paint())
    trousers = b.tiled("fabric", repeats=b.between(1, 5), tint=b.tint(0.05, 0.6))
    hair = b.lacquer(tint=b.tint(0.01, 0.3, 0.3))
    hip = tall * (0.27 if sitting else 0.5)
    neck = hip + tall * 0.33
    first = len(b.nodes)
    with b.at(x, y, z, b.between(0, 6.283)):
        b.put("sphere", (0, (hip + neck) / 2, 0), (tall * 0.25, tall * 0.4, tall * 0.15), shirt)
        b.box((0, hip, 0), (tall * 0.2, tall * 0.3, tall * 0.12), shirt, mesh="cylinder")
        b.put("sphere", (0, neck + tall * 0.09, 0), (tall * 0.09, tall * 0.14, tall * 0.11), skin)
        b.put("sphere", (0, neck + tall * 0.12, -0.02), (tall * 0.1, tall * 0.11, tall * 0.12), hair)
        for side in (-1, 1):
            knee_forward = tall * 0.25 if sitting else b.between(-0.12, 0.2)
            root = (side * tall * 0.05, hip, 0.0)
            knee = (side * tall * 0.06, hip if sitting else tall * 0.27, knee_forward)
            foot = (knee[0], 0.05, knee[2] - (0.0 if sitting else b.between(0, 0.2)))
            b.rod(root, knee, tall * 0.09, trousers)
            b.rod(knee, foot, tall * 0.07, trousers)
            b.box((foot[0], 0, foot[2] + 0.06), (0.09, 0.08, 0.26), hair)
            shoulder = (side * tall * 0.12, neck - tall * 0.03, 0.0)
            elbow = (side * tall * b.between(0.13, 0.26), neck - tall * b.between(0.05, 0.2), b.between(-0.1, 0.15))
            hand = (elbow[0] * b.between(0.5, 1.2), elbow[1] + b.between(-0.28, 0.2), elbow[2] + b.between(0, 0.25))
            b.rod(shoulder, elbow, tall * 0.06, shirt)
            b.rod(elbow, hand, tall * 0.045, skin)
            b.put("sphere", hand, (0.09, 0.1, 0.06), skin)
    if motion:
        b.nodes[first:] = [replace(node, **motion) for node in b.nodes[first:]]

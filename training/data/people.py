"""People: models where there are any, else figures of rounded parts in a random pose."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from training.data.builder import Builder
from training.data.scene import Material


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


def bust(b: Builder, x: float, eyes: float, z: float, *, yaw: float = 0.0) -> None:
    """Somebody to be looked at from near: a face, a trunk and simple legs; faces +z before it is turned.

    Args:
        b: where to.
        x: metres.
        eyes: height of the eyes above the ground, metres.
        z: metres.
        yaw: radians.
    """
    tone = b.between(0.1, 0.75)
    ruddy = b.between(0.62, 0.8)
    skin = b.lacquer(tint=(tone, tone * ruddy, tone * ruddy * b.between(0.65, 0.85)), specular=0.08, stain=0.2)
    shirt = b.tiled("fabric", repeats=b.between(2, 8), tint=b.paint()) if b.chance(0.75) else b.lacquer(specular=0.0)
    hair = b.tiled("carpet", repeats=b.between(4, 9), tint=b.tint(0.02, 0.35, 0.35))
    w = b.between(0.15, 0.175)
    with b.at(x, eyes, z, yaw):
        _head(b, w, skin, hair)
        _trunk(b, w * b.between(2.4, 3.0), shirt, skin)
        trousers = b.tiled("fabric", repeats=3.0, tint=b.tint(0.05, 0.5))
        for side in (-1, 1):
            b.rod((side * 0.09, -0.75, -0.02), (side * 0.12, -eyes, -0.02), 0.17, trousers)


def _head(b: Builder, w: float, skin: Material, hair: Material) -> None:
    """A head `w` metres wide around eyes at the frame's origin, turned and nodding a little."""
    dark, white = b.lacquer(tint=b.tint(0.01, 0.12, 0.3), specular=0.4), b.lacquer(tint=(0.85, 0.85, 0.85))
    lips = replace(skin, tint=(skin.tint[0] * 0.8, skin.tint[1] * 0.5, skin.tint[2] * 0.55))
    with b.at(0, 0, 0, float(b.rng.normal(0, 0.35))):
        b.put("sphere", (0, 0.03, -0.03), (w, 0.22, 0.21), skin)
        b.put("sphere", (0, -0.05, -0.005), (w * 0.82, 0.15, 0.17), skin)
        b.put("cone", (0, -0.03, 0.085), (0.035, 0.06, 0.045), skin)
        b.put("sphere", (0, -0.08, 0.072), (0.055, 0.02, 0.02), lips)
        for side in (-1, 1):
            b.put("sphere", (side * w * 0.21, 0, 0.066), (0.033, 0.02, 0.02), white)
            b.put("sphere", (side * w * 0.21, 0, 0.074), (0.014, 0.016, 0.01), dark)
            b.put(
                "box", (side * w * 0.22, 0.026, 0.072), (0.045, 0.008, 0.012), hair, roll=side * b.between(-0.25, 0.1)
            )
            b.put("sphere", (side * w * 0.5, -0.02, -0.03), (0.02, 0.065, 0.04), skin)
        if b.chance(0.2):
            for side in (-1, 1):
                b.put("torus", (side * w * 0.22, 0, 0.09), (0.055, 0.02, 0.05), dark, pitch=np.pi / 2)
        style = b.rng.random()
        if style < 0.85:
            b.put("sphere", (0, 0.065, -0.05), (w * 1.1, 0.2, 0.215), hair, pitch=-0.2)
        if style < 0.4:
            long = b.between(0.2, 0.5)
            b.put(f"blob{b.count(0, 11)}", (0, 0.1 - long / 2, -0.085), (w * 1.25, long, 0.13), hair)
        elif style > 0.8:
            cloth = b.tiled("fabric", repeats=6.0, tint=b.paint())
            b.put("cylinder", (0, 0.1, -0.03), (w * 1.12, 0.1, 0.22), cloth)
            b.put("cylinder", (0, 0.07, 0.02), (w * 1.3, 0.012, b.between(0.24, 0.4)), cloth)
        if b.chance(0.15):
            b.put("sphere", (0, -0.1, 0.01), (w * 0.85, 0.12, 0.16), hair)


def _trunk(b: Builder, wide: float, shirt: Material, skin: Material) -> None:
    """Neck, shoulders, chest and arms of a head at the frame's origin."""
    b.put("cylinder", (0, -0.15, -0.03), (0.115, 0.16, 0.12), skin)
    b.put("sphere", (0, -0.28, -0.03), (wide * 0.95, 0.2, 0.2), shirt)
    b.put("sphere", (0, -0.46, -0.02), (wide * 0.85, 0.62, b.between(0.22, 0.34)), shirt)
    b.box((0, -0.9, -0.02), (wide * 0.75, 0.5, 0.22), shirt, mesh="cylinder")
    if b.chance(0.4):
        b.put("torus", (0, -0.2, -0.03), (0.17, 0.12, 0.17), shirt)
    if b.chance(0.25):
        b.put("shard3", (0, -0.45, b.between(0.13, 0.15)), (0.07, 0.4, 1), b.lacquer())
    for side in (-1, 1):
        shoulder = (side * wide * 0.45, -0.3, -0.03)
        elbow = (side * wide * b.between(0.48, 0.7), -b.between(0.45, 0.6), b.between(-0.08, 0.12))
        raised = b.chance(0.2)
        hand = (
            elbow[0] * b.between(0.3, 1.1),
            elbow[1] + (b.between(0.1, 0.3) if raised else -0.2),
            elbow[2] + b.between(0.05, 0.25),
        )
        b.put("sphere", shoulder, (0.13, 0.13, 0.14), shirt)
        b.rod(shoulder, elbow, 0.11, shirt)
        b.rod(elbow, hand, 0.08, shirt if b.chance(0.6) else skin)
        b.put("sphere", hand, (0.09, 0.11, 0.07), skin)

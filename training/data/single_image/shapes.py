"""Outlines of things that stand in front of a photograph: how much of each pixel they cover."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from training.data.primitives import fractal

_SHIFT = 4
_FIXED = 1 << _SHIFT
Mask = NDArray[np.uint8]


def draw_shape(name: str, picture: NDArray[Any], rng: np.random.Generator) -> Mask:
    """One shape somewhere in the frame.

    Args:
        name: a key of SHAPES.
        picture: (H, W, 3) what the thing looks like; shapes of the kind `segment` follow its tones.
        rng: draws the shape.

    Returns:
        (H, W) uint8, 255 = covered, in between along outlines.
    """
    return SHAPES[name](picture, rng)


def _place(picture: NDArray[Any], rng: np.random.Generator) -> tuple[NDArray[np.float64], float]:
    """(centre (x, y), reach) in pixels: small things are as likely as large ones."""
    height, width = picture.shape[:2]
    centre = np.array([rng.uniform(0, width), rng.uniform(0.1 * height, height)])
    return centre, float(np.exp(rng.uniform(np.log(0.1), np.log(0.6)))) * height


def _filled(shape: tuple[int, ...], *outlines: NDArray[Any]) -> Mask:
    mask = np.zeros(shape[:2], np.uint8)
    for outline in outlines:
        points = np.round(outline * _FIXED).astype(np.int32)
        cv2.fillPoly(mask, [points], 255, cv2.LINE_AA, _SHIFT)
    return mask


def _blob(picture: NDArray[Any], rng: np.random.Generator) -> Mask:
    centre, reach = _place(picture, rng)
    angle = np.linspace(0, 2 * np.pi, 96, endpoint=False)
    radius = np.ones_like(angle)
    for wave in range(1, int(rng.integers(2, 9))):
        radius += rng.normal(0, 0.35 / wave) * np.cos(wave * angle + rng.uniform(0, 2 * np.pi))
    radius = reach * np.clip(radius, 0.15, 2.5)
    stretch = np.exp(rng.uniform(-0.7, 0.7, 2))
    return _filled(picture.shape, centre + stretch * radius[:, None] * np.stack([np.cos(angle), np.sin(angle)], axis=1))


def _polygon(picture: NDArray[Any], rng: np.random.Generator) -> Mask:
    centre, reach = _place(picture, rng)
    corners = int(rng.integers(3, 9))
    if corners == 4 and rng.random() < 0.7:
        half = reach * np.exp(rng.uniform(-0.8, 0.8, 2))
        outline = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * half
        tilt = rng.normal(0, 0.08) if rng.random() < 0.6 else rng.uniform(0, np.pi)
    else:
        angle = np.sort(rng.uniform(0, 2 * np.pi, corners))
        outline = reach * rng.uniform(0.4, 1.4, (corners, 1)) * np.stack([np.cos(angle), np.sin(angle)], axis=1)
        tilt = 0.0
    turn = np.array([[np.cos(tilt), np.sin(tilt)], [-np.sin(tilt), np.cos(tilt)]])
    return _filled(picture.shape, centre + outline @ turn)


def _figure(picture: NDArray[Any], rng: np.random.Generator) -> Mask:
    """Something with a head, a body and limbs."""
    centre, reach = _place(picture, rng)
    mask = np.zeros(picture.shape[:2], np.uint8)

    def at(x: float, y: float) -> tuple[int, int]:
        point = np.round((centre + reach * np.array([x, y])) * _FIXED).astype(int)
        return int(point[0]), int(point[1])

    def limb(start: tuple[float, float], end: tuple[float, float], width: float) -> None:
        thickness = max(1, round(width * reach))
        cv2.line(mask, at(*start), at(*end), 255, thickness, cv2.LINE_AA, _SHIFT)

    lean = rng.normal(0, 0.15)
    head = (round(0.16 * reach * _FIXED), round(rng.uniform(0.17, 0.24) * reach * _FIXED))
    cv2.ellipse(mask, at(lean, -0.85), head, rng.normal(0, 15), 0, 360, 255, -1, cv2.LINE_AA, _SHIFT)
    limb((lean, -0.6), (0, 0.2), rng.uniform(0.25, 0.5))
    for side in (-1, 1):
        elbow = (side * rng.uniform(0.2, 0.6), rng.uniform(-0.5, 0.1))
        limb((lean + 0.15 * side, -0.5), elbow, 0.13)
        limb(elbow, (elbow[0] + rng.normal(0, 0.35), elbow[1] + rng.normal(0, 0.35)), 0.1)
        knee = (side * rng.uniform(0.1, 0.35), rng.uniform(0.4, 0.7))
        limb((0.1 * side, 0.2), knee, 0.18)
        limb(knee, (knee[0] + rng.normal(0, 0.15), rng.uniform(0.9, 1.3)), 0.13)
    return mask


def _bars(picture: NDArray[Any], rng: np.random.Generator) -> Mask:
    """Poles, fences, window frames."""
    height, width = picture.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    thickness = int(np.exp(rng.uniform(np.log(2), np.log(0.12 * height))))
    lean = rng.normal(0, 0.1)
    for _ in range(int(rng.integers(1, 6))):
        x = rng.uniform(0, width)
        top, bottom = (0.0, height) if rng.random() < 0.5 else np.sort(rng.uniform(-0.2, 1.2, 2)) * height
        ends = np.array([[x, top], [x + lean * (bottom - top), bottom]])
        cv2.line(mask, *_fixed(ends), 255, thickness, cv2.LINE_AA, _SHIFT)
    if rng.random() < 0.4:
        y = rng.uniform(0, height)
        ends = np.array([[-9.0, y], [width + 9.0, y + rng.normal(0, 0.1) * width]])
        cv2.line(mask, *_fixed(ends), 255, thickness, cv2.LINE_AA, _SHIFT)
    return mask


def _branches(picture: NDArray[Any], rng: np.random.Generator) -> Mask:
    """Crooked lines that fork and grow thinner."""
    height, width = picture.shape[:2]
    mask = np.zeros((height, width), np.uint8)
    start = np.array([rng.uniform(0, width), height if rng.random() < 0.6 else rng.uniform(0, height)])
    tips = [(start, rng.uniform(-2.4, -0.7), float(np.exp(rng.uniform(np.log(4), np.log(18)))))]
    for _ in range(60):
        if not tips:
            break
        point, angle, thickness = tips.pop(0)
        if thickness < 1.2:
            continue
        end = point + rng.uniform(8, 30) * np.array([np.cos(angle), np.sin(angle)])
        cv2.line(mask, *_fixed(np.stack([point, end])), 255, max(1, round(thickness)), cv2.LINE_AA, _SHIFT)
        tips.append((end, angle + rng.normal(0, 0.25), thickness * 0.9))
        if rng.random() < 0.3:
            tips.append((end, angle + rng.choice([-1, 1]) * rng.uniform(0.4, 1.1), thickness * 0.6))
    return mask


def _edge_of_frame(picture: NDArray[Any], rng: np.random.Generator) -> Mask:
    """Something that comes in from the left or the right: a wall, a shoulder, a car."""
    height, width = picture.shape[:2]
    steps = int(rng.integers(2, 9))
    y = np.linspace(-5, height + 5, steps)
    x = rng.uniform(0.1, 0.7) * width + np.cumsum(rng.normal(0, 0.09 * width, steps)) * (rng.random() < 0.7)
    fine = np.linspace(y[0], y[-1], 48)
    side = -20.0 if rng.random() < 0.5 else width + 20.0
    edge = np.stack([np.interp(fine, y, x), fine], axis=1)
    return _filled(picture.shape, np.concatenate([edge, [[side, y[-1]], [side, y[0]]]]))


def _foliage(picture: NDArray[Any], rng: np.random.Generator) -> Mask:
    """A clump with ragged outlines and gaps."""
    height, width = picture.shape[:2]
    size = 256
    noise = fractal(rng, size, 6, rng.uniform(0.2, 0.9), start=int(rng.integers(3, 8)))
    noise = np.asarray(cv2.resize(noise, (max(size, width), max(size, height)), interpolation=cv2.INTER_LINEAR))
    level = np.quantile(noise, rng.uniform(0.4, 0.7))
    ragged = np.clip((noise[:height, :width] - level) * rng.uniform(30, 90) + 0.5, 0, 1)
    return np.asarray(ragged * _blob(picture, rng), np.uint8)


def _segment(picture: NDArray[Any], rng: np.random.Generator) -> Mask:
    """A region of the picture itself that is brighter or darker than what is around it."""
    gray = cv2.GaussianBlur(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), (0, 0), rng.uniform(1, 5))
    level = float(np.quantile(gray, rng.uniform(0.3, 0.7)))
    side = 1 if rng.random() < 0.5 else -1
    inside = np.asarray(side * (gray.astype(np.float32) - level) > 0, np.uint8)
    count, labels, stats, _ = cv2.connectedComponentsWithStats(inside)
    if count < 2:
        return _blob(picture, rng)
    largest = 1 + np.argsort(stats[1:, cv2.CC_STAT_AREA])[::-1][:3]
    chosen = np.asarray(labels == rng.choice(largest), np.uint8) * 255
    return np.asarray(cv2.GaussianBlur(chosen, (0, 0), 0.6), np.uint8)


def _fixed(ends: NDArray[Any]) -> tuple[tuple[int, int], tuple[int, int]]:
    first, second = np.round(ends * _FIXED).astype(int).tolist()
    return (first[0], first[1]), (second[0], second[1])


SHAPES: dict[str, Callable[[NDArray[Any], np.random.Generator], Mask]] = {
    "blob": _blob,
    "polygon": _polygon,
    "figure": _figure,
    "bars": _bars,
    "branches": _branches,
    "edge": _edge_of_frame,
    "foliage": _foliage,
    "segment": _segment,
}
"""Every kind of shape, drawn equally often."""

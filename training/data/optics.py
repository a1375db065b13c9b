"""What light does on its way to the sensor, told by depth: contact shade, haze, defocus; and glare, motion, tints.

Every effect is drawn once for both eyes. Pictures change, truth does not.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Image = npt.NDArray[np.uint8]
Inverse = npt.NDArray[np.float32]
Effect = Callable[[Image, Inverse], Image]


def shoot(
    views: tuple[Image, Image], inverse_depths: tuple[Inverse, Inverse], rng: np.random.Generator, *, shallow: float
) -> tuple[Image, Image]:
    """Both eyes as a real lens would see them.

    Args:
        views: left and right, (H, W, 3) uint8 RGB.
        inverse_depths: (H, W) float32, 1 / metres, 0 = sky.
        rng: draws the light and the lens.
        shallow: share of pictures with a visible depth of field.
    """
    effects = _draw(inverse_depths[0], rng, shallow)
    left, right = views
    for effect in effects:
        left, right = effect(left, inverse_depths[0]), effect(right, inverse_depths[1])
    return left, right


def _draw(inverse: Inverse, rng: np.random.Generator, shallow: float) -> list[Effect]:
    """The effects of one picture, in the order light meets them."""
    effects: list[Effect] = []
    few = inverse[::8, ::8]
    near, middle, far = (float(v) for v in np.quantile(few, (0.97, 0.5, 0.05)))
    if rng.random() < 0.85:
        strength = float(rng.uniform(0.3, 1.0))
        effects.append(lambda view, inv: contact_shade(view, inv, strength))
    if rng.random() < 0.1:
        tints = rng.uniform(0.45, 1.25, (2, 3)) ** rng.uniform(0.3, 1.0)
        effects.append(_everywhere(_tint, tints, float(rng.uniform(0, 6.283))))
    if rng.random() < 0.08 and middle > 0:
        density = float(rng.uniform(0.1, 0.8)) * middle
        air = rng.uniform(90, 230) * rng.uniform(0.9, 1.1, 3)
        effects.append(lambda view, inv: haze(view, inv, density, air))
    if rng.random() < shallow and near > 1.2 * far:
        focus = near if rng.random() < 0.6 else float(rng.choice(few.reshape(-1)))
        widest = float(rng.uniform(1.5, 7.0)) * inverse.shape[1] / 384
        scale = widest / max(near - far, 1e-6)
        effects.append(lambda view, inv: defocus(view, inv, focus, scale))
    if rng.random() < 0.1:
        place, gain, glow = rng.uniform(-0.3, 1.3, 2), float(rng.uniform(0.1, 0.5)), rng.uniform(170, 255, 3)
        effects.append(_everywhere(_veil, place, gain, glow))
    if rng.random() < 0.15:
        effects.append(_everywhere(_bloom, float(rng.uniform(0.2, 0.7))))
    if rng.random() < 0.07:
        kernel = _smear(float(rng.uniform(2, 9)) * inverse.shape[1] / 384, float(rng.uniform(0, np.pi)))
        effects.append(_everywhere(cv2.filter2D, -1, kernel))
    return effects


def _everywhere(change: Callable[..., Any], *given: Any) -> Effect:
    """An effect that does not ask how far away things are."""

    def effect(view: Image, _inverse: Inverse) -> Image:
        return np.asarray(change(view, *given), np.uint8)

    return effect


def contact_shade(view: Image, inverse: Inverse, strength: float) -> Image:
    """Darkens creases: where things touch, and in corners.

    Inverse depth is linear over any plane, so its second difference is zero on planes and positive in creases,
    whatever the slant. Steps from one thing to another behind it are no creases and stay as they are.
    """
    small: Any = cv2.resize(inverse, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_NEAREST)
    rim = 6
    wide = cv2.copyMakeBorder(small, rim, rim, rim, rim, cv2.BORDER_REFLECT_101)
    height, width = small.shape
    scale = 1 / np.maximum(small, 1e-4)
    shade = np.zeros_like(small)
    for reach in (2, 6):
        for dx, dy in ((reach, 0), (0, reach), (reach, reach), (reach, -reach)):
            a = wide[rim + dy : rim + dy + height, rim + dx : rim + dx + width]
            c = wide[rim - dy : rim - dy + height, rim - dx : rim - dx + width]
            bend = (a + c) * scale - 2
            step = np.maximum(a, c) * scale - 1
            shade += np.clip(bend * (20 / reach), 0, 1) * np.clip(2 - 6 * step, 0, 1)
    shade[small <= 0] = 0
    shade = cv2.GaussianBlur(shade, (0, 0), 1.5)
    shade = cv2.resize(shade, (view.shape[1], view.shape[0]), interpolation=cv2.INTER_LINEAR)
    return _scaled(view, 1 - strength * np.minimum(shade * 0.17, 0.6))


def haze(view: Image, inverse: Inverse, density: float, air: npt.NDArray[np.float64]) -> Image:
    """Mixes in the colour of the air, the more the farther: density is per metre, air is RGB 0..255."""
    clear = np.exp(-density / np.maximum(inverse, 1e-3)).astype(np.float32)[..., None]
    return np.asarray(view * clear + air.astype(np.float32) * (1 - clear), np.uint8)


def defocus(view: Image, inverse: Inverse, focus: float, scale: float) -> Image:
    """Blurs what is out of focus: the circle of confusion grows with the difference in inverse depth.

    Args:
        view: (H, W, 3) uint8.
        inverse: (H, W) 1 / metres.
        focus: inverse depth that is sharp.
        scale: standard deviation of the blur in pixels per unit of inverse depth.
    """
    # Edges of near blurred things are soft outwards too.
    spread = cv2.GaussianBlur(np.abs(inverse - np.float32(focus)) * np.float32(scale), (0, 0), 1.5)
    out = view.astype(np.float32)
    before = 0.0
    for sigma in (1.2, 3.0, 7.0):
        if float(spread.max()) <= before:
            break
        soft = cv2.GaussianBlur(view, (0, 0), sigma)
        part = np.clip((spread - before) / (sigma - before), 0, 1)[..., None]
        out += (soft - out) * part
        before = sigma
    return np.asarray(out, np.uint8)


def _scaled(view: Image, factor: npt.NDArray[Any]) -> Image:
    wide = cv2.merge([factor.astype(np.float32)] * 3) if factor.ndim == 2 else factor
    return np.asarray(cv2.multiply(view, wide, dtype=cv2.CV_8U), np.uint8)


def _across(view: Image, angle: float) -> Inverse:
    """(H, W) a ramp from 0 to 1 in some direction."""
    y, x = np.linspace(-0.7, 0.7, view.shape[0]), np.linspace(-0.7, 0.7, view.shape[1])
    ramp = 0.5 + np.cos(angle) * x[None] + np.sin(angle) * y[:, None]
    return np.asarray(np.clip(ramp, 0, 1), np.float32)


def _tint(view: Image, tints: npt.NDArray[np.float64], angle: float) -> Image:
    """Light of one colour from one side and of another from the other."""
    ramp = _across(view, angle)[..., None]
    return _scaled(view, np.asarray(tints[0] * ramp + tints[1] * (1 - ramp), np.float32))


def _veil(view: Image, place: npt.NDArray[np.float64], gain: float, glow: npt.NDArray[np.float64]) -> Image:
    """Stray light around a lamp or the sun in the picture or beside it."""
    y, x = np.linspace(0, 1, view.shape[0])[:, None], np.linspace(0, 1, view.shape[1])[None]
    light = gain / (1 + 3 * ((x - place[0]) ** 2 + (y - place[1]) ** 2))
    light = light.astype(np.float32)[..., None]
    return np.asarray(view * (1 - light) + glow.astype(np.float32) * light, np.uint8)


def _bloom(view: Image, gain: float) -> Image:
    """Bright parts shine into their surroundings."""
    small = cv2.resize(view, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    bright = cv2.GaussianBlur(np.maximum(small, 170) - np.uint8(170), (0, 0), 3.5)
    wide = cv2.resize(bright, (view.shape[1], view.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.asarray(cv2.addWeighted(view, 1.0, wide, 3 * gain, 0), np.uint8)


def _smear(length: float, angle: float) -> npt.NDArray[np.float32]:
    """The kernel of a camera that moves by `length` pixels while the shutter is open."""
    side = 2 * int(np.ceil(length / 2)) + 1
    kernel = np.zeros((side, side), np.float32)
    for part in np.linspace(-0.5, 0.5, 4 * side):
        x, y = side / 2 + part * length * np.cos(angle), side / 2 + part * length * np.sin(angle)
        kernel[min(int(y), side - 1), min(int(x), side - 1)] += 1
    return np.asarray(kernel / kernel.sum(), np.float32)

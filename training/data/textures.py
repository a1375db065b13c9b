"""Textures made from nothing, so that scenes need no assets: tiles that repeat, and stand-ins for photographs."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from training.data.primitives import fractal

TILE = 128
PHOTO = 512
Image = npt.NDArray[np.uint8]

TILE_FAMILIES = ("cloud", "grain", "stripes", "checks", "bricks", "speckle", "text", "planks", "leaves")


def make_tile(family: str, rng: np.random.Generator) -> Image:
    """(TILE, TILE, 4) uint8 RGBA that repeats; only "leaves" has transparent parts."""
    out = np.full((TILE, TILE, 4), 255, np.uint8)
    if family == "text":
        out[..., :3] = text(rng, TILE)
        return out
    mask = _PATTERNS[family](rng)[..., None]
    first = _colour(rng)
    second = np.clip(first * rng.uniform(0.3, 0.9) if rng.random() < 0.6 else _colour(rng), 0, 255)
    grain = rng.normal(0, rng.uniform(1, 8), (TILE, TILE, 1))
    out[..., :3] = np.clip(first * mask + second * (1 - mask) + grain, 0, 255)
    if family == "leaves":
        green = np.array([rng.uniform(30, 120), rng.uniform(80, 150), rng.uniform(10, 60)])
        out[..., :3] = np.clip(green * (0.5 + 0.8 * fractal(rng, TILE, 5, 0.4)[..., None]), 0, 255)
        out[..., 3] = np.where(mask[..., 0] > rng.uniform(0.42, 0.55), 255, 0)
    return out


def text(rng: np.random.Generator, size: int) -> Image:
    """(size, size, 3) uint8: something like a printed page."""
    paper = rng.uniform(170, 255) * np.array([1, rng.uniform(0.93, 1), rng.uniform(0.85, 1)])
    page = np.broadcast_to(paper, (size, size, 3)).astype(np.uint8).copy()
    ink = tuple(float(v) for v in rng.uniform(0, 110, 3))
    step = int(rng.integers(5, 11)) * size // 128
    margin = int(rng.integers(4, 14)) * size // 128
    for y in range(margin, size - margin, step):
        if rng.random() < 0.12:
            continue
        x = margin
        end = size - margin - int(rng.integers(0, size // 3) if rng.random() < 0.3 else 0)
        while x < end:
            word = int(rng.integers(3, 16)) * size // 128
            cv2.rectangle(page, (x, y), (min(x + word, end), y + max(step // 3, 1)), ink, -1)
            x += word + max(step // 2, 2)
    if rng.random() < 0.4:
        corner = rng.integers(0, size // 2, 2)
        far = corner + rng.integers(size // 5, size // 2, 2)
        cv2.rectangle(page, corner.tolist(), far.tolist(), rng.uniform(0, 255, 3).tolist(), -1)
    return page


def make_photo(rng: np.random.Generator) -> Image:
    """(PHOTO, PHOTO, 4) uint8: gradients, blobs, lines and marks at every size."""
    top, bottom = _colour(rng), _colour(rng)
    blend = np.linspace(0, 1, PHOTO)[:, None, None]
    picture = (top * (1 - blend) + bottom * blend) * (
        0.4 + 0.9 * fractal(rng, PHOTO, 7, rng.uniform(0.4, 1.1))[..., None]
    )
    picture = np.clip(picture, 0, 255).astype(np.uint8)
    for _ in range(int(rng.integers(8, 60))):
        colour = _colour(rng).tolist()
        centre = rng.integers(0, PHOTO, 2).tolist()
        reach = int(2 ** rng.uniform(2, 7))
        draw = int(rng.integers(0, 3))
        if draw == 0:
            axes = (reach, int(reach * rng.uniform(0.2, 1)))
            cv2.ellipse(picture, centre, axes, rng.uniform(0, 180), 0, 360, colour, -1, cv2.LINE_AA)
        elif draw == 1:
            corners = (np.array(centre) + rng.normal(0, reach, (int(rng.integers(3, 7)), 2))).astype(np.int32)
            cv2.fillPoly(picture, [corners], colour, cv2.LINE_AA)
        else:
            end = (np.array(centre) + rng.normal(0, 3 * reach, 2)).astype(int).tolist()
            cv2.line(picture, centre, end, colour, int(rng.integers(1, 6)), cv2.LINE_AA)
    shade = 0.6 + 0.6 * fractal(rng, PHOTO, 6, 0.5)[..., None]
    out = np.full((PHOTO, PHOTO, 4), 255, np.uint8)
    out[..., :3] = np.clip(picture * shade, 0, 255)
    return out


def _colour(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    gray = rng.uniform(30, 240)
    return np.clip(gray + rng.normal(0, rng.choice([8, 40]), 3), 5, 250)


def _cloud(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    return fractal(rng, TILE, 6, rng.uniform(0.4, 1.3))


def _grain(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    noise = fractal(rng, TILE, 6, 0.3, start=4)
    squeezed = cv2.resize(noise, (TILE, 8), interpolation=cv2.INTER_AREA)
    wood = cv2.resize(squeezed, (TILE, TILE), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(wood.T if rng.random() < 0.5 else wood, 0, 1), np.float32)


def _stripes(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    y, x = np.mgrid[:TILE, :TILE] / TILE
    kx, ky = rng.integers(0, 9), rng.integers(0, 9)
    wave = np.sin(2 * np.pi * (x * max(kx, 1) + y * ky))
    return np.asarray(np.clip(0.5 + wave * rng.uniform(0.5, 8), 0, 1), np.float32)


def _checks(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    count = 2 * int(rng.integers(1, 5))
    y, x = np.mgrid[:TILE, :TILE] * count // TILE
    return np.asarray((x + y) % 2, np.float32)


def _bricks(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    rows, columns = 2 * int(rng.integers(1, 5)), int(rng.integers(1, 4))
    y, x = np.mgrid[:TILE, :TILE] / TILE
    x = x * columns + 0.5 * (np.floor(y * rows) % 2) * rng.integers(0, 2)
    joint = rng.uniform(0.02, 0.06)
    mortar = ((x % 1) < joint * columns / 2) | ((y * rows % 1) < joint * rows / 2)
    tone = rng.uniform(0.6, 1, (rows, columns))[(y * rows).astype(int), x.astype(int) % columns]
    return np.where(mortar, 0, tone).astype(np.float32)


def _planks(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    count = int(rng.integers(2, 7))
    row = np.mgrid[:TILE, :TILE][0] * count // TILE
    tone = rng.uniform(0.5, 1, count)[row]
    edge = (np.mgrid[:TILE, :TILE][0] * count % TILE) < count
    return np.where(edge, 0, tone * (0.7 + 0.3 * _grain(rng))).astype(np.float32)


def _speckle(rng: np.random.Generator) -> npt.NDArray[np.float32]:
    noise = fractal(rng, TILE, 7, rng.uniform(-0.2, 0.3), start=8)
    return np.asarray(np.clip((noise - 0.5) * 3 + 0.5, 0, 1), np.float32)


_PATTERNS = {
    "cloud": _cloud,
    "grain": _grain,
    "stripes": _stripes,
    "checks": _checks,
    "bricks": _bricks,
    "planks": _planks,
    "speckle": _speckle,
    "leaves": _speckle,
}

"""Meshes made from nothing: boxes, balls, tubes, cards and random solids, as triangle soups (dtype VERTEX).

Solids fill the cube from -0.5 to 0.5 unless said otherwise.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
import numpy.typing as npt

from training.data.scene import VERTEX

Vertices = npt.NDArray[np.void]
Points = npt.NDArray[np.float32]


def soup(points: Points, faces: npt.NDArray[np.integer], colours: npt.NDArray[np.uint8] | None = None) -> Vertices:
    """Triangles with smooth normals where corners are shared and flat ones where they are not.

    Args:
        points: (N, 3) float32.
        faces: (M, 3) integer indices into points.
        colours: (N, 4) uint8, white where None.

    Returns:
        (3 M,) vertices. Texture axes follow each face's own normal.
    """
    corners = points[faces]
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    summed = np.zeros_like(points)
    for k in range(3):
        np.add.at(summed, faces[:, k], normal)
    smooth = summed[faces]
    # A corner shared by faces at a sharp angle (a cube modelled with eight corners) keeps its face's own normal.
    unit = normal / np.maximum(np.linalg.norm(normal, axis=1, keepdims=True), 1e-20)
    # The poles of a ball and the doubled rings of a can leave triangles without area.
    whole = np.linalg.norm(normal, axis=1) > 1e-12
    corners, normal, unit, smooth, faces = (each[whole] for each in (corners, normal, unit, smooth, faces))
    smooth /= np.maximum(np.linalg.norm(smooth, axis=2, keepdims=True), 1e-20)
    sharp = np.einsum("fkc,fc->fk", smooth, unit) < 0.8
    smooth = np.where(sharp[..., None], unit[:, None, :], smooth)
    out = np.zeros((len(faces), 3), VERTEX)
    out["position"] = corners
    out["normal"][..., :3] = np.round(smooth * 127) + 128
    out["normal"][..., 3] = np.abs(normal).argmax(axis=1)[:, None]
    out["colour"] = 255 if colours is None else colours[faces]
    return out.reshape(-1)


def grid(rows: int, columns: int, *, wrap: bool = False) -> npt.NDArray[np.int64]:
    """Faces of a (rows, columns) net of points; wrap joins the last column to the first."""
    index = np.arange(rows * columns).reshape(rows, columns)
    if wrap:
        index = np.concatenate([index, index[:, :1]], axis=1)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    return np.stack([np.stack([a, c, b], -1), np.stack([b, c, d], -1)], 2).reshape(-1, 3)


def box() -> Vertices:
    """The unit cube."""
    faces: list[list[int]] = []
    points: list[Points] = []
    for axis in range(3):
        for sign in (-0.5, 0.5):
            corner = np.zeros((4, 3), np.float32)
            corner[:, axis] = sign
            corner[:, (axis + 1) % 3] = (-0.5, 0.5, 0.5, -0.5)
            corner[:, (axis + 2) % 3] = (-0.5, -0.5, 0.5, 0.5)
            base = 4 * len(points)
            order = [[0, 1, 2], [0, 2, 3]] if sign > 0 else [[0, 2, 1], [0, 3, 2]]
            points.append(corner)
            faces += [[base + i for i in face] for face in order]
    return soup(np.concatenate(points), np.array(faces))


def quad() -> Vertices:
    """A card in the x-y plane, facing +z."""
    points = np.array([[-0.5, -0.5, 0], [0.5, -0.5, 0], [0.5, 0.5, 0], [-0.5, 0.5, 0]], np.float32)
    return soup(points, np.array([[0, 1, 2], [0, 2, 3]]))


def lathe(profile: list[tuple[float, float]], sides: int = 16, *, flat: bool = False) -> Vertices:
    """Turns a profile of (radius, height) about the y axis."""
    angle = np.arange(sides) * (2 * np.pi / sides)
    radius, height = np.array(profile, np.float32).T
    points = np.stack(
        [
            radius[:, None] * np.cos(angle),
            np.broadcast_to(height[:, None], (len(profile), sides)),
            -radius[:, None] * np.sin(angle),
        ],
        -1,
    )
    points = points.reshape(-1, 3).astype(np.float32)
    faces = grid(len(profile), sides, wrap=True)[:, ::-1]
    if flat:
        points, faces = points[faces].reshape(-1, 3), np.arange(faces.size).reshape(-1, 3)
    return soup(points, faces)


def sphere(rows: int = 8, sides: int = 14) -> Vertices:
    """A ball."""
    angle = np.linspace(0, np.pi, rows + 1)
    return lathe([(0.5 * float(np.sin(a)), -0.5 * float(np.cos(a))) for a in angle], sides)


def cylinder(sides: int = 16) -> Vertices:
    """An upright can."""
    return lathe([(0, -0.5), (0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (0.5, 0.5), (0, 0.5)], sides)


def cone(sides: int = 16, top: float = 0.0) -> Vertices:
    """An upright cone, cut off at radius `top`."""
    return lathe([(0, -0.5), (0.5, -0.5), (0.5, -0.5), (top, 0.5), (top, 0.5), (0, 0.5)], sides)


def torus(thickness: float = 0.12, sides: int = 14, tube: int = 6) -> Vertices:
    """A ring lying in the x-z plane."""
    angle = np.linspace(0, 2 * np.pi, tube + 1)
    ring = 0.5 - thickness
    return lathe([(ring + thickness * float(np.cos(a)), thickness * float(np.sin(a))) for a in angle], sides)


def roof() -> Vertices:
    """A gable along x: ridge at y = 0.5, eaves at y = -0.5."""
    p = np.array(
        [[-0.5, -0.5, -0.5], [0.5, -0.5, -0.5], [0.5, -0.5, 0.5], [-0.5, -0.5, 0.5], [-0.5, 0.5, 0], [0.5, 0.5, 0]],
        np.float32,
    )
    f: npt.NDArray[np.int64] = np.array(
        [[3, 2, 5], [3, 5, 4], [1, 0, 4], [1, 4, 5], [0, 3, 4], [2, 1, 5], [0, 1, 2], [0, 2, 3]]
    )
    return soup(p[f].reshape(-1, 3), np.arange(f.size).reshape(-1, 3))


def hull(rng: np.random.Generator) -> Vertices:
    """A random convex solid with flat faces: a stone, a crystal, a heap."""
    angle = rng.uniform(0, 2 * np.pi, int(rng.integers(5, 9)))
    angle.sort()
    heights = np.sort(rng.uniform(-0.5, 0.5, int(rng.integers(2, 5))))
    heights[0], heights[-1] = -0.5, 0.5
    profile = np.sqrt(np.maximum(0.25 - (heights * rng.uniform(0.7, 0.98)) ** 2, 0.01))
    rings = [
        np.stack([r * np.cos(angle), np.full_like(angle, h), -r * np.sin(angle)], -1)
        for r, h in zip(profile, heights, strict=True)
    ]
    rings = [np.tile([[0, -0.5, 0]], (len(angle), 1)), *rings, np.tile([[0, 0.5, 0]], (len(angle), 1))]
    points = np.stack(rings) + rng.normal(0, 0.03, (len(rings), 1, 3))
    net = np.asarray(points.reshape(-1, 3), np.float32)
    faces = grid(len(rings), len(angle), wrap=True)[:, ::-1]
    return soup(net[faces].reshape(-1, 3), np.arange(faces.size).reshape(-1, 3))


def cutout(rng: np.random.Generator, corners: int = 40) -> Vertices:
    """A card with an irregular outline in the x-y plane; smooth like a body or jagged like a bush."""
    angle = np.linspace(0, 2 * np.pi, corners, endpoint=False)
    radius = np.full(corners, 0.36)
    rough = rng.uniform(0.3, 1.8)
    for k in range(1, 12):
        radius += 0.16 * k**-rough * rng.normal() * np.cos(k * angle + rng.uniform(0, 6.3)) * (1 if k > 1 else 0.3)
    if rng.random() < 0.4:
        radius += rng.normal(0, rng.uniform(0, 0.06), corners)
    radius = np.clip(radius, 0.08, None)
    rim = np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1)
    rim = (rim - rim.min(0)) / (rim.max(0) - rim.min(0)) - 0.5
    points = np.zeros((corners + 1, 3), np.float32)
    points[1:, :2] = rim
    points[0, :2] = rim.mean(0)
    order = np.arange(corners)
    faces = np.stack([np.zeros(corners, int), 1 + order, 1 + (order + 1) % corners], -1)
    return soup(points, faces)


def drape(rng: np.random.Generator) -> Vertices:
    """A hanging cloth in the x-y plane with vertical folds 0.5 deep in z."""
    x = np.linspace(-0.5, 0.5, 40)
    phase = 2 * np.pi * rng.integers(4, 9) * x + np.cumsum(rng.normal(0, 0.25, 40))
    points = np.zeros((3, 40, 3), np.float32)
    points[..., 0] = x
    points[..., 1] = np.array([0.5, 0, -0.5])[:, None]
    points[..., 2] = 0.25 * np.cos(phase) * np.array([0.5, 0.9, 1.0])[:, None]
    return soup(points.reshape(-1, 3), grid(3, 40))


def blob(rng: np.random.Generator) -> Vertices:
    """A soft lump with a flat underside: a cushion, a bag, a ball of wool, a stuffed toy's body."""
    rows, sides = 12, 20
    lift = np.linspace(0, np.pi, rows + 1)[:, None]
    around = np.arange(sides)[None] * (2 * np.pi / sides)
    radius = np.ones((rows + 1, sides))
    for _ in range(6):
        waves, steep = int(rng.integers(0, 5)), int(rng.integers(1, 4))
        wave = np.cos(waves * around + rng.uniform(0, 6.3)) * np.sin(steep * lift + rng.uniform(0, 3))
        # A wave around the pole would tear it apart.
        radius += 0.13 * rng.normal() * wave * (np.sin(lift) ** (1 if waves else 0))
    points = np.stack(
        [radius * np.sin(lift) * np.cos(around), -radius * np.cos(lift), -radius * np.sin(lift) * np.sin(around)], -1
    )
    points[[0, -1]] = points[[0, -1]].mean(axis=1, keepdims=True)
    points[..., 1] = np.maximum(points[..., 1], -rng.uniform(0.6, 0.95))
    low, high = points.min(axis=(0, 1)), points.max(axis=(0, 1))
    net = ((points - low) / (high - low) - 0.5).reshape(-1, 3).astype(np.float32)
    return soup(net, grid(rows + 1, sides, wrap=True)[:, ::-1])


def heap(rng: np.random.Generator) -> Vertices:
    """A heap of cloth: folds and bumps that fall to y = -0.5 at the rim."""
    cells = 28
    x, z = np.meshgrid(np.linspace(-1, 1, cells), np.linspace(-1, 1, cells))
    folds = np.abs(fractal(rng, cells, 4, 0.6, start=3) - 0.5) * 2
    hill = np.clip(1.15 - np.hypot(x, z) * (1 + 0.3 * (fractal(rng, cells, 3, 1.0) - 0.5)), 0, 1) ** rng.uniform(0.4, 1)
    heights = hill * (0.6 * fractal(rng, cells, 4, 0.9) + 0.4 * (1 - folds))
    return height_field(np.asarray(heights / heights.max() - 0.5, np.float32))


def shard(rng: np.random.Generator) -> Vertices:
    """A card with three to six straight sides in the x-y plane, as if cut from a board."""
    angle = np.sort(rng.uniform(0, 2 * np.pi) + 2 * np.pi * np.cumsum(rng.dirichlet(np.full(rng.integers(3, 7), 4.0))))
    rim = np.stack([np.cos(angle), np.sin(angle)], -1) * rng.uniform(0.8, 1.0, (len(angle), 1))
    rim = (rim - rim.min(0)) / (rim.max(0) - rim.min(0)) - 0.5
    points = np.zeros((len(rim), 3), np.float32)
    points[:, :2] = rim
    order = np.arange(1, len(rim) - 1)
    return soup(points, np.stack([np.zeros_like(order), order, order + 1], -1))


def blade(rng: np.random.Generator) -> Vertices:
    """A long leaf, 1 from end to end along its back: rises from the origin, bends over towards +z, ends in a point."""
    along = np.linspace(0, 1, 9)
    bend = rng.uniform(0.1, 1.2)
    angle = bend * along**1.5 * 1.6
    spine = np.cumsum(np.stack([np.cos(angle), np.sin(angle)], -1), axis=0) / len(along)
    width = 0.5 * np.sin(np.pi * np.clip(along * 0.9 + 0.1, 0, 1)) ** rng.uniform(0.4, 1.2)
    hollow = rng.uniform(0.0, 0.5)
    points = np.zeros((9, 3, 3), np.float32)
    for column, side in enumerate((-1, 0, 1)):
        points[:, column, 0] = side * width * 0.2
        points[:, column, 1] = spine[:, 0]
        points[:, column, 2] = spine[:, 1] + abs(side) * width * 0.2 * hollow
    return soup(points.reshape(-1, 3), grid(9, 3))


def height_field(heights: Points, colours: npt.NDArray[np.uint8] | None = None) -> Vertices:
    """A terrain over x and z from -0.5 to 0.5; heights (rows, columns) are y as they are."""
    rows, columns = heights.shape
    points = np.zeros((rows, columns, 3), np.float32)
    points[..., 0] = np.linspace(-0.5, 0.5, columns)
    points[..., 1] = heights
    points[..., 2] = np.linspace(-0.5, 0.5, rows)[:, None]
    vertices = soup(points.reshape(-1, 3), grid(rows, columns), colours)
    vertices["normal"][:, 3] = 1
    return vertices


def fractal(rng: np.random.Generator, size: int, octaves: int = 5, rough: float = 1.0, start: int = 2) -> Points:
    """(size, size) float32 smooth noise between 0 and 1; larger `rough` is smoother."""
    total = np.zeros((size, size), np.float32)
    for k in range(octaves):
        cells = start * 2**k
        if cells > size:
            break
        layer = rng.random((cells + 1, cells + 1), np.float32)
        layer[-1], layer[:, -1] = layer[0], layer[:, 0]
        total += cv2.resize(layer, (size, size), interpolation=cv2.INTER_CUBIC) * 2.0 ** (-rough * k)
    low, high = float(total.min()), float(total.max())
    return (total - low) / max(high - low, 1e-6)


SOLIDS: dict[str, Callable[[], Vertices]] = {
    "box": box,
    "quad": quad,
    "sphere": sphere,
    "cylinder": cylinder,
    "pole": lambda: cylinder(7),
    "cone": cone,
    "frustum": lambda: cone(16, 0.3),
    "cup": lambda: lathe([(0, -0.5), (0.4, -0.5), (0.5, 0.5), (0.45, 0.5), (0.36, -0.4), (0, -0.4)]),
    "bottle": lambda: lathe([(0, -0.5), (0.5, -0.5), (0.5, 0.1), (0.42, 0.2), (0.16, 0.3), (0.16, 0.5), (0, 0.5)], 14),
    "bowl": lambda: lathe([(0, -0.5), (0.25, -0.5), (0.4, -0.2), (0.5, 0.5), (0.46, 0.5), (0.3, -0.2), (0, -0.35)]),
    "vase": lambda: lathe([(0, -0.5), (0.3, -0.5), (0.5, -0.15), (0.4, 0.15), (0.2, 0.35), (0.3, 0.5), (0.2, 0.4)]),
    "shade": lambda: lathe([(0.5, -0.5), (0.3, 0.5)]),
    "torus": torus,
    "roof": roof,
    "prism": lambda: lathe([(0, -0.5), (0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (0.5, 0.5), (0, 0.5)], 6, flat=True),
}
"""Every solid by name."""

HULLS = 24
CUTOUTS = 48
DRAPES = 8
BLOBS = 12
HEAPS = 10
SHARDS = 24
BLADES = 12


def primitive_meshes() -> dict[str, Vertices]:
    """All solids plus the random families hull0.., cutout0.., drape0.. and so on (always the same ones)."""
    meshes = {name: make() for name, make in SOLIDS.items()}
    rng = np.random.default_rng(7)
    meshes |= {f"hull{k}": hull(rng) for k in range(HULLS)}
    meshes |= {f"cutout{k}": cutout(rng) for k in range(CUTOUTS)}
    meshes |= {f"drape{k}": drape(rng) for k in range(DRAPES)}
    meshes |= {f"blob{k}": blob(rng) for k in range(BLOBS)}
    meshes |= {f"heap{k}": heap(rng) for k in range(HEAPS)}
    meshes |= {f"shard{k}": shard(rng) for k in range(SHARDS)}
    meshes |= {f"blade{k}": blade(rng) for k in range(BLADES)}
    return meshes

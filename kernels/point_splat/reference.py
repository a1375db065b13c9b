"""The definition of the point splat, slow and obvious. Every other implementation equals it bit for bit.

All arithmetic is float32, one rounding per operation, in the order written here (no fused multiply-add), except for
coverage, which is integer arithmetic.

Why surfaces and not blobs. Adding up soft points needs a z tolerance (too small: a surface fights itself; too large:
hidden things shine through), cracks as soon as the camera comes nearer, and blurs what it does not move. Here samples
next to each other are joined to a surface, as in `forward_splat`. It cannot crack at any zoom, the z test needs no
tolerance, each pixel has one winner, so no order of drawing can change the result, and nothing is blurred.

Points. `project` takes a source position (u, v) at depth d to the target: x, y on a grid of 1/256 pixel, z along the
target's axis. Depth that is NaN, infinite or not positive is no point, and neither is what lies behind the target
camera, almost in it (NEAR), or far outside its picture (GUARD).

Surface. Sample (x, y) is at u = x + 0.5, v = y + 0.5. Neighbours in a row or column are joined if both are points and
neither depth is less than `keep` times the other: depth decides, not the view, so that surfaces do not tear while a
camera moves. Four samples around a corner are a cell, A B above C D; there are (H + 1) (W + 1) of them, because what
lies outside the picture is no point. A cell whose four sides are joined is drawn as the patch A B C D. Any other cell
is torn: every joined side, in the order AB, BD, DC, CA, is drawn as a strip half a sample wide, with S' and T' half a
sample inside the cell at the depth of S and T: the patch S T S' T'. Then each sample without a joined side in this
cell, in the order A B D C, draws its own quarter of the cell at its own depth. So every sample keeps its full width.

A patch of corners 0 1 2 3 (2 below 0, 3 below 1) is two triangles, 0 1 2 and 3 2 1. Those that turn their back (or
have no area) are never drawn. A patch with a corner that is no point is not drawn.

Coverage. A pixel is covered if its centre is inside the triangle, or on an edge that is its top or left one. Corners
are integers, so triangles that share an edge neither overlap nor leave a gap between them.

Visibility. The smallest z wins; the patch drawn first (cells row by row) wins a tie.

Values. v = v(0) + (t * (v(1) - v(0)) + s * (v(2) - v(0))) for corners of triangle 0 1 2 in that order, t and s being
areas of sub-triangles times the inverse of the whole; z likewise. Colours then floor(v + 0.5). Linear in the picture,
not in space: within one sample's width nobody can tell, and depth comes out exact where nothing moves. A pixel that
nothing covers is a hole: 1 in the mask, colour and depth 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from kernels.point_splat.camera import GUARD, MAX_DEPTH, MIN_DEPTH, NEAR, SUBPIXELS, Array, PointView

_HALF = np.float32(0.5)
_RING: tuple[tuple[int, int], ...] = ((0, 0), (0, 1), (1, 1), (1, 0))
"""(row, column) of A, B, D, C within their cell: clockwise."""
_INWARD: tuple[tuple[float, float], ...] = ((0.5, 0), (0, -0.5), (-0.5, 0), (0, 0.5))
"""(rows, columns) from each side AB, BD, DC, CA half a sample into the cell."""


class Corner(NamedTuple):
    """A corner of a patch: position on the grid, depth (0: no point), colours."""

    x: int
    y: int
    z: np.float32
    colour: Array


def point_splat_reference(
    image: Array, depth: Array, matrix: Array, size: tuple[int, int], keep: np.float32
) -> PointView:
    """The picture seen by the other camera, patch by patch.

    Args:
        image: (H, W, 3) uint8 or uint16.
        depth: (H, W) float32.
        matrix: (3, 4) float32 as `projection` makes it.
        size: (height, width) of the target.
        keep: joined samples are at least so far as this share of the other's depth.
    """
    view = PointView.empty(size, image.dtype)
    view.image[:], view.hole[:], view.depth[:] = 0, 1, np.inf
    with np.errstate(all="ignore"):
        for patch in _patches(image, depth, matrix, keep):
            for triangle in ((0, 1, 2), (3, 2, 1)):
                _draw(view, *(patch[n] for n in triangle))
    view.depth[view.hole == 1] = 0
    return view


def project(u: np.float32, v: np.float32, d: np.float32, matrix: Array) -> tuple[int, int, np.float32]:
    """Grid position and depth of a point in the target; depth 0 if it is none."""
    if not np.float32(MIN_DEPTH) <= d <= np.float32(MAX_DEPTH):
        return 0, 0, np.float32(0)
    inverse = np.float32(1) / d
    x, y, q = (row[0] * u + (row[1] * v + row[2]) + row[3] * inverse for row in matrix)
    scale = np.float32(1) / q
    x, y = (np.floor(value * scale * np.float32(SUBPIXELS) + _HALF) for value in (x, y))
    z = d * q
    if not (q >= np.float32(NEAR) and abs(x) <= np.float32(GUARD) and abs(y) <= np.float32(GUARD) and z <= MAX_DEPTH):
        return 0, 0, np.float32(0)
    return int(x), int(y), z


def _patches(image: Array, depth: Array, matrix: Array, keep: np.float32) -> Iterator[list[Corner]]:
    """All patches in the order of drawing."""
    height, width = depth.shape

    def corner(row: int, column: int, down: float = 0, right: float = 0) -> Corner:
        """Sample (row, column), or the place so much beside it at the same depth."""
        u, v = np.float32(column) + _HALF + np.float32(right), np.float32(row) + _HALF + np.float32(down)
        return Corner(*project(u, v, depth[row, column], matrix), image[row, column].astype(np.float32))

    samples = {place: corner(*place) for place in np.ndindex(height, width)}
    points = {place: depth[place] for place, sample in samples.items() if sample.z > 0}

    def joined(a: tuple[int, int], b: tuple[int, int]) -> bool:
        if a not in points or b not in points:
            return False
        return bool(points[a] >= keep * points[b] and points[b] >= keep * points[a])

    for row, column in np.ndindex(height + 1, width + 1):
        ring = [(row - 1 + down, column - 1 + right) for down, right in _RING]
        sides = [joined(ring[n], ring[(n + 1) % 4]) for n in range(4)]
        if all(sides):
            yield [samples[ring[n]] for n in (0, 1, 3, 2)]
            continue
        patches = []
        for n, (down, right) in enumerate(_INWARD):
            if sides[n]:
                ends = ring[n], ring[(n + 1) % 4]
                patches.append([*(samples[end] for end in ends), *(corner(*end, down, right) for end in ends)])
        for n, (low, far) in enumerate(_RING):
            if ring[n] in points and not sides[n] and not sides[n - 1]:
                quarter = [((a - low) / 2, (b - far) / 2) for a, b in ((0, 0), (0, 1), (1, 0), (1, 1))]
                patches.append([corner(*ring[n], down, right) for down, right in quarter])
        yield from (patch for patch in patches if all(corner.z > 0 for corner in patch))


def _draw(view: PointView, a: Corner, b: Corner, c: Corner) -> None:
    """Draw a triangle where it is nearer than what is there."""
    height, width = view.hole.shape
    half = SUBPIXELS // 2
    columns = _span([a.x, b.x, c.x], width)
    rows = _span([a.y, b.y, c.y], height)
    if columns.size == 0 or rows.size == 0:
        return
    px, py = columns[None, :] * SUBPIXELS + half, rows[:, None] * SUBPIXELS + half
    areas, inside = [], np.ones((rows.size, columns.size), bool)
    for s, t in ((b, c), (c, a), (a, b)):
        area = (s.x - px) * (t.y - py) - (s.y - py) * (t.x - px)
        top_or_left = t.y < s.y or (t.y == s.y and t.x > s.x)
        inside &= (area >= 0) if top_or_left else (area > 0)
        areas.append(area)
    inverse = np.float32(1) / sum(areas).astype(np.float32)
    t, s = (areas[n].astype(np.float32) * inverse for n in (1, 2))
    z = a.z + (t * (b.z - a.z) + s * (c.z - a.z))
    part = np.ix_(rows, columns)
    wins = inside & (z < view.depth[part])
    at = tuple(np.argwhere(wins).T + np.array([[rows[0]], [columns[0]]]))
    view.hole[at] = 0
    view.depth[at] = z[wins]
    for n in range(3):
        values = a.colour[n] + (t * (b.colour[n] - a.colour[n]) + s * (c.colour[n] - a.colour[n]))
        view.image[(*at, n)] = np.floor(values + _HALF)[wins]


def _span(edges: list[int], limit: int) -> Array:
    """The pixels with their centre between the smallest and the largest, within 0..limit."""
    half = SUBPIXELS // 2
    low, high = max(0, -((half - min(edges)) // SUBPIXELS)), min(limit - 1, (max(edges) - half) // SUBPIXELS)
    return np.arange(low, high + 1)

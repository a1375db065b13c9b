"""The definition of the forward splat, slow and obvious. Every other implementation equals it bit for bit.

All arithmetic is float32, one rounding per operation, in the order written here (no fused multiply-add).

Geometry. Source sample x of a row has parallax p(x) and lands at X(x) = x + eye * p(x). Neighbours x, x+1 with
step(x) = X(x+1) - X(x) are joined if 0 < step <= tear_px. Otherwise the surface breaks between them: a tear (step >
tear_px) or a fold (step <= 0: the surface turns its back, or a nearer thing ends there). The row's ends are breaks
too.

Pieces. Sample x owns up to two half-open pieces of the output row, so that no output pixel belongs to two pieces of
one continuous surface:

    left half   [X(x) - 0.5, X(x))   if the surface breaks on its left;  shows sample x itself
    main        [X(x), X(x+1))       if joined to x+1;                   shows position x + t, t = (j - X(x)) / step(x)
                [X(x), X(x) + 0.5)   otherwise;                          shows sample x itself

An isolated sample therefore covers [X - 0.5, X + 0.5): exactly one pixel. Output pixel j is covered by a piece that
contains j.

Visibility. The candidate of largest parallax wins. A main piece shows at j the position s with s + eye * p(s) = j,
so for eye > 0 the largest parallax is the smallest s, and for eye < 0 the largest s; half pieces keep that order,
because two surfaces in one row are at least one sample apart. So pieces are drawn in the order of x, far to near:
right to left for eye >= 0, left to right for eye < 0, and later ones overwrite earlier ones. That order is free of
rounding errors, so ties cannot occur. A pixel no piece covers is a hole.

Values. v = v(x) + t * (v(x+1) - v(x)), for colours then floor(v + 0.5); parallax likewise, unrounded.

Chroma. Chroma sample k of a subsampled row sits on luma column 2k. Its values at luma columns ("sites") are C(k) at
2k, and at 2k+1 the mean of C(k) and C(k+1), but C(k) if the surface breaks on the right of 2k+1 (or k is the last),
else C(k+1) if it breaks on the left: colours do not bleed over an edge. Sites are splatted like luma. Chroma pixel
k of the output shows the site value at pixel 2k, or at 2k+1 if 2k is a hole; if both are, it is a chroma hole. In
4:2:0 chroma row r follows luma row 2r; then every chroma pixel that row 2r left a hole while row 2r+1 shows
something at 2k (else at 2k+1) = j takes the source chroma sample nearest to that position, floor((j - eye *
parallax) / 2 + 0.5), clamped to the row.

Holes, run by run: pixels [a, b) with edges a-1 and b where these lie inside the frame. For colours `background` copies
the edge of smaller parallax (left on a tie), `surface` is L + (R - L) * ((j - (a-1)) / (b - (a-1))), rounded as above;
parallax is L + (R - L) * ... with either. With a single edge all copy that. Chroma holes in the run lie between chroma
pixels (a-1) // 2 and b // 2 and follow the same rule in chroma columns, with the luma edges' choice of side. A row that
is all hole, and every hole with `none`, is 0 with mid-grey chroma and parallax 0.

Without parallax asked for, everything else is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from kernels.forward_splat.layout import Array, Fill, PlaneLayout, SplatView

_HALF = np.float32(0.5)


def forward_splat_reference(
    planes: Sequence[Array],
    parallax_px: Array,
    layout: PlaneLayout,
    *,
    eyes: Sequence[float],
    tear_px: float,
    fill: Fill,
    with_parallax: bool = True,
) -> tuple[SplatView, ...]:
    """Render each eye row by row as the module text defines it; arguments as `forward_splat` has checked them."""
    with np.errstate(over="ignore", invalid="ignore", under="ignore"):
        views = tuple(_render(planes, parallax_px, layout, eye, tear_px, fill) for eye in eyes)
    return views if with_parallax else tuple(replace(view, parallax_px=None) for view in views)


def _render(
    planes: Sequence[Array], parallax_px: Array, layout: PlaneLayout, eye: float, tear_px: float, fill: Fill
) -> SplatView:
    view = layout.new_view()
    warped = view.parallax_px
    for y in range(layout.height):
        parallax = parallax_px[y].astype(np.float32)
        row = _Row(parallax, eye, tear_px)
        hole = row.index < 0
        view.hole[y] = hole
        warped[y] = np.where(hole, 0, row.sample(parallax))
        runs = _hole_runs(hole, warped[y])
        _fill(warped[y], runs, "none" if fill == "none" else "surface", round_to_int=False)
        channels = (
            [(planes[0][y, :, c], view.planes[0][y, :, c]) for c in range(3)]
            if layout.packed
            else [(planes[0][y], view.planes[0][y])]
        )
        if layout.has_chroma and not layout.shift_x:
            channels += [(planes[c][y], view.planes[c][y]) for c in (1, 2)]
        for c, (source, target) in enumerate(channels):
            target[:] = np.where(hole, layout.mid_grey if c and not layout.packed else 0, _rounded(row.sample(source)))
            _fill(target, runs, fill, round_to_int=True)
        if layout.has_chroma and layout.shift_x:
            for c in (1, 2):
                _chroma_row(planes[c], view, c, y, row, runs, layout, fill, warped[y])
    return view


class _Row:
    """Which source position each output pixel of a row shows."""

    def __init__(self, parallax: Array, eye: float, tear_px: float) -> None:
        width = len(parallax)
        self.eye = np.float32(eye)
        landing = np.arange(width, dtype=np.float32) + self.eye * parallax
        step = landing[1:] - landing[:-1]
        self.joined = (step > 0) & (step <= np.float32(tear_px))
        self.index = np.full(width, -1)
        self.t = np.zeros(width, np.float32)
        for x in range(width) if eye < 0 else reversed(range(width)):
            if x == 0 or not self.joined[x - 1]:
                self.index[_pixels(landing[x] - _HALF, landing[x], width)] = x
                self.t[_pixels(landing[x] - _HALF, landing[x], width)] = 0
            if x < width - 1 and self.joined[x]:
                j = _pixels(landing[x], landing[x + 1], width)
                self.t[j] = (np.arange(j.start, j.stop, dtype=np.float32) - landing[x]) / step[x]
            else:
                j = _pixels(landing[x], landing[x] + _HALF, width)
                self.t[j] = 0
            self.index[j] = x

    def sample(self, values: Array) -> Array:
        """Values at the winning positions, float32; meaningless in holes."""
        v = values.astype(np.float32)
        left = v[self.index]
        # t is 0 wherever there is no right neighbour on the same surface.
        return left + np.where(self.t > 0, self.t * (v[np.minimum(self.index + 1, len(v) - 1)] - left), np.float32(0))

    def chroma_sites(self, chroma: Array) -> Array:
        """A subsampled chroma row at luma columns, (W,) float32."""
        width = len(self.index)
        sites = np.repeat(chroma.astype(np.float32), 2)[:width]
        for x in range(1, width - 1, 2):
            if self.joined[x]:
                sites[x] = _HALF * (sites[x - 1] + sites[x + 1]) if self.joined[x - 1] else sites[x + 1]
        return sites


def _pixels(start: np.float32, stop: np.float32, width: int) -> slice:
    """The pixels j with start <= j < stop."""
    low, high = (int(np.ceil(np.clip(edge, 0, width))) for edge in (start, stop))
    return slice(low, max(low, high))


def _rounded(values: Array) -> Array:
    return np.floor(values + _HALF)


def _hole_runs(hole: Array, parallax: Array) -> list[tuple[int, int, bool]]:
    """(first, one past last, True if the left edge is the background) of every run of holes that has an edge."""
    width = len(hole)
    padded = np.concatenate([[0], hole.astype(np.int8), [0]])
    starts, stops = np.flatnonzero(np.diff(padded) == 1), np.flatnonzero(np.diff(padded) == -1)
    runs = []
    for a, b in zip(starts.tolist(), stops.tolist(), strict=True):
        if b - a < width:
            runs.append((a, b, b == width or (a > 0 and parallax[a - 1] <= parallax[b])))
    return runs


def _fill(values: Array, runs: list[tuple[int, int, bool]], fill: Fill, *, round_to_int: bool) -> None:
    for a, b, left_is_background in runs:
        _fill_run(values, a - 1, b, left_is_background, fill, round_to_int=round_to_int)


def _fill_run(
    values: Array, left: int, right: int, left_is_background: bool, fill: Fill, *, round_to_int: bool
) -> None:
    """Fill the values strictly between the edges left and right; an edge outside the row does not exist."""
    if fill == "none" or right - left < 2:
        return
    if fill == "background" or left < 0 or right >= len(values):
        values[left + 1 : right] = values[left if left_is_background else right]
        return
    edges = values[[left, right]].astype(np.float32)
    t = np.arange(1, right - left, dtype=np.float32) / np.float32(right - left)
    stretched = edges[0] + t * (edges[1] - edges[0])
    values[left + 1 : right] = _rounded(stretched) if round_to_int else stretched


def _chroma_row(
    source: Array,
    view: SplatView,
    plane: int,
    y: int,
    row: _Row,
    runs: list[tuple[int, int, bool]],
    layout: PlaneLayout,
    fill: Fill,
    warped: Array,
) -> None:
    """Splat one subsampled chroma plane along luma row y, whose warped parallax is given; source is the whole plane."""
    r = y >> layout.shift_y
    chroma = source[r]
    target = view.planes[plane][r]
    hole = view.hole[y]
    columns = np.arange(len(chroma))
    even = 2 * columns
    odd = np.minimum(even + 1, layout.width - 1)
    j = np.where(hole[even] == 0, even, odd)
    if layout.shift_y and y % 2:
        above = view.hole[y - 1]
        late = (above[even] & above[odd] == 1) & (hole[j] == 0)
        position = j.astype(np.float32) - row.eye * warped[j]
        nearest = np.clip(np.floor(position * _HALF + _HALF), 0, len(chroma) - 1).astype(np.intp)
        target[late] = chroma[nearest[late]]
        return
    values = _rounded(row.sample(row.chroma_sites(chroma)))[j]
    target[:] = np.where(hole[j] == 1, layout.mid_grey, values)
    for a, b, left_is_background in runs:
        right = b // 2 if b < layout.width else len(chroma)
        _fill_run(target, (a - 1) // 2, right, left_is_background, fill, round_to_int=True)

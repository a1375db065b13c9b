"""The contract of `forward_splat`: checks of every argument, then the implementation for the arrays' device."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from kernels._require import (
    require_array,
    require_choice,
    require_number,
    require_positive_int,
    require_sample_bits,
    require_sequence,
    require_shape,
    require_writable,
)
from kernels.forward_splat.cpu import forward_splat_cpu
from kernels.forward_splat.layout import FILLS, MAX_WIDTH, Array, Fill, PlaneLayout, SplatView

_COLOUR_DTYPES = (np.uint8, np.uint16)


def forward_splat(
    planes: Array | Sequence[Array],  # (H, W, 3), or [(H, W)], or [(H, W), chroma, chroma]
    parallax_px: Array,  # (H, W)
    *,
    eyes: Sequence[float],
    tear_px: float,
    fill: Fill = "none",
    threads: int = 1,
    out: Sequence[SplatView] | None = None,
    bits: int | None = None,
) -> tuple[SplatView, ...]:
    """Render the eyes of a picture by moving every sample sideways by its parallax; nearer surfaces hide farther ones.

    A sample at column x lands at x + eye * parallax_px, so near (positive) things lie further right in the left eye
    (docs/glossary.md). Neighbours are one surface unless their landing places are more than tear_px apart (a tear) or
    swap (a fold). `kernels/forward_splat/reference.py` is the full definition.

    Args:
        planes: one packed (H, W, 3) array, or (Y,), or (Y, U, V) in 4:2:0, 4:2:2 or 4:4:4 (chroma sizes round up);
            uint8 or uint16, all alike. Rows contiguous, row stride free. W at most 32768.
        parallax_px: (H, W) float16 or float32, finite; pixels of the output, positive in front of the screen.
        eyes: offset factor of each wanted eye, -1 to 1: (0.5, -0.5), or (0, -1) to keep the source as the left eye.
        tear_px: largest step between neighbours' landing places that is still one surface, in pixels, > 0; 1 is no
            stretch at all, infinity never tears.
        fill: what holes hold: "none" zeros, mid-grey chroma and parallax 0; "background" the farther edge of the hole;
            "surface" a linear blend from edge to edge. Holes at the frame border take their only edge. The parallax of
            holes is blended from edge to edge with either, as if the torn surface were stretched.
        threads: CPU threads; changes only speed.
        out: views of a former call to be overwritten, one per eye, not overlapping each other or the inputs.
        bits: used bits of uint16 samples, 9 to 16, default 10; sets only the mid-grey of unfilled holes.

    Returns:
        One SplatView per eye, in the order of eyes: planes like the input, hole (H, W) uint8 (1 = nothing landed
        there), parallax_px (H, W) float32.

    Raises:
        TypeError: an argument is not of a listed kind or dtype.
        ValueError: shapes disagree, an option is out of range, or parallax_px holds NaN or infinity (then the content
            of out is undefined).

    Cost and ordering: runs when called; releases the GIL; with `out` no memory of frame size is allocated.
    Deterministic: yes, the same bits for every thread count. Differentiable: no.
    """
    sources, layout = check_planes(planes, bits)
    require_array("parallax_px", parallax_px, ndim=2, dtypes=(np.float16, np.float32))
    require_shape("parallax_px", parallax_px, (layout.height, layout.width))
    factors = _check_eyes(eyes)
    tear_px = require_number("tear_px", tear_px)
    if not tear_px > 0:
        raise ValueError(f"tear_px must be greater than 0, got {tear_px}")
    require_choice("fill", fill, FILLS)
    threads = require_positive_int("threads", threads, maximum=256)
    if out is None:
        views = tuple(layout.new_view() for _ in factors)
    else:
        views = _check_out(out, layout, [*sources, parallax_px], len(factors))
    forward_splat_cpu(sources, parallax_px, layout, views, eyes=factors, tear_px=tear_px, fill=fill, threads=threads)
    return views


def check_planes(planes: Array | Sequence[Array], bits: int | None = None) -> tuple[tuple[Array, ...], PlaneLayout]:
    """The planes as a tuple and how they lie beside each other; TypeError or ValueError if they make no picture."""
    if isinstance(planes, np.ndarray):
        sources: tuple[Array, ...] = (planes,)
    else:
        sources = tuple(require_sequence("planes", planes, "one NumPy array or a sequence of them"))
    if len(sources) not in (1, 3):
        raise ValueError(f"planes must be one packed array, (Y,) or (Y, U, V), got {len(sources)} planes")
    packed = len(sources) == 1 and getattr(sources[0], "ndim", 2) == 3
    for number, plane in enumerate(sources):
        require_array(f"planes[{number}]", plane, ndim=3 if packed else 2, dtypes=_COLOUR_DTYPES)
        if plane.dtype != sources[0].dtype:
            raise TypeError(f"planes[{number}] must be {sources[0].dtype} like planes[0], got {plane.dtype}")
    height, width = sources[0].shape[:2]
    if width > MAX_WIDTH:
        raise ValueError(f"planes[0] must be at most {MAX_WIDTH} columns wide, got {width}")
    if packed:
        require_shape("planes[0]", sources[0], (height, width, 3))
    shift_x, shift_y = _subsampling(sources)
    depth = require_sample_bits(sources[0].dtype, bits)
    shapes = tuple(plane.shape for plane in sources)
    return sources, PlaneLayout(height, width, sources[0].dtype, packed, shapes, shift_x, shift_y, 1 << (depth - 1))


def _subsampling(sources: Sequence[Array]) -> tuple[int, int]:
    if len(sources) == 1:
        return (0, 0)
    height, width = sources[0].shape
    for shift_x, shift_y in ((0, 0), (1, 0), (1, 1)):
        chroma = (-(-height >> shift_y), -(-width >> shift_x))
        if sources[1].shape == sources[2].shape == chroma:
            return (shift_x, shift_y)
    raise ValueError(
        f"planes[1] and planes[2] must be 4:4:4, 4:2:2 or 4:2:0 to planes[0] {sources[0].shape}, "
        f"got {sources[1].shape} and {sources[2].shape}"
    )


def _check_eyes(eyes: Sequence[float]) -> tuple[float, ...]:
    factors = tuple(
        require_number(f"eyes[{number}]", eye)
        for number, eye in enumerate(require_sequence("eyes", eyes, "a sequence of numbers"))
    )
    if not factors or not all(abs(eye) <= 1 for eye in factors):
        raise ValueError(f"eyes must be one or more offset factors from -1 to 1, got {eyes!r}")
    return factors


def _check_out(
    out: Sequence[SplatView], layout: PlaneLayout, inputs: list[Array], num_eyes: int
) -> tuple[SplatView, ...]:
    views = tuple(require_sequence("out", out, "a sequence of SplatView"))
    if len(views) != num_eyes:
        raise ValueError(f"out must hold {num_eyes} views, one per eye, got {len(views)}")
    taken = list(inputs)
    size = (layout.height, layout.width)
    for number, view in enumerate(views):
        if not isinstance(view, SplatView):
            raise TypeError(f"out[{number}] must be a SplatView, got {type(view).__name__}")
        require_sequence(f"out[{number}].planes", view.planes, "a tuple of arrays")
        if len(view.planes) != len(layout.plane_shapes):
            raise ValueError(f"out[{number}].planes must be {len(layout.plane_shapes)} planes, got {len(view.planes)}")
        wanted = [
            *(
                (f"planes[{p}]", plane, shape, layout.dtype)
                for p, (plane, shape) in enumerate(zip(view.planes, layout.plane_shapes, strict=True))
            ),
            ("hole", view.hole, size, np.dtype(np.uint8)),
            ("parallax_px", view.parallax_px, size, np.dtype(np.float32)),
        ]
        for attribute, array, shape, dtype in wanted:
            name = f"out[{number}].{attribute}"
            require_array(name, array, ndim=len(shape), dtypes=(dtype.type,))
            require_shape(name, array, shape)
            require_writable(name, array, taken)
            taken.append(array)
    return views

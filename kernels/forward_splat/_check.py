"""Checks of the arguments of `forward_splat`, for arrays of any device: only how an array is looked at differs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kernels._cuda.arrays import is_device_array
from kernels._require import (
    require_array,
    require_choice,
    require_number,
    require_sample_bits,
    require_sequence,
    require_shape,
    require_writable,
)
from kernels.forward_splat.layout import FILLS, MAX_WIDTH, PlaneLayout, SplatView

_COLOUR_DTYPES = (np.uint8, np.uint16)

Require = Callable[..., Any]
"""`require_array`, or its like for another device: (name, value, *, ndim, dtypes) -> a description of the array."""


def as_planes(planes: Any) -> tuple[Any, ...]:
    """One array or a sequence of arrays as a tuple."""
    if isinstance(planes, np.ndarray) or is_device_array(planes):
        return (planes,)
    return tuple(require_sequence("planes", planes, "one NumPy array or a sequence of them"))


def check_planes(
    planes: Any, bits: int | None = None, *, require: Require = require_array
) -> tuple[tuple[Any, ...], PlaneLayout]:
    """The planes as a tuple and how they lie beside each other; TypeError or ValueError if they make no picture."""
    given = as_planes(planes)
    if len(given) not in (1, 3):
        raise ValueError(f"planes must be one packed array, (Y,) or (Y, U, V), got {len(given)} planes")
    packed = len(given) == 1 and _num_axes(given[0]) == 3
    sources = tuple(
        require(f"planes[{number}]", plane, ndim=3 if packed else 2, dtypes=_COLOUR_DTYPES)
        for number, plane in enumerate(given)
    )
    for number, plane in enumerate(sources):
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


def _num_axes(plane: Any) -> int:
    # All that has one protocol alone need not have a shape.
    interface: dict[str, Any] = getattr(plane, "__cuda_array_interface__", {}) if is_device_array(plane) else {}
    return len(interface["shape"] if "shape" in interface else getattr(plane, "shape", ()))


def _subsampling(sources: Sequence[Any]) -> tuple[int, int]:
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


def check_parallax(parallax_px: Any, layout: PlaneLayout, *, require: Require = require_array) -> Any:
    """The parallax as `require` describes it; TypeError or ValueError if it does not belong to the planes."""
    parallax = require("parallax_px", parallax_px, ndim=2, dtypes=(np.float16, np.float32))
    require_shape("parallax_px", parallax, (layout.height, layout.width))
    return parallax


def refuse_on_cpu(**options: object) -> None:
    """Raise TypeError if an option that only a GPU knows is given."""
    for name, value in options.items():
        if value is not None:
            raise TypeError(f"{name} is for arrays on a GPU, and planes are not: leave it out")


def check_look(
    eyes: Sequence[float], tear_px: float, fill: str, with_parallax: bool
) -> tuple[tuple[float, ...], float]:
    """Eyes and tear_px as numbers; TypeError or ValueError names the one that is none or out of range."""
    factors = tuple(
        require_number(f"eyes[{number}]", eye)
        for number, eye in enumerate(require_sequence("eyes", eyes, "a sequence of numbers"))
    )
    if not factors or not all(abs(eye) <= 1 for eye in factors):
        raise ValueError(f"eyes must be one or more offset factors from -1 to 1, got {eyes!r}")
    tear_px = require_number("tear_px", tear_px)
    if not tear_px > 0:
        raise ValueError(f"tear_px must be greater than 0, got {tear_px}")
    require_choice("fill", fill, FILLS)
    if not isinstance(with_parallax, bool):
        raise TypeError(f"with_parallax must be True or False, got {type(with_parallax).__name__}")
    return factors, tear_px


def check_out(
    out: Sequence[SplatView] | None,
    layout: PlaneLayout,
    inputs: Sequence[Any],
    num_eyes: int,
    *,
    with_parallax: bool,
    new_view: Callable[..., SplatView],
    require: Require = require_array,
    require_output: Callable[[str, Any, Sequence[Any]], None] = require_writable,
) -> tuple[tuple[SplatView, ...], list[tuple[Any, ...]]]:
    """The views (new ones if out is None) and the arrays of each as `require` describes them: planes, hole, parallax.

    new_view is called with with_parallax, without which the last array of each view is missing.

    Raises:
        TypeError: an array is not of the input's kind or of the wrong dtype.
        ValueError: another number or shape, or arrays that cannot be written or overlap.
    """
    if out is None:
        views = tuple(new_view(with_parallax=with_parallax) for _ in range(num_eyes))
    else:
        views = tuple(require_sequence("out", out, "a sequence of SplatView"))
    if len(views) != num_eyes:
        raise ValueError(f"out must hold {num_eyes} views, one per eye, got {len(views)}")
    taken = list(inputs)
    size = (layout.height, layout.width)
    described: list[tuple[Any, ...]] = []
    for number, view in enumerate(views):
        if not isinstance(view, SplatView):
            raise TypeError(f"out[{number}] must be a SplatView, got {type(view).__name__}")
        require_sequence(f"out[{number}].planes", view.planes, "a tuple of arrays")
        if len(view.planes) != len(layout.plane_shapes):
            raise ValueError(f"out[{number}].planes must be {len(layout.plane_shapes)} planes, got {len(view.planes)}")
        if not with_parallax and view.parallax_px is not None:
            raise ValueError(
                f"out[{number}].parallax_px must be None with with_parallax=False, or it would be left stale"
            )
        wanted: list[tuple[str, Any, tuple[int, ...], np.dtype[Any]]] = [
            *(
                (f"planes[{p}]", plane, shape, layout.dtype)
                for p, (plane, shape) in enumerate(zip(view.planes, layout.plane_shapes, strict=True))
            ),
            ("hole", view.hole, size, np.dtype(np.uint8)),
        ]
        if with_parallax:
            wanted.append(("parallax_px", view.parallax_px, size, np.dtype(np.float32)))
        start = len(taken)
        for attribute, value, shape, dtype in wanted:
            name = f"out[{number}].{attribute}"
            array = require(name, value, ndim=len(shape), dtypes=(dtype.type,))
            require_shape(name, array, shape)
            require_output(name, array, taken)
            taken.append(array)
        described.append(tuple(taken[start:]))
    return views, described

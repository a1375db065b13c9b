"""Checks that do not depend on where the arrays lie."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from kernels._require import require_array, require_positive_int, require_shape
from kernels.point_splat.camera import MAX_SIDE, Array, Pinhole, PointView, projection

COLOUR_DTYPES = (np.uint8, np.uint16)


def check_picture(image_shape: Sequence[int], depth_shape: Sequence[int]) -> None:
    """Raise ValueError unless the shapes are those of a picture and its depth."""
    if tuple(image_shape) != (*depth_shape, 3):
        raise ValueError(f"image must have shape {(*depth_shape, 3)} like depth, got {tuple(image_shape)}")
    if max(depth_shape) > MAX_SIDE:
        raise ValueError(f"image must be at most {MAX_SIDE} rows and columns, got {tuple(image_shape)}")


def check_look(
    source: object, target: object, size: object, tear: object, source_size: tuple[int, int]
) -> tuple[tuple[int, int], Array, np.float32]:
    """The size of the result, the matrix between the cameras, and what `tear` keeps; or TypeError, ValueError."""
    cameras = _check_camera("source", source), _check_camera("target", target)
    shape = source_size if size is None else _check_size(size)
    if not 0 <= _check_number("tear", tear) <= 0.99:
        raise ValueError(f"tear must be 0 to 0.99, got {tear}")
    matrix = projection(*cameras, source_size, shape)
    if not np.isfinite(matrix).all():
        raise ValueError("target must be a camera whose distance from source fits float32, in units of depth")
    return shape, matrix, np.float32(1 - _check_number("tear", tear))


def out_arrays(out: Any, shape: tuple[int, int], dtype: type) -> list[tuple[str, Any, type, tuple[int, ...]]]:
    """Name, array, dtype and shape of what a caller's result must hold; TypeError if it is none."""
    if not isinstance(out, PointView):
        raise TypeError(f"out must be a PointView, got {type(out).__name__}")
    return [
        ("out.image", out.image, dtype, (*shape, 3)),
        ("out.hole", out.hole, np.uint8, shape),
        ("out.depth", out.depth, np.float32, shape),
    ]


def _check_number(name: str, value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")
    return float(value)


def _check_camera(name: str, camera: object) -> Pinhole:
    if not isinstance(camera, Pinhole):
        raise TypeError(f"{name} must be a Pinhole, got {type(camera).__name__}")
    for attribute in ("fx", "fy", "cx", "cy"):
        value, limit = _check_number(f"{name}.{attribute}", getattr(camera, attribute)), attribute in ("fx", "fy")
        if not math.isfinite(value) or (limit and not value > 0):
            raise ValueError(f"{name}.{attribute} must be finite{' and > 0' if limit else ''}, got {value:g}")
    require_array(f"{name}.pose", camera.pose, ndim=2, dtypes=(np.float32, np.float64))
    require_shape(f"{name}.pose", camera.pose, (3, 4))
    if not np.isfinite(camera.pose).all():
        raise ValueError(f"{name}.pose must be finite, got NaN or infinity")
    turn = camera.pose[:, :3].astype(np.float64)
    if not np.allclose(turn @ turn.T, np.eye(3), atol=1e-4) or np.linalg.det(turn) < 0:
        raise ValueError(f"{name}.pose must start with a rotation (orthonormal, determinant 1), got {turn.tolist()}")
    return camera


def _check_size(size: object) -> tuple[int, int]:
    if not isinstance(size, tuple | list) or len(size) != 2:
        raise TypeError(f"size must be (height, width), got {size!r}")
    height, width = (require_positive_int(f"size[{n}]", side, maximum=MAX_SIDE) for n, side in enumerate(size))
    return height, width

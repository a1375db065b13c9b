"""The contract of `point_splat`: checks of every argument, then the implementation for the arrays' device."""

from __future__ import annotations

import math

import numpy as np

from kernels._require import require_array, require_positive_int, require_shape, require_writable
from kernels.point_splat.camera import MAX_SIDE, Array, Pinhole, PointView, projection
from kernels.point_splat.cpu import point_splat_cpu

_COLOUR_DTYPES = (np.uint8, np.uint16)


def point_splat(
    image: Array,  # (H, W, 3)
    depth: Array,  # (H, W)
    *,
    source: Pinhole,
    target: Pinhole,
    size: tuple[int, int] | None = None,
    tear: float = 0.05,
    threads: int = 1,
    out: PointView | None = None,
) -> PointView:
    """Show a picture with depth as another camera sees it, moved and turned in any direction; nearer things win.

    Samples next to each other are one surface unless a step of depth tears them apart, so a camera that moves nearer
    finds no cracks, only holes where nothing was ever seen. `kernels/point_splat/reference.py` is the full definition.

    Args:
        image: (H, W, 3) uint8 or uint16. Rows contiguous, row stride free. H and W at most 16384.
        depth: (H, W) float32: distance along the source's axis, in the unit of the poses. NaN, infinity, 0 and less
            are no points.
        source: the camera that took the picture.
        target: the camera that looks at it.
        size: (height, width) of the result, at most 16384 each; that of the picture if None.
        tear: largest step of depth between neighbours that is still one surface, as a share of the farther one;
            0 to 0.99.
        threads: CPU threads; changes only speed.
        out: a former result to be overwritten, not overlapping the inputs.

    Returns:
        PointView: image like the input, hole (H', W') uint8 (1 = nothing was drawn), depth (H', W') float32 along the
        target's axis; image and depth are 0 in holes.

    Raises:
        TypeError: an argument is not of a listed kind or dtype.
        ValueError: shapes disagree, an option is out of range, or a camera is none.

    Cost and ordering: runs when called; releases the GIL; with `out` no memory of frame size is allocated.
    Deterministic: yes, the same bits for every thread count. Differentiable: no. Between samples colours are blended,
    but a target much smaller than its source is not filtered: it shows some samples and skips others.
    """
    require_array("image", image, ndim=3, dtypes=_COLOUR_DTYPES)
    require_array("depth", depth, ndim=2, dtypes=(np.float32,))
    height, width = depth.shape
    require_shape("image", image, (height, width, 3))
    if max(height, width) > MAX_SIDE:
        raise ValueError(f"image must be at most {MAX_SIDE} rows and columns, got {image.shape}")
    for name, camera in (("source", source), ("target", target)):
        _check_camera(name, camera)
    shape = (height, width) if size is None else _check_size(size)
    _check_number("tear", tear)
    if not 0 <= tear <= 0.99:
        raise ValueError(f"tear must be 0 to 0.99, got {tear}")
    threads = require_positive_int("threads", threads, maximum=256)
    matrix = projection(source, target, (height, width), shape)
    if not np.isfinite(matrix).all():
        raise ValueError("target must be a camera whose distance from source fits float32, in units of depth")
    if out is None:
        out = PointView.empty(shape, image.dtype)
    else:
        _check_out(out, shape, image, depth)
    point_splat_cpu(image, depth, out, matrix=matrix, keep=np.float32(1 - tear), threads=threads)
    return out


def _check_number(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating):
        raise TypeError(f"{name} must be a number, got {type(value).__name__}")


def _check_camera(name: str, camera: object) -> None:
    if not isinstance(camera, Pinhole):
        raise TypeError(f"{name} must be a Pinhole, got {type(camera).__name__}")
    for attribute in ("fx", "fy", "cx", "cy"):
        value = getattr(camera, attribute)
        _check_number(f"{name}.{attribute}", value)
        if not math.isfinite(value) or (attribute[0] == "f" and not value > 0):
            raise ValueError(
                f"{name}.{attribute} must be finite{' and > 0' if attribute[0] == 'f' else ''}, got {value}"
            )
    require_array(f"{name}.pose", camera.pose, ndim=2, dtypes=(np.float32, np.float64))
    require_shape(f"{name}.pose", camera.pose, (3, 4))
    rotation = camera.pose[:, :3].astype(np.float64)
    if not np.isfinite(camera.pose).all():
        raise ValueError(f"{name}.pose must be finite, got NaN or infinity")
    if not np.allclose(rotation @ rotation.T, np.eye(3), atol=1e-4) or np.linalg.det(rotation) < 0:
        raise ValueError(
            f"{name}.pose must start with a rotation (orthonormal, determinant 1), got {rotation.tolist()}"
        )


def _check_size(size: object) -> tuple[int, int]:
    if not isinstance(size, tuple | list) or len(size) != 2:
        raise TypeError(f"size must be (height, width), got {size!r}")
    height, width = (require_positive_int(f"size[{n}]", side, maximum=MAX_SIDE) for n, side in enumerate(size))
    return height, width


def _check_out(out: object, shape: tuple[int, int], image: Array, depth: Array) -> None:
    if not isinstance(out, PointView):
        raise TypeError(f"out must be a PointView, got {type(out).__name__}")
    taken = [image, depth]
    for name, dtype, wanted in (
        ("image", image.dtype.type, (*shape, 3)),
        ("hole", np.uint8, shape),
        ("depth", np.float32, shape),
    ):
        array = getattr(out, name)
        require_array(f"out.{name}", array, ndim=len(wanted), dtypes=(dtype,))
        require_shape(f"out.{name}", array, wanted)
        require_writable(f"out.{name}", array, taken)
        taken.append(array)

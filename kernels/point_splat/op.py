"""The contract of `point_splat`: checks of every argument, then the implementation for the arrays' device."""

from __future__ import annotations

from typing import Any

import numpy as np

from kernels._cuda.arrays import is_device_array
from kernels._require import require_array, require_positive_int, require_shape, require_writable
from kernels.point_splat._check import COLOUR_DTYPES, check_look, check_picture, out_arrays
from kernels.point_splat.camera import Array, Pinhole, PointView
from kernels.point_splat.cpu import point_splat_cpu
from kernels.point_splat.cuda import point_splat_cuda


def point_splat(
    image: Array | Any,  # (H, W, 3)
    depth: Array | Any,  # (H, W)
    *,
    source: Pinhole,
    target: Pinhole,
    size: tuple[int, int] | None = None,
    tear: float = 0.05,
    threads: int = 1,
    out: PointView | None = None,
    keys: Any = None,
    stream: Any = None,
) -> PointView:
    """Show a picture with depth as another camera sees it, moved and turned in any direction; nearer things win.

    Samples next to each other are one surface unless a step of depth tears them apart, so a camera that moves nearer
    finds no cracks, only holes where nothing was ever seen. `kernels/point_splat/reference.py` is the full definition.

    Arrays are NumPy's, or all of them lie on the current GPU and offer DLPack or `__cuda_array_interface__`.

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
        keys: GPU only: (H', W') uint64 to work in; a new array if None.
        stream: GPU only: the pycuda.driver.Stream to work on; None is the default stream.

    Returns:
        PointView: image like the input, hole (H', W') uint8 (1 = nothing was drawn), depth (H', W') float32 along the
        target's axis; image and depth are 0 in holes.

    Raises:
        TypeError: an argument is not of a listed kind or dtype.
        ValueError: shapes disagree, an option is out of range, or a camera is none.
        OSError: arrays are on a GPU, but PyCUDA, a CUDA compiler or a current context is missing.

    Cost and ordering: on the CPU runs when called and releases the GIL; with `out` no memory of frame size is
    allocated. On a GPU queues on the stream and returns: keep all arrays until the stream is through; with `out` and
    `keys` nothing is allocated and nothing waits, so the call may be captured into a CUDA graph once a first call has
    compiled the kernels. Deterministic: yes, the same bits for every thread count and device. Differentiable: no.
    Between samples colours are blended, but a target much smaller than its source is not filtered: it shows some
    samples and skips others.
    """
    if is_device_array(image) or is_device_array(depth):
        return point_splat_cuda(
            image, depth, source=source, target=target, size=size, tear=tear, out=out, keys=keys, stream=stream
        )
    for name, value in (("keys", keys), ("stream", stream)):
        if value is not None:
            raise TypeError(f"{name} is for arrays on a GPU, and image is not: leave it out")
    return _on_cpu(image, depth, source, target, size, tear, threads, out)


def _on_cpu(
    image: Array,
    depth: Array,
    source: Pinhole,
    target: Pinhole,
    size: tuple[int, int] | None,
    tear: float,
    threads: int,
    out: PointView | None,
) -> PointView:
    require_array("image", image, ndim=3, dtypes=COLOUR_DTYPES)
    require_array("depth", depth, ndim=2, dtypes=(np.float32,))
    check_picture(image.shape, depth.shape)
    shape, matrix, keep = check_look(source, target, size, tear, depth.shape)
    threads = require_positive_int("threads", threads, maximum=256)
    if out is None:
        out = PointView.empty(shape, image.dtype)
    taken = [image, depth]
    for name, array, dtype, wanted in out_arrays(out, shape, image.dtype.type):
        require_shape(name, require_array(name, array, ndim=len(wanted), dtypes=(dtype,)), wanted)
        require_writable(name, array, taken)
        taken.append(array)
    point_splat_cpu(image, depth, out, matrix=matrix, keep=keep, threads=threads)
    return out

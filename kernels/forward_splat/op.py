"""The contract of `forward_splat`: checks of every argument, then the implementation for the arrays' device."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from kernels._cuda.arrays import is_device_array
from kernels._require import require_positive_int
from kernels.forward_splat._check import (
    as_planes,
    check_look,
    check_out,
    check_parallax,
    check_planes,
    refuse_on_cpu,
)
from kernels.forward_splat.cpu import forward_splat_cpu
from kernels.forward_splat.cuda import forward_splat_cuda
from kernels.forward_splat.layout import Array, Fill, SplatView

__all__ = ["check_planes", "forward_splat"]


def forward_splat(
    planes: Array | Sequence[Array] | Any,  # (H, W, 3), or [(H, W)], or [(H, W), chroma, chroma]
    parallax_px: Array | Any,  # (H, W)
    *,
    eyes: Sequence[float],
    tear_px: float,
    fill: Fill = "none",
    with_parallax: bool = True,
    threads: int = 1,
    out: Sequence[SplatView] | None = None,
    bits: int | None = None,
    stream: Any = None,
    faults: Any = None,
) -> tuple[SplatView, ...]:
    """Render the eyes of a picture by moving every sample sideways by its parallax; nearer surfaces hide farther ones.

    A sample at column x lands at x + eye * parallax_px, so near (positive) things lie further right in the left eye
    (docs/glossary.md). Neighbours are one surface unless their landing places are more than tear_px apart (a tear) or
    swap (a fold). `kernels/forward_splat/reference.py` is the full definition. Arrays are NumPy's, or all lie on the
    current GPU and offer DLPack or `__cuda_array_interface__`.

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
        with_parallax: without it the views' parallax_px is None, which saves most of what is written.
        threads: CPU threads; changes only speed.
        out: views of a former call to be overwritten, one per eye, not overlapping each other or the inputs.
        bits: used bits of uint16 samples, 9 to 16, default 10; sets only the mid-grey of unfilled holes.
        stream: GPU only: the pycuda.driver.Stream to work on; None is the default stream.
        faults: GPU only: (1,) uint32 that becomes 1 if parallax_px is not finite, and is never cleared.

    Returns:
        One SplatView per eye, in the order of eyes: planes like the input, hole (H, W) uint8 (1 = nothing landed
        there), parallax_px (H, W) float32 or None. On a GPU new arrays are pycuda.gpuarray.GPUArray.

    Raises:
        TypeError: an argument is not of a listed kind or dtype.
        ValueError: shapes disagree, an option is out of range, or parallax_px holds NaN or infinity (then out is
            undefined). On a GPU such samples count as out of the frame instead, and only `faults` tells.
        OSError: arrays are on a GPU, but PyCUDA, a CUDA compiler or a current context is missing.

    Cost and ordering: on the CPU runs when called and releases the GIL; with `out` no memory of frame size is
    allocated. On a GPU queues on the stream and returns: keep all arrays until it is through; with `out` nothing is
    allocated and nothing waits, so once the kernel is compiled a CUDA graph may capture the call. Deterministic: yes,
    the same bits for every thread count and device. Differentiable: no.
    """
    given = as_planes(planes)
    if given and is_device_array(given[0]):
        return forward_splat_cuda(
            given, parallax_px, eyes=eyes, tear_px=tear_px, fill=fill, with_parallax=with_parallax, out=out, bits=bits,
            stream=stream, faults=faults)  # fmt: skip
    refuse_on_cpu(stream=stream, faults=faults)
    return _on_cpu(given, parallax_px, eyes, tear_px, fill, with_parallax, threads, out, bits)


def _on_cpu(
    planes: Sequence[Array], parallax_px: Array, eyes: Sequence[float], tear_px: float, fill: Fill, with_parallax: bool,
    threads: int, out: Sequence[SplatView] | None, bits: int | None,
) -> tuple[SplatView, ...]:  # fmt: skip
    sources, layout = check_planes(planes, bits)
    check_parallax(parallax_px, layout)
    factors, tear_px = check_look(eyes, tear_px, fill, with_parallax)
    threads = require_positive_int("threads", threads, maximum=256)
    views, _ = check_out(
        out, layout, [*sources, parallax_px], len(factors), with_parallax=with_parallax, new_view=layout.new_view
    )
    forward_splat_cpu(sources, parallax_px, layout, views, eyes=factors, tear_px=tear_px, fill=fill, threads=threads)
    return views

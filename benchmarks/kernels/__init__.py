"""`wheatstone bench kernels`: each operator beside what the same arrays cost elsewhere."""

from __future__ import annotations

from collections.abc import Callable

from benchmarks.kernels import forward_splat, joint_upsample
from benchmarks.record import Record

__all__ = ["measure"]


def measure(*, repeats: int = 15, threads: int = 0, tell: Callable[[str], None] = lambda _: None) -> list[Record]:
    """Time every operator at 1080p, each interleaved with its peers.

    Args:
        repeats: measurements of each case.
        threads: one more thread count beside 1; 0 as many as there are cores.
        tell: is told what happens, one line at a time.
    """
    records = []
    for operator in (forward_splat, joint_upsample):
        tell(f"{operator.__name__.rsplit('.', 1)[-1]} ...")
        records += operator.measure(repeats=repeats, threads=threads)
    return records

"""`wheatstone bench kernels`: each operator beside what the same arrays cost elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rich.table import Table
from rich.text import Text

from benchmarks import peers
from benchmarks.kernels import (
    forward_splat,
    forward_splat_cuda,
    hole_guide,
    hole_guide_cuda,
    joint_upsample,
    joint_upsample_cuda,
    point_splat,
    point_splat_cuda,
)
from benchmarks.kernels.cuda_timing import why_no_gpu
from benchmarks.kernels.table import tables
from benchmarks.record import Record

__all__ = ["measure", "report"]

_OPERATORS = {
    "forward_splat": forward_splat,
    "point_splat": point_splat,
    "joint_upsample": joint_upsample,
    "hole_guide": hole_guide,
}
_ON_GPU = {
    "forward_splat": forward_splat_cuda,
    "point_splat": point_splat_cuda,
    "joint_upsample": joint_upsample_cuda,
    "hole_guide": hole_guide_cuda,
}


def measure(*, repeats: int = 15, threads: int = 0, tell: Callable[[str], None] = lambda _: None) -> list[Record]:
    """Time every operator at 1080p, each interleaved with its peers; on the GPU too where there is one.

    Args:
        repeats: measurements of each case.
        threads: one more thread count beside 1; 0 as many as there are cores.
        tell: is told what happens, one line at a time.

    Returns:
        Records whose context names in "run" with which others they took turns.
    """
    records: list[Record] = []
    for name, operator in _OPERATORS.items():
        tell(f"{name} ...")
        records += _of_run(name, operator.measure(repeats=repeats, threads=threads))
    if why_no_gpu() is None:
        for name, operator in _ON_GPU.items():
            tell(f"{name} on the GPU ...")
            records += _of_run(f"{name}/cuda", operator.measure())
    return records


def _of_run(name: str, records: Sequence[Record]) -> list[Record]:
    return [replace(record, context={**record.context, "run": name}) for record in records]


def report(records: Sequence[Record]) -> list[Table | Text]:
    """What to show: the machine, a table for each run, and a line for whatever could not be measured here."""
    context = records[0].context
    shown: list[Table | Text] = [Text(f"{context['processor']}, {context['cores']} cores, load {context['load']}")]
    for heading, table in tables(records):
        shown += [Text(f"\n{heading}"), table]
    return [*shown, Text(), *map(Text, _missing())]


def _missing() -> list[str]:
    lines = [] if peers.has_torch() else ["not measured: peers of PyTorch, because torch is not installed"]
    reason = why_no_gpu()
    return lines if reason is None else [*lines, f"not measured: CUDA twins, because {reason}"]

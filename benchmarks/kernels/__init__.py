"""`wheatstone bench kernels`: each operator beside what the same arrays cost elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from rich.table import Table

from benchmarks import peers
from benchmarks.kernels import forward_splat, joint_upsample
from benchmarks.kernels.table import tables
from benchmarks.record import Record

__all__ = ["measure", "report"]

_OPERATORS = {"forward_splat": forward_splat, "joint_upsample": joint_upsample}


def measure(*, repeats: int = 15, threads: int = 0, tell: Callable[[str], None] = lambda _: None) -> list[Record]:
    """Time every operator at 1080p, each interleaved with its peers.

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
        run = operator.measure(repeats=repeats, threads=threads)
        records += [replace(record, context={**record.context, "run": name}) for record in run]
    return records


def report(records: Sequence[Record]) -> list[Table | str]:
    """What to show: the machine, a table for each run, and a line for whatever could not be measured here."""
    context = records[0].context
    machine = f"{context['processor']}, {context['cores']} cores, load {context['load']}"
    shown: list[Table | str] = [machine]
    for table in tables(records):
        shown += ["", table]
    return [*shown, "", *_missing()]


def _missing() -> list[str]:
    lines = []
    if not peers.has_torch():
        lines.append("not measured: the peers torch_grid_sample and torch_index_add, because torch is not installed")
    return lines

"""The table on screen: for each operator its cases, its peers, and how many times as long as a yardstick each takes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from rich.table import Table

from benchmarks.record import Record

YARDSTICKS: dict[str, dict[str, str]] = {
    "forward_splat": {"memcpy": "memcpy_two_eyes", "remap linear": "cv2_remap_linear_two_eyes"},
    "point_splat": {"remap linear": "cv2_remap_linear", "index_add": "torch_index_add"},
    "joint_upsample": {"resize cubic": "cv2_resize_cubic"},
    "hole_guide": {"memcpy": "memcpy_guide"},
}
"""What each operator is compared with on the CPU: heading of the column, and the peer in the names of records."""
_GPU_YARDSTICKS = {"memcpy DtoD": "memcpy_dtod"}


def tables(records: Sequence[Record]) -> list[tuple[str, Table]]:
    """A heading and a table for each run, in the order of the records; a run is what took turns: context "run"."""
    runs = groupby(records, key=lambda record: record.context["run"])
    return [_table(run, list(group)) for run, group in runs]


def ratio(record: Record, peer: str, records: Sequence[Record]) -> float | None:
    """How many times as long as a peer that took turns with it; None where there is none for the same arrays.

    Of several the one is taken that has most conditions (pixel format, noisy ...) in common with the record and none
    of its own; threads do not count.
    """
    wanted = _conditions(record)
    fitting = [
        other
        for other in records
        if other.context["run"] == record.context["run"] and _what(other) == peer and _conditions(other) <= wanted
    ]
    if not fitting:
        return None
    return record.p50 / max(fitting, key=lambda other: len(_conditions(other))).p50


def _what(record: Record) -> str:
    """The operator or peer: the second part of the name."""
    return record.name.split("/")[1]


def _conditions(record: Record) -> set[str]:
    return {part for part in record.name.split("/")[2:] if not part.startswith("threads=")}


def _table(run: str, records: list[Record]) -> tuple[str, Table]:
    operator = run.split("/")[0]
    measured = {_what(record) for record in records}
    known = YARDSTICKS.get(operator, {}) if run == operator else _GPU_YARDSTICKS
    yardsticks = {heading: peer for heading, peer in known.items() if peer in measured}
    rounds = " or ".join(str(count) for count in sorted({record.n for record in records}))
    card = records[0].context.get("card")
    heading = f"{operator}{f' on {card}' if card else ''}, 1080p: {records[0].unit}, each timed {rounds} times in turns"
    table = Table(box=None, padding=(0, 1, 0, 0), header_style="bold")
    table.add_column("")
    for column in ("p50", "p95", "p99", *(f"x {name}" for name in yardsticks)):
        table.add_column(column, justify="right", no_wrap=True)
    ours = [record for record in records if _what(record) == operator]
    others = [record for record in records if _what(record) != operator]
    for record in ours:
        table.add_row(_label(record), *_numbers(record, records, yardsticks))
    if others:
        table.add_row("peers", style="bold")
    for record in others:
        name = _what(record).removesuffix("_two_eyes")
        table.add_row(f"  {name} {_label(record)}", *_numbers(record, records, yardsticks), style="dim")
    return heading, table


def _label(record: Record) -> str:
    """The rest of the name, without what most have in common."""
    return " ".join(part for part in record.name.split("/")[2:] if part not in ("1080p", "threads=1", "device=cuda"))


def _numbers(record: Record, records: Sequence[Record], yardsticks: dict[str, str]) -> list[str]:
    ratios = [ratio(record, peer, records) for peer in yardsticks.values()]
    return [_short(value) for value in (record.p50, record.p95, record.p99, *ratios)]


def _short(value: float | None) -> str:
    """Two decimals, one from ten on, none from a thousand on, so that columns line up."""
    if value is None:
        return ""
    return f"{value:.{2 if value < 9.995 else 1 if value < 999.5 else 0}f}"

"""``wheatstone bench``: numbers of this machine, on screen and as records."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rich.table import Table

from engine import models
from engine.commands.screen import console
from engine.config import BenchOptions
from engine.errors import ModelError, UnavailableError
from engine.report import write_json

if TYPE_CHECKING:
    from engine.inference.artifact import Artifact


def run(options: BenchOptions) -> int:
    """Measure, print a table, write the records if asked to.

    Raises:
        UnavailableError: the benchmarks were not installed.
        WheatstoneError: what is measured cannot run here.
    """
    try:
        benchmark = importlib.import_module(f"benchmarks.{options.what}")
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("benchmarks"):
            raise
        raise UnavailableError(f"bench {options.what}: this installation has no {error.name}") from error
    records = benchmark.measure(**_arguments(options), tell=_tell)
    for part in _parts(options.what, benchmark, records):
        console().print(part)
    if options.json is not None:
        write_json(options.json, [record.as_json() for record in records])
    return 0


def _parts(what: str, benchmark: Any, records: list[Any]) -> Iterator[Any]:
    """What is printed."""
    if what in ("kernels", "latency"):
        yield from benchmark.report(records)
        return
    plain = [record for record in records if not record.name.startswith("quality/infill/")]
    if plain:
        yield _table(plain)
    if what == "quality":
        yield from benchmark.report(records)


def _arguments(options: BenchOptions) -> dict[str, Any]:
    """What each benchmark understands."""
    every: dict[str, dict[str, Any]] = {
        "kernels": {"repeats": options.repeats, "threads": options.threads},
        "pipeline": {
            "frames": options.frames,
            "segments": options.segments,
            "threads": options.threads,
            "clip": options.input,
        },
        "latency": _of_latency(options),
    }
    return every[options.what] if options.what in every else _of_quality(options)


def _of_latency(options: BenchOptions) -> dict[str, Any]:
    width, height = options.picture_size
    return {
        "width": width,
        "height": height,
        "fps": options.fps,
        "seconds": options.seconds,
        "segments": options.segments,
        "clip": options.input,
        "window": options.window,
        "csv": options.csv,
    }


def _of_quality(options: BenchOptions) -> dict[str, Any]:
    what = ("depth", "infill") if options.only == "all" else (options.only,)
    names = {"depth": options.depth, "infill": options.infill}
    networks = {kind: _network(name, kind) if kind in what else None for kind, name in names.items()}
    return networks | {
        "data": options.data,
        "what": what,
        "scenes": options.scenes,
        "pictures": options.pictures,
        "threads": options.threads or None,
    }


def _network(name: str, kind: str) -> Artifact | None:
    """The network of that name; None for none."""
    if name == "none":
        return None
    artifact = models.load(name)
    if artifact.kind != kind:
        raise ModelError(f"--{kind} {name}: this network is of kind {artifact.kind}, but {kind} is needed here")
    return artifact


def _table(records: list[Any]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("what")
    for heading in ("value", "p95", "n"):
        table.add_column(heading, justify="right")
    table.add_column("unit")
    for record in records:
        table.add_row(record.name, _number(record.value), _number(record.p95), str(record.n), record.unit)
    return table


def _number(value: float) -> str:
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.4g}"


def _tell(line: str) -> None:
    if sys.stderr.isatty():
        sys.stderr.write(f"{line}\n")

"""``wheatstone models``: the networks that come with Wheatstone, and those that can be fetched."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.markup import escape
from rich.table import Table

from engine import models
from engine.commands.screen import console
from engine.config import ModelsOptions
from engine.errors import ModelError
from engine.inference.artifact import Artifact, Port
from engine.models.lock import lock_file
from engine.models.pull import pull
from engine.models.registry import REGISTRY, Entry


def run(options: ModelsOptions) -> int:
    """List all networks, tell everything about one, or fetch one.

    Raises:
        ModelError: there is no such network, or it is damaged.
        UnavailableError: it cannot be fetched now.
    """
    lock = lock_file()
    if options.action == "pull" and options.name is not None:
        _pull(options.name, lock)
    elif options.action == "info" and options.name is not None:
        _info(options.name, lock)
    else:
        console().print(_overview(lock))
    return 0


def _pull(name: str, lock: Path) -> None:
    entry = REGISTRY.get(name)
    if entry is None:
        if name in models.embedded():
            raise ModelError(f"{name}: comes with Wheatstone; there is nothing to fetch")
        if name.lower().endswith(".onnx"):
            raise ModelError(f"{name}: a file needs no fetching; play it with --depth {name}")
        raise models.unknown(name, REGISTRY)
    say = console()
    say.print(escape(f"{name}: {models.megabytes(entry)} from {entry.repository}, licence {entry.licence}"))
    files = pull(entry, lock, tell=lambda line: say.print(escape(line), soft_wrap=True))
    # Opened once now, so that a file which cannot be played is known before it is needed.
    artifact = models.artifact_of(entry, files)
    say.print(escape(f"{name}: verified, in {artifact.path.parent}; use it with --depth {name}"), soft_wrap=True)


def _info(name: str, lock: Path) -> None:
    entry = REGISTRY.get(name)
    say = console()
    if entry is not None:
        say.print(_table(_facts(entry, lock)))
        if models.pulled(entry, lock) is None:
            return
    artifact = models.load(name, lock=lock)
    say.print(_everything(artifact))


def _overview(lock: Path) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("name", "kind", "size", "licence", "where"):
        table.add_column(heading, no_wrap=heading == "name")
    for name in models.embedded():
        artifact = Artifact.load(models.find(name))
        size = f"{artifact.onnx_path.stat().st_size / 1e6:.1f} MB"
        table.add_row(name, artifact.kind, size, artifact.licence, "comes with Wheatstone")
    for entry in REGISTRY.values():
        where = "pulled" if models.pulled(entry, lock) else f"models pull {entry.name}"
        table.add_row(entry.name, entry.task, models.megabytes(entry), entry.licence, where)
    return table


def _facts(entry: Entry, lock: Path) -> list[tuple[str, str]]:
    found = models.pulled(entry, lock)
    return [
        ("name", entry.name),
        ("what", entry.summary),
        ("limits", entry.limits),
        ("licence", entry.licence),
        ("made by", entry.origin),
        ("from", f"{entry.repository}, {f'commit {entry.revision}' if entry.revision else 'commit of the first pull'}"),
        *((f"file {file.path}", f"sha256 {file.sha256 or 'not published'}") for file in entry.files),
        ("evidence", entry.evidence),
        ("pulled", "no" if found is None else f"yes, commit {found.revision}"),
    ]


def _everything(artifact: Artifact) -> Table:
    rows = [
        row
        for field in dataclasses.fields(artifact)
        for row in _rows(field.name, getattr(artifact, field.name))
        if row[1] not in ("", "None")
    ]
    card = artifact.onnx_path.with_suffix(".md")
    if card.is_file():
        rows.append(("card", str(card)))
    return _table(rows)


def _table(rows: list[tuple[str, str]]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for name, value in rows:
        table.add_row(name, escape(value))
    return table


def _rows(name: str, value: Any) -> list[tuple[str, str]]:
    """Nested values become one row each, so that nobody has to read braces."""
    if isinstance(value, Port):
        shape = " x ".join(map(str, value.shape))
        return [(name, f"{value.name}: {shape} {value.dtype}, {value.meaning}")]
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        value = {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return [row for key, item in value.items() for row in _rows(f"{name}.{key}", item)]
    if name == "assumed":
        return [(name, line) for line in value]
    if isinstance(value, tuple | list) and any(isinstance(item, Port) for item in value):
        return [row for item in value for row in _rows(name, item)]
    if isinstance(value, tuple | list):
        return [(name, ", ".join(map(str, value)))]
    return [(name, f"{value:.6g}" if isinstance(value, float) else str(value))]

"""``wheatstone models``: the networks that come with Wheatstone."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.table import Table

from engine import models
from engine.commands.screen import console
from engine.config import ModelsOptions
from engine.inference.artifact import Artifact, Port


def run(options: ModelsOptions) -> int:
    """List all networks, or tell everything about one.

    Raises:
        ModelError: there is no such network, or it is damaged.
    """
    if options.action == "info" and options.name is not None:
        console().print(_everything(Artifact.load(models.find(options.name))))
        return 0
    console().print(_overview([Artifact.load(models.find(name)) for name in models.embedded()]))
    return 0


def _overview(artifacts: list[Artifact]) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for heading in ("name", "kind", "size", "licence", "sha256"):
        table.add_column(heading)
    for artifact in artifacts:
        size = f"{artifact.onnx_path.stat().st_size / 1e6:.1f} MB"
        table.add_row(artifact.onnx_path.stem, artifact.kind, size, artifact.licence, artifact.sha256[:16])
    return table


def _everything(artifact: Artifact) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    for field in dataclasses.fields(artifact):
        for name, value in _rows(field.name, getattr(artifact, field.name)):
            table.add_row(name, escape(value))
    card = artifact.onnx_path.with_suffix(".md")
    if card.is_file():
        table.add_row("card", escape(str(card)))
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
    if isinstance(value, tuple | list) and any(isinstance(item, Port) for item in value):
        return [row for item in value for row in _rows(name, item)]
    if isinstance(value, tuple | list):
        return [(name, ", ".join(map(str, value)))]
    return [(name, f"{value:.6g}" if isinstance(value, float) else str(value))]

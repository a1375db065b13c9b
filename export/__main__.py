"""`python -m export TARGET CHECKPOINT --out DIR` makes an engine artifact of a trained network."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import tyro

from engine.errors import WheatstoneError
from export.artifact_builder import export_checkpoint


@dataclass(frozen=True, kw_only=True)
class ExportOptions:
    """Turn a checkpoint of `python -m training` into an .onnx file, its sidecar and its card."""

    target: tyro.conf.Positional[Literal["depth", "infill"]]
    """What the network does."""
    checkpoint: tyro.conf.Positional[Path]
    """File of a training run, for example runs/depth/last.pt."""
    out: Path
    """Folder to write to."""
    name: str | None = None
    """Name of the files, without suffix; the usual one where none is given."""
    weights: Literal["fp16", "fp32"] = "fp16"
    """How weights are stored; computing is float32 in both cases."""


def main(argv: list[str] | None = None) -> int:
    """Export one checkpoint; returns the exit status."""
    options = tyro.cli(ExportOptions, args=argv, prog="python -m export")
    try:
        done = export_checkpoint(
            options.target,
            options.checkpoint,
            options.out,
            name=options.name,
            half_weights=options.weights == "fp16",
        )
    except (OSError, ValueError, WheatstoneError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    figures = ", ".join(f"{entry.name} {entry.mean:.1g}/{entry.worst:.1g}" for entry in done.parity)
    path = done.artifact.onnx_path
    sys.stdout.write(
        f"{path}: {done.parameters:,} parameters, {path.stat().st_size / 1e6:.1f} MB, "
        f"mean/worst difference from PyTorch: {figures}\n"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())

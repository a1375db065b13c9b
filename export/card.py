"""The card beside a network: for people who wonder what it is, where it comes from and what it cannot do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from engine.inference.artifact import Artifact

_WHAT = {
    "depth": "Estimates relative disparity (how near things are) from one picture.",
    "infill": "Paints the holes that open beside near things when a picture is warped to the other eye.",
}


def card(artifact: Artifact, *, parameters: int, limits: str) -> str:
    """The card of an artifact in Markdown."""
    size = artifact.onnx_path.stat().st_size / 1e6
    source, result = artifact.inputs[0], artifact.outputs[0]
    area = f"; made for about {artifact.size.area} pixels" if artifact.size.area else ""
    training = dict(artifact.training)
    metrics = training.pop("metrics", {})
    return "\n".join(
        [
            f"# {artifact.name}",
            "",
            f"{_WHAT[artifact.kind]} {parameters:,} parameters, {size:.1f} MB, licence {artifact.licence}.",
            "",
            f"- Input `{source.name}` {_shape(source.shape)}: {source.meaning}. Sides are multiples of"
            f" {artifact.size.multiple}{area}. Normalisation is {artifact.normalisation}.",
            f"- Output `{result.name}` {_shape(result.shape)}: {result.meaning}.",
            f"- ONNX opset {artifact.opset}, sha256 `{artifact.sha256}`.",
            "",
            "## Training",
            "",
            *_table("figure", training),
            "",
            "## Measured at the end of training",
            "",
            *(_table("metric", metrics) if metrics else ["Nothing was measured."]),
            "",
            "## Agreement with PyTorch",
            "",
            "Differences are shares of the output's range.",
            "",
            "| runtime | mean | worst |",
            "|---|---|---|",
            *(f"| {name} | {entry['mean']:.2g} | {entry['worst']:.2g} |" for name, entry in artifact.parity.items()),
            "",
            "## What it cannot do",
            "",
            limits,
            "",
        ]
    )


def _shape(shape: tuple[int | str, ...]) -> str:
    return "(" + ", ".join(str(side) for side in shape) + ")"


def _table(heading: str, values: Mapping[str, Any]) -> list[str]:
    rows = [f"| {name} | {_value(value)} |" for name, value in values.items()]
    return [f"| {heading} | value |", "|---|---|", *rows]


def _value(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, list | tuple):
        return " x ".join(str(entry) for entry in value)
    return str(value)

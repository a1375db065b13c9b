"""The networks that come with Wheatstone, and how a name on the command line becomes one."""

from __future__ import annotations

from pathlib import Path

from engine.errors import ModelError

FOLDER = Path(__file__).parent

DEFAULT_DEPTH = "depth-small"
DEFAULT_INFILL = "infill-small"


def embedded(folder: Path = FOLDER) -> tuple[str, ...]:
    """The names of the networks in the folder, sorted: those with both a network and its sidecar."""
    return tuple(sorted(path.stem for path in folder.glob("*.onnx") if path.with_suffix(".json").is_file()))


def find(name_or_path: str | Path, *, folder: Path = FOLDER) -> Path:
    """Where a network lies.

    Args:
        name_or_path: the name of an embedded network, or the path of an .onnx file with its sidecar beside it.
        folder: where the embedded networks are.

    Returns:
        The .onnx file.

    Raises:
        ModelError: there is no such network, or its sidecar is missing.
    """
    text = str(name_or_path)
    if text in embedded(folder):
        return folder / f"{text}.onnx"
    path = Path(name_or_path)
    if path.suffix.lower() != ".onnx":
        known = ", ".join(embedded(folder)) or "none"
        raise ModelError(f"{text}: there is no such network; embedded are: {known}; a file must end in .onnx")
    if not path.is_file():
        raise ModelError(f"{text}: there is no such file")
    if not path.with_suffix(".json").is_file():
        raise ModelError(
            f"{text}: its sidecar {path.with_suffix('.json').name} is missing; `python -m export` writes both"
        )
    return path

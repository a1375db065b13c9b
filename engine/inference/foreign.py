"""A network file that nobody described: what its graph says, what notes beside it add, and what is assumed.

Notes are a small JSON file of the same name, written by hand: {"feed": {"gives": "depth"}, "size": {"multiple": 14}}.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine.errors import ModelError
from engine.inference.artifact import Artifact, Port, SizeRule, Tolerance, digest, size_rule
from engine.inference.feed import IMAGENET_MEAN, IMAGENET_STD, Feed
from engine.inference.onnx_file import OnnxFile, Value
from engine.inference.safety import inspect

NOTES = ("kind", "feed", "size", "input", "output", "licence", "name")
"""What notes may say."""
TOLERANCE: Mapping[str, Tolerance] = {"bf16": Tolerance(mean=0.015, worst=0.2)}
"""How exact a network of others must stay in bfloat16 to be played so: as exact as our own."""

_USUAL_MULTIPLE = 32
_SCALES_INPUT = frozenset({"Sub", "Div", "Mul", "Add", "BatchNormalization"})


def describe(path: Path) -> Artifact:
    """The artifact of an .onnx file that `python -m export` did not write.

    Args:
        path: the .onnx file; notes of the same name with .json may lie beside it.

    Raises:
        ModelError: the file is refused by `engine.inference.safety`, is no depth network that can be fed, or its notes
            make no sense.
    """
    found = inspect(path)
    notes = _read_notes(path.with_suffix(".json"))
    picture = _picture_input(path, found, notes.get("input"))
    answer, is_chosen = _map_output(path, found, notes.get("output"))
    assumed: list[str] = []
    if not is_chosen and len(found.outputs) > 1:
        assumed.append(f"the map is output {answer.name!r} of {', '.join(one.name for one in found.outputs)}")
    try:
        size = _size(picture, found, notes.get("size", {}), assumed)
        feed = _feed(picture, found, notes.get("feed", {}), assumed)
    except (TypeError, ValueError) as error:
        raise ModelError(f"{path.with_suffix('.json') if notes else path}: {error}") from error
    return Artifact(
        name=str(notes.get("name", path.stem)),
        kind="depth",
        path=path,
        sha256=digest(path),
        opset=found.opset,
        inputs=(Port(name=picture.name, shape=picture.shape, dtype=picture.dtype, meaning="pictures"),),
        outputs=(Port(name=answer.name, shape=answer.shape, dtype=answer.dtype, meaning=feed.gives),),
        size=size,
        normalisation=normalisation(feed),
        tolerance=TOLERANCE,
        licence=str(notes.get("licence", "unknown")),
        feed=feed,
        assumed=tuple(assumed),
    )


def is_notes(sidecar: Path) -> bool:
    """Whether a .json file holds notes by hand, and not the sidecar that an export writes."""
    try:
        content = json.loads(sidecar.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    return isinstance(content, Mapping) and "sha256" not in content and "format" not in content


def normalisation(feed: Feed) -> str:
    """What is done to a picture before it goes in, in words."""
    if feed.mean == (0.0, 0.0, 0.0) and feed.std == (1.0, 1.0, 1.0):
        return "inside the graph" if feed.white == 1 else f"none; white is {feed.white:g}"
    return f"({feed.channels} * {feed.white:g} - {list(feed.mean)}) / {list(feed.std)}"


def matching_picture(path: Path, found: OnnxFile, name: str | None, shape: tuple[int | str, ...]) -> Value:
    """The input that is to be fed, checked against what is known of it.

    Args:
        path: for messages.
        found: what the file says.
        name: of the input; None where it takes only one.
        shape: (N, 3, H, W) or (N, F, 3, H, W), words for free sides.

    Raises:
        ModelError: there is no such input.
    """
    picture = _picture_input(path, found, name)
    fits = len(picture.shape) == len(shape) and all(
        isinstance(a, str) or isinstance(b, str) or a == b for a, b in zip(picture.shape, shape, strict=True)
    )
    if not fits:
        raise ModelError(f"{path}: input {picture.name!r} is {shape_text(picture.shape)}, expected {shape_text(shape)}")
    return picture


def shape_text(shape: tuple[int | str, ...]) -> str:
    """A shape for people: 1 x 3 x H x W."""
    return " x ".join(map(str, shape))


def _read_notes(sidecar: Path) -> Mapping[str, Any]:
    if not sidecar.is_file():
        return {}
    try:
        content = json.loads(sidecar.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{sidecar}: these notes cannot be read: {error}") from error
    if not isinstance(content, Mapping):
        raise ModelError(f"{sidecar}: notes must be a JSON object")
    strange = sorted(set(content) - set(NOTES))
    if strange:
        raise ModelError(f"{sidecar}: unknown {', '.join(strange)}; notes may hold {', '.join(NOTES)}")
    for name in ("feed", "size"):
        if not isinstance(content.get(name, {}), Mapping):
            raise ModelError(f"{sidecar}: {name} must be an object")
    if content.get("kind", "depth") != "depth":
        raise ModelError(f"{sidecar}: kind {content['kind']!r}: only depth networks of others can be played")
    return content


def _picture_input(path: Path, found: OnnxFile, name: str | None) -> Value:
    listed = ", ".join(f"{one.name} ({shape_text(one.shape)} {one.dtype})" for one in found.inputs) or "none"
    chosen = [one for one in found.inputs if name in (None, one.name)]
    if len(chosen) != 1 or len(found.inputs) != 1:
        wanted = f"one input {name!r}" if name else "one input, pictures"
        raise ModelError(f"{path}: expected {wanted}; its inputs are: {listed}")
    picture = chosen[0]
    rank = len(picture.shape)
    channels = picture.shape[-3] if rank in (4, 5) else None
    if rank == 4 and picture.shape[3] == 3 and channels != 3:
        raise ModelError(f"{path}: {listed}: colours come last; export it with colours first (N x 3 x H x W)")
    if rank not in (4, 5) or (isinstance(channels, int) and channels != 3):
        raise ModelError(f"{path}: {listed}: expected pictures, N x 3 x H x W or N x frames x 3 x H x W")
    if picture.dtype != "float32":
        raise ModelError(f"{path}: {listed}: expected float32; export it with float32 at both ends")
    return picture


def _map_output(path: Path, found: OnnxFile, name: str | None) -> tuple[Value, bool]:
    """The output with the map, and whether notes named it."""
    if name is not None:
        for one in found.outputs:
            if one.name == name:
                return one, True
        raise ModelError(f"{path}: has no output {name!r}; it has {', '.join(one.name for one in found.outputs)}")
    by_name = [one for one in found.outputs if any(word in one.name.lower() for word in ("depth", "disp"))]
    return (by_name or found.outputs)[0], False


def _size(picture: Value, found: OnnxFile, notes: Mapping[str, Any], assumed: list[str]) -> SizeRule:
    height, width = picture.shape[-2:]
    said: dict[str, Any] = dict(notes)
    if isinstance(height, int) and isinstance(width, int):
        said.setdefault("fixed", [width, height])
        if list(said["fixed"]) != [width, height]:
            raise ValueError(f"size: fixed is {said['fixed']}, but the graph takes {width}x{height} only")
        return size_rule(said)
    if "multiple" not in said and "fixed" not in said:
        said["multiple"] = found.patch or _USUAL_MULTIPLE
        reason = (
            f"it begins with patches of {found.patch}" if found.patch else "the usual rule of convolutional networks"
        )
        assumed.append(f"sides are multiples of {said['multiple']} ({reason})")
    return size_rule(said)


def _feed(picture: Value, found: OnnxFile, notes: Mapping[str, Any], assumed: list[str]) -> Feed:
    said: dict[str, Any] = dict(notes)
    if "mean" not in said and "std" not in said and "white" not in said:
        if found.first_operators and found.first_operators <= _SCALES_INPUT:
            assumed.append("normalisation is inside the graph, because it begins with arithmetic on the picture")
        else:
            said |= {"mean": list(IMAGENET_MEAN), "std": list(IMAGENET_STD)}
            assumed.append("mean and standard deviation are those of ImageNet, as for most networks")
    if "gives" not in said:
        assumed.append("it gives disparity (larger is nearer)")
    frames = picture.shape[1] if len(picture.shape) == 5 else picture.shape[0]
    if "window" not in said and isinstance(frames, int) and frames > 1:
        said["window"] = frames
    return Feed.from_json(said)

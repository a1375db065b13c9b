"""Networks the engine can play: `<name>.onnx` and its sidecar `<name>.json`.

`python -m export` writes them, `Artifact.load` reads them. The sidecar is the whole truth about how a network wants to
be fed; nothing is guessed from the ONNX file.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, Self, get_args

import numpy as np
from numpy.typing import NDArray

from engine.errors import ModelError, OutputError
from engine.inference.feed import Feed

FORMAT = 1
Kind = Literal["depth", "infill"]
KINDS: tuple[str, ...] = get_args(Kind)
_BYTES_AT_ONCE = 1 << 20
_MOST_PIXELS = 1 << 26
_READ_APART = {"path", "inputs", "outputs", "size", "tolerance", "feed", "head", "assumed"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Port:
    """One input or output of a network."""

    name: str
    shape: tuple[int | str, ...]
    """Numbers are fixed, words are free: ("N", 3, "H", "W")."""
    dtype: str = "float32"
    meaning: str = ""
    """What the values are, for people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SizeRule:
    """Which input sizes a network takes."""

    multiple: int
    """Height and width must be multiples of this."""
    area: int | None = None
    """The number of pixels it was trained on, for networks that see a small copy of the picture; None = any."""
    fixed: tuple[int, int] | None = None
    """(width, height) of a network that takes one size only: the picture is squeezed into it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """How far an output may be from the exact one (float32 on the CPU) before a runtime counts as wrong.

    Errors are shares of the exact output's range, so that a network with a free scale can be judged too.
    """

    mean: float
    worst: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Artifact:
    """A network file and everything one must know to play it."""

    name: str
    kind: str
    """depth or infill: what the inputs and outputs mean (docs/architecture.md section 6)."""
    path: Path
    """The .onnx file."""
    sha256: str
    """Of the .onnx file, 64 hexadecimal digits."""
    opset: int
    inputs: tuple[Port, ...]
    outputs: tuple[Port, ...]
    size: SizeRule
    normalisation: str = "inside the graph"
    """What must be done to RGB 0..1 before it goes in."""
    tolerance: Mapping[str, Tolerance] = field(default_factory=dict)
    """By precision: f32, bf16."""
    licence: str = "MIT"
    training: Mapping[str, Any] = field(default_factory=dict)
    """Data, steps, metrics: what the card says."""
    parity: Mapping[str, Any] = field(default_factory=dict)
    """What the export measured against PyTorch."""
    feed: Feed = field(default_factory=Feed)
    """How its picture is prepared and what its answer means; the default is how our own networks want it."""
    head: Path | None = None
    """A second graph that takes what the first one made of the frames of a window."""
    assumed: tuple[str, ...] = ()
    """What nobody said of a network from elsewhere and is taken to be so."""

    @property
    def is_plain(self) -> bool:
        """Whether it takes (N, 3, H, W) RGB 0..1 and gives what the engine wants, with nothing to do on either side."""
        return self.feed == Feed() and self.head is None and len(self.inputs[0].shape) == 4 and self.size.fixed is None

    @property
    def onnx_path(self) -> Path:
        """The .onnx file."""
        return self.path

    @property
    def sidecar_path(self) -> Path:
        """The .json file beside it."""
        return self.path.with_suffix(".json")

    @classmethod
    def load(cls, path: Path | str) -> Self:
        """Read the sidecar of an .onnx file and check that the file is the one it describes.

        Args:
            path: the .onnx file.

        Raises:
            ModelError: either file is missing or unreadable, the sidecar lacks something or names an unknown kind, or
                the .onnx file has changed since.
        """
        path = Path(path)
        if path.suffix.lower() != ".onnx":
            raise ModelError(f"{path}: a network is an .onnx file with its .json sidecar beside it")
        if not path.is_file():
            raise ModelError(f"{path}: there is no such file")
        sidecar = path.with_suffix(".json")
        artifact = cls._from_json(_read_sidecar(sidecar), path, sidecar)
        found = digest(path)
        if found != artifact.sha256:
            raise ModelError(
                f"{path}: damaged or replaced: its sha256 is {found[:12]}..., its sidecar {sidecar.name} says "
                f"{artifact.sha256[:12]}...; export it again"
            )
        return artifact

    def save(self) -> Path:
        """Write the sidecar beside the .onnx file, whole or not at all; returns its path.

        Raises:
            OutputError: it cannot be written.
        """
        content: dict[str, Any] = {"format": FORMAT} | asdict(self)
        for name in ("path", "head", "assumed"):
            del content[name]
        temporary = self.sidecar_path.with_name(f".{self.sidecar_path.name}.{os.getpid()}.tmp")
        try:
            temporary.write_text(json.dumps(content, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
            temporary.replace(self.sidecar_path)
        except OSError as error:
            temporary.unlink(missing_ok=True)
            raise OutputError(f"{self.sidecar_path}: cannot be written: {error.strerror}") from error
        return self.sidecar_path

    def is_close(self, actual: NDArray[Any], exact: NDArray[Any], precision: str = "bf16") -> bool:
        """Whether an output is as near to the exact one as this network needs.

        Args:
            actual: float32, from the runtime or precision in question.
            exact: float32 of the same shape, computed in float32.
            precision: which tolerance; a network without one for it is never close.
        """
        allowed = self.tolerance.get(precision)
        if allowed is None or actual.shape != exact.shape:
            return False
        mean, worst = relative_error(actual, exact)
        # NaN compares false, so a network that broke down is not close.
        return mean <= allowed.mean and worst <= allowed.worst

    @classmethod
    def _from_json(cls, content: Mapping[str, Any], path: Path, sidecar: Path) -> Self:
        required = ("name", "kind", "sha256", "opset", "inputs", "outputs", "size")
        missing = [name for name in required if name not in content]
        if missing:
            raise ModelError(f"{sidecar}: not a sidecar: {', '.join(missing)} missing; export the network again")
        for name in ("name", "sha256"):
            if not isinstance(content[name], str):
                raise ModelError(f"{sidecar}: {name} must be text, got {content[name]!r}; export the network again")
        if content["kind"] not in KINDS:
            raise ModelError(f"{sidecar}: unknown kind {content['kind']!r}; this version plays {' and '.join(KINDS)}")
        known = {entry.name for entry in fields(cls)} - _READ_APART
        try:
            return cls(
                path=path,
                inputs=_ports("inputs", content["inputs"]),
                outputs=_ports("outputs", content["outputs"]),
                size=size_rule(content["size"]),
                feed=Feed.from_json(content.get("feed", {})),
                tolerance={name: _tolerance(entry) for name, entry in content.get("tolerance", {}).items()},
                **{name: value for name, value in content.items() if name in known},
            )
        except (TypeError, ValueError, KeyError, AttributeError, OverflowError) as error:
            raise ModelError(f"{sidecar}: not a sidecar of this version ({error}); export the network again") from error


def digest(path: Path) -> str:
    """The sha256 of a file in hexadecimal; ModelError where it cannot be read."""
    found = hashlib.sha256()
    try:
        with path.open("rb") as file:
            while block := file.read(_BYTES_AT_ONCE):
                found.update(block)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}") from error
    return found.hexdigest()


def relative_error(actual: NDArray[Any], exact: NDArray[Any]) -> tuple[float, float]:
    """(mean, worst) absolute difference as a share of the exact output's range (of 1 where that is constant)."""
    spread = float(np.ptp(exact))
    difference = np.abs(actual.astype(np.float64) - exact) / (spread if spread > 0 else 1.0)
    return float(difference.mean()), float(difference.max())


def _read_sidecar(sidecar: Path) -> Mapping[str, Any]:
    try:
        content = json.loads(sidecar.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelError(
            f"{sidecar.with_suffix('.onnx')}: its sidecar {sidecar.name} is missing; `python -m export` writes both"
        ) from None
    except (OSError, ValueError, RecursionError) as error:
        raise ModelError(f"{sidecar}: the sidecar cannot be read: {error}") from error
    if not isinstance(content, Mapping):
        raise ModelError(f"{sidecar}: not a sidecar: expected a JSON object")
    if content.get("format") != FORMAT:
        raise ModelError(f"{sidecar}: sidecar format {content.get('format')}, this version reads {FORMAT}")
    return content


def size_rule(entry: Mapping[str, Any]) -> SizeRule:
    """A size rule from its form in a sidecar; TypeError or ValueError where it makes no sense."""
    strange = sorted(set(entry) - {part.name for part in fields(SizeRule)})
    if strange:
        raise ValueError(f"size: unknown {', '.join(strange)}; known are area, fixed, multiple")
    fixed = entry.get("fixed")
    if fixed is not None and not isinstance(fixed, list | tuple):
        raise ValueError(f"size: fixed is [width, height], got {fixed!r}")
    rule = SizeRule(**{"multiple": 1, **entry, "fixed": None if fixed is None else tuple(fixed)})
    for side in (rule.multiple, rule.area, *(rule.fixed or ())):
        if side is not None and not (type(side) is int and 1 <= side <= _MOST_PIXELS):
            raise ValueError(f"size: {side!r} is no whole number of pixels")
    if rule.fixed is not None and len(rule.fixed) != 2:
        raise ValueError("size: fixed is [width, height]")
    return rule


def _ports(name: str, entries: Any) -> tuple[Port, ...]:
    ports = tuple(Port(**{**entry, "shape": tuple(entry["shape"])}) for entry in entries)
    if not ports:
        raise ValueError(f"{name}: there is none")
    return ports


def _tolerance(entry: Mapping[str, Any]) -> Tolerance:
    return Tolerance(mean=float(entry["mean"]), worst=float(entry["worst"]))

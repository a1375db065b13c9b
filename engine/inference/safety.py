"""May a network file from elsewhere be opened at all? Looked at before any runtime sees it.

A runtime trusts its input: it follows the paths of outside data, allocates what the file declares, and loads what it is
asked for. So everything a stranger could use is refused here, each with one line.
"""

from __future__ import annotations

import math
import zipfile
from pathlib import Path, PurePosixPath, PureWindowsPath

from engine.errors import ModelError
from engine.inference.onnx_file import NotOnnxError, OnnxFile, Tensor, read_onnx

MAX_FILE_BYTES = 2 << 30
"""Protocol buffers end at two gigabytes: a larger .onnx is no network."""
MAX_WEIGHT_BYTES = 8 << 30
"""Of all stored values together, those in other files too."""
MAX_INPUT_VALUES = 1 << 28
"""Of an input or output whose size is fixed: 64 frames of 1080p."""
KNOWN_DOMAINS = frozenset({"", "ai.onnx", "ai.onnx.ml", "com.microsoft"})
"""Whose operators the runtimes bring themselves; any other needs a library that the file would have us load."""

_REFERRING = frozenset({("com.microsoft", "EPContext")})
"""Operators that name a file or library of their own, which a provider would open."""
_IN_MEMORY = "_ORT_MEM_ADDR_"
"""Marks a location that ONNX Runtime takes for an address in its own memory."""

_PICKLES = (".pt", ".pth", ".ckpt", ".bin", ".pkl", ".pickle", ".tar")


def inspect(path: Path) -> OnnxFile:
    """Read an ONNX file's description, and refuse the file unless it is harmless.

    Args:
        path: the .onnx file.

    Raises:
        ModelError: it is not ONNX, larger than any network, takes values from outside its folder, lacks some, or needs
            operators that nobody knows; one line says which.
    """
    if path.suffix.lower() in _PICKLES:
        raise ModelError(f"{path}: a checkpoint, which would run code when opened; it is not read. Export it to .onnx")
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ModelError(
                f"{path}: {size / 1e9:.1f} GB is more than any .onnx file holds (2.1 GB); it is not opened"
            )
        found = read_onnx(path)
    except NotOnnxError as error:
        raise ModelError(f"{path}: not an ONNX network: {_what_it_is(path) or error}") from None
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror or error}") from error
    _check_domains(path, found)
    _check_sizes(path, found)
    for tensor in found.tensors:
        if tensor.external is not None:
            _check_external(path, tensor)
    return found


def external_files(path: Path, found: OnnxFile) -> tuple[Path, ...]:
    """The files beside a network that hold its values."""
    names = {tensor.external[0] for tensor in found.tensors if tensor.external is not None}
    return tuple(path.parent / name for name in sorted(names))


def _what_it_is(path: Path) -> str:
    """What a file that is no ONNX looks like; empty if like nothing known."""
    with path.open("rb") as file:
        start = file.read(64)
    if (
        zipfile.is_zipfile(path)
        or start[:4] == b"PK\x03\x04"
        or start[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05")
    ):
        return "it looks like a PyTorch checkpoint, which is not read because opening one runs code; export it to .onnx"
    if start.startswith(b"version https://git-lfs"):
        return "it is a pointer of Git LFS, not the file itself; fetch it with `git lfs pull`"
    if start.startswith(b"\x1f\x8b"):
        return "it is compressed with gzip; unpack it first"
    if start.lstrip().lower().startswith((b"<!doctype", b"<html")):
        return "it is a web page; download the file itself"
    return ""


def _check_domains(path: Path, found: OnnxFile) -> None:
    foreign = sorted(
        f"{domain}.{operator}"
        for domain, operator in found.operators
        if domain not in KNOWN_DOMAINS | found.own_domains or (domain, operator) in _REFERRING
    )
    if foreign:
        more = f" and {len(foreign) - 3} more" if len(foreign) > 3 else ""
        raise ModelError(
            f"{path}: needs operators that are not ONNX's ({', '.join(foreign[:3])}{more}); export it without them"
        )


def _check_sizes(path: Path, found: OnnxFile) -> None:
    total = 0.0
    for tensor in found.tensors:
        if any(side < 0 for side in tensor.dims):
            raise ModelError(f"{path}: tensor {tensor.name!r} has a negative side: {tensor.dims}")
        total += tensor.bytes
        if tensor.held is not None and tensor.external is None and tensor.dtype != "string":
            wanted = tensor.bytes if math.isinf(tensor.bytes) else math.ceil(tensor.bytes)
            if tensor.held != wanted:
                raise ModelError(
                    f"{path}: damaged: tensor {tensor.name!r} of shape {tensor.dims} needs {wanted} bytes, "
                    f"the file holds {tensor.held}"
                )
        elif tensor.held is None and tensor.external is None and tensor.bytes > MAX_FILE_BYTES:
            total = float("inf")
    if total > MAX_WEIGHT_BYTES:
        raise ModelError(
            f"{path}: declares {total / 1e9:.0f} GB of weights; networks of more than "
            f"{MAX_WEIGHT_BYTES / 1e9:.1f} GB are not opened"
        )
    for value in (*found.inputs, *found.outputs):
        count = 1
        for side in value.shape:
            count *= side if isinstance(side, int) else 1
        if count > MAX_INPUT_VALUES:
            raise ModelError(
                f"{path}: {value.name!r} has {count:,} values; more than {MAX_INPUT_VALUES:,} are not opened"
            )


def _check_external(path: Path, tensor: Tensor) -> None:
    location, offset, length = tensor.external or ("", 0, None)
    pure, windows = PurePosixPath(location), PureWindowsPath(location)
    is_odd = not location or _IN_MEMORY in location or pure.is_absolute() or windows.drive or windows.root
    if is_odd or ".." in pure.parts or ".." in windows.parts:
        raise ModelError(f"{path}: takes values from {location!r}, outside its own folder; it is not opened")
    file = path.parent / location
    try:
        if not file.resolve().is_relative_to(path.parent.resolve()):
            raise ModelError(f"{path}: {location!r} is a link that leads out of its folder; it is not opened")
        if not file.is_file():
            raise ModelError(f"{path}: its values are in {location!r}, which is missing; put it into the same folder")
        there = file.stat().st_size - offset
    # Python 3.11 says RuntimeError of a link that leads to itself.
    except (OSError, RuntimeError) as error:
        raise ModelError(
            f"{path}: its values are in {location[:60]!r}, which cannot be read: {_reason(error)}"
        ) from error
    wanted = tensor.bytes if length is None else max(float(length), tensor.bytes)
    if wanted > there:
        raise ModelError(f"{path}: {location!r} is too short for tensor {tensor.name!r}; download it again")


def _reason(error: Exception) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or "it is a link that leads nowhere"

"""What an ONNX file says of itself, read without any runtime and without the onnx package.

Only the fields that decide whether a file may be opened, and how it wants to be fed, are looked at; weights are stepped
over. The file is mapped, not read, so that a network of a gigabyte costs no memory. Nothing in it is ever executed.
"""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

_MOST_NESTING = 16
"""Graphs in graphs (If, Loop): real networks have two or three levels."""
_MOST_PARTS = 1 << 21
"""Fields in all: real networks have at most some hundred thousand, and millions take minutes to read."""
_MOST_DIMS = 64
_MOST_NUMBERS = 1024
"""Of a whole-number attribute; longer rows are values and say nothing of how a network is fed."""
_LONGEST_NAME = 1000
_LAST_FIELD = (1 << 29) - 1
_WORD = (1 << 64) - 1
_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5

ELEMENTS: dict[int, tuple[str, float]] = {
    1: ("float32", 4), 2: ("uint8", 1), 3: ("int8", 1), 4: ("uint16", 2), 5: ("int16", 2), 6: ("int32", 4),
    7: ("int64", 8), 8: ("string", 1), 9: ("bool", 1), 10: ("float16", 2), 11: ("float64", 8), 12: ("uint32", 4),
    13: ("uint64", 8), 14: ("complex64", 8), 15: ("complex128", 16), 16: ("bfloat16", 2), 17: ("float8e4m3fn", 1),
    18: ("float8e4m3fnuz", 1), 19: ("float8e5m2", 1), 20: ("float8e5m2fnuz", 1), 21: ("uint4", 0.5), 22: ("int4", 0.5),
    23: ("float4e2m1", 0.5), 24: ("float8e8m0", 1), 25: ("uint2", 0.25), 26: ("int2", 0.25),
}  # fmt: skip
"""Number of an element type -> its name and its size in bytes."""
_BYTES_OF = dict(ELEMENTS.values())


class NotOnnxError(ValueError):
    """The bytes are not an ONNX model; says where they stop making sense."""


@dataclass(frozen=True, slots=True)
class Value:
    """An input or output of the graph."""

    name: str
    dtype: str
    shape: tuple[int | str, ...]
    """Numbers are fixed; words are free, "?" where the file gives no word."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """A stored tensor."""

    name: str
    dtype: str
    dims: tuple[int, ...]
    external: tuple[str, int, int | None] | None
    """(file, offset, length or None) where the values lie in another file."""
    held: int | None
    """How many bytes of values the file itself holds; None where they are stored number by number."""

    @property
    def bytes(self) -> float:
        """How many bytes the dimensions ask for; infinity where that is beyond all numbers."""
        if 0 in self.dims:
            return 0.0
        size = float(_BYTES_OF.get(self.dtype, 1.0))
        for side in self.dims:
            size *= side
        return size


@dataclass(slots=True)
class OnnxFile:
    """The parts of a model that matter before it is opened."""

    opset: int = 0
    producer: str = ""
    inputs: list[Value] = field(default_factory=list)
    outputs: list[Value] = field(default_factory=list)
    tensors: list[Tensor] = field(default_factory=list)
    operators: set[tuple[str, str]] = field(default_factory=set)
    """(domain, operator) of every node, those in inner graphs too."""
    own_domains: set[str] = field(default_factory=set)
    """Domains of functions that the file itself defines."""
    patch: int | None = None
    """Side of the squares that a vision transformer cuts the picture into, where the graph begins like one."""
    first_operators: set[str] = field(default_factory=set)
    """Operators that take an input of the graph."""
    nodes: int = 0
    parts: int = 0
    """Fields that were looked at."""


def read_onnx(path: Path) -> OnnxFile:
    """Read the description in an ONNX file.

    Raises:
        NotOnnxError: it is no ONNX model, or damaged.
        OSError: it cannot be read.
    """
    found = OnnxFile()
    with _mapped(path) as content:
        graphs = 0
        for number, value in _fields(content, found):
            if number == 2 and isinstance(value, memoryview):
                found.producer = bytes(value[:_LONGEST_NAME]).decode("utf-8", "replace")
            elif number == 8 and isinstance(value, memoryview):
                _read_opset(value, found)
            elif number == 25 and isinstance(value, memoryview):
                _read_function(value, found)
            elif number == 20 and isinstance(value, memoryview):
                _read_training(value, found)
            elif number == 7 and isinstance(value, memoryview):
                graphs += 1
                _read_graph(value, found, 0)
        if graphs != 1 or not found.outputs:
            raise NotOnnxError("there is no graph in it")
    return found


@contextmanager
def _mapped(path: Path) -> Iterator[memoryview]:
    with path.open("rb") as file:
        if not file.seek(0, 2):
            raise NotOnnxError("it is empty")
        content = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    views: list[memoryview] = [memoryview(content)]
    try:
        yield views[0]
    except NotOnnxError as error:
        # The traceback holds views into the map, which could not be closed then.
        raise NotOnnxError(str(error)) from None
    finally:
        views.clear()


def _fields(data: memoryview, found: OnnxFile) -> Iterator[tuple[int, int | memoryview]]:
    """(number, value) of every field of a message: whole numbers, or the bytes of anything longer."""
    at, end = 0, len(data)
    while at < end:
        found.parts += 1
        if found.parts > _MOST_PARTS:
            raise NotOnnxError(f"it is made of more than {_MOST_PARTS:,} parts, which no network is")
        key, at = _varint(data, at)
        number, kind = key >> 3, key & 7
        # Some readers cut larger numbers to 32 bits and would see a field here that we do not.
        if not 0 < number <= _LAST_FIELD:
            raise NotOnnxError(f"it breaks off or is damaged at byte {at}")
        if kind == _VARINT:
            value, at = _varint(data, at)
            yield number, value
            continue
        if kind == _BYTES:
            length, at = _varint(data, at)
        elif kind in (_FIXED32, _FIXED64):
            length = 4 if kind == _FIXED32 else 8
        else:
            raise NotOnnxError(f"unknown kind of field at byte {at}")
        if length > end - at:
            raise NotOnnxError(f"it breaks off or is damaged at byte {at}")
        yield number, data[at : at + length]
        at += length


def _varint(data: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        if at >= len(data) or shift > 63:
            raise NotOnnxError(f"it breaks off or is damaged at byte {at}")
        byte = data[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value & _WORD, at
        shift += 7


def _text(value: int | memoryview) -> str:
    """A name. What cannot be shown as it is would be read otherwise by a runtime, or mislead who reads a message."""
    if isinstance(value, int):
        return str(value)
    try:
        text = bytes(value[: _LONGEST_NAME + 1]).decode("utf-8")
    except UnicodeDecodeError:
        raise NotOnnxError("a name in it is no text") from None
    if len(value) > _LONGEST_NAME or not text.isprintable():
        raise NotOnnxError(f"a name in it cannot be shown: {text[:40]!r}")
    return text


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _numbers(value: int | memoryview) -> list[int]:
    """One whole number, or a packed row of them, of which the first thousand or so are read."""
    if isinstance(value, int):
        return [_signed(value)]
    found: list[int] = []
    at = 0
    while at < len(value) and len(found) <= _MOST_NUMBERS:
        one, at = _varint(value, at)
        found.append(_signed(one))
    return found


def _read_opset(data: memoryview, found: OnnxFile) -> None:
    domain, version = "", 0
    for number, value in _fields(data, found):
        if number == 1:
            domain = _text(value)
        elif number == 2 and isinstance(value, int):
            version = value
    if domain in ("", "ai.onnx"):
        found.opset = version


def _read_function(data: memoryview, found: OnnxFile) -> None:
    for number, value in _fields(data, found):
        if number == 10:
            found.own_domains.add(_text(value))
        elif number == 7 and isinstance(value, memoryview):
            _read_node(value, found, 1, set())
        elif number == 11 and isinstance(value, memoryview):
            _read_attribute(value, found, 1)


def _read_training(data: memoryview, found: OnnxFile) -> None:
    for number, value in _fields(data, found):
        if number in (1, 2) and isinstance(value, memoryview):
            _read_graph(value, found, 1)


def _read_graph(data: memoryview, found: OnnxFile, depth: int) -> None:
    if depth > _MOST_NESTING:
        raise NotOnnxError(f"graphs are nested more than {_MOST_NESTING} deep")
    nodes, inputs, outputs, stored = [], [], [], set()
    for number, value in _fields(data, found):
        if not isinstance(value, memoryview):
            continue
        if number == 1:
            nodes.append(value)
        elif number == 5:
            found.tensors.append(_tensor(value, found))
            stored.add(found.tensors[-1].name)
        elif number == 15:
            _read_sparse(value, found)
        elif number == 11:
            inputs.append(_value(value, found))
        elif number == 12:
            outputs.append(_value(value, found))
    # Old files list their weights among the inputs.
    inputs = [one for one in inputs if one.name not in stored]
    if depth == 0:
        found.inputs, found.outputs = inputs, outputs
    for node in nodes:
        _read_node(node, found, depth, {one.name for one in inputs})


def _read_node(data: memoryview, found: OnnxFile, depth: int, fed: set[str]) -> None:
    operator, domain, takes = "", "", []
    whole: dict[str, list[int]] = {}
    for number, value in _fields(data, found):
        if number == 1:
            takes.append(_text(value))
        elif number == 4:
            operator = _text(value)
        elif number == 7:
            domain = _text(value)
        elif number == 5 and isinstance(value, memoryview):
            name, numbers = _read_attribute(value, found, depth)
            whole[name] = numbers
    found.nodes += 1
    found.operators.add((domain, operator))
    if depth == 0 and fed.intersection(takes):
        found.first_operators.add(operator)
    strides = whole.get("strides", [])
    # The first convolution whose squares lie side by side without overlap is where a transformer cuts the picture.
    if operator == "Conv" and found.patch is None and strides == whole.get("kernel_shape") and min(strides or [0]) >= 7:
        found.patch = strides[0]


def _read_attribute(data: memoryview, found: OnnxFile, depth: int) -> tuple[str, list[int]]:
    name = ""
    numbers: list[int] = []
    for number, value in _fields(data, found):
        if number == 1:
            name = _text(value)
        elif number == 8 and len(numbers) <= _MOST_NUMBERS:
            numbers += _numbers(value)
        elif number in (5, 10) and isinstance(value, memoryview):
            found.tensors.append(_tensor(value, found))
        elif number in (6, 11) and isinstance(value, memoryview):
            _read_graph(value, found, depth + 1)
        elif number in (22, 23) and isinstance(value, memoryview):
            _read_sparse(value, found)
    return name, numbers


def _read_sparse(data: memoryview, found: OnnxFile) -> None:
    for number, value in _fields(data, found):
        if number in (1, 2) and isinstance(value, memoryview):
            found.tensors.append(_tensor(value, found))


def _tensor(data: memoryview, found: OnnxFile) -> Tensor:
    name, kind, held, is_elsewhere = "", 0, None, False
    dims: list[int] = []
    where: dict[str, str] = {}
    for number, value in _fields(data, found):
        if number == 1:
            dims += _numbers(value)
            if len(dims) > _MOST_DIMS:
                raise NotOnnxError(f"a tensor in it has more than {_MOST_DIMS} dimensions")
        elif number == 2 and isinstance(value, int):
            kind = value
        elif number == 8:
            name = _text(value)
        elif number == 9 and isinstance(value, memoryview):
            held = len(value)
        elif number == 13 and isinstance(value, memoryview):
            pair = {n: _text(part) for n, part in _fields(value, found)}
            where[pair.get(1, "")] = pair.get(2, "")
        elif number == 14:
            is_elsewhere = value == 1
    external = None
    if is_elsewhere or where:
        external = (where.get("location", ""), _whole(where.get("offset")) or 0, _whole(where.get("length")))
    return Tensor(name, ELEMENTS.get(kind, (f"type {kind}", 1.0))[0], tuple(dims), external, held)


def _whole(text: str | None) -> int | None:
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or len(text) > 19:
        raise NotOnnxError(f"external data at {text[:40]!r}, which is no number")
    return int(text)


def _value(data: memoryview, found: OnnxFile) -> Value:
    name, kind = "", 0
    shape: list[int | str] = []
    for number, value in _fields(data, found):
        if number == 1:
            name = _text(value)
        elif number == 2 and isinstance(value, memoryview):
            for n, tensor in _fields(value, found):
                if n == 1 and isinstance(tensor, memoryview):
                    kind, shape = _tensor_type(tensor, found)
    return Value(name, ELEMENTS.get(kind, (f"type {kind}", 1.0))[0], tuple(shape))


def _tensor_type(data: memoryview, found: OnnxFile) -> tuple[int, list[int | str]]:
    kind = 0
    shape: list[int | str] = []
    for number, value in _fields(data, found):
        if number == 1 and isinstance(value, int):
            kind = value
        elif number == 2 and isinstance(value, memoryview):
            for n, side in _fields(value, found):
                if n == 1 and isinstance(side, memoryview):
                    shape.append(_side(side, found))
    return kind, shape


def _side(data: memoryview, found: OnnxFile) -> int | str:
    for number, value in _fields(data, found):
        if number == 1 and isinstance(value, int):
            return _signed(value) if _signed(value) > 0 else "?"
        if number == 2:
            return _text(value) or "?"
    return "?"

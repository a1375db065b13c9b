"""Named tensors from files of other people: PyTorch's .pt and .safetensors. Nothing in them is ever executed."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}
_LARGEST_HEADER = 100 << 20


def read_content(path: Path) -> Mapping[str, Any]:
    """What a file holds: the outermost mapping of a .pt file, or the tensors of a .safetensors file by name.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, or holds anything but tensors and plain values.
    """
    if not path.is_file():
        raise FileNotFoundError(f"{path}: no such checkpoint")
    if path.suffix == ".safetensors":
        return _read_safetensors(path)
    try:
        content = torch.load(path, map_location="cpu", weights_only=True)
    except (RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        lines = str(error).strip().splitlines() or [type(error).__name__]
        reason = lines[0].split(". ")[0][:120]
        raise ValueError(f"{path}: damaged, or not a checkpoint of tensors and plain values ({reason})") from error
    if not isinstance(content, Mapping):
        raise ValueError(f"{path}: expected named tensors, found {type(content).__name__}")
    return content


def _read_safetensors(path: Path) -> dict[str, Tensor]:
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(len(data) - 8, _LARGEST_HEADER):
        raise ValueError(f"{path}: damaged: its header is longer than the file")
    try:
        header = json.loads(data[8 : 8 + length])
        entries = {str(name): entry for name, entry in header.items() if name != "__metadata__"}
        return {name: _tensor(name, entry, memoryview(data)[8 + length :]) for name, entry in entries.items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"{path}: damaged, or not a safetensors file ({error})") from error


def _tensor(name: str, entry: Mapping[str, Any], data: memoryview) -> Tensor:
    dtype = _DTYPES.get(entry["dtype"])
    if dtype is None:
        raise ValueError(f"{name} is of type {entry['dtype']}, known are {', '.join(_DTYPES)}")
    shape = tuple(int(side) for side in entry["shape"])
    start, stop = (int(offset) for offset in entry["data_offsets"])
    size = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or not 0 <= start <= stop <= len(data) or stop - start != size:
        raise ValueError(f"{name} does not lie where the header says")
    if size == 0:
        return torch.empty(shape, dtype=dtype)
    return torch.frombuffer(bytearray(data[start:stop]), dtype=dtype).reshape(shape)

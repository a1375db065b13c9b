"""A perceptual distance by the features of a network: SqueezeNet 1.1 with the linear heads of LPIPS.

Both come from the data folder and are only read: `weights/squeezenet/*.onnx` and `weights/lpips/v0.1/squeeze.pth`.
The heads were fitted to another training of the same network, so the numbers compare our own methods and versions with
each other; they are not the calibrated LPIPS of the literature.
"""

from __future__ import annotations

import pickletools
from collections.abc import Iterator, Sequence
from io import BytesIO
from pathlib import Path

import cv2
import numpy as np
import onnxruntime as ort
from numpy.typing import NDArray
from onnxruntime.capi import onnxruntime_pybind11_state as ort_errors

from engine.errors import InputError

HEADS = Path("weights/lpips/v0.1/squeeze.pth")
NETWORKS = "weights/squeezenet/*.onnx"
_FEATURES = (
    "conv1_2",
    "fire3/concat_1",
    "fire5/concat_1",
    "fire6/concat_1",
    "fire7/concat_1",
    "fire8/concat_1",
    "fire9/concat_1",
)
"""Outputs of the layers that LPIPS looks at, in the order of its heads."""
_MEAN_BGR = np.array([104.0, 117.0, 123.0], np.float32)
SMALLEST = 64
"""A smaller picture leaves nothing of the deepest features."""
_FLOAT16 = 10
_ORT_ERRORS = (ort_errors.Fail, ort_errors.InvalidArgument, ort_errors.InvalidGraph, ort_errors.InvalidProtobuf)
"""They share no base class but Exception."""
_FINEST = 1e-10

Features = list[NDArray[np.float32]]
"""(C, h, w) of each layer, of unit length over channels."""


class Lpips:
    """Opened once, asked often."""

    def __init__(self, network: bytes, heads: Sequence[NDArray[np.float32]], *, threads: int = 1) -> None:
        """Open the network.

        Args:
            network: serialized ONNX of SqueezeNet 1.1, input `data_0` (1, 3, H, W) float16, BGR 0..255 less the mean.
            heads: one vector of channel weights for each of the seven feature maps.
            threads: of the runtime.

        Raises:
            InputError: the network is another one, or the heads do not fit its features.
        """
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            self._session = ort.InferenceSession(_with_features(network), options, providers=["CPUExecutionProvider"])
        except (ValueError, IndexError, KeyError, RuntimeError, *_ORT_ERRORS) as error:
            line = str(error).splitlines()[0]
            raise InputError(f"{NETWORKS}: not the SqueezeNet 1.1 that is expected: {line}") from error
        self._heads = heads
        shapes = [len(feature) for feature in self.features(np.zeros((SMALLEST, SMALLEST, 3), np.uint8))]
        if shapes != [len(head) for head in heads]:
            raise InputError(f"{HEADS}: heads for {[len(h) for h in heads]} channels, but the network has {shapes}")

    @classmethod
    def open(cls, data: Path, *, threads: int = 1) -> Lpips:
        """The metric from a data folder.

        Raises:
            InputError: a file is missing or is not what is expected; the message is one line and says which.
        """
        networks = sorted(data.glob(NETWORKS))
        if not networks or not (data / HEADS).is_file():
            missing = HEADS if networks else NETWORKS
            raise InputError(f"{data / missing}: no such file")
        try:
            return cls(networks[0].read_bytes(), read_heads(data / HEADS), threads=threads)
        except OSError as error:
            raise InputError(f"{error.filename}: cannot be read: {error.strerror}") from error

    def features(self, picture: NDArray[np.uint8]) -> Features:
        """What the network sees in an RGB picture (H, W, 3).

        Raises:
            ValueError: a side is shorter than 64 pixels.
        """
        if min(picture.shape[:2]) < SMALLEST:
            raise ValueError(f"pictures need {SMALLEST} pixels a side or more: {picture.shape}")
        bgr = picture[..., ::-1].astype(np.float32) - _MEAN_BGR
        image = np.ascontiguousarray(bgr.transpose(2, 0, 1)[None]).astype(np.float16)
        found = [np.asarray(f[0], np.float32) for f in self._session.run(list(_FEATURES), {"data_0": image})]
        return [f / (np.sqrt(np.square(f).sum(axis=0, keepdims=True)) + _FINEST) for f in found]

    def distance_map(self, first: Features, second: Features, size: tuple[int, int]) -> NDArray[np.float32]:
        """Distance around every pixel of two pictures of one size (width, height): (H, W), 0 where they are equal.

        The mean over all pixels is the distance of the pictures.
        """
        total = np.zeros((size[1], size[0]), np.float32)
        for a, b, head in zip(first, second, self._heads, strict=True):
            distance = np.einsum("c,chw->hw", head, np.square(a - b))
            total += cv2.resize(distance, size, interpolation=cv2.INTER_LINEAR)
        return total


def read_heads(path: Path) -> list[NDArray[np.float32]]:
    """The weights `lin0`, `lin1`, ... of a checkpoint in torch's first file format.

    Nothing of the file is executed: its pickles are only disassembled into opcodes, which tell the names of tensors and
    of the storages they are in; the numbers themselves lie behind the pickles as plain little-endian floats.

    Raises:
        InputError: it is another kind of file.
        OSError: it cannot be read.
    """
    data = path.read_bytes()
    try:
        stream = BytesIO(data)
        # Magic number, protocol, platform, tensors, keys of the storages in the order they are stored.
        pickles = [list(pickletools.genops(stream)) for _ in range(5)]
        names = _storage_of_tensors([arg for _, arg, _ in pickles[3] if isinstance(arg, str)])
        keys = [arg for _, arg, _ in pickles[4] if isinstance(arg, str)]
        at, storages = stream.tell(), {}
        for key in keys:
            count = int(np.frombuffer(data, "<i8", 1, at)[0])
            storages[key] = np.frombuffer(data, "<f4", count, at + 8).astype(np.float32)
            at += 8 + 4 * count
        return [storages[names[f"lin{k}.model.1.weight"]] for k in range(len(_FEATURES))]
    except (ValueError, KeyError, IndexError) as error:
        raise InputError(f"{path}: not the LPIPS heads of SqueezeNet that are expected ({error})") from error


def _storage_of_tensors(strings: list[str]) -> dict[str, str]:
    """Tensor name -> storage key, from the strings of a state dict: name, then its storage's key of digits."""
    found: dict[str, str] = {}
    name = ""
    for text in strings:
        if text.startswith("lin"):
            name = text
        elif text.isdigit():
            found.setdefault(name, text)
    return found


def _with_features(model: bytes) -> bytes:
    """The model with its feature maps as outputs, for pictures of any size.

    A serialized ONNX model is a tree of numbered fields; we replace those of the graph that say input, outputs and the
    (fixed) sizes between them, and keep the rest as it is. So nobody needs the onnx package to measure.
    """
    graph_field, input_field, output_field, sizes_field = 7, 11, 12, 13
    rebuilt = b""
    for number, whole, value in _fields(model):
        if number != graph_field:
            rebuilt += whole
            continue
        graph = b""
        for part, part_whole, part_value in _fields(value):
            is_picture = part == input_field and _name(part_value) == "data_0"
            if part not in (output_field, sizes_field) and not is_picture:
                graph += part_whole
        free = [b"", _bytes_field(2, b"free_height"), _bytes_field(2, b"free_width")]
        sides = [_number_field(1, 1), _number_field(1, 3), *free[1:]]
        shape = b"".join(_bytes_field(1, side) for side in sides)
        tensor = _bytes_field(1, _number_field(1, _FLOAT16) + _bytes_field(2, shape))
        graph += _bytes_field(input_field, _bytes_field(1, b"data_0") + _bytes_field(2, tensor))
        for feature in _FEATURES:
            graph += _bytes_field(output_field, _bytes_field(1, feature.encode()))
        rebuilt += _bytes_field(graph_field, graph)
    return rebuilt


def _name(value_info: bytes) -> str:
    return next(value.decode() for number, _, value in _fields(value_info) if number == 1)


def _fields(message: bytes) -> Iterator[tuple[int, bytes, bytes]]:
    """(number, the field as it is stored, its content) of each field of a serialized message."""
    at = 0
    while at < len(message):
        start = at
        key, at = _varint(message, at)
        content = at
        if key & 7 == 2:
            length, content = _varint(message, at)
            at = content + length
        elif key & 7 == 0:
            _, at = _varint(message, at)
        else:
            at += {1: 8, 5: 4}[key & 7]
        if at > len(message):
            raise ValueError("the file is cut short")
        yield key >> 3, message[start:at], message[content:at]


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 127) << shift
        at, shift = at + 1, shift + 7
        if byte < 128:
            return value, at


def _as_varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> 7
    return out + bytes([value])


def _number_field(number: int, value: int) -> bytes:
    return _as_varint(number << 3) + _as_varint(value)


def _bytes_field(number: int, value: bytes) -> bytes:
    return _as_varint(number << 3 | 2) + _as_varint(len(value)) + value

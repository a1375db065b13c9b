"""Relative disparity of single pictures: from an ONNX network, a checkpoint of ours, or a folder of ready maps."""

from __future__ import annotations

import json
from pathlib import Path, PurePosixPath
from typing import Any, Protocol

import cv2
import numpy as np
import onnxruntime
from numpy.typing import NDArray

import kernels
from training.data.single_image.images import RejectedError
from training.metrics import ssim

MAP_SUFFIXES = (".npy", ".pfm", ".png", ".tif", ".tiff")
_MULTIPLE, _AREA = 32, 320 * 192
_FLATTEST = 0.02
_COMPARED = (160, 96)


class DepthMaps(Protocol):
    """Estimates, or looks up, the disparity of a picture."""

    def small(self, name: str, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """(h, w) disparity of any scale and shift, larger is nearer, at a size no larger than the picture's.

        Raises:
            RejectedError: there is none for this picture, or it is damaged.
        """


def open_depth(place: Path, threads: int = 1) -> DepthMaps:
    """Whatever `--depth` names.

    Args:
        place: an .onnx network, a .pt checkpoint of `python -m training depth`, or a folder of maps with the names of
            the pictures (.npy, .pfm, 16-bit .png or .tif), larger is nearer.
        threads: of a network.

    Raises:
        FileNotFoundError: nothing is there.
        ValueError: it is none of these, or damaged.
    """
    if place.is_dir():
        return _MapFolder(place)
    if not place.is_file():
        raise FileNotFoundError(f"--depth {place}: no such network, checkpoint or folder of maps")
    if place.suffix == ".onnx":
        return _OnnxNetwork(place, threads)
    if place.suffix == ".pt":
        # Torch takes seconds to load and is needed for nothing else here.
        from training.data.single_image.depth_checkpoint import CheckpointNetwork

        return CheckpointNetwork(place, threads)
    raise ValueError(f"--depth {place}: expected an .onnx network, a .pt checkpoint or a folder of maps")


def relative_map(small: NDArray[np.float32], picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(H, W) disparity 0..1 at the picture's size, with its edges, as the engine enlarges its maps.

    Raises:
        RejectedError: the map is flat, or holds nothing finite.
    """
    known = _known(small)
    low, middle, high = (float(value) for value in np.percentile(known, (1, 50, 99)))
    if high - low < _FLATTEST * max(abs(middle), 1.0):
        raise RejectedError("flat depth")
    unit = np.clip((known - low) / np.float32(high - low), 0, 1).astype(np.float32)
    luma = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)
    return np.asarray(kernels.joint_upsample(unit, luma), np.float32)


def _known(small: NDArray[np.float32]) -> NDArray[np.float32]:
    """The map with everything known: what it says nothing about is far away, sky mostly."""
    finite = np.isfinite(small)
    if not finite.any():
        raise RejectedError("broken depth")
    return np.where(finite, small, small[finite].min()).astype(np.float32)


def agreement(first: NDArray[np.float32], second: NDArray[np.float32]) -> float:
    """Structural similarity of two maps (h, w) of any size, each brought to 0..1 by its 1st and 99th percentile.

    Raises:
        RejectedError: one holds nothing finite.
    """
    maps = []
    for values in map(_known, (first, second)):
        low, high = np.percentile(values, (1, 99))
        unit = np.clip((values - low) / max(float(high - low), 1e-6), 0, 1).astype(np.float32)
        small = cv2.resize(unit, _COMPARED, interpolation=cv2.INTER_AREA)
        maps.append(np.asarray(cv2.cvtColor(small, cv2.COLOR_GRAY2RGB)))
    return ssim(maps[0], maps[1])


def network_picture(picture: NDArray[np.uint8], multiple: int, area: int) -> NDArray[np.float32]:
    """(1, 3, h, w) 0..1: the picture at about `area` pixels and its own aspect, both sides multiples of `multiple`."""
    height, width = picture.shape[:2]
    scale = (area / (width * height)) ** 0.5
    columns, rows = (max(multiple, round(side * scale / multiple) * multiple) for side in (width, height))
    return _small_picture(picture, (columns, rows))


def _small_picture(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(np.asarray(small, np.float32).transpose(2, 0, 1)[None] / 255)


def fitted(disparity: NDArray[Any], picture: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The map, or a smaller copy where the picture is smaller than it."""
    height, width = (min(a, b) for a, b in zip(disparity.shape, picture.shape[:2], strict=True))
    values = np.ascontiguousarray(disparity, np.float32)
    if values.shape == (height, width):
        return values
    return np.asarray(cv2.resize(values, (width, height), interpolation=cv2.INTER_NEAREST), np.float32)


class _OnnxNetwork:
    def __init__(self, path: Path, threads: int) -> None:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.log_severity_level = 3
        try:
            self._session = onnxruntime.InferenceSession(path.read_bytes(), options, providers=["CPUExecutionProvider"])
        except _load_errors() as error:
            reason = " ".join(str(error).split())[-160:]
            raise ValueError(f"--depth {path}: ONNX Runtime cannot open it ({reason})") from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or len(inputs[0].shape) != 4 or inputs[0].shape[1] != 3:
            shapes = ", ".join(f"{port.name} {port.shape}" for port in inputs)
            raise ValueError(f"--depth {path}: a depth network takes one picture (N, 3, H, W); this one takes {shapes}")
        self._path, self._input = path, inputs[0].name
        height, width = inputs[0].shape[2:]
        self._fixed = (width, height) if isinstance(width, int) and isinstance(height, int) else None
        size = _sidecar_size(path)
        self._multiple, self._area = int(size.get("multiple") or _MULTIPLE), int(size.get("area") or _AREA)

    def small(self, name: str, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `DepthMaps`."""
        del name
        if self._fixed is None:
            seen = network_picture(picture, self._multiple, self._area)
        else:
            seen = _small_picture(picture, self._fixed)
        try:
            (disparity,) = self._session.run(None, {self._input: seen})[:1]
        except _load_errors() as error:
            reason = " ".join(str(error).split())[-160:]
            raise ValueError(f"--depth {self._path}: ONNX Runtime cannot run it ({reason})") from error
        return fitted(np.asarray(disparity).reshape(np.asarray(disparity).shape[-2:]), picture)


def _load_errors() -> tuple[type[Exception], ...]:
    """ONNX Runtime's own exceptions; they share no base class but Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile", "NotImplemented")
    return (RuntimeError, state.RuntimeException, *(getattr(state, name) for name in names))


def _sidecar_size(path: Path) -> dict[str, Any]:
    sidecar = path.with_suffix(".json")
    if not sidecar.is_file():
        return {}
    try:
        size = json.loads(sidecar.read_text(encoding="utf-8")).get("size") or {}
    except (ValueError, AttributeError) as error:
        raise ValueError(f"{sidecar}: damaged sidecar of --depth {path.name} ({error})") from error
    return dict(size)


class _MapFolder:
    def __init__(self, folder: Path) -> None:
        self._paths = {
            _key(path.relative_to(folder).as_posix()): path
            for path in sorted(folder.rglob("*"))
            if path.suffix.lower() in MAP_SUFFIXES
        }
        if not self._paths:
            raise ValueError(f"--depth {folder}: the folder holds no {', '.join(MAP_SUFFIXES)} files")

    def small(self, name: str, picture: NDArray[np.uint8]) -> NDArray[np.float32]:
        """See `DepthMaps`."""
        path = self._paths.get(_key(name)) or self._paths.get(_key(PurePosixPath(name).name))
        if path is None:
            raise RejectedError("no depth")
        return fitted(_read_map(path), picture)


def _key(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()


def _read_map(path: Path) -> NDArray[Any]:
    try:
        if path.suffix.lower() == ".npy":
            values = np.load(path, allow_pickle=False)
        else:
            values = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    except (OSError, ValueError, EOFError, cv2.error) as error:
        raise RejectedError("broken depth") from error
    if values is None or values.ndim != 2 or not np.issubdtype(values.dtype, np.number):
        raise RejectedError("broken depth")
    return np.asarray(values)

"""The table of runtimes, and how one of them is chosen. To add one: a file here and a line in the table."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

import numpy as np

from engine.errors import UnavailableError, UsageError
from engine.inference.cuda import device_count
from engine.inference.fed import FedSession
from engine.inference.onnxruntime import OnnxRuntimeSession
from engine.inference.openvino import OpenVinoSession, has_bf16
from engine.inference.session import Session

if TYPE_CHECKING:
    from engine.inference.artifact import Artifact

RuntimeName = Literal["auto", "openvino", "onnxruntime", "tensorrt"]
DeviceName = Literal["auto", "cpu", "cuda"]

Shape = tuple[int, ...]


def _open_openvino(
    artifact: Artifact, shape: Shape | None, device: str, threads: int | None
) -> OpenVinoSession | OnnxRuntimeSession:
    if device != "cpu":
        raise UnavailableError(f"--runtime openvino plays networks on the CPU only, not on {device}; try onnxruntime")
    path, output = artifact.onnx_path, _output_name(artifact)
    exact = OpenVinoSession(path, shape, threads=threads, output=output)
    if shape is None or "bf16" not in artifact.tolerance or not has_bf16():
        return exact
    fast = OpenVinoSession(path, shape, precision="bf16", threads=threads, output=output)
    probe = _probe(shape)
    return fast if artifact.is_close(fast.run(probe), exact.run(probe)) else exact


def _open_onnxruntime(
    artifact: Artifact, shape: Shape | None, device: str, threads: int | None
) -> OpenVinoSession | OnnxRuntimeSession:
    output = _output_name(artifact)
    return OnnxRuntimeSession(artifact.onnx_path, shape, device=device, threads=threads, output=output)


def _output_name(artifact: Artifact) -> str | None:
    return artifact.outputs[0].name if artifact.outputs else None


RUNTIMES: dict[str, Callable[[Artifact, Shape | None, str, int | None], OpenVinoSession | OnnxRuntimeSession]] = {
    "openvino": _open_openvino,
    "onnxruntime": _open_onnxruntime,
}
"""Name -> how to open a graph: (artifact, shape, device, threads). The module of the same name must be installed."""


def open_session(
    artifact: Artifact,
    shape: Shape,
    *,
    runtime: RuntimeName = "auto",
    device: DeviceName = "auto",
    threads: int | None = None,
) -> Session:
    """Get a network ready to run.

    Args:
        artifact: which network.
        shape: (N, C, H, W) of its input; one session serves one shape. For every depth network it is (1, 3, H, W),
            however the network itself wants its pictures.
        runtime: `auto` is OpenVINO on CPUs where it is installed, else ONNX Runtime.
        device: `auto` is a CUDA device where ONNX Runtime can use one, else the CPU.
        threads: how many cores to use; None leaves it to the runtime. Changes only speed.

    Raises:
        UsageError: no such runtime or device.
        UnavailableError: it exists, but not on this machine; there is no silent fall-back.
        ModelError: the network cannot be played at this shape.
    """
    if device not in ("auto", "cpu", "cuda"):
        raise UsageError(f"--device {device}: choose one of auto, cpu, cuda")
    chosen_runtime, chosen_device = _choose(runtime, device)
    opener = RUNTIMES[chosen_runtime]
    if artifact.is_plain:
        return opener(artifact, shape, chosen_device, threads)
    return FedSession(artifact, shape, lambda graph, inner: opener(graph, inner, chosen_device, threads))


def installed_runtimes() -> tuple[str, ...]:
    """The runtimes of the table whose module is installed."""
    return tuple(name for name in RUNTIMES if importlib.util.find_spec(name) is not None)


def _choose(runtime: str, device: str) -> tuple[str, str]:
    installed = installed_runtimes()
    if runtime == "tensorrt":
        raise UnavailableError("--runtime tensorrt: this version cannot play networks with TensorRT; choose another")
    if runtime != "auto" and runtime not in RUNTIMES:
        raise UsageError(f"--runtime {runtime}: choose one of auto, {', '.join(RUNTIMES)}")
    if runtime != "auto" and runtime not in installed:
        raise UnavailableError(f"--runtime {runtime}: it is not installed here; pip install {runtime}")
    if device == "cuda" and device_count() == 0:
        raise UnavailableError("--device cuda: this machine has no CUDA device, or no driver for it")
    if runtime != "auto":
        return runtime, _device_for(runtime, device)
    if device == "cuda" or (device == "auto" and _onnxruntime_has_cuda(installed)):
        return "onnxruntime", "cuda"
    if not installed:
        raise UnavailableError(f"no network runtime is installed; pip install {' or '.join(RUNTIMES)}")
    return installed[0], "cpu"


def _device_for(runtime: str, device: str) -> str:
    if device != "auto":
        return device
    return "cuda" if runtime == "onnxruntime" and _onnxruntime_has_cuda((runtime,)) else "cpu"


def _onnxruntime_has_cuda(installed: tuple[str, ...]) -> bool:
    if "onnxruntime" not in installed or device_count() == 0:
        return False
    import onnxruntime

    return "CUDAExecutionProvider" in onnxruntime.get_available_providers()


def _probe(shape: Shape) -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """A smooth picture with edges in it, always the same: what precision is judged on."""
    depth, height, width = shape[-3:]
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    channels = [0.5 + 0.5 * np.sin(rows / (7 + c) + c) * np.cos(columns / (11 + 2 * c)) for c in range(depth)]
    picture = np.stack(channels)
    picture[:, height // 3 : height // 2, width // 4 : width // 2] *= 0.2
    return np.ascontiguousarray(np.broadcast_to(picture, shape), dtype=np.float32)

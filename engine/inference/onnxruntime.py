"""ONNX Runtime: the second opinion on CPUs, and the way onto CUDA devices."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from engine.errors import ModelError, UnavailableError
from engine.inference.session import Float32, check_input

_PROVIDERS = {"cpu": "CPUExecutionProvider", "cuda": "CUDAExecutionProvider"}
_ERRORS_ONLY = 3


class OnnxRuntimeSession:
    """One network on one device; see Session for the contract."""

    runtime = "onnxruntime"
    precision = "f32"

    def __init__(self, model: Path, shape: tuple[int, ...], *, device: str = "cpu", threads: int | None = None) -> None:
        """Load the network.

        Args:
            model: an ONNX file with one input and one output.
            shape: (N, C, H, W) of the input; the only one run() takes.
            device: `cpu` or `cuda`.
            threads: how many cores to use; None leaves it to ONNX Runtime. Changes only speed.

        Raises:
            ModelError: the file cannot be read.
            UnavailableError: CUDA was asked for and cannot be used.
        """
        import onnxruntime

        self.shape = tuple(shape)
        self.device = device
        provider = _PROVIDERS[device]
        if provider not in onnxruntime.get_available_providers():
            raise UnavailableError(
                f"--device {device}: the installed ONNX Runtime was built without it; install wheatstone[gpu]"
            )
        options = onnxruntime.SessionOptions()
        options.log_severity_level = _ERRORS_ONLY
        if threads is not None:
            options.intra_op_num_threads = threads
        try:
            self._session = onnxruntime.InferenceSession(str(model), options, providers=[provider])
        except _load_errors() as error:
            reason = " ".join(str(error).split())[-200:]
            raise ModelError(f"{model}: ONNX Runtime cannot load this network: {reason}") from error
        if provider not in self._session.get_providers():
            # ONNX Runtime quietly goes on with the CPU when the device cannot be opened; we never do.
            raise UnavailableError(f"--device {device}: ONNX Runtime found no usable device; is a driver installed?")
        self._input = self._session.get_inputs()[0].name
        self._output = self._session.get_outputs()[0].name

    def run(self, image: Float32) -> Float32:
        """Run the network; the GIL is released meanwhile."""
        check_input(image, self.shape)
        return np.asarray(self._session.run([self._output], {self._input: image})[0], dtype=np.float32)


def _load_errors() -> tuple[type[Exception], ...]:
    """ONNX Runtime's own exceptions; they share no base class but Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile", "NotImplemented")
    return (RuntimeError, state.RuntimeException, *(getattr(state, name) for name in names))

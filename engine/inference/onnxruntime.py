"""ONNX Runtime: the second opinion on CPUs, and the way onto CUDA devices."""

from __future__ import annotations

from collections.abc import Sequence
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

    def __init__(
        self,
        model: Path,
        shape: tuple[int, ...] | None,
        *,
        device: str = "cpu",
        threads: int | None = None,
        output: str | None = None,
    ) -> None:
        """Load the network.

        Args:
            model: an ONNX file.
            shape: of its first input, the only one run() takes; None where the file says all there is to know.
            device: `cpu` or `cuda`.
            threads: how many cores to use; None leaves it to ONNX Runtime. Changes only speed.
            output: which one `run` gives; None is the first.

        Raises:
            ModelError: the file cannot be read, or has no such output.
            UnavailableError: CUDA was asked for and cannot be used.
        """
        import onnxruntime

        self.shape = () if shape is None else tuple(shape)
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
        self._model = model
        self._inputs = [one.name for one in self._session.get_inputs()]
        names = [one.name for one in self._session.get_outputs()]
        if output is not None and output not in names:
            raise ModelError(f"{model}: has no output {output!r}; it has {', '.join(names)}")
        self._output = output or names[0]

    def run(self, image: Float32) -> Float32:
        """Run the network; the GIL is released meanwhile."""
        check_input(image, self.shape)
        return self._run([self._output], [image])[0]

    def run_all(self, *inputs: Float32) -> tuple[Float32, ...]:
        """Run a network of several inputs or outputs: all of them, in the order of the file."""
        return self._run(None, inputs)

    def _run(self, outputs: list[str] | None, inputs: Sequence[Float32]) -> tuple[Float32, ...]:
        # Only now does ONNX Runtime notice that a network does not take a shape.
        try:
            found = self._session.run(outputs, dict(zip(self._inputs, inputs, strict=True)))
        except _load_errors() as error:
            reason = " ".join(str(error).split())[-200:]
            raise ModelError(f"{self._model}: ONNX Runtime cannot play it at {self.shape}: {reason}") from error
        return tuple(np.asarray(one, dtype=np.float32) for one in found)


def _load_errors() -> tuple[type[Exception], ...]:
    """ONNX Runtime's own exceptions; they share no base class but Exception."""
    from onnxruntime.capi import onnxruntime_pybind11_state as state

    names = ("Fail", "InvalidArgument", "InvalidGraph", "InvalidProtobuf", "NoSuchFile", "NotImplemented")
    return (RuntimeError, state.RuntimeException, *(getattr(state, name) for name in names))

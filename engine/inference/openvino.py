"""OpenVINO: the fastest way to play a network on a CPU."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np

from engine.errors import ModelError
from engine.inference.session import Float32, check_input


class OpenVinoSession:
    """One compiled network on the CPU; see Session for the contract."""

    runtime = "openvino"
    device = "cpu"

    def __init__(
        self,
        model: Path,
        shape: tuple[int, ...] | None,
        *,
        precision: str = "f32",
        threads: int | None = None,
        output: str | None = None,
    ) -> None:
        """Compile the network for one shape.

        Args:
            model: an ONNX file.
            shape: of its first input; None where the file says all there is to know.
            precision: `f32`, or `bf16` where the CPU has it.
            threads: how many cores to use; None leaves it to OpenVINO. Changes only speed.
            output: which one `run` gives; None is the first.

        Raises:
            ModelError: the file cannot be read, has no such output, or the network does not take this shape.
        """
        openvino = load_openvino()
        self.shape = () if shape is None else tuple(shape)
        self.precision = precision
        options: dict[str, Any] = {
            "PERFORMANCE_HINT": "LATENCY",
            "INFERENCE_PRECISION_HINT": precision,
            "NUM_STREAMS": 1,
            # Stages run on threads of their own; pinning OpenVINO's to cores would make them wait behind each other.
            "ENABLE_CPU_PINNING": False,
        }
        if threads is not None:
            options["INFERENCE_NUM_THREADS"] = threads
        core = openvino.Core()
        try:
            network = core.read_model(str(model))
            if shape is not None:
                network.reshape({network.inputs[0]: list(self.shape)})
            compiled = core.compile_model(network, "CPU", options)
            self._output = compiled.outputs[0] if output is None else compiled.output(output)
        except RuntimeError as error:
            reason = " ".join(str(error).split())[-200:]
            raise ModelError(f"{model}: OpenVINO cannot play this network at {self.shape}: {reason}") from error
        self._request = compiled.create_infer_request()
        self._outputs = tuple(compiled.outputs)

    def run(self, image: Float32) -> Float32:
        """Run the network; the GIL is released meanwhile."""
        check_input(image, self.shape)
        result = self._request.infer({0: image}, share_inputs=True, share_outputs=True)[self._output]
        return np.array(result, dtype=np.float32)

    def run_all(self, *inputs: Float32) -> tuple[Float32, ...]:
        """Run a network of several inputs or outputs: all of them, in the order of the file."""
        found = self._request.infer(dict(enumerate(inputs)), share_inputs=True, share_outputs=True)
        return tuple(np.array(found[output], dtype=np.float32) for output in self._outputs)


def load_openvino() -> Any:
    """The openvino package without its telemetry: imported plainly it starts a thread that reports usage to Intel."""
    # None in sys.modules makes the import fail, and then OpenVINO uses a stub that does nothing.
    sys.modules.setdefault("openvino_telemetry", None)  # type: ignore[arg-type]
    import openvino

    return openvino


def has_bf16() -> bool:
    """Whether this CPU computes in bfloat16 by itself."""
    openvino = load_openvino()
    return "BF16" in openvino.Core().get_property("CPU", "OPTIMIZATION_CAPABILITIES")

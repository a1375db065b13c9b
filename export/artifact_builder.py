"""Checkpoint -> network file, sidecar and card, with proof that they agree."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn

from engine.inference.artifact import Artifact
from export.card import card
from export.onnx_writer import OPSET, onnx_bytes
from export.parity import Parity, failures, measure_parity
from export.targets import TARGETS, Float32, Target
from training.checkpoint import Checkpoint, load_checkpoint, load_weights


class ParityError(ValueError):
    """The exported network does not compute what the trained one does."""


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and how well it agrees."""

    artifact: Artifact
    parity: tuple[Parity, ...]
    parameters: int


def export_checkpoint(
    kind: str, checkpoint: Path, out: Path, *, name: str | None = None, half_weights: bool = True, seed: int = 0
) -> Exported:
    """Write `<name>.onnx`, `<name>.json` and `<name>.md` into a folder.

    The averaged weights of the checkpoint are exported. Nothing is written unless float32 parity holds in every
    runtime; bfloat16 figures are recorded, and the engine judges them itself when it opens the network.

    Args:
        kind: a key of `export.targets.TARGETS`.
        checkpoint: written by `python -m training`.
        out: made if it does not exist.
        name: of the files; None = the kind's usual name.
        half_weights: store weights as float16.
        seed: of the inputs that parity is measured on.

    Raises:
        ParityError: a runtime differs by more than the kind's tolerance; the message has the figures.
        ValueError: the checkpoint is damaged, of another recipe, or does not fit its own config.
        OSError: a file cannot be read or written.
    """
    target = TARGETS[kind]
    loaded = load_checkpoint(checkpoint)
    network = _network(target, loaded, checkpoint)
    inputs = _probes(target, np.random.default_rng(seed))
    content = onnx_bytes(
        network,
        input_name=target.input.name,
        output_name=target.output.name,
        example=torch.from_numpy(inputs[0]),
        half_weights=half_weights,
    )
    parity = measure_parity(network, content, inputs)
    wrong = failures(parity, target.tolerance, ("f32",))
    if wrong:
        raise ParityError(f"{checkpoint}: nothing written, the export differs from PyTorch: {'; '.join(wrong)}")
    artifact = Artifact(
        name=name or target.default_name,
        kind=kind,
        path=out / f"{name or target.default_name}.onnx",
        sha256=hashlib.sha256(content).hexdigest(),
        opset=OPSET,
        inputs=(target.input,),
        outputs=(target.output,),
        size=target.size,
        tolerance=target.tolerance,
        training={"steps": loaded.step, "minutes": round(loaded.seconds / 60, 1), **loaded.summary},
        parity={entry.name: entry.to_dict() for entry in parity},
    )
    parameters = sum(value.numel() for value in network.parameters())
    out.mkdir(parents=True, exist_ok=True)
    _write(artifact.onnx_path, content)
    artifact.save()
    _write(artifact.onnx_path.with_suffix(".md"), card(artifact, parameters=parameters, limits=target.limits).encode())
    return Exported(artifact, tuple(parity), parameters)


def _network(target: Target, loaded: Checkpoint, origin: Path) -> nn.Module:
    """The network with the averaged weights of a checkpoint, in eval mode."""
    if loaded.recipe != target.kind:
        raise ValueError(f"{origin}: a checkpoint of the {loaded.recipe} recipe, not of {target.kind}")
    try:
        network = target.build(loaded.config)
    except TypeError as error:
        raise ValueError(
            f"{origin}: its config is not one of this version's {target.kind} network ({error})"
        ) from error
    load_weights(network, loaded.ema, str(origin))
    return network.eval()


def _probes(target: Target, rng: np.random.Generator) -> list[Float32]:
    """Picture-like inputs of every shape, and one of noise: the hardest case for rounding must not derail a network."""
    inputs = [target.probe(rng, *shape) for shape in target.shapes]
    noise = rng.random(inputs[0].shape, dtype=np.float32)
    if target.kind == "infill":
        noise[:, 3] = noise[:, 3] > 0.5
    return [*inputs, noise]


def _write(path: Path, content: bytes) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        temporary.write_bytes(content)
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)

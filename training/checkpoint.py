"""Checkpoints: one file, written whole or not at all, read without unpickling code."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from training.tensor_files import read_content

FORMAT = 1
_REQUIRED = ("format", "recipe", "config", "network", "ema", "optimizer", "step", "seconds", "summary")


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkpoint:
    """Everything needed to go on training, or to export."""

    recipe: str
    """Which recipe made it: depth or infill."""
    config: dict[str, Any]
    """Fields of the network's config dataclass."""
    network: dict[str, Tensor]
    """Weights as trained."""
    ema: dict[str, Tensor]
    """Averaged weights: the ones to use."""
    optimizer: dict[str, Any]
    step: int
    seconds: float
    """Training time so far, all runs together."""
    summary: dict[str, Any]
    """For the sidecar and the card: data, options, metrics."""


def save_checkpoint(checkpoint: Checkpoint, path: Path) -> None:
    """Write to a temporary neighbour, flush it to the disk, then rename: a kill leaves the old file or the new one.

    Raises:
        OSError: the folder cannot be written or the disk is full; the temporary file is removed.
    """
    content = {"format": FORMAT} | {name: getattr(checkpoint, name) for name in _REQUIRED if name != "format"}
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            torch.save(content, file)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)


def load_checkpoint(path: Path) -> Checkpoint:
    """Read a checkpoint with tensors and plain values only; nothing in it is ever executed.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged, holds other objects than tensors and plain values, or is not one of ours.
    """
    content = read_content(path)
    if any(name not in content for name in _REQUIRED):
        raise ValueError(f"{path}: not a checkpoint of `python -m training` (it must hold {', '.join(_REQUIRED)})")
    if content["format"] != FORMAT:
        raise ValueError(f"{path}: checkpoint format {content['format']}, this version reads {FORMAT}")
    return Checkpoint(**{name: content[name] for name in _REQUIRED if name != "format"})


def load_weights(network: torch.nn.Module, weights: Mapping[str, Tensor], origin: str) -> None:
    """Copy weights into a network; every tensor must be there with the right shape.

    Args:
        network: changed in place, unless ValueError is raised.
        weights: name -> tensor.
        origin: where the weights come from, for the message.

    Raises:
        ValueError: names or shapes differ; the message lists the tensors (20 of them at most).
    """
    own = network.state_dict()
    problems = [f"missing {name} {tuple(own[name].shape)}" for name in own if name not in weights]
    problems += [f"unexpected {name}" for name in weights if name not in own]
    problems += [
        f"{name} is {tuple(weights[name].shape)}, expected {tuple(own[name].shape)}"
        for name in own
        if name in weights and weights[name].shape != own[name].shape
    ]
    if problems:
        listed = "; ".join(problems[:20]) + (f"; and {len(problems) - 20} more" if len(problems) > 20 else "")
        raise ValueError(f"{origin}: {len(problems)} tensors differ from {type(network).__name__}: {listed}")
    network.load_state_dict(dict(weights))

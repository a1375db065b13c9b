"""Imports checkpoints of the published gated U-Net, {epoch, model_state, opt_state, val_loss}, as ours.

Names and shapes are those of `GatedUNet`. Such a network was taught on another guide than ours: depth in hundreds of
metres where we have relative disparity. It can be exported as it is, and serves best as a `--start` for training.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import tyro
from torch import Tensor

from training.checkpoint import Checkpoint, load_weights, save_checkpoint
from training.models.infill import InfillConfig, infill_network
from training.tensor_files import read_content

_STATE = ("model_state", "model_state_dict", "state_dict", "model")
_WRAPPERS = ("module.", "_orig_mod.")
"""What torch puts before names where a network was trained on several GPUs, or compiled."""
_FIRST, _LAST = "enc1.0.feature.weight", "out.1.weight"
_USUAL_BASE = 48


def import_published(path: Path) -> Checkpoint:
    """Read a published checkpoint.

    Args:
        path: .pt (tensors and plain values only, nothing is unpickled) or .safetensors.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: it is damaged or of another network; the message lists the tensors that are missing, unexpected or
            of the wrong shape.
    """
    content = read_content(path)
    weights = _weights(content, path)
    broken = [name for name, value in weights.items() if not torch.isfinite(value).all()]
    if broken:
        raise ValueError(f"{path}: damaged, {len(broken)} tensors hold NaN or infinity: {', '.join(broken[:20])}")
    config = InfillConfig(variant="reference", base=_base(weights), target=_target(weights))
    network = infill_network(config)
    load_weights(network, weights, str(path))
    epoch = content.get("epoch")
    summary: dict[str, Any] = {"data": f"imported from {path.name}; taught by others, on a guide with metric depth"}
    loss = content.get("val_loss")
    if isinstance(loss, int | float):
        summary["metrics"] = {"published/val_loss": float(loss)}
    state = {name: value.clone() for name, value in network.state_dict().items()}
    return Checkpoint(
        recipe="infill",
        config=config.to_dict(),
        network=state,
        ema=state,
        optimizer={},
        step=epoch if isinstance(epoch, int) else 0,
        seconds=0.0,
        summary=summary,
    )


def _weights(content: Mapping[str, Any], path: Path) -> dict[str, Tensor]:
    """The named tensors of the network, in float32."""
    named = [content[name] for name in _STATE if name in content]
    # Whatever else holds tensors is compared too, so that a foreign file is told what differs.
    state: Mapping[str, Any] = next(
        (value for value in (*named, content, *content.values()) if _holds_tensors(value)), {}
    )
    weights = {}
    for name, value in state.items():
        plain = str(name)
        for wrapper in _WRAPPERS:
            plain = plain.removeprefix(wrapper)
        if isinstance(value, Tensor):
            weights[plain] = value.float()
    if not weights:
        raise ValueError(f"{path}: holds no named tensors (they are looked for under {', '.join(_STATE)} first)")
    return weights


def _holds_tensors(value: object) -> bool:
    return isinstance(value, Mapping) and any(isinstance(entry, Tensor) for entry in value.values())


def _base(weights: Mapping[str, Tensor]) -> int:
    first = weights.get(_FIRST)
    return int(first.shape[0]) if first is not None and first.ndim == 4 else _USUAL_BASE


def _target(weights: Mapping[str, Tensor]) -> Any:
    last = weights.get(_LAST)
    return "depth" if last is not None and last.ndim == 4 and last.shape[0] == 1 else "rgb"


@dataclass(frozen=True, kw_only=True)
class ImportOptions:
    """Make a checkpoint of ours of a published gated U-Net, for `python -m export infill` and `--start`."""

    checkpoint: tyro.conf.Positional[Path]
    """The published file, .pt or .safetensors."""
    out: Path
    """File to write, for example runs/published/imported.pt."""


def main(argv: list[str] | None = None) -> int:
    """The command; returns its exit status."""
    options = tyro.cli(ImportOptions, args=argv, prog="python -m training import-infill")
    try:
        found = import_published(options.checkpoint)
        options.out.parent.mkdir(parents=True, exist_ok=True)
        save_checkpoint(found, options.out)
    except (OSError, ValueError) as error:
        sys.stderr.write(f"error: {error}\n")
        return 1
    count = sum(value.numel() for value in found.ema.values())
    sys.stdout.write(f"{options.out}: {len(found.ema)} tensors, {count:,} parameters, base {found.config['base']}\n")
    return 0

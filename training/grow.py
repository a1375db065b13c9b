"""Starts a network from the weights of a narrower or shallower one, so that it begins where that one ended.

The idea is that of Net2Net (Chen, Goodfellow and Shlens, 2016) with fresh features in place of copied ones: every old
channel keeps its weights, new channels get random inputs, and nothing old listens to them yet. So the grown network
computes what the old one did, and learns from there what to do with the rest.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn


@torch.no_grad()
def grow(network: nn.Module, weights: Mapping[str, Tensor], origin: str) -> None:
    """Put the weights of a smaller network of the same family into a freshly initialised one.

    Blocks that the smaller one does not have keep their initialisation, which must be the identity.

    Args:
        network: changed in place, unless ValueError is raised.
        weights: of the smaller network; no tensor may be larger than its counterpart.
        origin: where the weights come from, for the message.

    Raises:
        ValueError: a tensor is unknown to the network, or larger than there; the message lists them.
    """
    own = network.state_dict()
    problems = [
        f"{name} is {tuple(value.shape)}, more than {tuple(own[name].shape)}"
        for name, value in weights.items()
        if name in own and not _fits(value, own[name])
    ]
    problems += [f"unexpected {name}" for name in weights if name not in own]
    if problems:
        raise ValueError(f"{origin}: cannot grow into {type(network).__name__}: {'; '.join(problems[:20])}")
    for name, small in weights.items():
        large = own[name]
        if small.ndim >= 2:
            # An old output must not hear new inputs, or it would no longer be what it was.
            large[: small.shape[0]] = 0
        large[tuple(slice(0, side) for side in small.shape)] = small


def _fits(small: Tensor, large: Tensor) -> bool:
    return small.ndim == large.ndim and all(a <= b for a, b in zip(small.shape, large.shape, strict=True))

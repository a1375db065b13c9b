"""How near every pixel is: estimated by a network, or read from a file."""

from __future__ import annotations

from engine.depth.check import check_depth
from engine.depth.from_file import FileDepthStage
from engine.depth.motion import DepthCarrier, FlowCarrier
from engine.depth.network_input import network_size
from engine.depth.stage import DepthNetwork, DepthStage, SmallCopy

__all__ = [
    "DepthCarrier",
    "DepthNetwork",
    "DepthStage",
    "FileDepthStage",
    "FlowCarrier",
    "SmallCopy",
    "check_depth",
    "network_size",
]

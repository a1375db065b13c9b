"""From one picture and its disparity to two eyes."""

from __future__ import annotations

from engine.stereo.comfort import ComfortMeter, ComfortReport
from engine.stereo.convergence import ComfortLimits
from engine.stereo.infill import InfillCount, InfillNetwork, NetworkInfill
from engine.stereo.parallax import ParallaxMapper
from engine.stereo.stage import InfillMode, StereoStage
from engine.stereo.tiles import TileShape

__all__ = [
    "ComfortLimits",
    "ComfortMeter",
    "ComfortReport",
    "InfillCount",
    "InfillMode",
    "InfillNetwork",
    "NetworkInfill",
    "ParallaxMapper",
    "StereoStage",
    "TileShape",
]

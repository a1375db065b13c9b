"""Options that keep stereo comfortable; part of every command that renders eyes (`engine.config.StereoOptions`)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Literal

import tyro

from engine.errors import UsageError

MAX_EDGE_GROW = 16
MAX_PARALLAX = 25.0


@dataclass(frozen=True, kw_only=True)
class ComfortOptions:
    """How far things may stand in front of the screen and behind it, and what is done at edges."""

    comfort: Annotated[tuple[float, float], tyro.conf.arg(metavar="FRONT BEHIND")] = (2.5, 4.0)
    """Most parallax in front of the screen and behind it, percent of the width; kept where the convergence is auto."""
    edge_grow: Annotated[Literal["auto"] | int, tyro.conf.arg(metavar="auto|PX")] = "auto"
    """Let near things grow by this many pixels: their soft rims then leave no halo. auto is 1 for every 400 columns."""
    floating_window: bool = False
    """Cover a strip at the border of one eye where the picture cuts something in front of the screen."""

    def __post_init__(self) -> None:
        if not all(0.0 < limit <= MAX_PARALLAX and math.isfinite(limit) for limit in self.comfort):
            given = " ".join(f"{limit:g}" for limit in self.comfort)
            raise UsageError(f"--comfort needs two numbers within 0 and {MAX_PARALLAX:g}, like 2.5 4, got {given}")
        if self.edge_grow != "auto" and not 0 <= self.edge_grow <= MAX_EDGE_GROW:
            raise UsageError(f"--edge-grow must be auto or 0 to {MAX_EDGE_GROW}, got {self.edge_grow}")

    @property
    def growth_px(self) -> int | None:
        """How many pixels near things grow; None leaves it to the width of the picture."""
        return None if self.edge_grow == "auto" else int(self.edge_grow)

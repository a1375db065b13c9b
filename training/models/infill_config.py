"""Which infill network, and what every one of them does with its guide."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Literal

from torch import Tensor

SIZE_MULTIPLE = 8
"""Input height and width must be multiples of this."""
CHANNELS_IN = 8
CHANNELS = {"rgb": slice(0, 3), "depth": slice(7, 8)}
"""Where the guide holds what is known of each target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class InfillConfig:
    """Which network and how wide; the checkpoint carries it."""

    variant: Literal["fast", "reference"] = "fast"
    """`fast` for the engine, `reference` for a teacher on a GPU."""
    target: Literal["rgb", "depth"] = "rgb"
    """What is painted into holes: colours, or the relative disparity that is there."""
    base: int = 48
    """Channels of the reference at full size."""
    fast: tuple[int, int, int] = (16, 48, 112)
    """Channels of the fast network at 1/2, 1/4 and 1/8."""
    dilations: tuple[int, ...] = (2, 4)
    """Dilations of the fast network's blocks at 1/8."""
    refine: int = 16
    """Channels of the fast network's last step, which looks at what was carried into holes and adds to it."""

    def __post_init__(self) -> None:
        if self.variant not in ("fast", "reference"):
            raise ValueError(f"infill network: variant is fast or reference, not {self.variant}")

    @property
    def outputs(self) -> int:
        """Channels of what is painted."""
        return 3 if self.target == "rgb" else 1

    def to_dict(self) -> dict[str, object]:
        """Plain values for a checkpoint or a sidecar."""
        return asdict(self)


def composite(guide: Tensor, painted: Tensor, *, clamp: bool, target: str = "rgb") -> Tensor:
    """Known pixels of the guide, painted ones in holes: (N, 3, H, W), or (N, 1, H, W) where disparity is painted.

    Clamped to 0..1 for use; not while training, where a clamp would stop the gradient of every overshoot.
    """
    mask = guide[:, 3:4]
    inside = painted.clamp(0, 1) if clamp else painted
    return guide[:, CHANNELS[target]] * (1 - mask) + inside * mask

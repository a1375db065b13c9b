"""How a depth network wants its picture, and what its answer means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any, Literal, Self, get_args

Gives = Literal["disparity", "depth", "metric depth"]
Channels = Literal["rgb", "bgr"]

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)
MAX_WINDOW = 64
_LARGEST = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class Feed:
    """What goes in is (picture * white - mean) / std per channel, with the picture in 0..1."""

    mean: tuple[float, float, float] = (0.0, 0.0, 0.0)
    std: tuple[float, float, float] = (1.0, 1.0, 1.0)
    white: float = 1.0
    """What full brightness is before mean and std: 1 or 255."""
    channels: Channels = "rgb"
    """In which order they go in; mean and std follow it."""
    gives: Gives = "disparity"
    """disparity: larger is nearer. depth: larger is farther, no unit. metric depth: metres. Depth is inverted."""
    window: int = 1
    """How many frames it looks at at once; the newest is the last, and its map is the one that is used."""

    def __post_init__(self) -> None:
        for name in ("mean", "std"):
            values = getattr(self, name)
            if not (isinstance(values, tuple) and len(values) == 3 and all(map(_is_number, values))):
                raise ValueError(f"feed: {name} must be three numbers, got {values!r}")
        if 0 in self.std:
            raise ValueError("feed: std must not be 0")
        if not (_is_number(self.white) and 0 < self.white <= 65535):
            raise ValueError(f"feed: white must be 1 or 255, got {self.white!r}")
        if self.channels not in get_args(Channels):
            raise ValueError(f"feed: channels must be rgb or bgr, got {self.channels!r}")
        if self.gives not in get_args(Gives):
            raise ValueError(f"feed: gives must be one of {', '.join(get_args(Gives))}, got {self.gives!r}")
        if not (type(self.window) is int and 1 <= self.window <= MAX_WINDOW):
            raise ValueError(f"feed: window must be 1 to {MAX_WINDOW} frames, got {self.window!r}")

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """From its form in a sidecar.

        Raises:
            ValueError: an unknown name, or a value that makes no sense.
        """
        known = {field.name for field in fields(cls)}
        strange = sorted(set(content) - known)
        if strange:
            raise ValueError(f"feed: unknown {', '.join(strange)}; known are {', '.join(sorted(known))}")
        tuples = {name: tuple(content[name]) for name in ("mean", "std") if isinstance(content.get(name), list | tuple)}
        return cls(**{**content, **tuples})


def _is_number(value: object) -> bool:
    """Whether it can be computed with in float32; JSON also has true, NaN and numbers of a thousand digits."""
    return isinstance(value, int | float) and not isinstance(value, bool) and -_LARGEST <= value <= _LARGEST

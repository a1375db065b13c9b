"""Options about what is heard; part of `play` (`engine.config.PlayOptions`)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import tyro

from engine.errors import UsageError


@dataclass(frozen=True, kw_only=True)
class SoundOptions:
    """Where the sound of a file is played, and how loud."""

    mute: bool = False
    """Begin without sound (key m)."""
    volume: Annotated[float, tyro.conf.arg(metavar="PERCENT")] = 100.0
    """How loud the sound of a file is at first, 0 to 100 (keys / and *)."""
    sound_device: Annotated[
        str | None, tyro.conf.arg(metavar="NAME|N", help_behavior_hint="(default: the usual one; none with --headless)")
    ] = None
    """Play the sound of a file there: part of the device's name, or its number."""

    def check_sound(self) -> None:
        """Raise UsageError for what makes no sense."""
        if not 0.0 <= self.volume <= 100.0:
            raise UsageError(f"--volume must lie within 0 and 100, got {self.volume:g}")

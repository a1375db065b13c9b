"""Where commands draw their tables."""

from __future__ import annotations

from rich.console import Console

_PIPE_WIDTH = 200


def console() -> Console:
    """Standard output: as wide as the terminal, or wide enough for one row a line in a pipe or file."""
    here = Console(highlight=False)
    return here if here.is_terminal else Console(highlight=False, width=_PIPE_WIDTH)

"""An off-screen OpenGL context."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from engine.display.context import OffscreenSurface
from engine.errors import UnavailableError


@pytest.fixture
def open_surface() -> Iterator[Callable[[int, int], OffscreenSurface]]:
    """Opens off-screen surfaces of (width, height) and closes them again."""
    opened: list[OffscreenSurface] = []

    def open_one(width: int, height: int) -> OffscreenSurface:
        try:
            opened.append(OffscreenSurface(width, height))
        except UnavailableError as error:
            pytest.skip(f"no off-screen OpenGL here: {error}")
        return opened[-1]

    yield open_one
    for surface in opened:
        surface.close()

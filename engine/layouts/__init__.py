"""How two eyes become one picture. To add one: a file here and a line in the table."""

from __future__ import annotations

from collections.abc import Callable

from engine.errors import UsageError
from engine.layouts.anaglyph import AnaglyphLayout
from engine.layouts.depth import DepthMap, about_depth
from engine.layouts.interlaced import Interlaced
from engine.layouts.layout import Anaglyph, Layout, LayoutOptions, LayoutOutput
from engine.layouts.over_under import HalfOverUnder, OverUnder
from engine.layouts.side_by_side import HalfSideBySide, SideBySide
from engine.layouts.single import SingleEye

__all__ = ["LAYOUTS", "Anaglyph", "Layout", "LayoutOptions", "LayoutOutput", "about_depth", "make_layout"]

LAYOUTS: dict[str, Callable[[LayoutOptions], Layout]] = {
    "sbs": lambda _: SideBySide(),
    "half-sbs": lambda _: HalfSideBySide(),
    "ou": lambda _: OverUnder(),
    "half-ou": lambda _: HalfOverUnder(),
    "anaglyph": lambda options: AnaglyphLayout(options.anaglyph),
    "interlaced": lambda _: Interlaced(),
    "left": lambda _: SingleEye(0),
    "right": lambda _: SingleEye(1),
    "depth": lambda options: DepthMap(options.depth_bits, options.depth_in_px, options.depth_full_range),
}


def make_layout(name: str, options: LayoutOptions | None = None) -> Layout:
    """The layout of this name.

    Raises:
        UsageError: there is no such layout.
    """
    if name not in LAYOUTS:
        raise UsageError(f"--layout {name}: there is no such layout; choose one of {', '.join(LAYOUTS)}")
    return LAYOUTS[name](options or LayoutOptions())

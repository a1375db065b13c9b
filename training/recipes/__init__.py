"""Everything `python -m training` can train: one line here, one module beside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from training.recipes import depth, infill
from training.trainer import RunOptions, Task


@dataclass(frozen=True, slots=True)
class Recipe:
    """Options of a recipe and the function that builds its task from them."""

    options: type[RunOptions]
    build: Callable[[Any], Task]
    help: str


RECIPES: dict[str, Recipe] = {
    "depth": Recipe(depth.DepthOptions, depth.build, "monocular relative disparity"),
    "infill": Recipe(infill.InfillOptions, infill.build, "painting of holes, guided by depth"),
}

"""What the viewer has chosen, and where the picture lies in the window. No OpenGL in here."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal, NamedTuple, get_args

from engine.display.head import HOME, HeadPose

ScreenLayout = Literal[
    "sbs",
    "half-sbs",
    "ou",
    "half-ou",
    "anaglyph",
    "interlaced",
    "checkerboard",
    "left",
    "right",
    "depth",
    "vr",
]
"""How the two eyes share the screen; `vr` is a lens-corrected preview for a phone in a headset holder."""

SCREEN_LAYOUTS: tuple[ScreenLayout, ...] = get_args(ScreenLayout)

Glasses = Literal["dubois", "red-cyan", "green-magenta", "amber-blue", "dubois-green-magenta", "dubois-amber-blue"]
"""Anaglyph filters: Dubois' least-squares mixes (`dubois` is for red/cyan glasses), or plain channel swaps."""

GLASSES: tuple[Glasses, ...] = get_args(Glasses)


class Rect(NamedTuple):
    """Pixels of a framebuffer; x and y are the top left corner."""

    x: int
    y: int
    width: int
    height: int


class Area(NamedTuple):
    """A part of the framebuffer that one eye sees, or both."""

    rect: Rect
    room: tuple[int, int]
    """(width, height) of it as the viewer sees it: half layouts are stretched again by the display."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lens:
    """The optics of the `vr` layout."""

    ipd_mm: float = 63.0
    """Distance between the two lens centres."""
    panel_mm: float = 126.0
    """Width of the whole panel behind the lenses."""
    view_deg: float = 90.0
    """Horizontal field of view of one lens, up to the edge of its half of the panel, before distortion."""
    screen_deg: float = 85.0
    """How wide the film's screen appears."""
    distortion: tuple[float, float] = (0.22, 0.24)
    """How much the lens stretches: factors of r^2 and r^4, r = 1 at the edge of its half of the panel."""

    @property
    def centre(self) -> float:
        """Where the left lens sits, 0..1 over the left half of the panel."""
        return 1.0 - self.ipd_mm / self.panel_mm

    @property
    def view_tan(self) -> float:
        """Tangent of half the field of view."""
        return math.tan(math.radians(self.view_deg) / 2)

    @property
    def screen_tan(self) -> float:
        """Tangent of half the angle of the screen."""
        return math.tan(math.radians(self.screen_deg) / 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class ViewState:
    """Everything the keys can change that only the picture on the screen depends on."""

    layout: ScreenLayout = "half-sbs"
    glasses: Glasses = "dubois"
    swap_eyes: bool = False
    show_depth: bool = False
    """The depth map instead of the layout, until the key is pressed again."""
    show_hud: bool = False
    show_keys: bool = False
    is_frozen: bool = False
    lens: Lens = Lens()
    head: HeadPose = HOME
    """Where the viewer looks from."""

    @property
    def shown(self) -> ScreenLayout:
        """The layout that is drawn now."""
        return "depth" if self.show_depth else self.layout


def content_aspect(layout: ScreenLayout, aspect: float) -> float | None:
    """Width over height of what is drawn for pictures of that width over height; None if it fills the window.

    Half layouts keep the shape of one eye, because the display that shows them stretches each half again.
    """
    if layout == "vr":
        return None
    if layout == "sbs":
        return 2 * aspect
    if layout == "ou":
        return aspect / 2
    return aspect


def letterbox(aspect: float | None, width: int, height: int) -> Rect:
    """The largest centred rectangle of that shape in a framebuffer of width x height, at least one pixel each way."""
    if aspect is None:
        return Rect(0, 0, width, height)
    if width > height * aspect:
        inner = min(width, max(1, round(height * aspect)))
        return Rect((width - inner) // 2, 0, inner, height)
    inner = min(height, max(1, round(width / aspect)))
    return Rect(0, (height - inner) // 2, width, inner)


def start_size(layout: ScreenLayout, width: int, height: int, sample_aspect: Fraction) -> tuple[int, int]:
    """The natural framebuffer size for a picture: no axis of an eye is thrown away that the layout keeps."""
    columns = max(1, round(width * sample_aspect))
    if layout == "sbs":
        return 2 * columns, height
    if layout == "ou":
        return columns, 2 * height
    if layout == "vr":
        return 2 * columns, max(1, columns)
    return columns, height

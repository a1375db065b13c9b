"""Which key does what: one table for the player, the list on the screen and the documentation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from engine.display.view import GLASSES, SCREEN_LAYOUTS, Lens, ViewState

T = TypeVar("T")

Action = Literal[
    "strength_up",
    "strength_down",
    "convergence_down",
    "convergence_up",
    "convergence_auto",
    "next_layout",
    "next_glasses",
    "swap_eyes",
    "toggle_depth",
    "freeze",
    "step",
    "full_screen",
    "toggle_hud",
    "screenshot",
    "ipd_down",
    "ipd_up",
    "view_narrower",
    "view_wider",
    "distortion_down",
    "distortion_up",
    "toggle_keys",
    "quit",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Keys that do the same thing. The first one is listed on the screen."""

    keys: tuple[str, ...]
    action: Action
    text: str


BINDINGS: tuple[Binding, ...] = (
    Binding(keys=("up",), action="strength_up", text="more depth"),
    Binding(keys=("down",), action="strength_down", text="less depth"),
    Binding(keys=("left",), action="convergence_down", text="screen plane farther away"),
    Binding(keys=("right",), action="convergence_up", text="screen plane nearer"),
    Binding(keys=("c",), action="convergence_auto", text="screen plane automatic"),
    Binding(keys=("l",), action="next_layout", text="next layout"),
    Binding(keys=("a",), action="next_glasses", text="next anaglyph glasses"),
    Binding(keys=("s",), action="swap_eyes", text="swap the eyes"),
    Binding(keys=("d",), action="toggle_depth", text="depth map"),
    Binding(keys=(" ",), action="freeze", text="freeze, go on"),
    Binding(keys=(".",), action="step", text="one picture further, frozen"),
    Binding(keys=("f", "f11", "enter"), action="full_screen", text="full screen"),
    Binding(keys=("h",), action="toggle_hud", text="figures"),
    Binding(keys=("p", "f12"), action="screenshot", text="screenshot"),
    Binding(keys=("[",), action="ipd_down", text="VR: lenses closer together"),
    Binding(keys=("]",), action="ipd_up", text="VR: lenses farther apart"),
    Binding(keys=("-",), action="view_narrower", text="VR: narrower lenses"),
    Binding(keys=("+", "="), action="view_wider", text="VR: wider lenses"),
    Binding(keys=("9",), action="distortion_down", text="VR: less distortion"),
    Binding(keys=("0",), action="distortion_up", text="VR: more distortion"),
    Binding(keys=("?", "f1"), action="toggle_keys", text="this list"),
    Binding(keys=("q", "escape"), action="quit", text="quit"),
)

_ACTIONS: dict[str, Action] = {key: binding.action for binding in BINDINGS for key in binding.keys}

_IPD_MM = (50.0, 80.0)
_VIEW_DEG = (60.0, 130.0)
_DISTORTION = (0.0, 1.0)


def action_of(key: str) -> Action | None:
    """What a key does, if anything."""
    return _ACTIONS.get(key)


def changed_view(view: ViewState, action: Action) -> ViewState:
    """The view after an action; the same one if the action is about something else."""
    match action:
        case "next_layout":
            return replace(view, layout=_next(SCREEN_LAYOUTS, view.layout), show_depth=False)
        case "next_glasses":
            return replace(view, glasses=_next(GLASSES, view.glasses))
        case "swap_eyes":
            return replace(view, swap_eyes=not view.swap_eyes)
        case "toggle_depth":
            return replace(view, show_depth=not view.show_depth)
        case "freeze":
            return replace(view, is_frozen=not view.is_frozen)
        case "step":
            return replace(view, is_frozen=True)
        case "toggle_hud":
            return replace(view, show_hud=not view.show_hud)
        case "toggle_keys":
            return replace(view, show_keys=not view.show_keys)
        case _:
            return replace(view, lens=_changed_lens(view.lens, action))


def _changed_lens(lens: Lens, action: Action) -> Lens:
    match action:
        case "ipd_down" | "ipd_up":
            return replace(lens, ipd_mm=_clamp(lens.ipd_mm + (1.0 if action == "ipd_up" else -1.0), _IPD_MM))
        case "view_narrower" | "view_wider":
            return replace(lens, view_deg=_clamp(lens.view_deg + (2.0 if action == "view_wider" else -2.0), _VIEW_DEG))
        case "distortion_down" | "distortion_up":
            delta = 0.02 if action == "distortion_up" else -0.02
            first, second = lens.distortion
            return replace(lens, distortion=(_clamp(first + delta, _DISTORTION), _clamp(second + delta, _DISTORTION)))
        case _:
            return lens


def _clamp(value: float, limits: tuple[float, float]) -> float:
    return round(min(limits[1], max(limits[0], value)), 4)


def _next(choices: tuple[T, ...], present: T) -> T:
    return choices[(choices.index(present) + 1) % len(choices)]

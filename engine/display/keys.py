"""Which key does what: one table for the player, the list on the screen and the documentation."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal, TypeVar

from engine.display.head import HOME, HeadPose
from engine.display.inputs import Motion
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
    "head_left",
    "head_right",
    "head_up",
    "head_down",
    "head_nearer",
    "head_farther",
    "look_left",
    "look_right",
    "look_up",
    "look_down",
    "tilt_left",
    "tilt_right",
    "head_home",
    "head_moved",
    "full_screen",
    "next_display",
    "toggle_mute",
    "quieter",
    "louder",
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


UNBOUND: frozenset[Action] = frozenset({"head_moved"})
"""What only the mouse does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Binding:
    """Keys that do the same thing."""

    keys: tuple[str, ...]
    action: Action
    label: str
    """What the list on the screen calls the key; neighbours with the same label and text share a line."""
    text: str


def _pair(label: str, text: str, *bindings: tuple[str, Action]) -> tuple[Binding, ...]:
    """One line of the list for several actions: (keys, separated by bars, action)."""
    return tuple(
        Binding(keys=tuple(keys.split("|")), action=action, label=label, text=text) for keys, action in bindings
    )


BINDINGS: tuple[Binding, ...] = (
    *_pair("arrow up, down", "more, less depth", ("up", "strength_up"), ("down", "strength_down")),
    *_pair(
        "arrow left, right, c",
        "screen plane farther, nearer, automatic",
        ("left", "convergence_down"),
        ("right", "convergence_up"),
        ("c", "convergence_auto"),
    ),
    Binding(keys=("l",), action="next_layout", label="l", text="next layout"),
    Binding(keys=("a",), action="next_glasses", label="a", text="next anaglyph glasses"),
    Binding(keys=("s",), action="swap_eyes", label="s", text="swap the eyes"),
    Binding(keys=("d",), action="toggle_depth", label="d", text="depth map"),
    Binding(keys=(" ",), action="freeze", label="space", text="freeze, go on"),
    Binding(keys=(".",), action="step", label=".", text="one picture further, frozen"),
    *_pair(
        "shift + arrows, drag",
        "move the head",
        ("shift+left", "head_left"),
        ("shift+right", "head_right"),
        ("shift+up", "head_up"),
        ("shift+down", "head_down"),
    ),
    *_pair("page up, down, wheel", "nearer, farther", ("page up", "head_nearer"), ("page down", "head_farther")),
    *_pair(
        "ctrl + arrows, right drag",
        "turn the head",
        ("ctrl+left", "look_left"),
        ("ctrl+right", "look_right"),
        ("ctrl+up", "look_up"),
        ("ctrl+down", "look_down"),
    ),
    *_pair("ctrl + page up, down", "tilt the head", ("ctrl+page up", "tilt_left"), ("ctrl+page down", "tilt_right")),
    Binding(keys=("home", "r"), action="head_home", label="home, r", text="head back to its place"),
    *_pair("f, n", "full screen, next display", ("f|f11|enter", "full_screen"), ("n", "next_display")),
    *_pair("m / *", "sound off, quieter, louder", ("m", "toggle_mute"), ("/", "quieter"), ("*", "louder")),
    Binding(keys=("h",), action="toggle_hud", label="h", text="figures"),
    Binding(keys=("p", "f12"), action="screenshot", label="p", text="screenshot"),
    *_pair("[ ]", "VR: lenses closer together, farther apart", ("[", "ipd_down"), ("]", "ipd_up")),
    *_pair("- +", "VR: narrower, wider lenses", ("-", "view_narrower"), ("+|=", "view_wider")),
    *_pair("9 0", "VR: less, more distortion", ("9", "distortion_down"), ("0", "distortion_up")),
    Binding(keys=("?", "f1"), action="toggle_keys", label="?", text="this list"),
    Binding(keys=("q", "escape"), action="quit", label="q", text="quit"),
)

KEY_LIST: tuple[tuple[str, str], ...] = tuple(dict.fromkeys((b.label, b.text) for b in BINDINGS))
"""The lines of the list: (label, text)."""

_ACTIONS: dict[str, Action] = {key: binding.action for binding in BINDINGS for key in binding.keys}

_IPD_MM = (50.0, 80.0)
_VIEW_DEG = (60.0, 130.0)
_DISTORTION = (0.0, 1.0)
_STEP, _STEP_NEARER, _STEP_DEG = 0.1, 0.02, 0.5
_HEAD_STEPS: dict[Action, dict[str, float]] = {
    "head_left": {"x": -_STEP},
    "head_right": {"x": _STEP},
    "head_up": {"y": -_STEP},
    "head_down": {"y": _STEP},
    "head_nearer": {"z": _STEP_NEARER},
    "head_farther": {"z": -_STEP_NEARER},
    "look_left": {"yaw": -_STEP_DEG},
    "look_right": {"yaw": _STEP_DEG},
    "look_up": {"pitch": _STEP_DEG},
    "look_down": {"pitch": -_STEP_DEG},
    "tilt_left": {"roll": -_STEP_DEG},
    "tilt_right": {"roll": _STEP_DEG},
}
# A drag over the whole height of the window crosses the comfortable box.
_MOVE_PER_HEIGHT, _TURN_PER_HEIGHT = 3.0, 16.0


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
        case "head_home":
            return replace(view, head=HOME)
        case _ if action in _HEAD_STEPS:
            return replace(view, head=view.head.moved(**_HEAD_STEPS[action]))
        case _:
            return replace(view, lens=_changed_lens(view.lens, action))


def followed(head: HeadPose, motion: Motion) -> HeadPose:
    """The pose of the head after the mouse has moved: it goes and looks where the mouse goes."""
    return head.moved(
        x=_MOVE_PER_HEIGHT * motion.move[0],
        y=_MOVE_PER_HEIGHT * motion.move[1],
        z=_STEP_NEARER * motion.wheel,
        yaw=_TURN_PER_HEIGHT * motion.turn[0],
        pitch=-_TURN_PER_HEIGHT * motion.turn[1],
    )


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

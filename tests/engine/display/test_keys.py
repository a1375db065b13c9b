from __future__ import annotations

from typing import get_args

import pytest

from engine.display.head import HOME, HeadPose
from engine.display.inputs import NO_MOTION, Motion
from engine.display.keys import BINDINGS, KEY_LIST, UNBOUND, Action, action_of, changed_view, followed
from engine.display.view import GLASSES, SCREEN_LAYOUTS, ViewState


def test_every_action_has_a_key_and_no_key_has_two() -> None:
    assert {binding.action for binding in BINDINGS} == set(get_args(Action)) - UNBOUND
    keys = [key for binding in BINDINGS for key in binding.keys]
    assert len(keys) == len(set(keys))
    assert all(action_of(key) == binding.action for binding in BINDINGS for key in binding.keys)


def test_the_list_names_every_key_once_and_is_short() -> None:
    lines = [(binding.label, binding.text) for binding in BINDINGS]
    assert set(KEY_LIST) == set(lines)
    # Lines that share a label are neighbours in the table, so the list keeps its order.
    assert [line for i, line in enumerate(lines) if i == 0 or lines[i - 1] != line] == list(KEY_LIST)
    assert len(KEY_LIST) <= 22, "more would not fit into a window of 180 rows"


def test_unknown_keys_do_nothing() -> None:
    assert action_of("é") is None


def test_layout_key_reaches_every_layout_and_comes_back() -> None:
    view, seen = ViewState(), set()
    for _ in SCREEN_LAYOUTS:
        seen.add(view.layout)
        view = changed_view(view, "next_layout")
    assert seen == set(SCREEN_LAYOUTS)
    assert view == ViewState()


def test_glasses_key_reaches_every_kind() -> None:
    view, seen = ViewState(), set()
    for _ in GLASSES:
        seen.add(view.glasses)
        view = changed_view(view, "next_glasses")
    assert seen == set(GLASSES)


@pytest.mark.parametrize("action", ["swap_eyes", "toggle_depth", "freeze", "toggle_hud", "toggle_keys"])
def test_switches_switch_back(action: Action) -> None:
    once = changed_view(ViewState(), action)
    assert once != ViewState()
    assert changed_view(once, action) == ViewState()


def test_step_freezes() -> None:
    assert changed_view(ViewState(), "step").is_frozen
    assert changed_view(ViewState(is_frozen=True), "step").is_frozen


def test_another_layout_ends_the_depth_view() -> None:
    assert changed_view(ViewState(show_depth=True), "next_layout").shown != "depth"


@pytest.mark.parametrize(
    ("up", "down", "read"),
    [
        ("ipd_up", "ipd_down", lambda lens: lens.ipd_mm),
        ("view_wider", "view_narrower", lambda lens: lens.view_deg),
        ("distortion_up", "distortion_down", lambda lens: lens.distortion[0]),
    ],
)
def test_lens_keys_move_and_stop(up: Action, down: Action, read) -> None:
    start = ViewState()
    assert read(changed_view(start, up).lens) > read(start.lens) > read(changed_view(start, down).lens)
    view = start
    for _ in range(500):
        view = changed_view(view, up)
    assert changed_view(view, up) == view
    for _ in range(500):
        view = changed_view(view, down)
    assert changed_view(view, down) == view
    assert read(view.lens) >= 0


@pytest.mark.parametrize(
    ("there", "back", "pose"),
    [
        ("head_right", "head_left", HeadPose(x=0.1)),
        ("head_down", "head_up", HeadPose(y=0.1)),
        ("head_nearer", "head_farther", HeadPose(z=0.02)),
        ("look_right", "look_left", HeadPose(yaw=0.5)),
        ("look_up", "look_down", HeadPose(pitch=0.5)),
        ("tilt_right", "tilt_left", HeadPose(roll=0.5)),
    ],
)
def test_head_keys_move_it_there_and_back(there: Action, back: Action, pose: HeadPose) -> None:
    moved = changed_view(ViewState(), there)
    assert moved.head == pose
    assert changed_view(moved, back) == ViewState()
    assert changed_view(changed_view(moved, there), "head_home") == ViewState()


def test_the_head_follows_the_mouse() -> None:
    """A drag over a whole height of the window crosses the box; down is down, and up with the right button looks up."""
    assert followed(HOME, NO_MOTION) == HOME
    assert followed(HOME, Motion(move=(0.5, 0.1))) == HeadPose(x=1.5, y=0.3)
    assert followed(HOME, Motion(turn=(-0.25, -0.125), wheel=2.0)) == HeadPose(yaw=-4.0, pitch=2.0, z=0.04)
    assert followed(HeadPose(x=1.4), Motion(move=(1.0, 0.0))).x == 1.5


@pytest.mark.parametrize(
    "action", ["next_display", "quit", "screenshot", "strength_up", "convergence_auto", "full_screen"]
)
def test_other_actions_leave_the_view_alone(action: Action) -> None:
    assert changed_view(ViewState(), action) == ViewState()

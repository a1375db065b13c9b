"""Signs and limits of a moved head; positions in widths of the picture, y down."""

from __future__ import annotations

import math
from dataclasses import fields

import numpy as np
import pytest
from numpy.typing import NDArray

from engine.display.head import EYE_DISTANCE, HOME, VIEWING_DISTANCE, HeadPose, eye_camera
from engine.errors import UsageError

ASPECT = 16 / 9


def seen(pose: HeadPose, side: float, x: float, y: float, parallax: float) -> NDArray[np.float64]:
    """Where a point of an eye's own picture goes, in widths from its middle, and its depth."""
    clip = eye_camera(pose, side, ASPECT) @ np.array([x, y, VIEWING_DISTANCE, 1 + parallax / EYE_DISTANCE])
    return np.array([clip[0] / clip[3] / 2, clip[1] / clip[3] / 2 / ASPECT, clip[2] / clip[3]])


@pytest.mark.parametrize("side", [-0.5, 0.5])
@pytest.mark.parametrize("parallax", [-0.02, 0.0, 0.03])
def test_at_home_every_point_stays_where_it_is(side: float, parallax: float) -> None:
    for x, y in ((0.0, 0.0), (0.4, -0.2), (-0.5, 0.28)):
        assert seen(HOME, side, x, y, parallax)[:2] == pytest.approx([x, y], abs=1e-12)


@pytest.mark.parametrize("side", [-0.5, 0.5])
def test_to_the_side_things_move_by_their_parallax(side: float) -> None:
    """One eye distance to the right is what lies between the left eye and the right one: x falls by the parallax."""
    for parallax in (-0.02, 0.0, 0.03):
        assert seen(HeadPose(x=1.0), side, 0.1, 0.1, parallax)[0] == pytest.approx(0.1 - parallax)
        assert seen(HeadPose(y=1.0), side, 0.1, 0.1, parallax)[1] == pytest.approx(0.1 - parallax)


def test_the_left_eye_of_a_head_moved_right_is_the_right_eye() -> None:
    parallax, x = 0.02, 0.1
    x_left, x_right = x + parallax / 2, x - parallax / 2
    assert seen(HeadPose(x=1.0), -0.5, x_left, 0.0, parallax)[0] == pytest.approx(x_right)


def test_nearer_to_the_picture_it_grows_and_near_things_grow_more() -> None:
    screen, near = (seen(HeadPose(z=0.2), 0.5, 0.2, 0.1, parallax)[:2] for parallax in (0.0, 0.02))
    assert screen == pytest.approx([0.25, 0.125]), "1 / (1 - z)"
    assert (near - [0.0, 0.125])[1] > 0
    # The eyes still meet on the screen plane.
    assert seen(HeadPose(z=0.2), -0.5, 0.2, 0.1, 0.0)[0] == pytest.approx(screen[0])


@pytest.mark.parametrize(
    ("pose", "axis", "sign"), [(HeadPose(yaw=5), 0, -1), (HeadPose(pitch=5), 1, 1), (HeadPose(yaw=-5), 0, 1)]
)
def test_a_turned_head_sees_everything_move_the_other_way(pose: HeadPose, axis: int, sign: int) -> None:
    for parallax in (-0.02, 0.03):
        moved = seen(pose, 0.5, 0.0, 0.0, parallax)[axis]
        assert moved == pytest.approx(sign * VIEWING_DISTANCE * math.tan(math.radians(5)), rel=0.02)


def test_a_tilted_head_sees_everything_tilt_the_other_way() -> None:
    right = seen(HeadPose(roll=10), 0.5, 0.3, 0.0, 0.0)
    assert right[1] == pytest.approx(-0.3 * math.sin(math.radians(10)), rel=1e-3)
    for side in (-0.5, 0.5):
        middle = seen(HeadPose(roll=10, x=1.0), side, 0.0, 0.0, 0.0)[:2]
        assert middle == pytest.approx([0, 0], abs=1e-9), "the middle of the screen plane stays in the middle"


def test_near_things_are_in_front() -> None:
    depths = [seen(HeadPose(x=0.5, yaw=3), 0.5, 0.1, 0.1, parallax)[2] for parallax in (-0.05, 0.0, 0.05, 0.2)]
    assert depths == sorted(depths, reverse=True)
    assert -1 < depths[-1] < depths[0] < 1


@pytest.mark.parametrize("name", [field.name for field in fields(HeadPose)])
def test_the_head_stays_in_the_box(name: str) -> None:
    far = HOME.moved(**{name: 1000.0})
    assert 0 < getattr(far, name) <= 10
    assert far.moved(**{name: 0.1}) == far
    assert far.moved(**{name: -2000.0}) == HeadPose(**{name: -getattr(far, name)})


def test_steps_there_and_back_lead_home() -> None:
    pose = HOME
    for _ in range(7):
        pose = pose.moved(x=0.1, yaw=-0.3)
    assert not pose.is_home
    for _ in range(7):
        pose = pose.moved(x=-0.1, yaw=0.3)
    assert pose.is_home


def test_poses_in_words() -> None:
    assert HeadPose.parse("") == HOME
    assert HeadPose.parse("x=1,yaw=-3") == HeadPose(x=1.0, yaw=-3.0)
    assert HeadPose.parse(" z = .2 , roll=+4.5") == HeadPose(z=0.2, roll=4.5)


@pytest.mark.parametrize("text", ["x", "x=", "x=1,", "up=3", "x=one", "yaw=9", "z=-0.5", "x=1;y=1", "x=nan"])
def test_poses_that_make_no_sense_are_named(text: str) -> None:
    with pytest.raises(UsageError, match="--head"):
        HeadPose.parse(text)

"""Signs and sizes of parallax."""

from __future__ import annotations

import pytest

from engine.geometry import eye_offsets, gain_px


def test_strength_is_percent_of_the_width() -> None:
    assert gain_px(2.5, 1920) == pytest.approx(48.0)


@pytest.mark.parametrize("eyes", ["both", "left", "right"])
def test_near_things_lie_further_right_in_the_left_eye_by_exactly_the_parallax(eyes: str) -> None:
    left, right = eye_offsets(eyes)  # type: ignore[arg-type]
    assert left - right == 1.0


def test_kept_eyes_do_not_move() -> None:
    assert eye_offsets("right")[0] == 0.0
    assert eye_offsets("left")[1] == 0.0

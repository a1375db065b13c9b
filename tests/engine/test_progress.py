from __future__ import annotations

import io

import pytest
from rich.console import Console

from engine.progress import ProgressBar, Speed

pytestmark = pytest.mark.usefixtures("no_thread_left")


def test_speed_is_that_of_the_last_seconds() -> None:
    speed = Speed(over_s=2.0)
    assert speed.frames_per_second is None
    speed.add(0.0, 0)
    assert speed.frames_per_second is None
    for tenth in range(1, 101):
        speed.add(tenth / 10, tenth)
    assert speed.frames_per_second == pytest.approx(10)
    for tenth in range(101, 201):
        speed.add(tenth / 10, 100 + (tenth - 100) * 5)
    assert speed.frames_per_second == pytest.approx(50)
    assert len(speed._marks) < 30


def test_nothing_is_drawn_in_a_pipe() -> None:
    drawn = io.StringIO()
    with ProgressBar("out.mp4", Console(file=drawn)) as bar:
        bar.expect(3)
        for _ in range(3):
            bar.advance()
    assert drawn.getvalue().strip() == ""


@pytest.mark.parametrize("total", [3, None])
def test_a_terminal_shows_frames_speed_and_time(total: int | None) -> None:
    drawn = io.StringIO()
    with ProgressBar("out[1].mp4", Console(file=drawn, force_terminal=True, width=140)) as bar:
        bar.expect(total)
        for _ in range(3):
            bar.advance()
    text = drawn.getvalue()
    assert "out[1].mp4" in text
    assert ("3/3 frames" if total else "3 frames") in text
    assert " fps" in text
    assert "elapsed" in text
    assert "left" in text

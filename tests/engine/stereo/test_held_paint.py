"""Paint stays where its background stays, survives grain and a breathing outline, and goes when something moved."""

from __future__ import annotations

import numpy as np
import pytest

from engine.frame import PixelFormat
from engine.stereo.held_paint import HeldPaint
from engine.stereo.hole_runs import HELD, OPEN, PAINTED, find_runs, set_state

SIZE = (48, 96)
LEFT, RIGHT = 40, 54


class Eye:
    """A view with a tall hole whose background lies to the right; what is painted into it is a number."""

    def __init__(self, rng: np.random.Generator, subsampling: str = "420", bits: int = 8) -> None:
        self.format = PixelFormat(subsampling=subsampling, bits=bits)  # type: ignore[arg-type]
        dtype = np.uint8 if bits == 8 else np.uint16
        self.unit = 1 << (bits - 8)
        shapes = self.format.plane_shapes(SIZE[1], SIZE[0])
        planes = [rng.integers(60 * self.unit, 180 * self.unit, shape).astype(dtype) for shape in shapes]
        self.seen = [planes[0]] * 3 if subsampling == "gray" else planes
        self.held = HeldPaint(tuple(self.seen), self.format)  # type: ignore[arg-type]

    def show(self, *, left: int = LEFT, right: int = RIGHT, paint: int = 0, background: np.ndarray | None = None):
        """One frame: what is held, and the planes after everything else was painted."""
        planes = [plane.copy() for plane in self.seen]
        if background is not None:
            planes[0] = background
        hole, parallax_px = np.zeros(SIZE, np.uint8), np.zeros(SIZE, np.float32)
        hole[:, left:right], parallax_px[:, :left] = 1, 9.0
        holes, state = find_runs(hole, parallax_px, min_width=4), np.zeros(SIZE, np.uint8)
        set_state(holes.runs, state, OPEN)
        arguments = (tuple(planes), holes, state)
        fits = self.held.hold(*arguments)  # type: ignore[arg-type]
        held = state == HELD
        planes[0][state == OPEN] = paint
        for plane in () if self.format.subsampling == "gray" else planes[1:]:
            whole = held.reshape(plane.shape[0], -1, plane.shape[1], SIZE[1] // plane.shape[1]).all(axis=(1, 3))
            plane[~whole] = paint
        state[state == OPEN] = PAINTED
        self.held.keep(*arguments, fits)  # type: ignore[arg-type]
        return held, planes


@pytest.mark.parametrize(("subsampling", "bits"), [("420", 8), ("422", 10), ("444", 8), ("gray", 8)])
def test_what_stands_still_shows_the_first_painting(rng, subsampling: str, bits: int) -> None:
    eye = Eye(rng, subsampling, bits)
    held, first = eye.show(paint=11)
    assert not held.any()
    for paint in (22, 33):
        held, planes = eye.show(paint=paint)
        np.testing.assert_array_equal(held[:, LEFT:RIGHT], True)
        assert held.sum() == SIZE[0] * (RIGHT - LEFT)
        for plane, before in zip(planes, first, strict=True):
            step = SIZE[1] // plane.shape[1]
            np.testing.assert_array_equal(
                plane[:, LEFT // step : RIGHT // step], before[:, LEFT // step : RIGHT // step]
            )


def test_grain_is_no_change_and_motion_is(rng) -> None:
    eye = Eye(rng)
    rows, columns = np.mgrid[: SIZE[0], : SIZE[1]]
    texture = 120 + 25 * np.sin(columns / 5) * np.cos(rows / 7)

    def seen(shift: float = 0.0, grain: float = 0.0) -> np.ndarray:
        moved = 120 + 25 * np.sin((columns + shift) / 5) * np.cos(rows / 7) if shift else texture
        return np.clip(moved + rng.normal(0, grain, SIZE) if grain else moved, 0, 255).astype(np.uint8)

    eye.show(background=seen())
    assert eye.show(background=seen(grain=4.0))[0].any()
    assert not eye.show(background=seen(shift=1.5))[0].any()


def test_a_slow_change_adds_up(rng) -> None:
    """It is compared with the moment of painting; against the frame before, nothing would ever have changed."""
    eye = Eye(rng)
    flat = np.full(SIZE, 100, np.uint8)
    eye.show(background=flat)
    fits = [bool(eye.show(background=flat + np.uint8(step))[0].any()) for step in (0, 1, 2, 3)]
    assert fits[0]
    assert not all(fits)


def test_a_breathing_outline_keeps_its_paint(rng) -> None:
    eye = Eye(rng)
    eye.show(paint=11)
    held, planes = eye.show(left=LEFT - 2, right=RIGHT, paint=22)
    assert (planes[0][:, LEFT:RIGHT] == 11).all()
    assert (planes[0][:, LEFT - 2 : LEFT] == 22).all()
    assert not held[:, LEFT - 2 : LEFT].any()
    _, planes = eye.show(left=LEFT, right=RIGHT, paint=33)
    _, planes = eye.show(left=LEFT - 2, right=RIGHT, paint=44)
    assert (planes[0][:, LEFT - 2 : LEFT] == 22).all()


def test_what_was_long_seen_is_painted_anew(rng) -> None:
    eye = Eye(rng)
    eye.show(paint=11)
    for _ in range(6):
        eye.show(left=LEFT + 4, right=RIGHT, paint=22)
    held, planes = eye.show(paint=33)
    assert held[:, LEFT + 4 : RIGHT].all()
    assert (planes[0][:, LEFT : LEFT + 4] == 33).all()


def test_plain_background_is_not_believed_while_the_rest_moves(rng) -> None:
    eye = Eye(rng)
    background = np.full(SIZE, 100, np.uint8)
    background[16:] = rng.integers(20, 230, (32, SIZE[1]))
    eye.show(background=background.copy())
    assert eye.show(background=background.copy())[0].all(axis=0)[LEFT:RIGHT].all()
    moved = background.copy()
    moved[16:] = np.roll(background[16:], 3, axis=1)
    assert not eye.show(background=moved)[0].any()


def test_forgetting_is_complete(rng) -> None:
    eye = Eye(rng)
    eye.show()
    eye.held.forget()
    assert not eye.show()[0].any()

from __future__ import annotations

import pytest

from engine.live.giving_way import Attempts, Rest


class Hand:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Hand:
    return Hand()


def test_what_works_is_always_done(clock: Hand) -> None:
    attempts = Attempts(first_s=1.0, longest_s=4.0, clock=clock)
    for _ in range(3):
        assert attempts.is_due
        attempts.succeeded()


def test_intervals_double_up_to_the_longest_and_a_success_forgets_them(clock: Hand) -> None:
    attempts = Attempts(first_s=1.0, longest_s=4.0, clock=clock)
    for interval_s in (1.0, 2.0, 4.0, 4.0):
        attempts.failed()
        clock.now += interval_s - 0.01
        assert not attempts.is_due
        clock.now += 0.02
        assert attempts.is_due
    attempts.succeeded()
    attempts.failed()
    clock.now += 1.0
    assert attempts.is_due


def test_without_complaints_there_is_no_rest(clock: Hand) -> None:
    rest = Rest(first_s=1.0, longest_s=4.0, half_life_s=10.0, clock=clock)
    rest.begin()
    assert rest.is_over


def test_a_complaint_makes_a_pause_and_others_longer_ones(clock: Hand) -> None:
    rest = Rest(first_s=1.0, longest_s=4.0, half_life_s=1e9, clock=clock)
    for pause_s in (1.0, 2.0, 4.0, 4.0):
        clock.now += 4.0
        rest.complain()
        rest.complain()
        rest.begin()
        clock.now += pause_s - 0.01
        assert not rest.is_over
        clock.now += 0.02
        assert rest.is_over


def test_pauses_shrink_with_time(clock: Hand) -> None:
    rest = Rest(first_s=1.0, longest_s=4.0, half_life_s=10.0, clock=clock)
    for _ in range(3):
        clock.now += 4.0
        rest.complain()
    clock.now += 10.0
    rest.begin()
    clock.now += 1.9
    assert rest.is_over, "half of four seconds or less"
    clock.now += 30.0
    rest.begin()
    assert rest.is_over, "less than half of the first pause is none"

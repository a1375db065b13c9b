"""Timestamps: good ones pass, the others are mended and counted."""

from __future__ import annotations

import itertools
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.sources.timing import ArrivalClock, TimestampRepair


def mend(stamps: list[int | None], time_base: Fraction = Fraction(1, 1000)) -> tuple[list[int], TimestampRepair]:
    repair = TimestampRepair(time_base, Fraction(25))
    return [repair(stamp) for stamp in stamps], repair


def test_variable_rate_passes_untouched() -> None:
    stamps: list[int | None] = [-80, 0, 7, 8, 500, 12_000]
    mended, repair = mend(stamps)
    assert mended == stamps
    assert repair.missing == repair.backward == 0


def test_missing_stamps_get_the_frame_rate() -> None:
    mended, repair = mend([None, None, 80, None, 200])
    assert mended == [0, 40, 80, 120, 200]
    assert repair.missing == 3


def test_a_stray_stamp_does_not_shift_what_follows() -> None:
    mended, repair = mend([0, 40, 40, 120, 160])
    assert mended == [0, 40, 50, 120, 160]
    assert repair.backward == 1


def test_a_clock_that_is_set_back_goes_on() -> None:
    mended, repair = mend([5000, 5040, 0, 40, 80])
    assert mended == [5000, 5040, 5080, 5120, 5160]
    assert repair.backward == 1


@given(st.lists(st.one_of(st.none(), st.integers(-(10**6), 10**6)), max_size=60))
def test_the_result_always_grows(stamps: list[int | None]) -> None:
    mended, _ = mend(stamps)
    assert all(later > earlier for earlier, later in itertools.pairwise(mended))


class TestArrivalClock:
    def test_between_frames_the_stream_counts(self) -> None:
        """The network jitters by 20 ms, the camera does not."""
        clock = ArrivalClock(90_000)
        jitter_s = [0.0, 0.02, -0.01, 0.02, 0.0]
        stamps = [clock(7.0 + 0.04 * n, 500.0 + 0.04 * n + late) for n, late in enumerate(jitter_s)]
        assert stamps == [3600 * n for n in range(5)]

    def test_without_stamps_arrival_counts(self) -> None:
        clock = ArrivalClock(1000)
        assert [clock(None, 500.0 + n) for n in range(3)] == [0, 1000, 2000]

    def test_a_new_connection_begins_when_it_comes(self) -> None:
        clock = ArrivalClock(1000)
        clock(7.0, 500.0)
        clock(8.0, 501.0)
        clock.reconnect()
        assert [clock(0.0, 510.0), clock(0.5, 510.5)] == [10_000, 10_500]

    @pytest.mark.parametrize("jumped_s", [-3600.0, -3.0, 0.0, 3600.0])
    def test_a_clock_that_jumps_is_not_followed(self, jumped_s: float) -> None:
        clock = ArrivalClock(1000)
        clock(20.0, 500.0)
        clock(21.0, 501.0)
        assert clock(22.0 + jumped_s, 502.0) == 2000

    def test_it_always_grows(self) -> None:
        clock = ArrivalClock(1000)
        stamps = [clock(time_s, 500.0) for time_s in (5.0, 5.0, 4.9, 5.1)]
        assert stamps == [0, 1, 2, 100]

"""Timestamps: good ones pass, the others are mended and counted."""

from __future__ import annotations

import itertools
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from engine.sources.timing import TimestampRepair


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

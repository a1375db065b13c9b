"""Sources whose frames can be had in any order leave out those that are late already without making them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction

from engine.sources.source import SOURCE_LATE, ClosesAtExit


class Numbered(ClosesAtExit):
    """A source that makes frame after frame by number."""

    _lag_s = 0.0
    _skipped = 0

    @property
    def drops(self) -> Mapping[str, int]:
        """Frames that were not made, because making them was late already."""
        return {SOURCE_LATE: self._skipped} if self._skipped else {}

    def hurry(self, lag_s: float) -> None:
        """Go on with the frame that is due."""
        self._lag_s = lag_s

    def _numbers(self, count: int, rate: Fraction) -> Iterator[int]:
        """0 to count - 1, but for those that became due while the one before was made; the last one always comes."""
        number = 0
        while number < count:
            yield number
            missed = min(int(self._lag_s * rate), max(0, count - 2 - number))
            self._skipped, self._lag_s = self._skipped + missed, 0.0
            number += 1 + missed

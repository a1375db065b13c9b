"""How long to wait before a lost stream is asked for again."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Each wait is twice as long as the one before, up to a limit.

    It differs a little, so that a hundred players do not all come back to a restarted server in the same moment.
    """

    first_s: float = 0.5
    most_s: float = 8.0
    give_up_s: float = 60.0
    """All waits of one outage together."""
    jitter: float = 0.2
    """Up to this share longer or shorter."""
    seed: int = 0

    def delays(self) -> Iterator[float]:
        """The waits of one outage, in seconds; it is given up where they end."""
        generator = random.Random(self.seed)
        delay_s, waited_s = self.first_s, 0.0
        while waited_s < self.give_up_s:
            this_s = min(delay_s * generator.uniform(1 - self.jitter, 1 + self.jitter), self.give_up_s - waited_s)
            yield this_s
            waited_s += this_s
            delay_s = min(2 * delay_s, self.most_s)

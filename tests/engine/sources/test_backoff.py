from __future__ import annotations

from itertools import pairwise

import pytest

from engine.sources.backoff import Backoff


def test_waits_double_up_to_a_limit_and_end() -> None:
    backoff = Backoff(first_s=0.5, most_s=8.0, give_up_s=60.0, jitter=0.2)
    delays = list(backoff.delays())
    assert sum(delays) == pytest.approx(60.0)
    wanted = [min(0.5 * 2**number, 8.0) for number in range(len(delays))]
    # The last one is what is left.
    for delay, full in list(zip(delays, wanted, strict=True))[:-1]:
        assert 0.8 * full <= delay <= 1.2 * full
    assert any(later != earlier * 2 for earlier, later in pairwise(delays))


def test_the_same_seed_waits_the_same() -> None:
    assert list(Backoff(seed=3).delays()) == list(Backoff(seed=3).delays())
    assert list(Backoff(seed=3).delays()) != list(Backoff(seed=4).delays())


def test_no_patience_is_no_wait() -> None:
    assert list(Backoff(give_up_s=0.0).delays()) == []

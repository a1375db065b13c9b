"""Row ranges on a few threads; the compiled loops release the GIL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Share = TypeVar("Share")
Result = TypeVar("Result")


def for_each_share(work: Callable[[Share], Result], shares: Sequence[Share]) -> list[Result]:
    """work(share) for every share, each on its own thread; a single share runs on the caller's."""
    if len(shares) == 1:
        return [work(shares[0])]
    with ThreadPoolExecutor(len(shares)) as pool:
        return list(pool.map(work, shares))

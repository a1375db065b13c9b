"""Row ranges on a few threads; the compiled loops release the GIL."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Share = TypeVar("Share")
Result = TypeVar("Result")


def for_each_share(work: Callable[[Share], Result], shares: Sequence[Share]) -> list[Result]:
    """work(share) for every share, all at once: the first on the caller's thread, every other on one of its own.

    The caller works, too, because it holds a core: threads that start while it waits are often put on the same one.
    """
    if len(shares) == 1:
        return [work(shares[0])]
    with ThreadPoolExecutor(len(shares) - 1) as pool:
        others = [pool.submit(work, share) for share in shares[1:]]
        return [work(shares[0]), *(other.result() for other in others)]

"""Makes batches ahead of the training step, in background threads, in order.

What a batch holds depends only on its step number, never on which thread made it or when: that is what makes a
resumed run repeat the run that was not interrupted.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType
from typing import Generic, TypeVar

T = TypeVar("T")


class Prefetcher(Generic[T]):
    """Hands out `make(step)` for step, step + 1, ... with `ahead` of them under way.

    OpenCV, NumPy and Numba release the interpreter lock, so threads are enough and nothing has to be pickled.
    An exception in `make` is raised by the `next` call of its step. Use as a context manager.
    """

    def __init__(self, make: Callable[[int], T], *, start: int = 0, ahead: int = 3, workers: int = 1) -> None:
        if ahead < 1 or workers < 1:
            raise ValueError(f"ahead and workers must be at least 1, got {ahead} and {workers}")
        self._make = make
        self._step = start
        self._stopping = threading.Event()
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="batches")
        self._queue: list[Future[T]] = [self._pool.submit(self._guarded, start + k) for k in range(ahead)]

    def _guarded(self, step: int) -> T:
        if self._stopping.is_set():
            raise RuntimeError("the prefetcher is closed")
        return self._make(step)

    def next(self) -> T:
        """The batch of the next step; waits where it is not ready."""
        batch = self._queue.pop(0).result()
        self._queue.append(self._pool.submit(self._guarded, self._step + len(self._queue) + 1))
        self._step += 1
        return batch

    def close(self) -> None:
        """Stop the threads; batches under way are finished and dropped."""
        self._stopping.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def __enter__(self) -> Prefetcher[T]:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

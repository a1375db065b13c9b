"""Rules for every test: seeded, single-threaded numerics, and nothing left running."""

from __future__ import annotations

import os
import random
import signal
import threading
from collections.abc import Iterator

# Two workers share two cores: numeric libraries that spin up a thread per core only get in each other's way.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import numpy as np
import pytest

# Whatever a script starts with `&` ignores Ctrl-C, and so do its children; tests of Ctrl-C need it heard.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True)
def seeded() -> None:
    """Make every test start from the same random state."""
    random.seed(20261121)
    np.random.seed(20261121)


@pytest.fixture
def rng() -> np.random.Generator:
    """Give a generator with a fixed seed."""
    return np.random.default_rng(20261121)


@pytest.fixture
def no_thread_left() -> Iterator[None]:
    """Fail a test that leaves one of our threads running."""
    before = set(threading.enumerate())
    yield
    left = [t for t in threading.enumerate() if t not in before and t.is_alive()]
    for thread in left:
        thread.join(timeout=10)
    left = [t.name for t in left if t.is_alive()]
    assert not left, f"threads left running: {left}"

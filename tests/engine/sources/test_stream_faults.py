from __future__ import annotations

import errno

import pytest

from engine.sources import relay
from engine.sources.feed import Fault
from engine.sources.stream_faults import stream_reason


@pytest.mark.parametrize(
    ("fault", "says"),
    [
        (Fault(kind="ConnectionRefusedError", errno=errno.ECONNREFUSED), "nobody listens there"),
        (Fault(kind="OSError", errno=errno.ENETUNREACH), "no way to this host"),
        (Fault(kind="HTTPNotFoundError", errno=875574520, text="Server returned 404"), "(404)"),
        (Fault(kind=relay.NO_HOST, text="cam.local"), "the name cam.local cannot be looked up"),
        (Fault(kind=relay.NO_VIDEO, text="audio"), "only audio"),
        (Fault(kind=relay.NO_VIDEO), "only headers"),
        (Fault(kind="ExitError"), "no data within 3 or 5 s"),
        (Fault(kind="OSError", errno=99999, text="Strange things"), "it cannot be read (strange things)"),
        (Fault(kind="OSError"), "it cannot be read"),
    ],
)
def test_words(fault: Fault, says: str) -> None:
    assert says in stream_reason(fault, open_s=5.0, read_s=3.0)


def test_without_limits() -> None:
    assert stream_reason(Fault(kind="ExitError")) == "no data"

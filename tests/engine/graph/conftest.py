"""What tests of a graph are made of."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from engine.graph import Source, Stage


class Recorder:
    """A sink that remembers what it was told."""

    def __init__(self) -> None:
        self.items: list[int] = []
        self.calls: list[str] = []

    def process(self, item: int) -> None:
        self.items.append(item)

    def stage(self, process: Callable[[int], int | None] | None = None, **more: object) -> Stage[int]:
        fields = {
            "open": lambda: self.calls.append("open"),
            "finish": lambda: self.calls.append("finish"),
            "close": lambda: self.calls.append("close"),
        } | more
        return Stage(name="sink", process=process or self.process, **fields)  # type: ignore[arg-type]


def _count(n: int) -> Source[int]:
    return Source(name="source", items=lambda: range(n))


def _endless(closed: list[str] | None = None) -> Source[int]:
    def items() -> Iterator[int]:
        number = 0
        try:
            while True:
                yield number
                number += 1
        finally:
            if closed is not None:
                closed.append("generator")

    return Source(name="source", items=items, close=lambda: closed.append("source") if closed is not None else None)


def _raise(error: BaseException) -> Callable[..., None]:
    def call(*_: object) -> None:
        raise error

    return call


def _note(error: BaseException) -> str:
    return " ".join(getattr(error, "__notes__", []))


@pytest.fixture
def recorder() -> Callable[..., object]:
    """Sinks that remember what they were told."""
    return Recorder


@pytest.fixture
def count() -> Callable[..., object]:
    """Sources of 0, 1, ... n - 1."""
    return _count


@pytest.fixture
def endless() -> Callable[..., object]:
    """Sources without an end, which say when they were closed."""
    return _endless


@pytest.fixture
def raising() -> Callable[..., object]:
    """Callables that raise."""
    return _raise


@pytest.fixture
def note_of() -> Callable[..., object]:
    """The notes of an error."""
    return _note

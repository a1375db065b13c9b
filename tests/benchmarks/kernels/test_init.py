"""What `bench kernels` measures and shows."""

from __future__ import annotations

import pytest
from rich.console import Console
from rich.table import Table

from benchmarks import kernels
from benchmarks.kernels.timing import interleaved
from benchmarks.record import Record


class Operator:
    """Stands in for a module of the package."""

    def __init__(self, name: str) -> None:
        self.name = name

    def measure(self, *, repeats: int, threads: int) -> list[Record]:
        return interleaved({f"kernels/{self.name}/threads={threads}": int}, repeats=repeats, context={})


@pytest.fixture
def records(monkeypatch: pytest.MonkeyPatch) -> list[Record]:
    monkeypatch.setattr(kernels, "why_no_gpu", lambda: "it needs wheatstone[gpu]")
    monkeypatch.setattr(kernels, "_OPERATORS", {name: Operator(name) for name in ("one", "two")})
    told: list[str] = []
    made = kernels.measure(repeats=3, threads=2, tell=told.append)
    assert told == ["one ...", "two ..."]
    return made


def test_records_say_which_run_they_belong_to(records: list[Record]) -> None:
    assert [(r.name, r.n, r.context["run"]) for r in records] == [
        ("kernels/one/threads=2", 3, "one"),
        ("kernels/two/threads=2", 3, "two"),
    ]


def test_report_names_the_machine_and_what_is_missing(
    records: list[Record], monkeypatch: pytest.MonkeyPatch
) -> None:  # fmt: skip
    shown = kernels.report(records)
    assert " cores, load " in str(shown[0])
    assert sum(isinstance(part, Table) for part in shown) == 2
    console = Console(width=80)
    with console.capture() as screen:
        console.print(*shown, sep="\n")
    assert screen.get().endswith("not measured: CUDA twins, because it needs wheatstone[gpu]\n")
    assert not any("torch" in str(part) for part in shown)
    monkeypatch.setattr(kernels.peers, "has_torch", lambda: False)
    assert "torch is not installed" in str(kernels.report(records)[-2])


class OnGpu:
    """Stands in for a module that measures on a GPU."""

    def measure(self) -> list[Record]:
        return [Record.of("kernels/one/device=cuda", [9.0], "us", {"card": "Card 9000"})]


def test_with_a_gpu_each_twin_is_a_run_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernels, "_OPERATORS", {})
    monkeypatch.setattr(kernels, "_ON_GPU", {"one": OnGpu()})
    monkeypatch.setattr(kernels, "why_no_gpu", lambda: None)
    (record,) = kernels.measure()
    assert record.context == {"card": "Card 9000", "run": "one/cuda"}

"""What a person sees while a network trains: a bar on a terminal, nothing but validation lines elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress


class Progress:
    """A rich progress bar over the run's budget. Use as a context manager."""

    def __init__(self, title: str, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, quiet=quiet)
        self._bar = RichProgress(
            TextColumn("{task.description}"),
            BarColumn(),
            TextColumn("{task.percentage:>5.1f}%"),
            TimeElapsedColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.fields[figures]}"),
            console=self._console,
            disable=quiet or not self._console.is_terminal,
        )
        self._task = self._bar.add_task(title, total=1.0, figures="")
        self._loss: float | None = None

    def update(self, fraction: float, step: int, record: Mapping[str, float], metrics: Mapping[str, float]) -> None:
        """Show one step; the loss shown is an average over about fifty steps."""
        loss = record["loss"]
        self._loss = loss if self._loss is None else 0.98 * self._loss + 0.02 * loss
        shown = f"step {step}  loss {self._loss:.4f}  {record['samples_per_s']:.0f}/s"
        best = "  ".join(f"{name} {value:.3f}" for name, value in list(metrics.items())[:2])
        self._bar.update(self._task, completed=fraction, figures=f"{shown}  {best}")

    def note(self, step: int, metrics: Mapping[str, float]) -> None:
        """One line with the figures of a validation."""
        figures = "  ".join(f"{name} {value:.4f}" for name, value in metrics.items())
        self._console.print(f"step {step}: {figures}", highlight=False)

    def __enter__(self) -> Progress:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

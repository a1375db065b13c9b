"""What a run is remembered by: frames, speed, memory, the times of every stage, versions, warnings."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from engine.errors import OutputError
from engine.telemetry import StageTimes

_DISTRIBUTIONS = ("wheatstone", "numpy", "numba", "av", "openvino", "onnxruntime", "opencv-python-headless")


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One conversion in numbers."""

    frames_in: int
    frames_out: int
    seconds: float
    """From the first frame read to the last one written; loading networks is not in it."""
    peak_rss_mb: float
    stages: Mapping[str, StageTimes]
    dropped: Mapping[str, int] = field(default_factory=dict)
    warnings: Sequence[str] = ()
    infill: Mapping[str, int] | None = None
    """Tiles that the infill network painted, and those over its budget that show stretched background instead."""
    comfort: Mapping[str, Any] | None = None
    """Parallax and what may tire eyes, see engine.stereo.comfort; None where no eye was rendered."""
    about: str | None = None
    """What the written pictures mean, where that is not plain to see."""
    transcode_fps: float | None = None
    """Frames a second of the same decode and encode without stereo work, where it was measured."""

    @property
    def fps(self) -> float:
        """Frames written a second."""
        return self.frames_out / self.seconds if self.seconds > 0 else 0.0

    def as_json(self) -> dict[str, Any]:
        """The document that ``--report`` writes."""
        document: dict[str, Any] = {
            "frames_in": self.frames_in,
            "frames_out": self.frames_out,
            "dropped": dict(self.dropped),
            "seconds": round(self.seconds, 3),
            "fps": round(self.fps, 3),
        }
        if self.transcode_fps is not None:
            document["transcode_fps"] = round(self.transcode_fps, 3)
        if self.about is not None:
            document["about"] = self.about
        if self.infill is not None:
            document["infill"] = dict(self.infill)
        if self.comfort is not None:
            document["comfort"] = dict(self.comfort)
        return document | {
            "peak_rss_mb": round(self.peak_rss_mb, 1),
            "stages": {name: _stage(times) for name, times in self.stages.items()},
            "versions": versions(),
            "warnings": list(self.warnings),
        }

    def write(self, path: Path) -> None:
        """Write the document.

        Raises:
            OutputError: the file cannot be written.
        """
        write_json(path, self.as_json())


def write_json(path: Path, document: Any) -> None:
    """Write a JSON document for people and programs to read.

    Raises:
        OutputError: the file cannot be written.
    """
    try:
        path.write_text(json.dumps(document, indent=2) + "\n")
    except OSError as error:
        raise OutputError(f"{path}: the file cannot be written ({error.strerror or error})") from error


def versions() -> dict[str, str]:
    """Versions of whatever has a say in speed and pixels; what is not installed is left out."""
    found = {"python": platform.python_version()}
    for name in _DISTRIBUTIONS:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found


def _stage(times: StageTimes) -> dict[str, float]:
    work = times.work
    return {
        "p50_ms": round(work.p50_ms, 3),
        "p95_ms": round(work.p95_ms, 3),
        "p99_ms": round(work.p99_ms, 3),
        "max_ms": round(work.max_ms, 3),
        "busy_s": round(work.busy_s, 3),
    }

"""`python -m benchmarks.ladder.forward_splat`: every rung on the same frame, in turns, in CPU time of one thread."""

from __future__ import annotations

import statistics
import sys
import time
from functools import partial
from typing import Any

import cv2
import numpy as np

from benchmarks.kernels.scene import Array, make_parallax, make_planes
from benchmarks.ladder.blend_in_runs import blend_in_runs
from benchmarks.ladder.paint import paint
from benchmarks.ladder.runs import runs
from benchmarks.ladder.scatter import scatter
from benchmarks.record import Record
from kernels.forward_splat.cpu import _new_rows
from kernels.forward_splat.op import check_planes

EYE, TEAR_PX = np.float32(0.5), np.float32(3)


def rungs(height: int, width: int) -> dict[str, tuple[Any, Array, Array]]:
    """Name -> (call, its picture, its parallax with NaN in holes), slowest first."""
    luma, parallax = make_planes(height, width)[0], make_parallax(height, width)
    scratch = _new_rows(check_planes((luma,))[1])
    rows: dict[str, Any] = {"paint": np.empty((3, width), np.float32)}
    made = {}
    for rung in (paint, scatter, blend_in_runs, runs):
        name = rung.__name__
        out, seen = np.empty_like(luma), np.empty_like(parallax)
        made[name] = (partial(rung, luma, parallax, EYE, TEAR_PX, out, seen, rows.get(name, scratch)), out, seen)
    return made


def measure(*, repeats: int = 9, height: int = 1080, width: int = 1920) -> list[Record]:
    """Milliseconds of CPU time of each rung, beside cv2.remap of the same plane."""
    cases = {name: call for name, (call, _, _) in rungs(height, width).items()}
    y, x = np.mgrid[:height, :width].astype(np.float32)
    luma, map_x = make_planes(height, width)[0], x - EYE * make_parallax(height, width)
    cv2.setNumThreads(1)
    cases["cv2.remap"] = partial(cv2.remap, luma, map_x, y, cv2.INTER_LINEAR)
    times: dict[str, list[float]] = {name: [] for name in cases}
    for repeat in range(repeats + 1):
        for name, case in cases.items():
            start = time.thread_time()
            case()
            if repeat:
                times[name].append(1e3 * (time.thread_time() - start))
    return [Record.of(f"ladder/forward_splat/{name}", values, "ms of CPU") for name, values in times.items()]


if __name__ == "__main__":
    records = measure()
    unit = statistics.median([record.p50 for record in records if record.name.endswith("cv2.remap")])
    for record in records:
        sys.stdout.write(f"{record.name:40} {record.p50:8.2f} {record.unit}  {record.p50 / unit:5.2f} x cv2.remap\n")

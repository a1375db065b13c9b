"""`python -m benchmarks.ladder.forward_splat`: every rung on the same frames, in turns, in CPU time of one thread."""

from __future__ import annotations

import sys
import time
from functools import partial
from typing import Any

import cv2
import numpy as np

from benchmarks.kernels.scene import Array, make_noisy_parallax, make_parallax, make_planes
from benchmarks.ladder.blend_in_runs import blend_in_runs
from benchmarks.ladder.paint import paint
from benchmarks.ladder.runs import new_rows, runs
from benchmarks.ladder.scatter import scatter
from benchmarks.ladder.segments import segments
from benchmarks.record import Record
from kernels.forward_splat.cpu import _new_rows
from kernels.forward_splat.op import check_planes

EYE, TEAR_PX = np.float32(0.5), np.float32(3)


def rungs(luma: Array, parallax: Array) -> dict[str, tuple[Any, Array, Array]]:
    """Name -> (call, its picture, its parallax with NaN in holes), slowest first."""
    width = luma.shape[1]
    own: dict[str, Any] = {
        "paint": np.empty((3, width), np.float32),
        "segments": _new_rows(check_planes((luma,))[1]),
    }
    made = {}
    for rung in (paint, scatter, blend_in_runs, runs, segments):
        name = rung.__name__
        out, seen = np.empty_like(luma), np.empty_like(parallax)
        rows = own.get(name, new_rows(width))
        made[name] = (partial(rung, luma, parallax, EYE, TEAR_PX, out, seen, rows), out, seen)
    return made


def measure(*, repeats: int = 9, height: int = 1080, width: int = 1920) -> list[Record]:
    """Milliseconds of CPU time of each rung, beside cv2.remap of the same plane, on a scene and on it with noise."""
    luma = make_planes(height, width)[0]
    y, x = np.mgrid[:height, :width].astype(np.float32)
    cases: dict[str, Any] = {}
    for scene, make in (("scene", make_parallax), ("noisy", make_noisy_parallax)):
        parallax = make(height, width)
        cases |= {f"{scene}/{name}": call for name, (call, _, _) in rungs(luma, parallax).items()}
        cases[f"{scene}/cv2.remap"] = partial(cv2.remap, luma, x - EYE * parallax, y, cv2.INTER_LINEAR)
    cv2.setNumThreads(1)
    times: dict[str, list[float]] = {name: [] for name in cases}
    for repeat in range(repeats + 1):
        for name, case in cases.items():
            start = time.thread_time()
            case()
            if repeat:
                times[name].append(1e3 * (time.thread_time() - start))
    return [Record.of(f"ladder/forward_splat/{name}", values, "ms of CPU") for name, values in times.items()]


if __name__ == "__main__":
    records = {record.name: record for record in measure()}
    for name, record in records.items():
        unit = records[f"{name.rpartition('/')[0]}/cv2.remap"]
        sys.stdout.write(f"{name:44} {record.p50:8.2f} {record.unit}  {record.p50 / unit.p50:5.2f} x cv2.remap\n")

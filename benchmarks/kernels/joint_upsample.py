"""The network's disparity to 1080p along luma edges, beside plain resampling of the same map."""

from __future__ import annotations

from functools import partial

import cv2
import numpy as np

from benchmarks.kernels.scene import Array, make_disparity, make_planes
from benchmarks.kernels.timing import Case, interleaved, thread_counts
from benchmarks.record import Record
from kernels import joint_upsample

HEIGHT, WIDTH = 1080, 1920
SMALL = (224, 384)


def measure(*, repeats: int = 15, threads: int = 0) -> list[Record]:
    """Milliseconds of each case, interleaved; peers run on one thread."""
    small = make_disparity(*SMALL)
    noise = np.random.default_rng(0).random(SMALL, dtype=np.float32)  # nowhere smooth: the luma is asked everywhere
    luma = make_planes(HEIGHT, WIDTH)[0]
    out = np.empty((HEIGHT, WIDTH), np.float32)
    cases: dict[str, Case] = {
        f"kernels/cv2_resize_{label}/384x224/1080p/threads=1": _resize(small, how)
        for label, how in (("linear", cv2.INTER_LINEAR), ("cubic", cv2.INTER_CUBIC))
    }
    for count in thread_counts(threads):
        name = f"kernels/joint_upsample/384x224/1080p/threads={count}"
        cases[name] = partial(joint_upsample, small, luma, out=out, threads=count)
    cases["kernels/joint_upsample/384x224/1080p/noisy/threads=1"] = partial(joint_upsample, noise, luma, out=out)
    return interleaved(cases, repeats=repeats, context={"size": [WIDTH, HEIGHT], "from": [SMALL[1], SMALL[0]]})


def _resize(small: Array, how: int) -> Case:
    target = np.empty((HEIGHT, WIDTH), np.float32)

    def run() -> None:
        cv2.setNumThreads(1)
        cv2.resize(small, (WIDTH, HEIGHT), dst=target, interpolation=how)

    return run

"""Networks against the best of what costs nothing, and against the goals that were set for them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from benchmarks.quality.scores import Scores
from benchmarks.quality.summary import summary
from benchmarks.record import Record

GAIN_DB = 1.5
"""Goal: PSNR in holes, mean of a set, over the best baseline."""
WORST_DB = -0.5
"""Goal: the same on any single scene, against any baseline."""
PERCEPTUAL_PERCENT = -20.0
"""Goal: perceptual distance in holes, mean of a set, against the best baseline."""

Found = Mapping[str, Mapping[str, Scores]]
"""Method -> case -> scores."""


def comparisons(prefix: str, found: Found, baselines: Sequence[str], context: Mapping[str, Any]) -> list[Record]:
    """What each network gains, `PREFIX/NETWORK/COMPARISON`.

    `gain_over_best_baseline`: mean PSNR in holes less that of the baseline with the best mean. `worst_scene_gain`: the
    smallest difference to the best baseline of the same scene; with `/BASELINE` to that one. `lpips_change`,
    `gradient_change`: percent against the baseline with the smallest mean. The context of each says the goal, whether
    it was reached, and against which baseline or on which scene.
    """
    records = []
    for network in (method for method in found if method.startswith("net") and baselines):
        records += _psnr_records(f"{prefix}/{network}", found, network, baselines, context)
        for kind in ("lpips", "gradient"):
            by_baseline = {b: _of(found[b], f"{kind}_hole") for b in baselines}
            mine = _of(found[network], f"{kind}_hole")
            if not mine:
                continue
            best = min(by_baseline, key=lambda b: _mean(by_baseline[b]))
            change = 100 * (_mean(mine) / max(_mean(by_baseline[best]), 1e-12) - 1)
            about = {"best_baseline": best, "goal": PERCEPTUAL_PERCENT, "reached": change <= PERCEPTUAL_PERCENT}
            records.append(
                summary(f"{prefix}/{network}/{kind}_change", {"mean": change}, "percent", {**context, **about})
            )
    return records


def _psnr_records(
    prefix: str, found: Found, network: str, baselines: Sequence[str], context: Mapping[str, Any]
) -> list[Record]:
    by_baseline = {b: _of(found[b], "psnr_hole") for b in baselines}
    mine = _of(found[network], "psnr_hole")
    best = max(by_baseline, key=lambda b: _mean(by_baseline[b]))
    over_mean = {case: value - by_baseline[best][case] for case, value in mine.items()}
    gain = _mean(over_mean)
    about = {"best_baseline": best, "goal": GAIN_DB, "reached": gain >= GAIN_DB}
    records = [summary(f"{prefix}/gain_over_best_baseline", over_mean, "dB", {**context, **about})]
    rivals = {"": {case: max(by_baseline[b][case] for b in baselines) for case in mine}}
    rivals |= {f"/{b}": by_baseline[b] for b in baselines}
    for suffix, rival in rivals.items():
        over = {case: value - rival[case] for case, value in mine.items()}
        worst = min(over, key=lambda case: over[case])
        about = {"scene": worst, "goal": WORST_DB, "reached": over[worst] >= WORST_DB}
        records.append(summary(f"{prefix}/worst_scene_gain{suffix}", {worst: over[worst]}, "dB", {**context, **about}))
    return records


def _of(by_case: Mapping[str, Scores], metric: str) -> dict[str, float]:
    return {case: scores[metric] for case, scores in by_case.items() if metric in scores}


def _mean(values: Mapping[str, float]) -> float:
    return float(np.mean(list(values.values())))

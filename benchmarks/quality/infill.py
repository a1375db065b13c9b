"""Scores ways to fill holes on stereo pairs with known disparity."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from benchmarks.quality.comparison import comparisons
from benchmarks.quality.crops import write_case
from benchmarks.quality.fillers import BASELINES, UNFILLED, Filler
from benchmarks.quality.holes import hole_cases
from benchmarks.quality.lpips import Lpips
from benchmarks.quality.scores import UNITS, WHOLE, Judge, Scores
from benchmarks.quality.stillness import STILL_UNITS, stillness
from benchmarks.quality.summary import summary
from benchmarks.record import Record
from engine.errors import InputError
from training.evaluation.stereo_scenes import StereoScene

_LEAST_PIXELS = 64
"""Fewer hole pixels than this say nothing about a method."""
_STILL_CASES = 4
"""So many cases of a set are also played as still shots."""


def infill_records(
    name: str,
    scenes: Iterable[StereoScene],
    fillers: Mapping[str, Filler],
    *,
    context: Mapping[str, Any],
    lpips: Lpips | None = None,
    sheets: Path | None = None,
    tell: Callable[[str], None] = lambda _: None,
) -> list[Record]:
    """Score every filler on every scene of a set, in both eyes where both disparities are known.

    Args:
        name: of the set.
        scenes: pairs with disparity; eyes without a hole that can be scored are told about and left out.
        fillers: by name; those in BASELINES are what networks are compared with.
        context: goes into every record.
        lpips: None leaves that distance out.
        sheets: folder for one picture of each scene and eye; None writes none.
        tell: is told what happens.

    Returns:
        `quality/infill/SET/METHOD/METRIC`, values are means over scenes and eyes; for methods that fill nothing only
        what can be said about whole pictures. Then the comparisons of each network with the baselines.

    Raises:
        InputError: no scene has enough of a hole between two known surfaces.
        OutputError: a sheet cannot be written.
    """
    found: dict[str, dict[str, Scores]] = {method: {} for method in (*fillers, "source")}
    filling = {method: fill for method, fill in fillers.items() if method not in UNFILLED}
    shares: dict[str, float] = {}
    for scene in scenes:
        for case in hole_cases(scene):
            if case.scored.sum() < _LEAST_PIXELS:
                tell(f"{name}/{case.name}: left out, it has hardly any hole between two known surfaces")
                continue
            tell(f"{name}/{case.name}")
            shares[case.name] = float(case.scored.mean())
            judge = Judge(case, lpips)
            pictures = {method: fill(case) for method, fill in fillers.items()}
            for method, picture in pictures.items():
                found[method][case.name] = judge.score(picture, WHOLE if method in UNFILLED else UNITS)
            if len(shares) <= _STILL_CASES:
                for method, scores in stillness(case, filling).items():
                    found[method].setdefault(case.name, {}).update(scores)
            if sheets is not None:
                of_case = {method: found[method][case.name] for method in pictures}
                write_case(sheets / f"infill-{name}-{case.scene}-{case.eye}.jpg", case, pictures, of_case)
    if not shares:
        raise InputError(f"{name}: no scene has enough of a hole between two known surfaces")
    prefix = f"quality/infill/{name}"
    records = [summary(f"{prefix}/scored_holes", shares, "share of picture", context)]
    for method, by_case in found.items():
        for metric, unit in {**UNITS, **STILL_UNITS}.items():
            values = {key: scores[metric] for key, scores in by_case.items() if metric in scores}
            if values:
                records.append(summary(f"{prefix}/{method}/{metric}", values, unit, context))
    return records + comparisons(prefix, found, [b for b in BASELINES if b in found], context)

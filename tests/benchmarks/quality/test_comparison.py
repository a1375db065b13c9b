from __future__ import annotations

import pytest

from benchmarks.quality.comparison import comparisons

BASELINES = ("background", "telea")


def of(psnr: dict[str, float], lpips: dict[str, float]) -> dict[str, dict[str, float]]:
    return {case: {"psnr_hole": psnr[case], "lpips_hole": lpips[case], "gradient_hole": 0.1} for case in psnr}


FOUND = {
    "net": of({"a": 22.0, "b": 23.0}, {"a": 0.10, "b": 0.12}),
    "background": of({"a": 20.0, "b": 23.4}, {"a": 0.20, "b": 0.20}),
    "telea": of({"a": 21.0, "b": 19.0}, {"a": 0.10, "b": 0.18}),
}


def test_gains_are_over_the_best_baseline_of_the_set() -> None:
    records = {r.name: r for r in comparisons("p", FOUND, BASELINES, {"x": 1})}
    gain = records["p/net/gain_over_best_baseline"]
    assert gain.value == pytest.approx(22.5 - 21.7)
    assert gain.context["best_baseline"] == "background"
    assert gain.context["reached"] is False  # 1.5 dB were asked for
    assert gain.context["x"] == 1
    change = records["p/net/lpips_change"]
    assert change.value == pytest.approx(100 * (0.11 / 0.14 - 1))
    assert change.context["best_baseline"] == "telea"
    assert change.context["reached"] is True
    assert records["p/net/gradient_change"].value == pytest.approx(0)
    assert records["p/net/gradient_change"].context["reached"] is False


def test_the_worst_scene_is_named_against_the_best_and_against_each() -> None:
    records = {r.name.removeprefix("p/net/worst_scene_gain"): r for r in comparisons("p", FOUND, BASELINES, {})[:4]}
    found = {name: (round(r.value, 6), r.context["scene"]) for name, r in records.items() if "gain_over" not in name}
    assert found == {"": (-0.4, "b"), "/background": (-0.4, "b"), "/telea": (1.0, "a")}
    assert records[""].context["reached"] is True  # half a dB is allowed


def test_without_networks_or_without_the_distance() -> None:
    free = {name: by_case for name, by_case in FOUND.items() if name != "net"}
    assert comparisons("p", free, BASELINES, {}) == []
    plain = {m: {c: {"psnr_hole": s["psnr_hole"]} for c, s in by_case.items()} for m, by_case in FOUND.items()}
    names = [record.name for record in comparisons("p", plain, BASELINES, {})]
    assert not any("change" in name for name in names)
    assert len(names) == 4

from __future__ import annotations

import dataclasses
import math
from pathlib import Path
from typing import Any, get_args

import pytest

from engine import config, inference, models
from engine.config import BenchOptions, ConvertOptions, ModelsOptions
from engine.config_values import is_chosen
from engine.errors import UsageError
from engine.geometry import Eyes
from engine.layouts import LAYOUTS, Anaglyph
from engine.stereo import InfillMode

# shared by everybody who scripts the command: names and defaults stay
CONVERT_DEFAULTS = {
    "layout": "half-sbs",
    "eyes": "both",
    "depth": "depth-base",
    "depth_every": 1,
    "strength": 2.5,
    "convergence": "auto",
    "parallax": "scaled",
    "infill": "net",
    "runtime": "auto",
    "device": "auto",
    "codec": "h264",
    "crf": 18.0,
    "preset": "fast",
    "start": 0.0,
    "duration": None,
    "overwrite": False,
    "report": None,
    "measure_transcode": False,
    "debug": False,
    "threads": 0,
    "anaglyph": "dubois",
    "comfort": (2.5, 4.0),
    "edge_grow": "auto",
    "floating_window": False,
}


def _convert(**options: Any) -> ConvertOptions:
    return ConvertOptions(input="in.mp4", output="out.mp4", **options)


def test_defaults_stay() -> None:
    found = dataclasses.asdict(_convert())
    assert {name: value for name, value in found.items() if name not in ("input", "output")} == CONVERT_DEFAULTS


def test_names_agree_with_the_tables() -> None:
    assert set(get_args(config.LayoutName)) == set(LAYOUTS)
    assert set(get_args(config.AnaglyphName)) == set(get_args(Anaglyph))
    assert set(get_args(config.EyesName)) == set(get_args(Eyes))
    assert set(get_args(config.InfillName)) == set(get_args(InfillMode))
    assert set(get_args(config.RuntimeName)) == set(get_args(inference.RuntimeName))
    assert set(get_args(config.DeviceName)) == set(get_args(inference.DeviceName))
    assert (models.DEFAULT_DEPTH, models.LIVE_DEPTH) == (config.DEFAULT_DEPTH, config.LIVE_DEPTH)
    assert {config.DEFAULT_DEPTH, config.LIVE_DEPTH, config.DEFAULT_INFILL} <= set(models.embedded())
    assert config.PlayOptions(input="film.mp4").depth == config.LIVE_DEPTH


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"depth_every": 0}, "--depth-every"),
        ({"strength": 30.0}, "--strength"),
        ({"strength": math.nan}, "--strength"),
        ({"convergence": 1.5}, "--convergence"),
        ({"convergence": math.nan}, "--convergence"),
        ({"threads": -1}, "--threads"),
        ({"depth": ""}, "--depth"),
        ({"depth": "file:"}, "--depth"),
        ({"parallax": "raw"}, "--parallax raw"),
        ({"start": -1.0}, "--start"),
        ({"start": math.inf}, "--start"),
        ({"duration": 0.0}, "--duration"),
        ({"duration": math.nan}, "--duration"),
        ({"crf": -1.0}, "--crf"),
        ({"report": Path("/nowhere/at/all/r.json")}, "--report"),
        ({"report": Path.cwd()}, "this is a folder"),
    ],
)
def test_mistakes_name_the_option(options: dict[str, Any], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        _convert(**options)


@pytest.mark.parametrize("options", [{"frames": 0}, {"segments": -1}, {"repeats": -1}, {"threads": -1}])
def test_bench_mistakes(options: dict[str, int]) -> None:
    with pytest.raises(UsageError, match=f"--{next(iter(options))}"):
        BenchOptions(what="pipeline", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("what", ["pipeline", "latency", "kernels", "quality"])
def test_no_segments_at_all_mean_something_to_some_benchmarks(what: str, tmp_path: Path) -> None:
    options = {"what": what, "segments": 0, "data": tmp_path}
    if what in ("pipeline", "latency"):
        assert BenchOptions(**options).segments == 0  # type: ignore[arg-type]
    else:
        with pytest.raises(UsageError, match=r"--segments must be 1 or more, got 0"):
            BenchOptions(**options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "options",
    [
        {"size": "big"},
        {"size": "32x640"},
        {"fps": 0},
        {"seconds": 0.0},
        {"seconds": math.nan},
        {"csv": Path("/nowhere/at/all/rows.csv")},
    ],
)
def test_bench_latency_mistakes(options: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"--{next(iter(options))}"):
        BenchOptions(what="latency", **options)


def test_bench_latency_pictures() -> None:
    assert BenchOptions(what="latency").picture_size == (640, 360)
    assert BenchOptions(what="latency", size="1920x1080").picture_size == (1920, 1080)


def test_models_info_needs_a_name() -> None:
    with pytest.raises(UsageError, match="needs the name"):
        ModelsOptions(action="info")


def test_depth_path() -> None:
    assert _convert(depth="file:maps/a").depth_path == Path("maps/a")
    assert _convert(depth="some/net.onnx").depth_path is None


def test_raw_parallax_is_not_grown() -> None:
    with pytest.raises(UsageError, match="--edge-grow"):
        _convert(depth="file:maps", parallax="raw", edge_grow=2)
    assert _convert(depth="file:maps", parallax="raw", edge_grow=0).growth_px == 0


def test_a_usual_value_is_not_a_chosen_one() -> None:
    assert not is_chosen(_convert().codec)
    assert is_chosen(_convert(codec="h264").codec)
    assert is_chosen(_convert(crf=18.0).crf)


def test_options_are_frozen() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        _convert().crf = 3  # type: ignore[misc]

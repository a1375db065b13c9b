from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import pytest

from benchmarks.quality.clips import Clip, ClipFrame, joined
from benchmarks.quality.over_time import BASELINES, Player, over_time_records, set_of

HEIGHT, WIDTH = 96, 160


@dataclass
class Flickering:
    """Takes brightness for nearness, in a scale that differs from frame to frame, with noise in patches."""

    shape: tuple[int, ...] = (1, 3, 64, 96)
    runs: int = 0

    def run(self, image: np.ndarray) -> np.ndarray:
        self.runs += 1
        rng = np.random.default_rng(self.runs)
        patches = cv2.resize(rng.normal(0, 0.04, (8, 12)).astype(np.float32), (96, 64))
        scale, shift = rng.uniform(0.8, 1.2), rng.uniform(-0.2, 0.2)
        return ((image.mean(axis=1, keepdims=True) + patches) * scale + shift).astype(np.float32)


def _still(seed: int, count: int = 16) -> Clip:
    """Blobs at many depths, the brighter the nearer."""
    noise = np.random.default_rng(seed).random((HEIGHT, WIDTH), np.float32)
    blobs = cv2.normalize(cv2.GaussianBlur(noise, (0, 0), 6), None, 0.1, 0.9, cv2.NORM_MINMAX)  # type: ignore[call-overload]
    image = (blobs[..., None] * 255).astype(np.uint8).repeat(3, axis=2)
    known, pose = np.ones(blobs.shape, bool), np.eye(3, 4, dtype=np.float32)
    frame = ClipFrame(image=image, inverse_depth=blobs, known=known, pose=pose)
    return Clip(name=f"s{seed}", frames=(frame,) * count, intrinsics=(100.0, 100.0, 80.0, 48.0), is_still=True)


def test_the_engine_is_steadier_than_the_network_and_forgets_at_cuts() -> None:
    still, other = _still(1), _still(2)
    cut = joined("cut", still, other, 8)
    network = Flickering()
    clips = [(set_of(clip), clip) for clip in (still, cut)]
    records = {r.name: r for r in over_time_records(clips, lambda _: network, context={"x": 1})}
    assert network.runs == 16 + 16, "every frame is asked once, whatever the number of methods"

    def value(name: str) -> float:
        return records[f"quality/depth-over-time/{name}"].value

    assert value("still/engine/flicker") < value("still/raw/flicker") / 5
    assert value("still/engine/abs_rel") < 1.01 * value("still/raw/abs_rel")
    assert value("cuts/engine/lag") == value("cuts/raw/lag") == value("cuts/every-3/lag") == 0
    assert value("cuts/range-average/lag") > 1
    assert value("cuts/pixel-average/lag") == 8
    assert records["quality/depth-over-time/still/engine/flicker"].n == 15
    assert records["quality/depth-over-time/still/engine/flicker"].context["x"] == 1
    assert "quality/depth-over-time/still/engine/motion_error" not in records


def test_moving_clips_are_scored_along_their_motion() -> None:
    frames = _still(1, 4).frames
    moving = Clip(name="m", frames=frames, intrinsics=(100.0, 100.0, 80.0, 48.0))
    records = {r.name for r in over_time_records([("moving", moving)], lambda _: Flickering(), context={})}
    assert "quality/depth-over-time/moving/every-3/motion_error" in records
    assert not any("flicker" in name or "lag" in name for name in records)


def test_the_cost_of_steadiness_is_counted_by_clip() -> None:
    clips = [("still", _still(1)), ("still", _still(2))]
    records = {r.name: r for r in over_time_records(clips, lambda _: Flickering(), context={})}
    assert "quality/depth-over-time/still/raw/abs_rel_change" not in records
    change = records["quality/depth-over-time/still/engine/abs_rel_change"]
    assert change.n == 2
    of_engine, of_network = (
        records[f"quality/depth-over-time/still/{method}/abs_rel"].context["pictures"] for method in ("engine", "raw")
    )

    def mean(values: dict[str, float], clip: str) -> float:
        return float(np.mean([value for name, value in values.items() if name.startswith(f"{clip}/")]))

    expected = [mean(of_engine, clip) / mean(of_network, clip) - 1 for clip in ("s1", "s2")]
    assert change.value == pytest.approx(np.mean(expected), abs=1e-3)


def test_baselines_do_what_their_names_say() -> None:
    maps = [np.array([[0, 1]], np.float32), np.array([[0, 5]], np.float32)]
    assert [m.tolist() for m in BASELINES["raw"](maps)] == [[[0, 1]], [[0, 5]]]
    assert [m.tolist() for m in BASELINES["own-range"](maps)] == [[[0, 1]], [[0, 1]]]
    assert [m.tolist() for m in BASELINES["range-average"](maps)] == [[[0, 1]], [[0, 1]]]
    lower = [*maps[::-1], np.array([[0, 1]], np.float32)]
    assert BASELINES["range-average"](lower)[1][0, 1] == pytest.approx(1 / 4)
    still = [np.array([[0, 1]], np.float32), np.array([[1, 0]], np.float32)]
    np.testing.assert_allclose(BASELINES["pixel-average"](still)[1], [[0.1, 0.9]], atol=1e-6)


def test_maps_have_the_size_of_the_frames() -> None:
    player = Player(_still(1, 3), Flickering())
    for method in ("engine", "every-3", *BASELINES):
        maps = player.maps(method, slice(1, 3))
        assert [m.shape for m in maps] == [(HEIGHT, WIDTH)] * 2

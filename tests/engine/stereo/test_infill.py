"""A network's painting lands in holes, at the right place, and nowhere else."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import cv2
import numpy as np
import pytest

from engine.colour import yuv_from_rgb
from engine.errors import ModelError
from engine.frame import Frame, View
from engine.stereo.infill import NetworkInfill
from engine.stereo.parallax import ParallaxMapper
from engine.stereo.stage import TEAR_PX, StereoStage
from engine.stereo.tiles import TileShape
from kernels import forward_splat, hole_guide

TILE = TileShape(width=64, height=64, margin=16)


@dataclass
class Painter:
    """Paints the whole tile by a rule; remembers what it was shown."""

    colour: tuple[float, float, float] | None = (0.7, 0.2, 0.4)
    opened: list[tuple[int, ...]] = field(default_factory=list)
    batches: list[int] = field(default_factory=list)
    guides: list[np.ndarray] = field(default_factory=list)

    def open(self, shape: tuple[int, int, int, int]) -> Painter:
        self.opened.append(shape)
        return self

    def run(self, image: np.ndarray) -> np.ndarray:
        self.batches.append(len(image))
        self.guides.extend(image)
        if self.colour is None:
            return np.ascontiguousarray(image[:, :3])
        flat = np.array(self.colour, np.float32)[None, :, None, None]
        return np.broadcast_to(flat, (len(image), 3, *image.shape[2:])).astype(np.float32)


def _stage(infill: object) -> StereoStage:
    return StereoStage(ParallaxMapper(strength=15.0, convergence=0.1), infill=infill)  # type: ignore[arg-type]


def _views(frame: Frame, infill: object) -> tuple[View, View]:
    views = _stage(infill).process(frame).views
    assert views is not None
    return views


def _inner_holes(hole: np.ndarray) -> np.ndarray:
    inner = hole.astype(bool)
    for row in inner:
        for line in (row, row[::-1]):
            line[: int(np.argmin(line)) if not line.all() else line.size] = False
    return inner


@pytest.mark.parametrize(("subsampling", "bits"), [("420", 8), ("420", 10), ("422", 10), ("444", 8), ("gray", 8)])
def test_a_constant_network_fills_wide_holes_and_nothing_else(make_frame, subsampling: str, bits: int) -> None:
    frame = make_frame(subsampling=subsampling, bits=bits)
    painter = Painter()
    plain = _views(frame, "stretch")
    painted = _views(frame, NetworkInfill(painter.open, tile=TILE))
    matrix, offset = yuv_from_rgb(frame.colour, frame.format, frame.height)
    code = np.floor(matrix @ painter.colour + offset + 0.5)
    for before, after in zip(plain, painted, strict=True):
        holes, known = _inner_holes(after.hole), after.hole == 0
        assert holes.any()
        np.testing.assert_array_equal(before.hole, after.hole)
        assert (np.abs(after.planes[0][holes].astype(float) - code[0]) <= 1).all()
        np.testing.assert_array_equal(after.planes[0][known], before.planes[0][known])
        shift_x, shift_y = frame.format.chroma_shift
        cells = holes.reshape(144 >> shift_y, 1 << shift_y, 160 >> shift_x, 1 << shift_x).all(axis=(1, 3))
        for index in range(1, len(frame.planes)):
            assert (np.abs(after.planes[index][cells].astype(float) - code[index]) <= 1).all()
            serves_known = known.reshape(144 >> shift_y, 1 << shift_y, 160 >> shift_x, 1 << shift_x).any(axis=(1, 3))
            np.testing.assert_array_equal(after.planes[index][serves_known], before.planes[index][serves_known])


def test_the_guide_shows_what_the_network_was_trained_on(make_frame) -> None:
    painter = Painter()
    _views(make_frame(), NetworkInfill(painter.open, tile=TILE))
    assert painter.guides
    for guide in painter.guides:
        assert guide.shape == (8, 64, 64)
        mask = guide[3] > 0.5
        assert set(np.unique(guide[3])) == {0.0, 1.0}
        assert (guide[:3] >= 0).all()
        assert (guide[:3] <= 1).all()
        assert (guide[4:7, ~mask] == 0).all()
        np.testing.assert_allclose(np.linalg.norm(2 * guide[4:7, mask] - 1, axis=0), 1.0, atol=1e-3)
        assert (guide[7, mask] == 0).all()
        np.testing.assert_allclose(np.unique(guide[7, ~mask].round(4)), [0.1, 0.9], atol=1e-3)


@pytest.mark.parametrize("eye", [0, 1])
def test_the_guide_is_the_one_that_training_makes(make_frame, eye: int) -> None:
    """Training splats whole pictures into the right eye; a left eye is that of the picture in a mirror."""
    frame = make_frame(160, 64, subsampling="gray")
    painter = Painter()
    shape = TileShape(width=160, height=64, margin=16)
    mapper = ParallaxMapper(strength=15.0, convergence=0.1, grow=0)
    wanted = (eye == 0, eye == 1)
    StereoStage(mapper, infill=NetworkInfill(painter.open, tile=shape), wanted=wanted).process(frame)

    luma, disparity = frame.planes[0], frame.disparity
    if eye == 0:
        luma, disparity = np.ascontiguousarray(luma[:, ::-1]), np.ascontiguousarray(disparity[:, ::-1])
    parallax_px = (disparity - np.float32(0.1)) * np.float32(0.15 * 160)
    rgb = np.repeat(luma[..., None], 3, axis=2)
    (view,) = forward_splat(rgb, parallax_px, eyes=(-0.5,), tear_px=TEAR_PX, fill="background")
    relative = np.clip(view.parallax_px / np.float32(0.15 * 160) + np.float32(0.1), 0, 1)
    colours = np.clip((view.planes[0].astype(np.float32) - 16) / 219, 0, 1)
    expected = hole_guide(colours, view.hole, view.parallax_px * np.float32(0.5), relative)
    assert painter.guides
    for guide in painter.guides:
        np.testing.assert_allclose(guide, expected, atol=1e-4)
        assert (expected[3] > 0).any()


def test_a_network_that_repeats_its_guide_changes_nothing(make_frame) -> None:
    """Proves the placement of tiles exactly: what is read somewhere must be written there."""
    frame = make_frame(subsampling="gray")
    plain = _views(frame, "stretch")
    for before, after in zip(plain, _views(frame, NetworkInfill(Painter(colour=None).open, tile=TILE)), strict=True):
        holes = _inner_holes(after.hole)
        assert holes.any()
        np.testing.assert_array_equal(after.planes[0][holes], before.planes[0][holes])


def test_no_holes_no_network(make_frame) -> None:
    painter = Painter()
    infill = NetworkInfill(painter.open, tile=TILE)
    StereoStage(ParallaxMapper(strength=0.0, convergence=0.5), infill=infill).process(make_frame())
    assert painter.opened == []
    assert (infill.count.frames, infill.count.tiles) == (1, 0)


def test_the_budget_keeps_the_largest_holes_and_counts_the_rest(make_frame) -> None:
    """A shot's first frame may do six times as much; what it leaves undone is done in the next ones."""
    whole = NetworkInfill(Painter().open, tile=TILE)
    _views(make_frame(320, 288), whole)
    painter = Painter()
    capped = NetworkInfill(painter.open, tile=TILE, max_tiles=1)
    stage = _stage(capped)
    frame = make_frame(320, 288)
    stage.process(frame)
    assert whole.count.tiles > 7
    assert capped.count.tiles == len(painter.guides) == 6
    assert capped.count.tiles_over_budget == whole.count.tiles - 6
    stage.process(replace(frame, is_cut=False, index=1))
    assert capped.count.tiles == len(painter.guides) == 7


@pytest.mark.parametrize(
    ("tiles", "batches"),
    [
        (1, [1]),
        (2, [2]),
        (3, [3]),
        (4, [3, 1]),
        (5, [3, 2]),
        (6, [3, 3]),
        (7, [8]),
        (8, [8]),
        (9, [8, 1]),
        (15, [8, 8]),
    ],
)
def test_tiles_go_in_few_calls(make_frame, tiles: int, batches: list[int]) -> None:
    """Seven and fifteen are filled up with a tile that is nobody's."""
    frame = make_frame(160, 96 * tiles, subsampling="gray")
    disparity = np.full((frame.height, frame.width), 0.1, np.float32)
    for top in range(40, frame.height, 96):
        disparity[top : top + 16, 60:100] = 0.9
    painter = Painter()
    infill = NetworkInfill(painter.open, tile=TILE)
    mapper = ParallaxMapper(strength=15.0, convergence=0.1)
    stage = StereoStage(mapper, infill=infill, wanted=(False, True))
    views = stage.process(replace(frame, disparity=disparity)).views
    assert painter.batches == batches
    assert infill.count.tiles == tiles
    matrix, offset = yuv_from_rgb(frame.colour, frame.format, frame.height)
    holes = _inner_holes(views[1].hole)
    holes[:, :8] = holes[:, -8:] = False
    assert holes.sum() == infill.count.painted_px > 0
    assert (np.abs(views[1].planes[0][holes] - (matrix @ painter.colour + offset)[0]) <= 1).all()


def test_colours_may_change_in_a_shot(make_frame) -> None:
    painter = Painter()
    stage, frame = _stage(NetworkInfill(painter.open, tile=TILE, with_memory=True)), make_frame(subsampling="gray")
    for index, full_range in enumerate((False, True)):
        colour = replace(frame.colour, full_range=full_range)
        planes = tuple(plane + np.uint8(40 * index) for plane in frame.planes)
        views = stage.process(replace(frame, planes=planes, colour=colour, is_cut=index == 0, index=index)).views
        matrix, offset = yuv_from_rgb(colour, frame.format, frame.height)
        for view in views:
            painted = view.planes[0][_inner_holes(view.hole)].astype(float)
            assert painted.size > 0
            assert (np.abs(painted - (matrix @ painter.colour + offset)[0]) <= 1).all()


def test_what_stands_still_is_painted_once(make_frame) -> None:
    painter = Painter()
    infill = NetworkInfill(painter.open, tile=TILE)
    stage, frame = _stage(infill), make_frame()
    first = stage.process(frame).views
    seen = len(painter.guides)
    painter.colour = (0.1, 0.9, 0.1)
    for index in range(1, 4):
        again = stage.process(replace(frame, is_cut=False, index=index)).views
        for before, after in zip(first, again, strict=True):
            for plane, other in zip(before.planes, after.planes, strict=True):
                np.testing.assert_array_equal(plane, other)
    assert len(painter.guides) == seen > 0
    assert infill.count.held_px == 3 * infill.count.painted_px > 0
    assert stage.infill_times is infill.times
    assert infill.times.count == infill.count.frames == 4


@pytest.mark.parametrize("subsampling", ["420", "444", "gray"])
def test_small_holes_and_those_at_the_border_stand_still_too(make_frame, rng, subsampling: str) -> None:
    """Beside them there is little to compare; a map with soft rims once made them look seen before."""
    painter = Painter()
    stage, frame = _stage(NetworkInfill(painter.open, tile=TILE)), make_frame(subsampling=subsampling)
    disparity = np.full((frame.height, frame.width), 0.1, np.float32)
    for _ in range(40):
        y, x = rng.integers(frame.height), rng.integers(frame.width)
        disparity[y : y + rng.integers(2, 14), x : x + rng.integers(2, 14)] = rng.uniform(0.4, 1.0)
    frame = replace(frame, disparity=cv2.GaussianBlur(disparity, (5, 5), 0))
    first = stage.process(frame).views
    painter.colour = (0.1, 0.9, 0.1)
    again = stage.process(replace(frame, is_cut=False, index=1)).views
    for before, after in zip(first, again, strict=True):
        assert before.hole[:, [0, -1]].any()
        for plane, other in zip(before.planes, after.planes, strict=True):
            np.testing.assert_array_equal(plane, other)


def _paint_again_and_again(planes, hole: np.ndarray, frame: Frame, frames: int = 6) -> list[tuple[np.ndarray, ...]]:
    """What becomes of the same view in a standing shot, by a network that never paints the same twice."""
    painter = Painter()
    infill = NetworkInfill(painter.open, tile=TILE, max_tiles=1000)
    parallax_px = np.zeros(hole.shape, np.float32)
    painted = []
    for index in range(frames):
        painter.colour = (0.1 * index, 0.9 - 0.1 * index, 0.3)
        view = View(planes=tuple(plane.copy() for plane in planes), hole=hole, parallax_px=parallax_px)
        now = replace(frame, is_cut=index == 0, index=index)
        infill.paint(now, [view], offsets=[-0.5], parallax_px=parallax_px, disparity_of_parallax=(0.02, 0.1))
        painted.append(view.planes)
    return painted


def test_a_hole_at_the_border_shares_chroma_with_one_below(make_frame) -> None:
    """Its last row is the upper half of chroma samples whose lower half a network paints: both must agree whose."""
    frame = make_frame()
    hole = np.zeros((frame.height, frame.width), np.uint8)
    hole[:41, :20] = hole[41:80, 4:40] = 1
    first, *others = _paint_again_and_again(frame.planes, hole, frame)
    assert (first[1][21:40, 2:20] != frame.planes[1][21:40, 2:20]).mean() > 0.9
    for other in others:
        for plane, again in zip(first, other, strict=True):
            np.testing.assert_array_equal(plane, again)


@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("subsampling", ["420", "422"])
def test_any_holes_of_a_standing_picture_stand_still(make_frame, rng, subsampling: str, bits: int) -> None:
    for width, height in ((96, 80), (101, 77), (160, 64), (75, 99)):
        frame = make_frame(width, height, subsampling=subsampling, bits=bits)
        hole = np.zeros((height, width), np.uint8)
        top = 0
        while top < height:
            # At the left border, at the right one, or at none; each right above the next.
            start, stop = sorted(rng.integers(-20, width + 20, 2))
            rows = int(rng.integers(1, 12))
            hole[top : top + rows, max(start, 0) : max(stop, 0)] = 1
            top += rows
        first, *others = _paint_again_and_again(frame.planes, hole, frame, frames=4)
        assert (first[0][hole > 0] != frame.planes[0][hole > 0]).any()
        for other in others:
            for plane, again in zip(first, other, strict=True):
                np.testing.assert_array_equal(plane, again)


def test_grain_does_not_make_a_painting_boil(make_frame, rng: np.random.Generator) -> None:
    infill = NetworkInfill(Painter(colour=None).open, tile=TILE)
    stage, frame = _stage(infill), make_frame(subsampling="gray")
    kept = None
    for index in range(6):
        grainy = np.clip(frame.planes[0] + rng.normal(0, 3, frame.planes[0].shape), 0, 255).astype(np.uint8)
        views = stage.process(replace(frame, planes=(grainy,), is_cut=index == 0, index=index)).views
        painted = [view.planes[0][_inner_holes(view.hole)] for view in views]
        kept = painted if kept is None else kept
        for before, after in zip(kept, painted, strict=True):
            np.testing.assert_array_equal(before, after)


@pytest.mark.parametrize("ends", [{"is_cut": True}, {"index": 0}, {"epoch": 1}])
def test_a_new_shot_is_painted_anew(make_frame, ends: dict[str, object]) -> None:
    painter = Painter()
    stage, frame = _stage(NetworkInfill(painter.open, tile=TILE)), make_frame()
    stage.process(replace(frame, index=1))
    once = len(painter.guides)
    stage.process(replace(frame, **({"is_cut": False, "index": 2} | ends)))
    assert len(painter.guides) == 2 * once > 0


def test_another_background_is_painted_anew(make_frame) -> None:
    painter = Painter()
    stage = _stage(NetworkInfill(painter.open, tile=TILE))
    stage.process(make_frame())
    once = len(painter.guides)
    stage.process(replace(make_frame(), is_cut=False, index=1))
    assert len(painter.guides) == 2 * once > 0


def test_without_memory_every_frame_is_painted_for_itself(make_frame) -> None:
    painter = Painter()
    stage, frame = _stage(NetworkInfill(painter.open, tile=TILE, with_memory=False)), make_frame()
    stage.process(frame)
    once = len(painter.guides)
    stage.process(replace(frame, is_cut=False, index=1))
    assert len(painter.guides) == 2 * once > 0


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_a_network_that_fails_is_named(make_frame, value: float) -> None:
    infill = NetworkInfill(Painter(colour=(0.5, value, 0.5)).open, tile=TILE)
    with pytest.raises(ModelError, match=r"frame 7 .*no numbers.*--infill stretch"):
        _stage(infill).process(replace(make_frame(), index=7))


def test_a_network_that_leaves_pictures_out_is_named(make_frame) -> None:
    class Lazy(Painter):
        def run(self, image: np.ndarray) -> np.ndarray:
            return super().run(image)[:1]

    infill = NetworkInfill(Lazy().open, tile=TILE)
    with pytest.raises(ModelError, match=r"frame 7 .*shape \(1, 3, 64, 64\) instead of \(3, 3, 64, 64\).*stretch$"):
        _stage(infill).process(replace(make_frame(), index=7))


def test_networks_are_opened_once_per_batch_size(make_frame) -> None:
    painter = Painter()
    infill = NetworkInfill(painter.open, tile=TILE)
    for _ in range(3):
        _views(make_frame(), infill)
    assert len(painter.opened) == len(set(painter.opened))
    assert {shape[1:] for shape in painter.opened} == {(8, 64, 64)}


def test_preparing_opens_all_that_frames_will_need(make_frame) -> None:
    painter = Painter()
    stage = StereoStage(ParallaxMapper(strength=15.0, convergence=0.1), infill=NetworkInfill(painter.open, tile=TILE))
    stage.prepare(160, 144)
    opened = list(painter.opened)
    assert opened
    stage.process(make_frame())
    assert painter.opened == opened
    assert stage.infill_count is not None
    assert stage.infill_count.tiles == len(painter.guides) > 0


def test_a_tiny_picture_keeps_its_stretched_background(make_frame) -> None:
    painter = Painter()
    frame = make_frame(width=30, height=20)
    plain, painted = _views(frame, "stretch"), _views(frame, NetworkInfill(painter.open))
    assert painter.opened == []
    np.testing.assert_array_equal(plain[0].planes[0], painted[0].planes[0])

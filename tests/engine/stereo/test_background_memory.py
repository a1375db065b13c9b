"""What was seen before is put where it belongs: exactly, with the camera, into the right eye, and never on doubt."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
import pytest

from engine.frame import Colour, Frame, PixelFormat
from engine.stereo import NetworkInfill, ParallaxMapper, StereoStage
from engine.stereo.background_memory import BackgroundMemory

WIDTH, HEIGHT = 256, 128
FAR, NEAR = 2.0, 20.0


@pytest.fixture
def wall(rng: np.random.Generator) -> np.ndarray:
    """A wide wall of soft texture, float32 luma."""
    coarse = rng.random((48, 160)).astype(np.float32)
    return cv2.resize(coarse, (640, 192), interpolation=cv2.INTER_CUBIC) * 150 + 50


def _picture(wall: np.ndarray, eye: float, box: int, pan: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    """(luma, parallax) of a box in front of the wall, as an eye sees it; 0 is the source."""
    rows, columns = np.mgrid[:HEIGHT, :WIDTH].astype(np.float32)
    luma = cv2.remap(wall, columns + np.float32(60 + pan - eye * FAR), rows + 20, cv2.INTER_LINEAR)
    left = round(box + eye * NEAR)
    parallax_px = np.full((HEIGHT, WIDTH), FAR, np.float32)
    luma[30:100, max(left, 0) : left + 60] = 30.0
    parallax_px[30:100, max(left, 0) : left + 60] = NEAR
    return np.clip(luma + 0.5, 0, 255).astype(np.uint8), parallax_px


def _frame(luma: np.ndarray, parallax_px: np.ndarray, index: int, subsampling: str = "gray") -> Frame:
    pixel_format = PixelFormat(subsampling=subsampling)  # type: ignore[arg-type]
    # Colour that follows the luma, so that it can be told where it came from.
    chroma = pixel_format.plane_shapes(WIDTH, HEIGHT)[1:]
    planes = [luma, *(cv2.resize(luma, shape[::-1], interpolation=cv2.INTER_AREA) for shape in chroma)]
    return Frame(
        planes=tuple(planes), format=pixel_format, colour=Colour(matrix=1), disparity=parallax_px, pts=index,
        time_base=Fraction(1, 24), index=index, is_cut=index == 0,
    )  # fmt: skip


class Nothing:
    """A network that paints black; whatever is not black came from elsewhere."""

    def run(self, image: np.ndarray) -> np.ndarray:
        return np.zeros((len(image), 3, *image.shape[2:]), np.float32)


def _stage(eyes: str, **options) -> tuple[StereoStage, NetworkInfill]:
    infill = NetworkInfill(lambda _: Nothing(), **options)
    mapper = ParallaxMapper(strength=0.0, convergence=0.0, raw=True)
    return StereoStage(mapper, eyes=eyes, infill=infill), infill  # type: ignore[arg-type]


@pytest.mark.parametrize("subsampling", ["gray", "420", "444"])
@pytest.mark.parametrize(("eyes", "speed"), [("right", 6), ("left", -6)])
def test_what_the_box_hid_was_seen_before(wall: np.ndarray, eyes: str, speed: int, subsampling: str) -> None:
    """The box moves away from where its eye looks behind it: there the wall was seen a moment ago."""
    stage, infill = _stage(eyes)
    side, eye = (1, -1.0) if eyes == "right" else (0, 1.0)
    for index in range(8):
        box = 100 + speed * index
        view = stage.process(_frame(*_picture(wall, 0.0, box), index, subsampling)).views[side]
    truth = _frame(*_picture(wall, eye, box), index, subsampling)
    inner = view.hole.astype(bool) & (np.abs(np.arange(WIDTH) - WIDTH / 2) < WIDTH / 2 - 8)
    error = np.abs(view.planes[0].astype(int) - truth.planes[0])[inner]
    assert inner.sum() > 500
    assert np.mean(error <= 3) > 0.95
    assert infill.count.recalled_px > 500
    if subsampling == "444":
        assert np.mean(np.abs(view.planes[1].astype(int) - truth.planes[1])[inner] <= 4) > 0.95


@pytest.mark.parametrize("padded", [(0,), (1, 2)])
def test_planes_may_be_padded_each_as_the_decoder_likes(wall: np.ndarray, padded: tuple[int, ...]) -> None:
    """FFmpeg aligns rows plane by plane: at some widths only luma, or only chroma, has room at the end of its rows."""
    plain, infill = _stage("right")
    other, _ = _stage("right")
    for index in range(8):
        frame = _frame(*_picture(wall, 0.0, 100 + 6 * index), index, "420")
        planes = list(frame.planes)
        for number in padded:
            planes[number] = np.pad(planes[number], ((0, 0), (0, 16)))[:, :-16]
        expected = plain.process(frame).views[1]
        found = other.process(replace(frame, planes=tuple(planes))).views[1]
    assert infill.count.recalled_px > 500
    for one, another in zip(expected.planes, found.planes, strict=True):
        np.testing.assert_array_equal(one, another)


@pytest.mark.parametrize("pan", [1.0, 2.5, -1.7])
def test_background_is_found_again_when_the_camera_turns(wall: np.ndarray, pan: float) -> None:
    stage, _ = _stage("right")
    errors, holes = [], 0
    for index in range(10):
        box = 80 + 6 * index
        view = stage.process(_frame(*_picture(wall, 0.0, box, pan * index), index)).views[1]
        truth, _ = _picture(wall, -1.0, box, pan * index)
        inner = view.hole.astype(bool) & (np.arange(WIDTH) < WIDTH - 8)
        errors, holes = np.abs(view.planes[0].astype(int) - truth)[inner], int(inner.sum())
    assert holes > 500
    assert np.mean(errors <= 8) > 0.85


@pytest.mark.parametrize("pan", [2.0, -2.0])
def test_what_was_seen_long_ago_is_found_along_the_way_between(wall: np.ndarray, pan: float) -> None:
    """The box comes after six frames and stays, the camera goes on turning, pictures in between are thinned out."""
    stage, _ = _stage("right")
    for index in range(26):
        box = 4 if index < 6 else 150
        view = stage.process(_frame(*_picture(wall, 0.0, box, pan * index), index)).views[1]
    truth, _ = _picture(wall, -1.0, 150, pan * 25)
    inner = view.hole.astype(bool) & (np.arange(WIDTH) < WIDTH - 60)
    assert inner.sum() > 300
    assert np.mean(np.abs(view.planes[0].astype(int) - truth)[inner] <= 8) > 0.85


def test_what_leaves_the_frame_is_remembered_beyond_its_border(wall: np.ndarray) -> None:
    """The camera turns left: what a right eye lacks at the right border left the source there a moment ago."""
    stage, infill = _stage("right")
    for index in range(8):
        view = stage.process(_frame(*_picture(wall, 0.0, 400, -2.0 * index), index)).views[1]
    truth, _ = _picture(wall, -1.0, 400, -2.0 * index)
    border = view.hole.astype(bool)
    assert border.any()
    assert infill.count.recalled_px > 0
    assert np.mean(np.abs(view.planes[0].astype(int) - truth)[border] <= 6) > 0.75


def test_another_wall_is_not_recalled(wall: np.ndarray) -> None:
    stage, infill = _stage("right")
    for index in range(8):
        shown = wall if index < 7 else np.ascontiguousarray(wall[::-1, ::-1])
        before = infill.count.recalled_px
        stage.process(_frame(*_picture(shown, 0.0, 100 + 6 * index), index))
    assert before > 0
    assert infill.count.recalled_px - before < 20


def test_a_lamp_that_is_switched_on_changes_what_is_recalled(wall: np.ndarray) -> None:
    stage, _ = _stage("right")
    for index in range(8):
        light = 0 if index < 7 else 8
        luma, parallax_px = _picture(wall, 0.0, 100 + 6 * index)
        view = stage.process(_frame(luma + np.uint8(light), parallax_px, index)).views[1]
    truth = _picture(wall, -1.0, 142)[0].astype(int) + 8
    inner = view.hole.astype(bool) & (np.arange(WIDTH) < WIDTH - 8)
    assert np.mean(np.abs(view.planes[0].astype(int) - truth)[inner] <= 4) > 0.9


@pytest.mark.parametrize("size", [(1920, 100), (1920, 90), (1280, 64), (640, 32), (641, 35), (2560, 255), (8000, 40)])
def test_very_wide_pictures_have_no_flow(size: tuple[int, int], rng: np.random.Generator) -> None:
    """Their small copies are too low for it: nothing is found that moved, and nothing breaks."""
    width, height = size
    texture = rng.integers(0, 256, (height, width + 64)).astype(np.uint8)
    stage, infill = _stage("right")
    for index in range(8):
        luma = np.ascontiguousarray(texture[:, 5 * index :][:, :width])
        parallax_px = np.full(luma.shape, FAR, np.float32)
        parallax_px[5:25, 100 : 160 + 5 * index] = NEAR
        stage.process(_frame(luma, parallax_px, index))
    assert infill.count.frames == 8
    assert infill.count.painted_px > 500


def test_pictures_thin_out_towards_the_past_and_stay_few() -> None:
    memory = BackgroundMemory(PixelFormat(subsampling="gray"))
    parallax_px = np.zeros((64, 96), np.float32)
    for number in range(300):
        luma = np.full((64, 96), number % 251, np.uint8)
        memory.remember((luma, luma, luma), parallax_px, (1.0, 0.0))
    ages = np.array([299 // 3 - picture.number for picture in memory._pictures])
    assert len(ages) == 5
    assert ages[-1] == 0
    assert (np.diff(ages) < 0).all()
    assert ages[0] > 20
    newest = memory._pictures[-1]
    assert (newest.planes[0] == 297 % 251).all()

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engine.config import PlayOptions
from engine.errors import UnavailableError, UsageError
from engine.live.session import _first_of, frames_and_depth, open_session
from engine.sources import open_source


def picture_folder(folder: Path, count: int) -> Path:
    folder.mkdir()
    for index in range(count):
        cv2.imwrite(str(folder / f"{index:02d}.png"), np.full((64, 96, 3), 10 * index, np.uint8))
    return folder


def test_given_depth_belongs_to_its_frame_whatever_is_dropped(tmp_path: Path) -> None:
    """The stage sees only every third frame, as it would if it were late; each wears the map with its number."""
    pictures, maps = picture_folder(tmp_path / "pictures", 10), tmp_path / "maps"
    maps.mkdir()
    for index in range(10):
        np.save(maps / f"{index:02d}.npy", np.full((64, 96), 0.1 * index, np.float32))
    options = PlayOptions(input=str(pictures), depth=f"file:{maps}")
    with open_source(options.input) as source:
        frames, depth = frames_and_depth(options, source)
        assert depth is None
        kept = [frame for frame in frames if frame.index % 3 == 2]
    assert [frame.index for frame in kept] == [2, 5, 8]
    for frame in kept:
        assert frame.disparity is not None
        assert np.allclose(frame.disparity, 0.1 * frame.index)


def test_exact_depth_is_what_the_pattern_brings() -> None:
    options = PlayOptions(input="pattern:64x64", depth="exact")
    with open_source(options.input) as source:
        frames, depth = frames_and_depth(options, source)
        frame = next(frames)
        assert depth is None
        assert frame.disparity is not None


def test_exact_depth_is_for_the_pattern_only(tmp_path: Path) -> None:
    options = PlayOptions(input=str(picture_folder(tmp_path / "pictures", 1)), depth="exact")
    with open_source(options.input) as source, pytest.raises(UsageError, match="only the test pattern"):
        frames_and_depth(options, source)


@pytest.mark.parametrize(
    ("left_out", "given"),
    [((), [0, 1, 2, 3, 4, 5]), ((2, 3), [0, 1, 4, 5]), ((5,), [0, 1, 2, 3, 4]), (range(3, 9), [0, 1, 2])],
)
def test_frames_that_were_left_out_count_and_none_is_shown_beyond(
    tmp_path: Path, left_out: Sequence[int], given: list[int]
) -> None:
    with open_source(str(picture_folder(tmp_path / "pictures", 10))) as source:
        frames = (frame for frame in source.frames() if frame.index not in left_out)
        assert [frame.index for frame in _first_of(frames, 6)] == given


@pytest.mark.gl
def test_a_film_that_changes_its_size_is_played_as_it_is(tmp_path: Path) -> None:
    """In the middle from 4:3 to a larger 16:9, as broadcasts do between programmes."""
    for number, size in enumerate([(128, 96), (320, 180)]):
        with av.open(str(tmp_path / f"{number}.ts"), "w") as out:
            stream = out.add_stream(
                "libx264", rate=10, options={"x264-params": "repeat-headers=1", "preset": "ultrafast"}
            )
            stream.width, stream.height, stream.pix_fmt = *size, "yuv420p"
            for index in range(10):
                picture = np.random.default_rng(number).integers(60, 200, (size[1], size[0], 3), np.uint8)
                frame = av.VideoFrame.from_ndarray(np.roll(picture, index, axis=1), format="rgb24")
                frame.pts, frame.time_base = index, Fraction(1, 10)
                out.mux(stream.encode(frame))
            out.mux(stream.encode())
    film = tmp_path / "film.ts"
    film.write_bytes((tmp_path / "0.ts").read_bytes() + (tmp_path / "1.ts").read_bytes())
    shown: list[tuple[int, int, bool]] = []
    options = PlayOptions(input=str(film), headless=True, size="256x192", layout="left")
    try:
        # Every frame is shown, however long it takes.
        session = open_session(
            options, paced=False, on_shown=lambda frame, _: shown.append((frame.width, frame.height, frame.is_cut))
        )
        with session as opened:
            notices: list[str] = []
            opened.source.listen(lambda words, _seconds: notices.append(words))
            opened.play()
            picture = opened.screen.picture()
            figures = opened.loop._describe()
    except UnavailableError as error:
        pytest.skip(f"no off-screen OpenGL here: {error}")
    sizes = [one[:2] for one in shown]
    assert sizes == sorted(sizes)
    assert set(sizes) == {(128, 96), (320, 180)}
    assert shown[sizes.index((320, 180))][2], "what was smoothed begins anew"
    assert notices == ["the picture is now 320x180"]
    assert any("320x180" in line for line in figures), "and not what it began with"
    # 16:9 in 4:3: black above and below, not stretched.
    assert picture[:20].max() == 0
    assert picture[96].mean() > 60

"""Every source keeps the same promises."""

from __future__ import annotations

import os
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.sources import SOURCES, kind_of, open_source, shown_name

pytestmark = pytest.mark.usefixtures("nothing_left")
RECORDED = sorted(set(SOURCES) - {"camera", "screen"})


@pytest.fixture
def specs(make_clip, tmp_path: Path, web, at_stdin) -> dict[str, str]:
    folder = tmp_path / "images"
    folder.mkdir()
    for number in range(4):
        cv2.imwrite(str(folder / f"{number}.png"), np.full((20, 30, 3), 40 * number, np.uint8))
    clip = make_clip()
    data = clip.read_bytes()
    web.answer = lambda request: request.transmit_as_fast_as_it_goes(data, Content_Length=str(len(data)))
    at_stdin(clip)
    return {
        "file": str(clip),
        "image": str(folder / "2.png"),
        "image_folder": str(folder),
        "pattern": "pattern:128x72",
        "network": web.url,
        "stdin": "-",
    }


@pytest.mark.parametrize("kind", RECORDED)
def test_frames_are_what_info_promises(specs: dict[str, str], kind: str) -> None:
    assert kind_of(specs[kind]) == kind
    with open_source(specs[kind], duration_s=None if kind == "image" else 0.16) as source:
        info = source.info
        frames = list(source.frames())
        assert source.warnings == []
        assert source.drops == {}
        assert not source.is_live
    assert len(frames) == info.frame_count
    stamps = [frame.pts for frame in frames]
    assert stamps[0] == 0
    assert stamps == sorted(set(stamps))
    for index, frame in enumerate(frames):
        assert_is_promised(frame, info)
        assert frame.index == index


@pytest.mark.parametrize("kind", RECORDED)
def test_closing_twice_is_harmless(specs: dict[str, str], kind: str) -> None:
    source = open_source(specs[kind])
    source.stop()
    source.close()
    source.close()


@pytest.mark.parametrize("kind", ["network", "screen"])
def test_live_frames_are_what_info_promises(kind: str, web, x_display: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", x_display)
    web.answer = lambda request: request.transmit(20)
    with open_source({"network": web.url, "screen": "screen"}[kind], duration_s=30) as source:
        assert source.is_live
        frames = list(islice(source.frames(), 8))
        assert source.info.frame_count is None
        source.stop()
        # What was decoded already may still come; then it is over.
        assert len(list(source.frames())) < 20
    stamps = [frame.pts for frame in frames]
    assert stamps[0] == 0
    assert stamps == sorted(set(stamps))
    for index, frame in enumerate(frames):
        assert_is_promised(frame, source.info)
        assert frame.index == index
        assert [stamp[0] for stamp in frame.stamps] == ["arrival"]


def assert_is_promised(frame, info) -> None:
    assert (frame.width, frame.height, frame.format) == (info.width, info.height, info.format)
    assert (frame.colour, frame.sample_aspect, frame.time_base) == (info.colour, info.sample_aspect, info.time_base)
    assert all(plane.strides[-1] == plane.itemsize for plane in frame.planes)


@pytest.mark.parametrize(
    ("spec", "kind"),
    [
        ("-", "stdin"),
        ("camera", "camera"),
        ("camera:0@640x480@30", "camera"),
        ("camera@640x480", "camera"),
        ("camera:Front: left", "camera"),
        ("./camera", "file"),
        ("camera@home.mp4", "file"),
        ("screen", "screen"),
        ("screen@60", "screen"),
        ("screen.mp4", "file"),
        ("pattern:64x64", "pattern"),
        ("rtsp://host/stream", "network"),
        ("HTTP://host/a.mp4", "network"),
        ("ftp://host/a.mp4", "network"),
        ("C:\\films\\a.mp4", "file"),
    ],
)
def test_what_a_word_means(spec: str, kind: str) -> None:
    assert kind_of(spec) == kind


def test_passwords_are_not_shown() -> None:
    assert shown_name("rtsp://me:pass@host:554/door?key=1") == "rtsp://host:554/door?..."
    assert shown_name("me:pass@host.mp4") == "me:pass@host.mp4"
    assert os.sep in shown_name(f"{os.sep}film.mp4")

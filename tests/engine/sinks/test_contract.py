"""Every sink keeps the same promises."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine.errors import OutputError
from engine.sinks import SINKS, SinkOptions, kind_of, open_sink

OUTPUTS = {"encoder": "film.mkv", "image_files": "frames/", "null": "null"}


@pytest.fixture
def place(tmp_path: Path):
    return lambda kind: "null" if kind == "null" else f"{tmp_path}/{OUTPUTS[kind]}"


@pytest.mark.parametrize("kind", sorted(SINKS))
def test_frames_are_counted_and_closing_twice_is_harmless(place, make_frames, write, kind) -> None:
    assert kind_of(place(kind)) == kind
    sink = open_sink(place(kind))
    write(sink, make_frames(5))
    assert sink.frames_written == 5
    assert sink.warnings == []
    sink.close()
    sink.close(cut=True)
    sink.abort()


@pytest.mark.parametrize("kind", sorted(SINKS))
def test_a_sink_that_was_never_opened_leaves_nothing(place, tmp_path, kind) -> None:
    sink = open_sink(place(kind))
    sink.abort()
    sink.close()
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]


def test_output_is_recognised() -> None:
    assert kind_of("a.mp4") == kind_of("a.unknown") == kind_of("a") == "encoder"
    assert kind_of("a.png") == kind_of("a%03d.JPG") == kind_of("folder/") == "image_files"


def test_unknown_suffixes_name_the_good_ones(tmp_path) -> None:
    with pytest.raises(OutputError, match=r"use one of \.mp4, .*\.mkv"):
        open_sink(tmp_path / "film.docx", SinkOptions())

"""Frames to write and a rich input to carry over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from engine.frame import Colour, Frame, PixelFormat
from engine.sinks.sink import Picture, Sink

FrameMaker = Callable[..., Iterator[Frame]]
RATE = Fraction(25)


@pytest.fixture
def make_frames() -> FrameMaker:
    """Give a function that yields moving gradients as frames."""

    def make(
        count: int = 12,
        *,
        width: int = 64,
        height: int = 48,
        pixel_format: PixelFormat = PixelFormat(),  # noqa: B008 - frozen
        pts: list[int] | None = None,
        time_base: Fraction = 1 / RATE,
        colour: Colour = Colour(),  # noqa: B008 - frozen
        aspect: Fraction = Fraction(1),
    ) -> Iterator[Frame]:
        dtype = np.uint8 if pixel_format.bits == 8 else np.uint16
        step = 1 << (pixel_format.bits - 8)
        stamps = pts if pts is not None else list(range(count))
        for index, stamp in enumerate(stamps):
            planes = []
            for number, (rows, columns) in enumerate(pixel_format.plane_shapes(width, height)):
                across = np.linspace(40 + 20 * number, 200 - 10 * number, columns + 5)[:columns]
                padded = np.zeros((rows, columns + 5), dtype)
                padded[:, :columns] = (across + np.arange(rows)[:, None] % 8 + 2 * index) * step
                planes.append(padded[:, :columns])
            yield Frame(
                planes=tuple(planes),
                format=pixel_format,
                colour=colour,
                sample_aspect=aspect,
                pts=stamp,
                duration=1,
                time_base=time_base,
                index=index,
            )

    return make


def picture_of(frame: Frame, frame_rate: Fraction | None = RATE) -> Picture:
    """What a sink must know of frames like this one."""
    return Picture(
        width=frame.width,
        height=frame.height,
        format=frame.format,
        colour=frame.colour,
        sample_aspect=frame.sample_aspect,
        time_base=frame.time_base,
        frame_rate=frame_rate,
    )


def write_all(sink: Sink, frames: Iterator[Frame], *, frame_rate: Fraction | None = RATE) -> list[Frame]:
    """Open the sink for the first frame and write all of them inside its context."""
    written: list[Frame] = []
    with sink:
        for frame in frames:
            if not written:
                sink.open(picture_of(frame, frame_rate))
            sink.write(frame)
            written.append(frame)
    return written


@pytest.fixture
def write() -> Callable[..., list[Frame]]:
    """Give `write_all`."""
    return write_all


def _add_sound(container: Any, language: str) -> Any:
    stream = container.add_stream("aac", rate=44100)
    stream.layout = "mono"
    stream.metadata["language"] = language
    return stream


def _encode_sound(stream: Any, seconds: float, pitch: float) -> Iterator[Any]:
    samples = int(44100 * seconds)
    wave = np.sin(np.arange(samples) * 2 * np.pi * pitch / 44100).astype(np.float32)[None]
    for start in range(0, samples, 1024):
        frame = av.AudioFrame.from_ndarray(wave[:, start : start + 1024], format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 44100, start, Fraction(1, 44100)
        yield from stream.encode(frame)
    yield from stream.encode(None)


@pytest.fixture(scope="session")
def rich_input(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give four seconds of film with two audio tracks, subtitles, chapters, an attachment, a title and languages."""
    path = tmp_path_factory.mktemp("rich") / "rich.mkv"
    with av.open(str(path), "w") as container:
        picture: Any = container.add_stream("libx264", rate=25, options={"preset": "ultrafast"})
        picture.width, picture.height, picture.pix_fmt = 64, 48, "yuv420p"
        sounds = [_add_sound(container, language) for language in ("eng", "deu")]
        words: Any = container.add_mux_stream("subrip")
        words.time_base = Fraction(1, 1000)
        words.metadata.update({"language": "fra", "title": "Mots"})
        container.add_attachment("font.ttf", "font/ttf", b"not really a font" * 20)
        container.metadata["title"] = "A rich film"
        container.set_chapters(
            [
                {"id": 1, "start": 0, "end": 1500, "time_base": Fraction(1, 1000), "metadata": {"title": "One"}},
                {"id": 2, "start": 1500, "end": 4000, "time_base": Fraction(1, 1000), "metadata": {"title": "Two"}},
            ]
        )
        packets: list[Any] = []
        for index in range(100):
            frame = av.VideoFrame.from_ndarray(np.full((72, 64), 60 + index, np.uint8), format="yuv420p")
            frame.pts, frame.time_base = index, Fraction(1, 25)
            packets += picture.encode(frame)
        packets += picture.encode(None)
        for sound, pitch in zip(sounds, (440, 660), strict=True):
            packets += _encode_sound(sound, 4.0, pitch)
        for start in (500, 1700, 3000):
            packet: Any = av.Packet(f"words at {start}".encode())
            packet.stream, packet.time_base = words, Fraction(1, 1000)
            packet.pts = packet.dts = start
            packet.duration = 600
            packets.append(packet)
        container.start_encoding()
        for packet in sorted(packets, key=lambda packet: packet.dts * packet.time_base):
            container.mux(packet)
    return path

"""The test pattern as an ordinary video file, so that the engine and a plain player decode the same thing."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from engine.display.view import Rect
from engine.sinks import SinkOptions, open_sink
from engine.sinks.sink import Picture
from engine.sources.pattern import PatternSource, read_number

NUMBERS = 65536
"""How many frames the pattern can count."""
_CODED_ROWS = 0.06
"""The number stands in a row of blocks along the top edge; this share of the width is enough to hold them."""


def make_pattern_clip(path: Path, *, width: int, height: int, fps: int, frames: int, period: int = NUMBERS) -> None:
    """Write the pattern as H.264, over and over if it is to be long: encoding it takes as long as playing it.

    Args:
        path: where; the suffix chooses the container.
        width: columns.
        height: rows.
        fps: frames a second.
        frames: how many.
        period: after so many the numbers begin again.
    """
    if frames > period:
        once = path.with_name(f"once{path.suffix}")
        make_pattern_clip(once, width=width, height=height, fps=fps, frames=period)
        _repeat(once, path, fps=fps, frames=frames, period=period)
        once.unlink()
        return
    with PatternSource(width, height, frame_rate=Fraction(fps), frame_count=frames) as pattern:
        info = pattern.info
        sink = open_sink(str(path), SinkOptions(codec="h264", crf=16.0, preset="veryfast"))
        sink.open(
            Picture(
                width=width,
                height=height,
                format=info.format,
                colour=info.colour,
                sample_aspect=info.sample_aspect,
                time_base=info.time_base,
                frame_rate=info.frame_rate,
            )
        )
        try:
            for frame in pattern.frames():
                sink.write(frame)
            sink.close()
        finally:
            # After `close` this does nothing.
            sink.abort()


def _repeat(once: Path, path: Path, *, fps: int, frames: int, period: int) -> None:
    """Put the packets of a clip one after the other, without encoding them again, until there are enough."""
    with av.open(str(once)) as source:
        stream = source.streams.video[0]
        packets = [packet for packet in source.demux(stream) if packet.size]
        with av.open(str(path), "w") as out:
            copy = out.add_stream_from_template(stream)
            time_base = stream.time_base or Fraction(1, fps)
            ticks = round(1 / (fps * time_base))
            stamps = [(packet.pts or 0, packet.dts or 0) for packet in packets]
            for turn in range(-(-frames // period)):
                for packet, (pts, dts) in zip(packets, stamps, strict=True):
                    packet.stream = copy
                    packet.time_base = time_base
                    packet.pts, packet.dts = (stamp + turn * period * ticks for stamp in (pts, dts))
                    out.mux(packet)


def coded_strip(rect: Rect) -> tuple[int, int, int, int]:
    """Where the number of an eye drawn in that rectangle stands: (left, top, width, height)."""
    return rect.x, rect.y, rect.width, min(rect.height, max(4, round(_CODED_ROWS * rect.width)))


def number_in(strip: NDArray[np.uint8], width: int, height: int) -> int | None:
    """The frame number in a drawn strip.

    Args:
        strip: (rows, columns) uint8, luma or green: the top of one eye from edge to edge; squeezed or not.
        width: columns of the source.
        height: rows of it that the strip shows.

    Returns:
        The number; None where none can be read.
    """
    # Blocks are laid out in whole pixels of the source.
    return read_number(cv2.resize(strip, (width, height), interpolation=cv2.INTER_LINEAR))

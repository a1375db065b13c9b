"""Clips that the tests of the sources make themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

ClipMaker = Callable[..., Path]


def ramp(width: int, height: int, pixel_format: str, index: int) -> av.VideoFrame:
    """A picture whose planes are gradients that depend on the frame number."""
    picture = av.VideoFrame(width, height, pixel_format)
    deep = picture.format.components[0].bits > 8
    scale = 1 << (picture.format.components[0].bits - 8)
    for number, plane in enumerate(picture.planes):
        dtype = np.uint16 if deep else np.uint8
        memory = np.frombuffer(plane, dtype).reshape(plane.height, -1)
        across = np.linspace(40 + 10 * number, 200, memory.shape[1])
        memory[...] = ((across + np.arange(plane.height)[:, None] % 16 + 2 * index) * scale).astype(dtype)
    return picture


@pytest.fixture
def make_clip(tmp_path: Path) -> ClipMaker:
    """Give a function that writes a clip: make_clip(name, width=..., pts=[...], ...) -> path."""

    def make(
        name: str = "clip.mkv",
        *,
        width: int = 64,
        height: int = 48,
        pixel_format: str = "yuv420p",
        codec: str = "libx264",
        pts: Sequence[int] = tuple(range(10)),
        time_base: Fraction = Fraction(1, 25),
        rotation: int = 0,
        aspect: Fraction | None = None,
        colour: tuple[int, int, int, int] | None = None,
        options: dict[str, str] | None = None,
        metadata: dict[str, str] | None = None,
        draw: Callable[[int, int, str, int], av.VideoFrame] = ramp,
    ) -> Path:
        path = tmp_path / name
        with av.open(str(path), "w") as container:
            stream: Any = container.add_stream(codec, rate=25, options=options or {})
            stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
            stream.time_base = stream.codec_context.time_base = time_base
            stream.metadata.update(metadata or {})
            if aspect is not None:
                stream.codec_context.sample_aspect_ratio = aspect
            if colour is not None:
                context = stream.codec_context
                context.colorspace, context.color_primaries, context.color_trc, context.color_range = colour
            if rotation:
                stream.set_display_rotation(rotation)
            for index, stamp in enumerate(pts):
                picture = draw(width, height, pixel_format, index)
                picture.pts, picture.time_base = stamp, time_base
                container.mux(stream.encode(picture))
            container.mux(stream.encode(None))
        return path

    return make


@pytest.fixture
def sound_only(tmp_path: Path) -> Path:
    """Give a file that holds nothing but a second of sound."""
    path = tmp_path / "sound.mka"
    with av.open(str(path), "w") as container:
        stream: Any = container.add_stream("pcm_s16le", rate=8000)
        stream.layout = "mono"
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 8000), np.int16), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = 8000, 0, Fraction(1, 8000)
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path

"""Every container holds disparity as well as it can, and what was written comes back."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from engine.errors import UnavailableError
from engine.frame import Colour, Frame, PixelFormat
from engine.sinks.codecs import CONTAINERS, encoder_for
from engine.sinks.depth_codecs import depth_encoding, exact, is_exact
from engine.sinks.encoder import EncoderSink


@pytest.mark.parametrize(
    ("suffix", "codec", "expected"),
    [
        (".mkv", None, ("ffv1", 16, True)),
        (".avi", None, ("ffv1", 16, True)),
        (".mp4", None, ("hevc", 10, True)),
        (".mov", None, ("hevc", 10, True)),
        (".webm", None, ("vp9", 8, True)),
        (".mkv", "h264", ("h264", 10, True)),
        (".mp4", "av1", ("av1", 10, True)),
        (".mov", "prores", ("prores", 10, False)),
        (".mpg", None, ("mpeg2", 8, False)),
    ],
)
def test_as_many_bits_as_can_be(suffix: str, codec: str | None, expected: tuple[str, int, bool]) -> None:
    found = depth_encoding(CONTAINERS[suffix], codec)
    assert (found.codec, found.bits, found.full_range) == expected


def test_every_container_has_an_encoding() -> None:
    for container in CONTAINERS.values():
        assert depth_encoding(container, None).bits >= 8


def test_an_unknown_codec_is_said() -> None:
    with pytest.raises(UnavailableError, match="--codec nonsense"):
        depth_encoding("matroska", "nonsense")


def test_exact_drops_the_quality_where_nothing_is_lost() -> None:
    encoder = exact(encoder_for("h264", crf=18, preset="fast"))
    assert is_exact(encoder)
    assert dict(encoder.options) == {"preset": "fast", "qp": "0"}
    lossy = exact(encoder_for("mpeg2", crf=18, preset=None))
    assert not is_exact(lossy)
    assert lossy.quantiser is not None


def _decoded(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        shown = []
        for frame in container.decode(video=0):
            dtype = np.uint8 if frame.format.components[0].bits == 8 else np.uint16
            rows = np.frombuffer(memoryview(frame.planes[0]), dtype).reshape(frame.height, -1)
            shown.append(rows[:, : frame.width].copy())
        return shown


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mkv", None), (".mp4", None), (".mkv", "h264"), (".webm", None), (".avi", None)]
)
@pytest.mark.parametrize(("width", "height"), [(64, 48), (67, 49)])
def test_no_code_value_is_lost(tmp_path, write, rng, suffix, codec, width: int, height: int) -> None:
    encoding = depth_encoding(CONTAINERS[suffix], codec)
    dtype = np.uint8 if encoding.bits == 8 else np.uint16
    codes = [
        (np.linspace(0, 1, width * height).reshape(height, width) ** power * (2**encoding.bits - 1)).astype(dtype)
        for power in (1, 2, 3)
    ]
    codes[2][10:20, 10:20] = rng.integers(0, 2**encoding.bits, (10, 10))
    frames = (
        Frame(
            planes=(code,),
            format=PixelFormat(subsampling="gray", bits=encoding.bits),
            colour=Colour(full_range=True),
            pts=40 * index,
            duration=40,
        )
        for index, code in enumerate(codes)
    )
    path = tmp_path / f"depth{suffix}"
    sink = EncoderSink(path, codec=encoding.codec, exact=True, about="what it means")
    write(sink, frames)
    for found, code in zip(_decoded(path), codes, strict=True):
        np.testing.assert_array_equal(found[:height, :width], code)
    with av.open(str(path)) as container:
        assert "what it means" in container.metadata.values()

"""FFmpeg's names, ranges and presets."""

from __future__ import annotations

import pytest

from engine.errors import OutputError, UsageError
from engine.frame import PixelFormat
from engine.sinks.codecs import container_of, encoder_for


@pytest.mark.parametrize(
    ("codec", "name", "options"),
    [
        ("h264", "libx264", {"crf": "18", "preset": "fast"}),
        ("libx265", "libx265", {"crf": "18", "preset": "fast"}),
        ("av1", "libsvtav1", {"crf": "18", "preset": "9"}),
        ("ffv1", "ffv1", {}),
    ],
)
def test_quality_and_speed_are_translated(codec, name, options) -> None:
    encoder = encoder_for(codec, crf=18, preset="fast")
    assert encoder.name == name
    assert dict(encoder.options) == options


def test_presets_may_be_numbers_where_the_encoder_counts() -> None:
    assert encoder_for("av1", crf=None, preset="4").options == {"preset": "4"}
    with pytest.raises(UsageError, match="--preset 14"):
        encoder_for("av1", crf=None, preset="14")


def test_quantiser_scale_follows_crf() -> None:
    scales = [encoder_for("mpeg4", crf=crf, preset=None).quantiser for crf in (0, 18, 28, 51)]
    assert scales[0] == 1
    assert scales == sorted(scales)
    assert scales[1] == 3


def test_gray_gets_neutral_chroma_only_where_players_need_it() -> None:
    gray = PixelFormat(subsampling="gray", bits=10)
    assert encoder_for("h264", crf=None, preset=None).pixel_format(gray) == ("yuv420p10le", None)
    assert encoder_for("ffv1", crf=None, preset=None).pixel_format(gray) == ("gray10le", None)


def test_unknown_suffix() -> None:
    with pytest.raises(OutputError, match=r"clip\.doc: the suffix \.doc is unknown"):
        container_of(".doc", "clip.doc")

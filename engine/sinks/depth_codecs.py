"""How a disparity map is best kept in a video file: as many bits as the codec has, and none of them lost."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import av

from engine.errors import UnavailableError
from engine.sinks.codecs import Encoder, encoder_for

_BEST: Mapping[str, str] = MappingProxyType(
    {
        "matroska": "ffv1",
        "avi": "ffv1",
        "nut": "ffv1",
        "mp4": "hevc",
        "mov": "hevc",
        "mpegts": "hevc",
        "flv": "h264",
        "3gp": "h264",
        "webm": "vp9",
        "mpeg": "mpeg2",
        "gif": "gif",
    }
)
# Deeper than this, and hardly anything but FFmpeg plays it.
_MOST_BITS: Mapping[str, int] = MappingProxyType({"libx265": 10})
_LOSSLESS: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        "libx264": {"qp": "0"},
        "libx265": {"x265-params": "lossless=1"},
        "libvpx-vp9": {"lossless": "1"},
        "libsvtav1": {"svtav1-params": "lossless=1"},
        "ffv1": {},
        "ffvhuff": {},
    }
)
# What they write does not say that its range is full.
_LIMITED_RANGE = frozenset({"mpeg4", "mpeg2video", "prores_ks", "libvpx", "gif"})
_BITS = re.compile(r"(?:gray|yuvj?4\d\dp)(\d+)?(?:le)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class DepthEncoding:
    """How one file holds disparity."""

    codec: str
    bits: int
    full_range: bool
    """Code values from 0 to the largest; otherwise those of limited range."""


def depth_encoding(container: str, codec: str | None) -> DepthEncoding:
    """The best a container offers, or the best of a codec.

    Args:
        container: FFmpeg's name.
        codec: what was asked for by name; None leaves the choice here.

    Raises:
        UnavailableError: there is no such encoder here.
    """
    name = codec or _BEST.get(container, "h264")
    try:
        encoder = encoder_for(name, crf=None, preset=None)
    except UnavailableError:
        if codec is not None or name == "h264":
            raise
        return depth_encoding(container, "h264")
    return DepthEncoding(codec=name, bits=_deepest(encoder.name), full_range=encoder.name not in _LIMITED_RANGE)


def exact(encoder: Encoder) -> Encoder:
    """The encoder set to keep every code value, as far as it can; gray stays gray."""
    options = _LOSSLESS.get(encoder.name)
    if options is None:
        return replace(encoder, keeps_gray=True)
    kept = {name: value for name, value in encoder.options.items() if name != "crf"}
    return replace(encoder, options=kept | dict(options), keeps_gray=True)


def is_exact(encoder: Encoder) -> bool:
    """Whether `exact` loses nothing with this encoder."""
    return encoder.name in _LOSSLESS


def _deepest(encoder: str) -> int:
    names = [form.name for form in av.Codec(encoder, "w").video_formats or ()]
    found = [match for name in names if (match := _BITS.fullmatch(name)) is not None]
    gray = [match for match in found if match[0].startswith("gray")]
    bits = (int(match[1] or 8) for match in gray or found)
    limit = _MOST_BITS.get(encoder, 16)
    return max((count for count in bits if count <= limit), default=8)

"""Which encoder, with which options, and which pixel format: what FFmpeg's names mean here."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import av
from av.codec.codec import find_best_pix_fmt_of_list

from engine.errors import OutputError, UnavailableError, UsageError
from engine.frame import PixelFormat

ENCODERS: Mapping[str, str] = MappingProxyType(
    {
        "h264": "libx264",
        "avc": "libx264",
        "hevc": "libx265",
        "h265": "libx265",
        "av1": "libsvtav1",
        "vp8": "libvpx",
        "vp9": "libvpx-vp9",
        "prores": "prores_ks",
        "mpeg2": "mpeg2video",
    }
)
"""Short names for encoders; every other name is FFmpeg's own."""

CONTAINERS: Mapping[str, str] = MappingProxyType(
    {
        ".mp4": "mp4",
        ".m4v": "mp4",
        ".mkv": "matroska",
        ".mov": "mov",
        ".webm": "webm",
        ".avi": "avi",
        ".ts": "mpegts",
        ".m2ts": "mpegts",
        ".mpg": "mpeg",
        ".flv": "flv",
        ".3gp": "3gp",
        ".nut": "nut",
        ".gif": "gif",
    }
)
"""OUTPUT's suffix and FFmpeg's name of the container."""

_DEFAULT_CODEC = {"webm": "vp9", "gif": "gif", "mpeg": "mpeg2", "3gp": "h264"}
_PRESETS = ("ultrafast", "superfast", "veryfast", "faster", "fast", "medium", "slow", "slower", "veryslow", "placebo")
# Gray pictures are written with neutral chroma where players expect colour.
_WANT_CHROMA = frozenset({"libx264", "libx265", "libsvtav1", "libvpx", "libvpx-vp9", "mpeg4", "mpeg2video"})
_EVEN_SIZE = frozenset({"libx264", "libx265", "libsvtav1", "h264_nvenc", "hevc_nvenc", "av1_nvenc", "prores_ks"})


@dataclass(frozen=True, slots=True)
class Encoder:
    """An encoder and how it was asked to work.

    name: FFmpeg's encoder name. options: its private options. quantiser: fixed quantiser scale where there is no crf.
    """

    name: str
    options: Mapping[str, str]
    quantiser: int | None = None
    keeps_gray: bool = False
    """Gray pictures are data and not to be looked at: they stay gray where the encoder can."""

    def pixel_format(self, wanted: PixelFormat) -> tuple[str, str | None]:
        """FFmpeg's name of the nearest format the encoder takes, and a warning when something is lost."""
        offered = [entry.name for entry in av.Codec(self.name, "w").video_formats or ()]
        is_kept = self.keeps_gray and wanted.name in offered
        if wanted.subsampling == "gray" and self.name in _WANT_CHROMA and not is_kept:
            wanted = PixelFormat(subsampling="420", bits=wanted.bits)
        if not offered or wanted.name in offered:
            return wanted.name, None
        usable = [name for name in offered if not any(part.is_alpha for part in av.VideoFormat(name).components)]
        best, _ = find_best_pix_fmt_of_list(usable or offered, wanted.name)
        if best is None:
            raise UnavailableError(f"--codec {self.name}: it takes no pictures of the kind {wanted.name}")
        if best.name == f"yuvj{wanted.subsampling}p" and wanted.bits == 8:
            return best.name, None
        return best.name, f"{self.name} cannot keep {wanted.name}: the picture is written as {best.name}"

    def encoded_size(self, width: int, height: int, pixel_format: str) -> tuple[int, int]:
        """The size the encoder needs: even where its chroma is halved."""
        if self.name not in _EVEN_SIZE:
            return width, height
        form = av.VideoFormat(pixel_format)
        half_width, half_height = form.chroma_width(16) < 16, form.chroma_height(16) < 16
        return width + (width & 1 if half_width else 0), height + (height & 1 if half_height else 0)


def container_of(suffix: str, path: object) -> str:
    """FFmpeg's container name for OUTPUT's suffix.

    Raises:
        OutputError: no or an unknown suffix.
    """
    container = CONTAINERS.get(suffix.lower())
    if container is None:
        known = ", ".join(CONTAINERS)
        what = f"the suffix {suffix} is unknown" if suffix else "it has no suffix"
        raise OutputError(f"{path}: {what}, so the kind of file is not clear; use one of {known}")
    return container


def default_codec(container: str) -> str:
    """The codec written into a container when nobody asks for another."""
    return _DEFAULT_CODEC.get(container, "h264")


def encoder_for(codec: str, *, crf: float | None, preset: str | None) -> Encoder:
    """Find the encoder and translate quality and speed into its own options.

    Raises:
        UnavailableError: this build of FFmpeg has no such encoder.
        UsageError: crf or preset are out of its range.
    """
    name = ENCODERS.get(codec, codec)
    try:
        found = av.Codec(name, "w")
    except (ValueError, av.FFmpegError) as error:
        known = ", ".join(sorted({"h264", "hevc", "av1", "vp9", "ffv1", "prores"}))
        raise UnavailableError(f"--codec {codec}: there is no such encoder here; try one of {known}") from error
    if found.type != "video":
        raise UsageError(f"--codec {codec}: this is a codec for {found.type}, not for video")
    return _OPTIONS.get(name, _plain)(name, crf, preset)


def _x26x(name: str, crf: float | None, preset: str | None) -> Encoder:
    if preset is not None and preset not in _PRESETS:
        raise UsageError(f"--preset {preset}: {name} knows {', '.join(_PRESETS)}")
    return Encoder(name, _options(crf=_crf(name, crf, 51), preset=preset))


def _svt(name: str, crf: float | None, preset: str | None) -> Encoder:
    speed = _speed(name, preset, {word: str(speed) for word, speed in zip(_PRESETS, _SVT_SPEEDS, strict=True)}, 13)
    return Encoder(name, _options(crf=_crf(name, crf, 63), preset=speed))


_SVT_SPEEDS = (13, 12, 11, 10, 9, 8, 6, 5, 4, 2)
_VPX_SPEEDS = (8, 8, 7, 6, 5, 4, 2, 1, 0, 0)


def _vpx(name: str, crf: float | None, preset: str | None) -> Encoder:
    speed = _speed(name, preset, {word: str(speed) for word, speed in zip(_PRESETS, _VPX_SPEEDS, strict=True)}, 8)
    options = _options(crf=_crf(name, crf, 63), **{"cpu-used": speed})
    return Encoder(name, {**options, "deadline": "good", "row-mt": "1"})


def _nvenc(name: str, crf: float | None, preset: str | None) -> Encoder:
    options = _options(cq=_crf(name, crf, 51), preset=preset)
    return Encoder(name, {**options, "rc": "vbr"})


def _quantised(name: str, crf: float | None, preset: str | None) -> Encoder:  # noqa: ARG001
    # These have a quantiser scale of 2..31 instead of a crf of 0..51; 18 is about 3, 28 about 8.
    value = float(_crf(name, crf, 51) or 18)
    return Encoder(name, {}, quantiser=max(1, round(2 ** ((value - 9) / 6))))


def _plain(name: str, crf: float | None, preset: str | None) -> Encoder:  # noqa: ARG001
    return Encoder(name, {})


_OPTIONS: dict[str, Callable[[str, float | None, str | None], Encoder]] = {
    "libx264": _x26x,
    "libx265": _x26x,
    "libsvtav1": _svt,
    "libvpx": _vpx,
    "libvpx-vp9": _vpx,
    "h264_nvenc": _nvenc,
    "hevc_nvenc": _nvenc,
    "av1_nvenc": _nvenc,
    "mpeg4": _quantised,
    "mpeg2video": _quantised,
    "mjpeg": _quantised,
}


def _crf(name: str, crf: float | None, limit: int) -> str | None:
    if crf is None:
        return None
    if not 0 <= crf <= limit:
        raise UsageError(f"--crf {crf:g}: {name} takes 0 (best) to {limit} (smallest)")
    return f"{crf:g}"


def _speed(name: str, preset: str | None, words: Mapping[str, str], limit: int) -> str | None:
    if preset is None or preset in words:
        return words[preset] if preset else None
    if preset.isdigit() and int(preset) <= limit:
        return preset
    raise UsageError(f"--preset {preset}: {name} knows {', '.join(words)} and the numbers 0 to {limit}")


def _options(**values: str | None) -> dict[str, str]:
    return {key: value for key, value in values.items() if value is not None}

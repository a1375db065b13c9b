"""Where frames end: video files, image files, nowhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from engine.sinks.carry import CarryOver
from engine.sinks.encoder import EncoderSink
from engine.sinks.image_files import WRITABLE_SUFFIXES, ImageFilesSink
from engine.sinks.null import NullSink
from engine.sinks.sink import Sink


@dataclass(frozen=True, slots=True, kw_only=True)
class SinkOptions:
    """How an output is written; see EncoderSink for the meaning of each."""

    codec: str | None = None
    crf: float | None = 18
    preset: str | None = "fast"
    overwrite: bool = False
    input_path: Path | None = None
    carry: CarryOver | None = None
    stereo: str | None = None
    about: str | None = None
    exact: bool = False


def _encoder(path: Path, options: SinkOptions) -> Sink:
    return EncoderSink(
        path,
        codec=options.codec,
        crf=options.crf,
        preset=options.preset,
        overwrite=options.overwrite,
        input_path=options.input_path,
        carry=options.carry,
        stereo=options.stereo,
        about=options.about,
        exact=options.exact,
    )


def _image_files(path: Path, options: SinkOptions) -> Sink:
    return ImageFilesSink(path, overwrite=options.overwrite, input_path=options.input_path, about=options.about)


def _null(path: Path, options: SinkOptions) -> Sink:  # noqa: ARG001
    return NullSink()


SINKS: Mapping[str, Callable[[Path, SinkOptions], Sink]] = MappingProxyType(
    {"encoder": _encoder, "image_files": _image_files, "null": _null}
)
"""Every kind of output and how it is made."""


def kind_of(output: str) -> str:
    """Which entry of SINKS writes OUTPUT: `null` by name; images by suffix, a folder by a trailing slash or on disk."""
    if output == "null":
        return "null"
    path = Path(output)
    if output.endswith("/") or path.is_dir() or path.suffix.lower() in WRITABLE_SUFFIXES:
        return "image_files"
    return "encoder"


def open_sink(output: str | Path, options: SinkOptions | None = None) -> Sink:
    """Choose and check the sink for OUTPUT; its `open` is called when the picture is known.

    Args:
        output: a video file, an image file, a pattern like frames/%05d.png, a folder (existing, or with a trailing
            slash), or `null`.
        options: how to write it.

    Raises:
        OutputError: the name, the folder or the suffix will not do.
        UsageError: an option is out of range.
        UnavailableError: no such encoder here.
    """
    name = str(output)
    return SINKS[kind_of(name)](Path(name), options or SinkOptions())

"""Where frames come from: video files, images, folders of images, a test pattern."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from engine.sources.file import FileSource
from engine.sources.image import IMAGE_SUFFIXES, ImageSource
from engine.sources.image_folder import ImageFolderSource
from engine.sources.pattern import PatternSource
from engine.sources.source import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which part of an input to play: seconds to skip, and seconds to keep (None: all)."""

    start_s: float = 0.0
    duration_s: float | None = None


def _file(spec: str, span: Span) -> Source:
    return FileSource(spec, start_s=span.start_s, duration_s=span.duration_s)


def _image(spec: str, span: Span) -> Source:  # noqa: ARG001 - a still has no span
    return ImageSource(spec)


def _folder(spec: str, span: Span) -> Source:
    return ImageFolderSource(spec, start_s=span.start_s, duration_s=span.duration_s)


def _pattern(spec: str, span: Span) -> Source:
    return PatternSource.from_spec(spec, duration_s=span.duration_s)


SOURCES: Mapping[str, Callable[[str, Span], Source]] = MappingProxyType(
    {"file": _file, "image": _image, "image_folder": _folder, "pattern": _pattern}
)
"""Every kind of input and how it is opened."""


def kind_of(spec: str) -> str:
    """Which entry of SOURCES reads INPUT: `pattern` and `pattern:...` by name, the rest by what is on disk."""
    if spec == "pattern" or spec.startswith("pattern:"):
        return "pattern"
    path = Path(spec)
    if path.is_dir():
        return "image_folder"
    return "image" if path.suffix.lower() in IMAGE_SUFFIXES else "file"


def open_source(spec: str | Path, *, start_s: float = 0.0, duration_s: float | None = None) -> Source:
    """Open INPUT, whatever it is.

    Args:
        spec: a video file, an image, a folder of images, or `pattern[:WIDTHxHEIGHT[@FPS]]`.
        start_s: seconds to skip.
        duration_s: seconds to keep; None is all.

    Raises:
        InputError: it cannot be read or holds no picture.
        UsageError: start or duration make no sense for it.
    """
    name = str(spec)
    return SOURCES[kind_of(name)](name, Span(start_s=start_s, duration_s=duration_s))

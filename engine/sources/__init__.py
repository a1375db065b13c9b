"""Where frames come from: files, images, folders of images, networks, cameras, screens, pipes, a test pattern."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from engine.sources.camera import camera_connection
from engine.sources.file import FileSource
from engine.sources.image import IMAGE_SUFFIXES, ImageSource
from engine.sources.image_folder import ImageFolderSource
from engine.sources.link import Connection
from engine.sources.network import network_connection, scheme_of, without_secrets
from engine.sources.pattern import PatternSource
from engine.sources.screen import screen_connection
from engine.sources.source import Source
from engine.sources.stdin import stdin_connection
from engine.sources.streamed import StreamedSource


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which part of an input to play: seconds to skip, and seconds to keep (None: all); and what becomes of pictures
    that change their size: fitted to the first one, or followed.
    """

    start_s: float = 0.0
    duration_s: float | None = None
    follows: bool = False


def _file(spec: str, span: Span) -> Source:
    return FileSource(spec, start_s=span.start_s, duration_s=span.duration_s, follows=span.follows)


def _image(spec: str, span: Span) -> Source:  # noqa: ARG001 - a still has no span
    return ImageSource(spec)


def _folder(spec: str, span: Span) -> Source:
    return ImageFolderSource(spec, start_s=span.start_s, duration_s=span.duration_s)


def _pattern(spec: str, span: Span) -> Source:
    return PatternSource.from_spec(spec, duration_s=span.duration_s)


def _camera(spec: str, span: Span) -> Source:
    return _streamed(camera_connection(spec), span)


def _screen(spec: str, span: Span) -> Source:
    return _streamed(screen_connection(spec), span)


def _network(spec: str, span: Span) -> Source:
    return _streamed(network_connection(spec), span)


def _stdin(spec: str, span: Span) -> Source:  # noqa: ARG001 - there is only one
    return _streamed(stdin_connection(), span)


def _streamed(connection: Connection, span: Span) -> Source:
    return StreamedSource(connection, start_s=span.start_s, duration_s=span.duration_s, follows=span.follows)


SOURCES: Mapping[str, Callable[[str, Span], Source]] = MappingProxyType(
    {
        "file": _file,
        "image": _image,
        "image_folder": _folder,
        "pattern": _pattern,
        "camera": _camera,
        "screen": _screen,
        "network": _network,
        "stdin": _stdin,
    }
)
"""Every kind of input and how it is opened."""


_NAMED = re.compile(r"(pattern|camera|screen)(?::.*|@\d+(?:x\d+.*)?)?", re.DOTALL)


def kind_of(spec: str) -> str:
    """Which entry of SOURCES reads INPUT: `-`, addresses and the words `pattern`, `camera`, `screen` (also with a colon
    and more) by name, the rest by what is on disk. A file that is called like a word is meant by `./camera`.
    """
    if spec == "-":
        return "stdin"
    if (named := _NAMED.fullmatch(spec)) is not None:
        return named[1]
    if scheme_of(spec) is not None:
        return "network"
    path = Path(spec)
    if path.is_dir():
        return "image_folder"
    return "image" if path.suffix.lower() in IMAGE_SUFFIXES else "file"


def shown_name(spec: str) -> str:
    """INPUT as it may be printed: addresses without name, password and query."""
    return without_secrets(spec) if kind_of(spec) == "network" else spec


def open_source(
    spec: str | Path, *, start_s: float = 0.0, duration_s: float | None = None, follows: bool = False
) -> Source:
    """Open INPUT, whatever it is.

    Args:
        spec: a video file, an image, a folder of images, an address (rtsp, rtmp, srt, udp, tcp, http, https), `-` for
            standard input, `camera[:NUMBER|NAME][@WIDTHxHEIGHT[@FPS]]`, `screen[:NUMBER|WINDOW][@FPS]`, or
            `pattern[:WIDTHxHEIGHT[@FPS]]`.
        start_s: seconds to skip.
        duration_s: seconds to keep; None is all.
        follows: give pictures of a video that changes its size or format as they come, with another epoch each time;
            otherwise all are fitted to the first one.

    Raises:
        InputError: it cannot be read or holds no picture.
        UsageError: start or duration make no sense for it.
        UnavailableError: there is no screen to look at.
    """
    name = str(spec)
    return SOURCES[kind_of(name)](name, Span(start_s=start_s, duration_s=duration_s, follows=follows))

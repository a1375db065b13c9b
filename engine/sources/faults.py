"""Why an input cannot be used, in words for a person."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import av

from engine.errors import InputError

# av.error.FFmpegError does not derive from OSError, ValueError ... as a whole: only its children do.
MEDIA_ERRORS: tuple[type[Exception], ...] = (av.FFmpegError, OSError, ValueError, RuntimeError, MemoryError)
"""What PyAV raises for files it cannot read: FFmpeg's own errors, and Python's for a few early checks."""

_BY_ERRNO = {
    errno.ENOENT: "there is no such file",
    errno.EACCES: "it may not be read (permission denied)",
    errno.EPERM: "it may not be read (permission denied)",
    errno.EISDIR: "it is a folder",
    errno.EIO: "the disk or device reports a read error",
    errno.ENOMEM: "it asks for more memory than there is",
    errno.ENOSYS: "it uses a feature that FFmpeg cannot decode",
    errno.EINVAL: "its headers make no sense",
}
_MP4_BOXES = frozenset({b"ftyp", b"moof", b"mdat", b"styp", b"sidx", b"free", b"wide", b"skip"})


def check_readable(path: Path) -> None:
    """Raise InputError unless `path` is a readable file that is not empty."""
    try:
        size = path.stat().st_size
    except OSError as error:
        raise InputError(f"{path}: {reason(error)}") from error
    if path.is_dir():
        raise InputError(f"{path}: it is a folder, not a file")
    if not os.access(path, os.R_OK):
        raise InputError(f"{path}: it may not be read (permission denied)")
    if path.is_file() and size == 0:
        raise InputError(f"{path}: the file is empty (0 bytes)")


def unreadable(path: Path, error: BaseException) -> str:
    """Like `reason`, after a look at the file for what FFmpeg does not tell."""
    if isinstance(error, (av.error.InvalidDataError, av.error.EOFError)):
        try:
            with path.open("rb") as file:
                head = file.read(12)
        except OSError:
            return reason(error)
        if head[4:8] in _MP4_BOXES:
            return "its index (the moov box) is missing: the recording or download was cut off, or this is only a part"
        if not head.strip(b"\0"):
            return "it holds nothing but zeros (an unfinished download?)"
    return reason(error)


def reason(error: BaseException) -> str:
    """Say in words what FFmpeg or the operating system complained about."""
    if isinstance(error, av.error.InvalidDataError):
        return "it is not a video, or it is damaged beyond reading"
    if isinstance(error, av.error.DecoderNotFoundError):
        return "this build of FFmpeg has no decoder for it"
    if isinstance(error, av.error.EOFError):
        return "it ends before the first picture"
    if isinstance(error, av.error.PatchWelcomeError):
        return "it uses a feature that FFmpeg cannot decode"
    if isinstance(error, MemoryError):
        return _BY_ERRNO[errno.ENOMEM]
    number = getattr(error, "errno", None)
    if number in _BY_ERRNO:
        return _BY_ERRNO[number]
    text = str(getattr(error, "strerror", None) or error).strip()
    return f"it cannot be read ({text[:1].lower() + text[1:]})" if text else "it cannot be read"

"""Why an output cannot be written, in words for a person."""

from __future__ import annotations

import errno

import av

MEDIA_ERRORS: tuple[type[Exception], ...] = (av.FFmpegError, OSError, ValueError, RuntimeError, MemoryError)
"""What PyAV raises for outputs it cannot write: FFmpeg's own errors, and Python's for a few early checks."""

_BY_ERRNO = {
    errno.ENOENT: "its folder does not exist",
    errno.ENOTDIR: "its folder does not exist",
    errno.EACCES: "the folder may not be written to (permission denied)",
    errno.EPERM: "the folder may not be written to (permission denied)",
    errno.EROFS: "the disk is read-only",
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "the disk quota is used up",
    errno.EFBIG: "the file grew beyond the allowed size",
    errno.EIO: "the disk or device reports a write error",
    errno.ENAMETOOLONG: "the name is too long",
    errno.ENOMEM: "there is not enough memory",
}
_STORAGE = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EROFS}


def reason(error: BaseException) -> str:
    """Say in words what FFmpeg or the operating system complained about."""
    number = getattr(error, "errno", None)
    if number in _BY_ERRNO:
        return _BY_ERRNO[number]
    text = str(getattr(error, "strerror", None) or error).strip()
    return text[:1].lower() + text[1:] if text else type(error).__name__


def is_storage_fault(error: BaseException) -> bool:
    """True where the disk, not the data, is to blame."""
    return getattr(error, "errno", None) in _STORAGE

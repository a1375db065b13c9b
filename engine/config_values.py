"""What options of several commands share: usual values that can be told from chosen ones, and checks."""

from __future__ import annotations

import math
import os
from pathlib import Path

from engine.errors import UsageError


class UsualWord(str):
    """A default: equal to the same word chosen by somebody, but see `is_chosen`."""


class UsualNumber(float):
    """Likewise."""


def is_chosen(value: object) -> bool:
    """Whether an option was given, and is not only the usual value."""
    return value is not None and not isinstance(value, UsualWord | UsualNumber)


def check_span(start_s: float, duration_s: float | None) -> None:
    """Refuse a part of the input that makes no sense.

    Raises:
        UsageError: it begins before 0, or is empty.
    """
    if not (start_s >= 0.0 and math.isfinite(start_s)):
        raise UsageError(f"--start must be 0 or more seconds, got {start_s:g}")
    if duration_s is not None and not (duration_s > 0.0 and math.isfinite(duration_s)):
        raise UsageError(f"--duration must be more than 0 seconds, got {duration_s:g}")


def check_folder(option: str, file: Path | None) -> None:
    """Find out now, and not after hours of converting, whether a file can be written.

    Raises:
        UsageError: its folder is not there, or it may not be written.
    """
    if file is not None and not file.absolute().parent.is_dir():
        raise UsageError(f"--{option} {file}: the folder {file.parent} does not exist")
    if file is not None and (
        file.is_dir() or not os.access(file if file.exists() else file.absolute().parent, os.W_OK)
    ):
        what = "this is a folder; name a file in it" if file.is_dir() else "it may not be written (permission denied)"
        raise UsageError(f"--{option} {file}: {what}")

"""Video from standard input."""

from __future__ import annotations

import os
import stat
import sys

from engine.errors import InputError
from engine.sources.feed import Fault, Request
from engine.sources.link import Connection
from engine.sources.stream_faults import stream_reason

NAME = "standard input"


def stdin_connection() -> Connection:
    """How to read a pipe: a recording that arrives as fast as it is taken, however long the other program thinks.

    Raises:
        InputError: standard input is a keyboard.
    """
    if sys.stdin is None or sys.stdin.isatty():
        raise InputError(f"-: {NAME} is a terminal; pipe a video into it: ffmpeg ... -f matroska - | wheatstone play -")
    # A file at standard input can be wound back, a pipe cannot; this reads both. Asked to wind a pipe, some demuxers
    # read it to its end.
    is_file = stat.S_ISREG(os.fstat(0).st_mode)
    request = Request(url="fd:", attempts=({"fd": "0", "protocol_whitelist": "fd"},), reads_stdin=True)
    return Connection(name=NAME, request=request, explain=_explain, is_live=False, can_wind=is_file)


def _explain(fault: Fault) -> str:
    if fault.kind == "EOFError":
        return "nothing came before it ended"
    if fault.kind == "InvalidDataError":
        return "what comes there is no video, or a kind that cannot be read from a pipe (MP4: use Matroska or MPEG-TS)"
    return stream_reason(fault)

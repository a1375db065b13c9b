"""Why a stream cannot be had, in words for a person."""

from __future__ import annotations

import errno
from types import MappingProxyType

from engine.sources import relay
from engine.sources.feed import Fault

_BY_KIND = MappingProxyType(
    {
        "End": "it has ended",
        "Stopped": "it was stopped",
        "Died": "the process that read it has died",
        "EOFError": "the other side closed the connection",
        "InvalidDataError": "what comes from there is no video (a web page, or another protocol?)",
        "ProtocolNotFoundError": "this build of FFmpeg does not speak this protocol",
        "DemuxerNotFoundError": "this build of FFmpeg cannot read this kind of device",
        "HTTPBadRequestError": "the server does not understand the request (400)",
        "HTTPUnauthorizedError": "the server wants a name and a password (401): PROTOCOL://NAME:PASSWORD@HOST/...",
        "HTTPForbiddenError": "the server refuses access (403)",
        "HTTPNotFoundError": "the server has nothing under this name (404)",
        "HTTPTooManyRequestsError": "the server has had too many requests (429)",
        "HTTPOtherClientError": "the server refuses the request (4xx)",
        "HTTPServerError": "the server reports a failure of its own (5xx)",
        relay.NO_DECODER: "this build of FFmpeg has no decoder for its video",
    }
)
_BY_ERRNO = MappingProxyType(
    {
        errno.ECONNREFUSED: "nobody listens there (connection refused): is the server running, and is the port right?",
        errno.ECONNRESET: "the other side broke the connection",
        errno.EPIPE: "the other side broke the connection",
        errno.ETIMEDOUT: "no answer",
        errno.EHOSTUNREACH: "there is no way to this host (no network?)",
        errno.ENETUNREACH: "there is no way to this host (no network?)",
        errno.EADDRINUSE: "another program receives on this port already",
        errno.EADDRNOTAVAIL: "this machine has no such address",
        errno.EACCES: "permission denied",
        errno.EPERM: "permission denied",
        errno.EIO: "the connection broke",
    }
)


def stream_reason(fault: Fault, *, open_s: float | None = None, read_s: float | None = None) -> str:
    """Say in words what went wrong with a stream.

    Args:
        fault: what the relay said.
        open_s: how long opening was allowed to take.
        read_s: how long the stream was allowed to be silent.
    """
    if fault.kind == "ExitError":
        limits = sorted({limit for limit in (open_s, read_s) if limit is not None})
        return f"no data within {' or '.join(f'{limit:g}' for limit in limits)} s" if limits else "no data"
    if fault.kind == relay.NO_HOST:
        return f"the name {fault.text} cannot be looked up: is it right, and is there a network?"
    if fault.kind == relay.NO_VIDEO:
        return f"there is no video in it, only {fault.text or 'headers'}"
    if fault.kind == relay.NOT_RELAYED:
        return f"it hands out {fault.text}, which cannot be passed on"
    if fault.kind in _BY_KIND:
        return _BY_KIND[fault.kind]
    if fault.errno is not None and fault.errno in _BY_ERRNO:
        return _BY_ERRNO[fault.errno]
    text = fault.text.strip()
    return f"it cannot be read ({text[:1].lower()}{text[1:]})" if text else "it cannot be read"

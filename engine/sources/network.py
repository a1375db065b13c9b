"""Streams from a network: what may be opened, how patiently, and what is never said aloud."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType
from urllib.parse import urlsplit

import av

from engine.errors import UsageError
from engine.sources.backoff import Backoff
from engine.sources.faults import MEDIA_ERRORS
from engine.sources.feed import Fault, Request
from engine.sources.link import Connection
from engine.sources.stream_faults import stream_reason

_WEB = "http,https,httpproxy,tls,tcp,crypto"
_WHITELISTS: Mapping[str, str] = MappingProxyType(
    {
        "http": _WEB,
        "https": _WEB,
        "rtsp": "rtsp,rtp,udp,tcp",
        "rtsps": "rtsps,rtsp,rtp,udp,tls,tcp",
        "rtmp": "rtmp,tcp",
        "rtmps": "rtmps,tls,tcp",
        "srt": "srt",
        "udp": "udp",
        "tcp": "tcp",
    }
)
"""What each protocol may open in turn. Never `file`: a play list from a stranger must not read this machine's files."""
SCHEMES = tuple(_WHITELISTS)
"""Protocols that can be played."""

_URL = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_OPEN_S, _READ_S = 10.0, 10.0
# Before the first packet is handed out FFmpeg looks at what comes: by default at most of a second, to learn the frame
# rate, and at five seconds where sound is announced and does not come.
_SHORT_LOOK = {"fpsprobesize": "3", "analyzeduration": "2000000"}
_PER_SCHEME: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {
        # Over UDP a firewall swallows the pictures and nobody says a word.
        "rtsp": {"rtsp_flags": "prefer_tcp"},
        "rtsps": {"rtsp_flags": "prefer_tcp"},
        "rtmp": {"rtmp_live": "any"},
        "rtmps": {"rtmp_live": "any"},
        # A burst that does not fit is lost, but it is no reason to stop.
        "udp": {"overrun_nonfatal": "1", "fifo_size": "50000"},
    }
)


def spoken() -> tuple[str, ...]:
    """Those of SCHEMES that this build of FFmpeg speaks. Nothing is sent: the port is one on which nobody listens."""
    known = []
    for scheme in SCHEMES:
        try:
            av.open(f"{scheme}://127.0.0.1:1", "r", timeout=(0.05, 0.05))
        except av.error.ProtocolNotFoundError:
            continue
        except MEDIA_ERRORS:
            # Refused, or nothing came: it tried.
            known.append(scheme)
    return tuple(known)


def scheme_of(spec: str) -> str | None:
    """The protocol of an address, in small letters; None if `spec` is no address."""
    match = _URL.match(spec)
    return match[1].lower() if match else None


def without_secrets(url: str) -> str:
    """The address as it may be shown: without name and password, and without what follows a question mark."""
    scheme, _, rest = url.partition("://")
    place, path, mark = re.findall(r"([^/?#]*)([^?#]*)(\??)", rest)[0]
    if "@" in rest[len(place) :] and ":" in rest.rpartition("@")[0]:
        # A password may hold slashes and question marks, and what looks like a port may be its beginning.
        place, path = "...", ""
    return f"{scheme.lower()}://{place.rpartition('@')[2]}{path}{mark and '?...'}"


def network_connection(
    url: str, *, backoff: Backoff | None = None, open_s: float = _OPEN_S, read_s: float = _READ_S
) -> Connection:
    """How to read an address.

    A file of a web server (it has a length) is a recording: it keeps its timestamps and its end is an end. All else is
    live: what stops is asked for again.

    Args:
        url: one of SCHEMES.
        backoff: how long to wait before that.
        open_s: seconds in which the first data must come.
        read_s: seconds that a stream may be silent before it counts as lost.

    Raises:
        UsageError: another protocol, or no host.
    """
    name, scheme = without_secrets(url), scheme_of(url)
    if scheme is None or scheme not in _WHITELISTS:
        raise UsageError(f"{name}: {scheme}:// cannot be played; choose one of {', '.join(SCHEMES)}")
    try:
        parts = urlsplit(url)
        host, _port = parts.hostname, parts.port
    except ValueError as error:
        # Its own words repeat the address.
        words = (
            f"{name}: this address makes no sense; expected {scheme}://NAME:PASSWORD@HOST:PORT/..., with %2F for / and"
        )
        raise UsageError(f"{words} so on in the password") from error
    if not host and scheme != "udp":
        raise UsageError(f"{name}: the host is missing; expected {scheme}://HOST/...")
    request = Request(
        url=url,
        attempts=({"protocol_whitelist": _WHITELISTS[scheme], **_SHORT_LOOK, **_PER_SCHEME.get(scheme, {})},),
        open_s=open_s,
        read_s=read_s,
        host=host,
    )

    def explain(fault: Fault) -> str:
        if fault.kind == "InvalidDataError" and not scheme.startswith("http"):
            return f"what answers there does not speak {scheme}, or sends no video"
        if fault.kind == "ProtocolNotFoundError":
            return f"this build of FFmpeg does not speak {scheme}"
        return stream_reason(fault, open_s=open_s, read_s=read_s)

    return Connection(
        name=name,
        request=request,
        explain=explain,
        backoff=backoff or Backoff(),
        is_live=None if scheme.startswith("http") else True,
    )

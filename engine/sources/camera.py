"""Cameras: which there are, which one is meant, and how it is opened."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import av

from engine.errors import InputError, UsageError
from engine.sources.backoff import Backoff
from engine.sources.faults import MEDIA_ERRORS
from engine.sources.feed import Fault, Request
from engine.sources.link import Connection
from engine.sources.stream_faults import stream_reason

System = Literal["v4l2", "avfoundation", "dshow"]
"""FFmpeg's name for what hands out cameras on Linux, macOS and Windows."""

_SPEC = re.compile(r"camera(?::(?P<which>.+?))?(?:@(?P<size>\d+x\d+)(?:@(?P<rate>\d+(?:\.\d+)?))?)?")
_USUAL = ("1280x720", "30")
_OPEN_S, _READ_S = 10.0, 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Camera:
    """One camera.

    address: what FFmpeg opens. name: what its maker calls it.
    """

    address: str
    name: str


def system() -> System:
    """How this operating system hands out cameras."""
    if sys.platform == "darwin":
        return "avfoundation"
    return "dshow" if sys.platform == "win32" else "v4l2"


def cameras() -> tuple[Camera, ...]:
    """All cameras that FFmpeg sees, in the order of their numbers."""
    kind = system()
    try:
        devices = av.enumerate_input_devices(kind)
    except MEDIA_ERRORS:
        # None at all is an error to some systems.
        return ()
    found = (device for device in devices if not device.media_types or "video" in device.media_types)
    named = (Camera(address=device.name, name=device.description or device.name) for device in found)
    # On macOS screens are among the cameras.
    return tuple(camera for camera in named if not camera.name.startswith("Capture screen"))


def camera_connection(spec: str) -> Connection:
    """How to read `camera[:NUMBER|NAME|PATH][@WIDTHxHEIGHT[@FPS]]`.

    A camera takes the mode that comes nearest. One that is unplugged may be plugged in again.

    Raises:
        UsageError: the text is of another form.
        InputError: there is no such camera.
    """
    match = _SPEC.fullmatch(spec)
    if match is None:
        raise UsageError(f"{spec}: expected camera, camera:NUMBER or camera:NAME, then perhaps @WIDTHxHEIGHT[@FPS]")
    kind = system()
    camera = _choose(match["which"] or "0", cameras(), spec)
    wished = {"video_size": match["size"]} if match["size"] else {}
    wished |= {"framerate": match["rate"]} if match["rate"] else {}
    return camera_request(spec, kind, camera, wished)


def camera_request(spec: str, kind: System, camera: Camera, wished: dict[str, str]) -> Connection:
    """How to read one camera.

    Args:
        spec: what the user typed.
        kind: the system it belongs to.
        camera: which one.
        wished: FFmpeg's video_size and framerate, where the user cares.
    """
    request = Request(
        url=f"video={camera.address}" if kind == "dshow" else camera.address,
        format=kind,
        attempts=_attempts(kind, wished),
        open_s=_OPEN_S,
        read_s=_READ_S,
    )
    return Connection(
        name=spec,
        request=request,
        explain=_explain,
        backoff=Backoff(give_up_s=120.0),
        is_live=True,
    )


def _choose(which: str, found: Sequence[Camera], spec: str) -> Camera:
    if which.startswith(("/", "\\\\")):
        return Camera(address=which, name=which)
    if not found:
        raise InputError(f"{spec}: {why_none()} (`wheatstone doctor` lists cameras)")
    if which.isdecimal():
        if int(which) < len(found):
            return found[int(which)]
        raise InputError(f"{spec}: there is no camera {which}, only {_list(found)}")
    chosen = [camera for camera in found if which.lower() in camera.name.lower()]
    if len(chosen) != 1:
        count = "no camera is" if not chosen else f"{len(chosen)} cameras are"
        raise InputError(f"{spec}: {count} called {which}; there are {_list(found)}")
    return chosen[0]


def _attempts(kind: System, wished: dict[str, str]) -> tuple[dict[str, str], ...]:
    """Options from the most to the least demanding: USB carries large pictures at full rate only as JPEG."""
    size, rate = wished.get("video_size", _USUAL[0]), wished.get("framerate", _USUAL[1])
    full = {"video_size": size, "framerate": rate}
    packed = {"v4l2": [{"input_format": "mjpeg", **full}], "dshow": [{"vcodec": "mjpeg", **full}], "avfoundation": []}
    rest = [full, wished] if wished else [{"framerate": rate}]
    attempts = [*packed[kind], *rest, {}]
    return tuple(options for index, options in enumerate(attempts) if options not in attempts[:index])


def _list(found: Sequence[Camera]) -> str:
    return ", ".join(f"camera:{number} ({camera.name})" for number, camera in enumerate(found))


def why_none() -> str:
    """What may be the matter where no camera is seen, and what to do."""
    nodes = sorted(Path("/dev").glob("video*")) if system() == "v4l2" else []
    closed = [node for node in nodes if not os.access(node, os.R_OK | os.W_OK)]
    if closed:
        return f"{closed[0]} may not be opened (permission denied); does your user belong to the group `video`?"
    return "this machine shows no camera; plug one in, or allow its use in the settings of your system"


def _explain(fault: Fault) -> str:
    told = {
        "FileNotFoundError": "there is no such camera (unplugged?)",
        "PermissionError": "it may not be opened (permission denied)",
        "ArgumentError": "it has no picture of this kind; leave out the size or the rate",
        "End": "the camera was unplugged or switched off",
        "EOFError": "the camera was unplugged or switched off",
    }
    if fault.kind in told:
        return told[fault.kind]
    if fault.errno == 19:
        return "the camera was unplugged"
    if fault.errno == 16:
        return "another program is using the camera"
    return stream_reason(fault, open_s=_OPEN_S, read_s=_READ_S)

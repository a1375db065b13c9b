"""``wheatstone doctor``: what this machine offers, and what is missing for which extra."""

from __future__ import annotations

import importlib.util
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from rich.markup import escape
from rich.table import Table

from engine import models
from engine.commands.screen import console
from engine.config import DoctorOptions
from engine.report import versions
from engine.telemetry import resident_mb

_ENCODERS = ("libx264", "libx265", "libsvtav1", "libvpx-vp9", "prores_ks", "ffv1", "h264_nvenc", "hevc_nvenc")
_EXTRAS = {
    "audio": ("sounddevice",),
    "gpu": ("tensorrt", "pycuda"),
    "train": ("torch", "onnx", "onnxscript"),
    "models": ("huggingface_hub",),
}
# A driver that crashes takes its process with it, so OpenGL is asked in a process of its own.
_ASK_OPENGL = """
import json, moderngl
context = moderngl.create_context(standalone=True, {backend})
print(json.dumps([context.info["GL_RENDERER"], context.version_code]))
"""
_PATIENCE_S = 30


@dataclass(frozen=True, slots=True)
class Finding:
    """One line: what was looked at, whether it is there, and what there is to say about it."""

    what: str
    state: Literal["ok", "missing", "no"]
    """missing: something that can be installed; no: this machine has none."""
    detail: str


def run(options: DoctorOptions) -> int:  # noqa: ARG001 -- every command has the same form
    """Print the table. It is a description, so it never fails because something is missing."""
    table = Table(box=None, padding=(0, 2, 0, 0), show_header=False)
    marks = {"ok": "[green]yes[/]", "missing": "[yellow]missing[/]", "no": "[dim]no[/]"}
    for finding in examine():
        table.add_row(finding.what, marks[finding.state], escape(finding.detail))
    console().print(table)
    return 0


def examine() -> Iterator[Finding]:
    """Look at everything, cheapest first."""
    yield Finding("machine", "ok", f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {_memory()}")
    yield Finding("versions", "ok", ", ".join(f"{name} {number}" for name, number in versions().items()))
    yield from _networks()
    yield from _runtimes()
    yield _cuda()
    yield from _encoders()
    yield from _opengl()
    yield from _inputs()
    yield from _extras()


def _memory() -> str:
    import psutil

    memory = psutil.virtual_memory()
    return f"{memory.total / 2**30:.0f} GiB, {memory.available / 2**30:.0f} free, {resident_mb():.0f} MB used by this"


def _networks() -> Iterator[Finding]:
    names = models.embedded()
    for name in (models.DEFAULT_DEPTH, models.LIVE_DEPTH, models.DEFAULT_INFILL):
        if name in names:
            yield Finding(f"network {name}", "ok", "comes with Wheatstone")
        else:
            yield Finding(f"network {name}", "missing", "this installation is incomplete; install Wheatstone again")


def _runtimes() -> Iterator[Finding]:
    from engine.inference import RUNTIMES, installed_runtimes

    installed = installed_runtimes()
    for name in RUNTIMES:
        if name in installed:
            yield Finding(f"runtime {name}", "ok", _devices(name))
        else:
            yield Finding(f"runtime {name}", "missing", f"pip install {name}")


def _devices(runtime: str) -> str:
    if runtime == "openvino":
        from engine.inference.openvino import load_openvino

        core = load_openvino().Core()
        return ", ".join(f"{name}: {core.get_property(name, 'FULL_DEVICE_NAME')}" for name in core.available_devices)
    import onnxruntime

    return ", ".join(name.removesuffix("ExecutionProvider") for name in onnxruntime.get_available_providers())


def _cuda() -> Finding:
    from engine.inference.cuda import device_count

    count = device_count()
    if count:
        return Finding("CUDA", "ok", f"{count} device{'s' if count > 1 else ''}")
    return Finding("CUDA", "no", "no NVIDIA device or driver: everything runs on the CPU")


def _encoders() -> Iterator[Finding]:
    import av

    from engine.inference.cuda import device_count

    for name in _ENCODERS:
        if name not in av.codecs_available:
            yield Finding(f"encoder {name}", "no", "this build of FFmpeg was made without it")
        elif name.endswith("_nvenc") and not device_count():
            yield Finding(f"encoder {name}", "no", "FFmpeg has it, but it needs an NVIDIA device")
        else:
            yield Finding(f"encoder {name}", "ok", "")


def _opengl() -> Iterator[Finding]:
    for label, backend in (("off screen (EGL)", "backend='egl'"), ("in a window", "")):
        try:
            asked = subprocess.run(
                [sys.executable, "-c", _ASK_OPENGL.format(backend=backend)],
                capture_output=True,
                text=True,
                timeout=_PATIENCE_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            yield Finding(f"OpenGL {label}", "no", f"the driver did not answer within {_PATIENCE_S} s")
            continue
        if asked.returncode == 0:
            renderer, code = json.loads(asked.stdout)
            yield Finding(f"OpenGL {label}", "ok", f"{code // 100}.{code // 10 % 10}, {renderer}")
        else:
            reason = (asked.stderr.strip().splitlines() or ["the driver crashed"])[-1]
            yield Finding(f"OpenGL {label}", "no", reason)


def _inputs() -> Iterator[Finding]:
    """What `play` can watch beside files."""
    from engine.errors import WheatstoneError
    from engine.sources.camera import cameras, why_none
    from engine.sources.network import SCHEMES, spoken
    from engine.sources.screen import screen_connection

    found = cameras()
    for number, camera in enumerate(found):
        yield Finding(f"camera:{number}", "ok", f"{camera.name} ({camera.address})")
    if not found:
        yield Finding("cameras", "no", why_none())
    try:
        request = screen_connection("screen").request
        yield Finding("screen", "ok", f"{request.attempts[0].get('video_size', '')} {request.url}".strip())
    except WheatstoneError as error:
        yield Finding("screen", "no", str(error).removeprefix("screen: "))
    known = spoken()
    mute = [scheme for scheme in SCHEMES if scheme not in known]
    yield Finding("streams", "ok", ", ".join(known) + (f"; not {', '.join(mute)} (not in this FFmpeg)" if mute else ""))


def _extras() -> Iterator[Finding]:
    for extra, modules in _EXTRAS.items():
        absent = [name for name in modules if importlib.util.find_spec(name) is None]
        if not absent:
            yield Finding(f"extra {extra}", "ok", ", ".join(modules))
        else:
            first = "pip uninstall onnxruntime; " if extra == "gpu" else ""
            yield Finding(f"extra {extra}", "missing", f"{', '.join(absent)}: {first}pip install 'wheatstone[{extra}]'")

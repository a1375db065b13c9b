"""``wheatstone demo``: see it work before reading anything."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import count
from pathlib import Path

import av

from engine.commands import INTERRUPTED
from engine.commands.convert import convert, summary
from engine.config import ConvertOptions, DemoOptions

CLIP = Path(__file__).parents[1] / "demo" / "clip.mp4"
STILL_AT_S = 2.0
STILL_S = 0.04


def run(options: DemoOptions) -> int:
    """Turn the bundled clip into stereo and say where it is.

    Returns:
        0, or 130 after Ctrl-C.

    Raises:
        WheatstoneError: see `engine.commands.convert.convert`.
    """
    film, still = choose_names(options.output)
    sys.stdout.write(f"Turning {CLIP.name}, a few seconds of Big Buck Bunny, into stereo ...\n")
    sys.stdout.flush()
    settings = ConvertOptions(input=str(CLIP), output=str(film), layout=options.layout, overwrite=True)
    conversion = convert(settings, show=True)
    for warning in conversion.report.warnings:
        sys.stderr.write(f"wheatstone: warning: {warning}\n")
    if conversion.was_interrupted:
        return INTERRUPTED
    convert(replace(settings, output=str(still), layout="sbs", start=STILL_AT_S, duration=STILL_S))
    sys.stdout.write(
        f"{summary(conversion.report)}.\n"
        f"  {film.absolute()}   layout {options.layout}: play it on a 3D screen or in a headset\n"
        f"  {still.absolute()}   one moment of it, both eyes side by side\n"
        f"Your own: wheatstone convert FILM.mp4 FILM-3d.mp4\n"
    )
    return 0


def choose_names(wanted: Path) -> tuple[Path, Path]:
    """The film and the still beside it: names that are free, or taken by an earlier demo.

    Args:
        wanted: the film; `NAME-2`, `NAME-3` ... are tried where it is somebody else's.
    """
    for number in count(1):
        film = wanted if number == 1 else wanted.with_stem(f"{wanted.stem}-{number}")
        still = film.with_suffix(".png")
        if is_demo(film) or not (film.exists() or still.exists()):
            return film, still
    raise AssertionError("counting never ends")


def is_demo(film: Path) -> bool:
    """True if an earlier demo wrote this file: then it bears the title of the bundled clip."""
    if not film.is_file():
        return False
    try:
        with av.open(str(film)) as written, av.open(str(CLIP)) as clip:
            return bool(clip.metadata["title"]) and written.metadata.get("title") == clip.metadata["title"]
    except (av.FFmpegError, OSError, ValueError):
        return False

"""A folder of images, in the order a person would count them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

from engine.errors import InputError, UsageError
from engine.frame import Frame, StreamInfo
from engine.sources.faults import reason
from engine.sources.image import IMAGE_SUFFIXES, read_image
from engine.sources.numbered import Numbered

_RATE = Fraction(25)


class ImageFolderSource(Numbered):
    """Plays the images of a folder at 25 frames a second, sorted so that 2 comes before 10.

    All images must have the size of the first; kind and depth may differ only where the planes agree.

    Raises:
        InputError: no such folder, or no image in it.
    """

    def __init__(
        self,
        path: str | Path,
        *,
        start_s: float = 0.0,
        duration_s: float | None = None,
        frame_rate: Fraction = _RATE,
    ) -> None:
        self.path = Path(path)
        self._rate = frame_rate
        everything = list_images(self.path)
        first = round(start_s * frame_rate)
        last = None if duration_s is None else first + max(1, round(duration_s * frame_rate))
        self._files = everything[first:last]
        if not self._files:
            raise UsageError(
                f"--start {start_s:g}: {self.path} has only {float(len(everything) / frame_rate):g} s of images"
            )
        self._notes: list[str] = []
        self._first, notes = read_image(self._files[0])
        self._remember(self._files[0], notes)
        self._info = StreamInfo(
            width=self._first.width,
            height=self._first.height,
            format=self._first.format,
            time_base=1 / frame_rate,
            frame_rate=frame_rate,
            frame_count=len(self._files),
            duration_s=float(len(self._files) / frame_rate),
            colour=self._first.colour,
            sample_aspect=self._first.sample_aspect,
            is_still=True,
        )

    @property
    def info(self) -> StreamInfo:
        """What the frames look like."""
        return self._info

    @property
    def origin_s(self) -> Fraction:
        """There is nothing beside the images that would need it."""
        return Fraction(0)

    @property
    def warnings(self) -> list[str]:
        """What was changed."""
        return list(self._notes)

    @property
    def files(self) -> tuple[Path, ...]:
        """The images in the order they are played."""
        return tuple(self._files)

    def frames(self) -> Iterator[Frame]:
        """Yield one frame for each image, but for those that `hurry` leaves out.

        Raises:
            InputError: an image is damaged or differs in size or kind from the first.
        """
        for index in self._numbers(len(self._files), self._rate):
            file = self._files[index]
            if index == 0:
                frame = self._first
            else:
                frame, notes = read_image(file)
                self._remember(file, notes)
                self._check_kind(file, frame)
            yield replace(frame, pts=index, duration=1, time_base=1 / self._rate, index=index)

    def _check_kind(self, file: Path, frame: Frame) -> None:
        if (frame.width, frame.height) != (self._first.width, self._first.height):
            raise InputError(
                f"{file}: it is {frame.width}x{frame.height}, but {self._files[0].name} is "
                f"{self._first.width}x{self._first.height}; all images of a folder must have one size"
            )
        if frame.format != self._first.format:
            raise InputError(
                f"{file}: it is {frame.format.name}, but {self._files[0].name} is {self._first.format.name}; "
                "all images of a folder must be of one kind"
            )

    def _remember(self, file: Path, notes: list[str]) -> None:
        # A folder of a thousand transparent images needs to say so once.
        known = {note.partition(": ")[2] for note in self._notes}
        self._notes += [f"{file.name}: {note}" for note in notes if note not in known]


def list_images(folder: Path) -> list[Path]:
    """The images of a folder in natural order; hidden files are not images.

    Raises:
        InputError: the folder cannot be read or holds no image.
    """
    try:
        entries = list(folder.iterdir())
    except OSError as error:
        raise InputError(f"{folder}: {reason(error)}") from error
    images = [
        entry
        for entry in entries
        if entry.suffix.lower() in IMAGE_SUFFIXES and not entry.name.startswith(".") and entry.is_file()
    ]
    if not images:
        raise InputError(f"{folder}: no image in this folder (looked for {', '.join(sorted(IMAGE_SUFFIXES))})")
    return sorted(images, key=lambda entry: natural_key(entry.name))


def natural_key(name: str) -> tuple[tuple[int, int | str], ...]:
    """Sort key under which frame2 comes before frame10."""
    parts = re.split(r"(\d+)", name.lower())
    return tuple((0, int(part)) if part.isdigit() else (1, part) for part in parts if part)

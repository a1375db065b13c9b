"""A test pattern whose every frame says its number and whose depth is known exactly."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from engine.errors import UsageError
from engine.frame import Colour, Frame, PixelFormat, StreamInfo
from engine.sources.numbered import Numbered

_SPEC = re.compile(r"pattern(?::(\d+)x(\d+)(?:@(\d+(?:/\d+)?))?)?")
_CODE_BITS = 16
_BACKGROUND_NEAR = 0.4
# (disparity, phase, speed in widths a second, size in heights, is round, U, V), far to near.
_SHAPES = (
    (0.55, 0.15, 0.11, 0.34, False, 90, 160),
    (0.75, 0.55, -0.17, 0.28, True, 170, 100),
    (0.95, 0.80, 0.23, 0.20, True, 110, 200),
)


class PatternSource(Numbered):
    """Shapes that move over a gradient: 8 bit 4:2:0, BT.709 limited range.

    Each frame carries its exact relative `disparity` (H, W) float32, and its number as a row of black and white
    blocks along the top edge, which `read_number` reads back even after a lossy codec.

    Args:
        width: columns, at least 64.
        height: rows, at least 64.
        frame_rate: frames a second.
        frame_count: how many frames; None goes on until the number code is used up (65536 frames).
    """

    def __init__(
        self,
        width: int = 1280,
        height: int = 720,
        *,
        frame_rate: Fraction = Fraction(30),
        frame_count: int | None = 300,
    ) -> None:
        if width < 64 or height < 64:
            raise UsageError(f"pattern:{width}x{height}: the test pattern needs at least 64x64 pixels")
        if frame_rate <= 0:
            raise UsageError(f"pattern: the frame rate must be more than 0, got {frame_rate}")
        self._count = min(frame_count, 1 << _CODE_BITS) if frame_count is not None else 1 << _CODE_BITS
        self._info = StreamInfo(
            width=width,
            height=height,
            format=PixelFormat(),
            time_base=1 / frame_rate,
            frame_rate=frame_rate,
            frame_count=self._count,
            duration_s=float(self._count / frame_rate),
            colour=Colour(matrix=1, primaries=1, transfer=1),
        )
        column = np.linspace(0.0, 1.0, width, dtype=np.float32)
        row = np.linspace(0.0, 1.0, height, dtype=np.float32)[:, None]
        # A floor that comes nearer downwards, with a texture that depth and stereo can hold on to.
        self._ground = np.broadcast_to(_BACKGROUND_NEAR * row, (height, width)).astype(np.float32)
        checks = ((np.arange(width)[None] // 24 + np.arange(height)[:, None] // 24) % 2) * 18
        self._luma = (60 + 70 * column + 40 * row + checks).astype(np.uint8)
        self._chroma = (112 + 32 * column[::2][None].repeat(-(-height // 2), axis=0)).astype(np.uint8)

    @classmethod
    def from_spec(cls, spec: str, *, duration_s: float | None = None) -> Self:
        """Build from `pattern`, `pattern:1920x1080` or `pattern:1920x1080@60`.

        Raises:
            UsageError: the text is of another form.
        """
        match = _SPEC.fullmatch(spec)
        if match is None:
            raise UsageError(f"{spec}: expected pattern, pattern:WIDTHxHEIGHT or pattern:WIDTHxHEIGHT@FPS")
        width, height, rate = match.groups()
        frame_rate = Fraction(rate or 30)
        count = 300 if duration_s is None else max(1, round(duration_s * frame_rate))
        return cls(int(width or 1280), int(height or 720), frame_rate=frame_rate, frame_count=count)

    @property
    def info(self) -> StreamInfo:
        """What the frames look like."""
        return self._info

    @property
    def origin_s(self) -> Fraction:
        """The pattern begins at zero."""
        return Fraction(0)

    @property
    def warnings(self) -> list[str]:
        """A pattern has no faults."""
        return []

    def frames(self) -> Iterator[Frame]:
        """Yield the frames; the same on every run, but for those that `hurry` leaves out."""
        for index in self._numbers(self._count, self._info.frame_rate or Fraction(0)):
            yield self.frame(index)

    def frame(self, index: int) -> Frame:
        """Draw frame `index` (0 .. 65535)."""
        luma, disparity = self._luma.copy(), self._ground.copy()
        blue, red = self._chroma.copy(), self._chroma[:, ::-1].copy()
        for shape in _SHAPES:
            self._draw(shape, index, (luma, blue, red), disparity)
        _write_number(luma, (blue, red), index)
        return Frame(
            planes=(luma, blue, red),
            format=self._info.format,
            colour=self._info.colour,
            pts=index,
            duration=1,
            time_base=self._info.time_base,
            index=index,
            disparity=disparity,
        )

    def _draw(
        self,
        shape: tuple[float, float, float, float, bool, int, int],
        index: int,
        planes: tuple[NDArray[np.uint8], ...],
        disparity: NDArray[np.float32],
    ) -> None:
        near, phase, speed, size, is_round, blue, red = shape
        height, width = planes[0].shape
        rate = self._info.frame_rate or Fraction(30)
        radius = size * height / 2
        # Back and forth between the edges, so that nothing jumps when it wraps.
        travel = abs((phase + speed * float(index / rate)) % 2.0 - 1.0)
        centre_x = radius + travel * (width - 2 * radius)
        centre_y = height * (0.35 + 0.45 * phase)
        # Only where the shape can be, from even rows and columns on, so that chroma falls into step.
        top, left = (max(0, int(centre - radius) // 2 * 2) for centre in (centre_y, centre_x))
        bottom, right = min(height, int(centre_y + radius) + 2), min(width, int(centre_x + radius) + 2)
        y, x = np.ogrid[top:bottom, left:right]
        across, down = x + 0.5 - centre_x, y + 0.5 - centre_y
        if is_round:
            inside = across**2 + down**2 <= radius**2
        else:
            inside = (np.abs(across) <= radius) & (np.abs(down) <= radius)
        stripes: NDArray[Any] = 120 + 80 * (((across + down) // 12) % 2)
        np.copyto(planes[0][top:bottom, left:right], stripes.astype(np.uint8), where=inside)
        np.copyto(disparity[top:bottom, left:right], np.float32(near), where=inside)
        half = inside[::2, ::2]
        rows, columns = half.shape
        for plane, value in zip(planes[1:], (blue, red), strict=True):
            np.copyto(plane[top // 2 : top // 2 + rows, left // 2 : left // 2 + columns], np.uint8(value), where=half)


def read_number(luma: NDArray[Any]) -> int | None:
    """Read the frame number from the luma plane of a pattern frame, 8 bit values; None where there is no code.

    The last block is the parity of the others, so a picture that is not a pattern is rarely taken for one.
    """
    size, left = _code_geometry(luma.shape[1])
    values = []
    for position in range(_CODE_BITS + 1):
        x = left + position * size
        values.append(float(luma[size // 4 : size - size // 4, x + size // 4 : x + size - size // 4].mean()))
    if any(90 < value < 160 for value in values):
        return None
    bits = [value > 125 for value in values]
    if sum(bits) % 2:
        return None
    return sum(1 << position for position, bit in enumerate(bits[:_CODE_BITS]) if bit)


def _code_geometry(width: int) -> tuple[int, int]:
    """(block size, left edge) of the number code; sizes are even so that chroma blocks fit too."""
    size = max(2, width // (_CODE_BITS + 3) // 2 * 2)
    return size, size


def _write_number(luma: NDArray[np.uint8], chroma: tuple[NDArray[np.uint8], ...], number: int) -> None:
    size, left = _code_geometry(luma.shape[1])
    bits = [number >> position & 1 for position in range(_CODE_BITS)]
    bits.append(sum(bits) % 2)
    for position, bit in enumerate(bits):
        luma[:size, left + position * size : left + (position + 1) * size] = 235 if bit else 16
    for plane in chroma:
        plane[: size // 2, left // 2 : (left + len(bits) * size) // 2] = 128

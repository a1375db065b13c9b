"""The one value that crosses stages.

A frame stays in the planar pixel format it was decoded in; nothing between source and sink turns it into RGB.
Planes are anything with ``shape``, ``dtype`` and the buffer or DLPack protocol: NumPy today, device arrays later.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any, Literal

Array = Any
"""An array by protocol: NumPy on the CPU path. Nothing between stages may assume more than shape, dtype and strides."""

Subsampling = Literal["420", "422", "444", "gray"]
_SHIFTS: dict[str, tuple[int, int]] = {"420": (1, 1), "422": (1, 0), "444": (0, 0), "gray": (0, 0)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PixelFormat:
    """A planar format: chroma subsampling and bit depth (8 in uint8 planes, 9..16 in uint16 planes, low bits used)."""

    subsampling: Subsampling = "420"
    bits: int = 8

    @property
    def name(self) -> str:
        """FFmpeg's name: yuv420p, yuv422p10le, gray, gray10le ..."""
        stem = "gray" if self.subsampling == "gray" else f"yuv{self.subsampling}p"
        return stem if self.bits == 8 else f"{stem}{self.bits}le"

    @property
    def chroma_shift(self) -> tuple[int, int]:
        """(horizontal, vertical) log2 of the chroma subsampling."""
        return _SHIFTS[self.subsampling]

    @property
    def max_value(self) -> int:
        """The largest code value."""
        return (1 << self.bits) - 1

    def plane_shapes(self, width: int, height: int) -> tuple[tuple[int, int], ...]:
        """(rows, columns) of each plane of a width x height picture; odd sizes round chroma up."""
        if self.subsampling == "gray":
            return ((height, width),)
        sx, sy = self.chroma_shift
        chroma = (-(-height >> sy), -(-width >> sx))
        return ((height, width), chroma, chroma)


@dataclass(frozen=True, slots=True, kw_only=True)
class Colour:
    """How code values become light: FFmpeg's integer codes (ITU-T H.273); 2 = unspecified."""

    matrix: int = 2
    primaries: int = 2
    transfer: int = 2
    full_range: bool = False

    def matrix_or_default(self, height: int) -> int:
        """The matrix, with the usual guess where the file is silent: BT.709 (1) from 720 lines on, else BT.601 (6)."""
        if self.matrix not in (0, 2):
            return self.matrix
        return 1 if height >= 720 else 6

    def kept(self, height: int, new_height: int) -> Colour:
        """The same colours in a picture of another height: a silent matrix is named where the guess would change."""
        matrix = self.matrix_or_default(height)
        return self if self.matrix_or_default(new_height) == matrix else replace(self, matrix=matrix)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """One eye.

    planes: like the frame's planes. hole: (H, W) uint8, 1 where no surface landed (painted by then).
    parallax_px: (H, W) float32, the parallax of what is seen at each pixel of this eye; None where nobody asked for it.
    """

    planes: tuple[Array, ...]
    hole: Array
    parallax_px: Array


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A picture on its way from source to sink."""

    planes: tuple[Array, ...]
    """Y (H, W), then U and V at their own resolution; uint8, or uint16 above 8 bits. Last axis contiguous."""
    format: PixelFormat
    colour: Colour = Colour()
    sample_aspect: Fraction = Fraction(1)
    """Width over height of one pixel."""
    pts: int | None = None
    """Presentation time in units of time_base."""
    duration: int | None = None
    time_base: Fraction = Fraction(1, 1000)
    index: int = 0
    """Counts from 0 in decoding order."""
    epoch: int = 0
    """Grows by one with every seek or size change; frames of an older epoch are discarded, not drawn."""
    disparity: Array | None = None
    """(H, W) float32, relative 0..1, larger is nearer; None before the depth stage."""
    is_cut: bool = False
    """True on the first frame of a shot; set by the depth stage: forget what was smoothed."""
    views: tuple[View, View] | None = None
    """(left, right); None before the stereo stage."""
    stamps: tuple[tuple[str, float, float], ...] = field(default=(), repr=False)
    """(stage, start_s, end_s) on the monotonic clock."""

    def __post_init__(self) -> None:
        height, width = self.planes[0].shape
        expected = self.format.plane_shapes(width, height)
        got = tuple(tuple(plane.shape) for plane in self.planes)
        if got != expected:
            raise ValueError(f"planes of a {width}x{height} {self.format.name} frame must be {expected}, got {got}")

    @property
    def width(self) -> int:
        """Columns of the luma plane."""
        return int(self.planes[0].shape[1])

    @property
    def height(self) -> int:
        """Rows of the luma plane."""
        return int(self.planes[0].shape[0])

    @property
    def time_s(self) -> float | None:
        """Presentation time in seconds."""
        return None if self.pts is None else float(self.pts * self.time_base)

    def stamped(self, stage: str, start_s: float, end_s: float) -> Frame:
        """The same frame with one more (stage, start, end) record."""
        return replace(self, stamps=(*self.stamps, (stage, start_s, end_s)))

    def __repr__(self) -> str:
        extra = "".join(f" {name}" for name in ("disparity", "views") if getattr(self, name) is not None)
        return f"<Frame {self.index} {self.width}x{self.height} {self.format.name} pts={self.pts}{extra}>"


@dataclass(frozen=True, slots=True, kw_only=True)
class StreamInfo:
    """What a source promises about its frames before the first one arrives."""

    width: int
    height: int
    format: PixelFormat
    time_base: Fraction
    frame_rate: Fraction | None
    """Average frames a second; None where it is unknown or there is a single picture."""
    frame_count: int | None
    """How many frames will come, as far as the source can tell."""
    duration_s: float | None
    colour: Colour = Colour()
    sample_aspect: Fraction = Fraction(1)
    is_still: bool = False
    """True for images and folders of images."""
    bit_rate: int | None = None

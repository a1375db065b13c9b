"""Reading precomputed disparity maps: .pfm, .npy, 16-bit .png, .exr, folders of them, and gray videos.

Every reader is a sequence read in order: `MapSequence.next()` gives the map of the next frame. Code values (of pictures
and videos) become 0..1 unless raw values are wanted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import av.error
import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import InputError

Map = NDArray[np.float32]
IMAGE_SUFFIXES = (".pfm", ".npy", ".png", ".tif", ".tiff", ".exr")
_FULL_RANGE = 2
# Renderers write such numbers where a ray hit nothing.
_NOTHING_HIT = 1e9
# Mean difference between R, G and B, of 255.
_COLOUR_OF_GRAY = 8.0


@dataclass(slots=True)
class MapSequence:
    """Disparity maps in the order of the frames they belong to."""

    path: Path
    count: int | None
    """How many there are; None where only reading to the end would tell."""
    is_unit: bool
    """Values are code values scaled to 0..1; otherwise they are numbers of any size, as the file holds them."""
    maps: Iterator[Map]
    files: tuple[Path, ...] = ()
    """One for each map, where each has its own."""
    taken: int = 0

    @property
    def current(self) -> str:
        """Which map was taken last, for people."""
        if 0 < self.taken <= len(self.files):
            return str(self.files[self.taken - 1])
        return f"{self.path}: map {self.taken}"

    def next(self) -> Map:
        """The next map: (h, w) float32; NaN where the file says nothing.

        Raises:
            InputError: there is no further map, or it cannot be read.
        """
        for disparity in self.maps:
            self.taken += 1
            return disparity
        maps = "map" if self.taken == 1 else "maps"
        raise InputError(f"{self.path}: holds {self.taken} disparity {maps}, but the input has more frames than that")


def open_maps(path: Path, *, raw: bool = False) -> MapSequence:
    """Open whatever `--depth file:PATH` names.

    Args:
        path: a file or a folder.
        raw: leave code values as they are.

    Raises:
        InputError: nothing is there, or nothing in it is a map.
    """
    if not path.exists():
        raise InputError(f"--depth file:{path}: there is no such file or folder")
    if path.is_dir():
        files = tuple(sorted((f for f in path.iterdir() if f.suffix.lower() in IMAGE_SUFFIXES), key=_natural))
        if not files:
            raise InputError(f"--depth file:{path}: the folder holds no {', '.join(IMAGE_SUFFIXES)} files")
        _check_one_kind(files)
        maps = (read_map(f, raw=raw) for f in files)
        return MapSequence(path, len(files), not raw and _is_code(files[0]), maps, files)
    if path.suffix.lower() == ".npy":
        array = _load_npy(path)
        stack = array if array.ndim == 3 else array[np.newaxis]
        return MapSequence(path, len(stack), False, (_floats(one) for one in stack))
    if path.suffix.lower() in IMAGE_SUFFIXES:
        return MapSequence(path, 1, not raw and _is_code(path), (read_map(f, raw=raw) for f in (path,)), (path,))
    return MapSequence(path, None, not raw, _video_maps(path, raw=raw))


def read_map(path: Path, *, raw: bool = False) -> Map:
    """One map from one file: (h, w) float32; NaN, infinity and 1e9 or more become NaN, code values 0..1 unless raw.

    Raises:
        InputError: the file is damaged or not of a known kind.
    """
    suffix = path.suffix.lower()
    if suffix == ".pfm":
        return _floats(_read_pfm(path))
    if suffix == ".npy":
        array = _load_npy(path)
        if array.ndim != 2:
            raise InputError(f"{path}: a map in a folder must be 2-dimensional, this array has shape {array.shape}")
        return _floats(array)
    if suffix == ".exr":
        return _floats(_read_exr(path))
    picture = _picture(path)
    values = _floats(_one_channel(path, picture))
    if picture.dtype.kind == "u" and not raw:
        values /= np.float32((1 << (8 * picture.dtype.itemsize)) - 1)
    return values


def _picture(path: Path) -> NDArray[Any]:
    try:
        picture: NDArray[Any] | None = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    except cv2.error as error:
        raise InputError(f"{path}: not a readable image: {error.err}") from error
    if picture is None:
        raise InputError(f"{path}: not a readable image")
    return picture


def _check_one_kind(files: Sequence[Path]) -> None:
    """Numbers and code values in one folder would mean different things from one frame to the next."""
    first = files[0].suffix.lower()
    for file in files:
        if file.suffix.lower() != first:
            raise InputError(
                f"{file}: it is of another kind than {files[0].name}; all maps of a folder must be of one kind"
            )


def _one_channel(path: Path, picture: NDArray[Any]) -> NDArray[Any]:
    """The map in a picture: gray, or gray in three channels; alpha says nothing."""
    if picture.ndim == 2:
        return picture
    colours = picture[..., :3] if picture.shape[2] >= 3 else picture[..., :1]
    if not (colours == colours[..., :1]).all():
        raise InputError(f"{path}: it is in colour; a disparity map is gray")
    return colours[..., 0]


def _natural(path: Path) -> list[tuple[int, str]]:
    """Sort key that puts frame-2 before frame-10."""
    return [(int(part), "") if part.isdigit() else (-1, part.lower()) for part in re.split(r"(\d+)", path.name) if part]


def _is_code(path: Path) -> bool:
    """Whether a file holds code values; a TIFF may hold numbers of any size instead."""
    suffix = path.suffix.lower()
    return suffix == ".png" or (suffix in (".tif", ".tiff") and _picture(path).dtype.kind == "u")


def _floats(array: NDArray[Any]) -> Map:
    values = np.array(array, dtype=np.float32)
    values[~(np.abs(values) < _NOTHING_HIT)] = np.nan
    return values


def _load_npy(path: Path) -> NDArray[Any]:
    try:
        array: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: not a readable .npy file: {error}") from error
    if array.ndim not in (2, 3) or array.dtype.kind not in "fiu":
        raise InputError(f"{path}: expected numbers of shape (H, W) or (N, H, W), got {array.dtype} {array.shape}")
    return array


def _read_pfm(path: Path) -> Map:
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InputError(f"{path}: {error.strerror}") from error
    header = re.match(rb"Pf\s+(\d+)\s+(\d+)\s+(-?[\d.eE+-]+)\s", data)
    if header is None:
        raise InputError(f"{path}: not a one-channel PFM file (it must begin with Pf, width, height, scale)")
    width, height, scale = int(header[1]), int(header[2]), float(header[3])
    pixels = data[header.end() :]
    if len(pixels) < width * height * 4:
        raise InputError(f"{path}: {width}x{height} PFM is cut short: {len(pixels)} of {width * height * 4} bytes")
    values = np.frombuffer(pixels, "<f4" if scale < 0 else ">f4", width * height).reshape(height, width)
    return np.asarray(values[::-1], dtype=np.float32)


def _read_exr(path: Path) -> Map:
    try:
        with av.open(str(path)) as container:
            array = next(container.decode(video=0)).to_ndarray()
    except (av.error.FFmpegError, StopIteration, ValueError, IndexError) as error:
        raise InputError(f"{path}: not a readable OpenEXR picture: {error}") from error
    # NaN, where nothing was hit, equals nothing.
    return np.asarray(_one_channel(path, np.nan_to_num(array, nan=np.inf)), dtype=np.float32)


def _video_maps(path: Path, *, raw: bool) -> Iterator[Map]:
    """The luma of every frame of a video, by its range to 0..1."""
    try:
        with av.open(str(path)) as container:
            if not container.streams.video:
                raise InputError(f"{path}: there is no video in it to read disparity from")
            container.streams.video[0].thread_type = "AUTO"
            for number, frame in enumerate(container.decode(video=0)):
                if number == 0 and _is_coloured(frame):
                    raise InputError(f"{path}: it is in colour; disparity is read from a gray video")
                yield _luma(frame, raw=raw)
    except av.error.FFmpegError as error:
        raise InputError(
            f"{path}: neither a disparity map ({', '.join(IMAGE_SUFFIXES)}) nor a video: {error}"
        ) from error


def _is_coloured(frame: av.VideoFrame) -> bool:
    """Whether chroma is anything but neutral; codecs are allowed a little."""
    rgb = frame.reformat(width=64, height=36, format="rgb24").to_ndarray().astype(np.int16)
    return float(np.ptp(rgb, axis=2).mean()) > _COLOUR_OF_GRAY


def _luma(frame: av.VideoFrame, *, raw: bool) -> Map:
    name = frame.format.name
    if not name.startswith(("yuv", "gray", "nv12", "p010")) or name.endswith("be") or name.startswith("yuyv"):
        frame = frame.reformat(format="gray")
        name = "gray"
    bits = frame.format.components[0].bits
    plane = frame.planes[0]
    codes: NDArray[Any] = np.frombuffer(memoryview(plane), np.uint8)
    rows = codes.view(np.uint8 if bits == 8 else np.uint16).reshape(frame.height, -1)
    code = rows[:, : frame.width].astype(np.float32)
    if name.startswith("p010"):
        code /= 64.0
    if raw:
        return code
    if name.startswith(("gray", "yuvj")) or frame.color_range == _FULL_RANGE:
        return code / np.float32((1 << bits) - 1)
    step = 1 << (bits - 8)
    return np.clip((code - np.float32(16 * step)) / np.float32(219 * step), 0.0, 1.0)

"""Depth over time, to be looked at: what methods show around a cut, and how a row of the map changes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.quality.clips import Clip
from benchmarks.quality.over_time import Player
from engine.errors import OutputError

Picture = NDArray[np.uint8]

_SHOWN = ("raw", "range-average", "pixel-average", "engine")
_WIDTH = 240
_AROUND = (-1, 0, 1, 2, 5)
_INK, _PAPER = (235, 235, 235), 24
_LABEL_WIDTH = 130
_LINE_HEIGHT = 4


def write_strips(path: Path, clip: Clip, player: Player) -> None:
    """Write the sheet of a clip: frames around its last cut, or, without one, a row of the map over all frames.

    Raises:
        OutputError: it cannot be written.
    """
    rows = _around_cut(clip, player) if len(clip.cuts) > 1 else _row_over_time(clip, player)
    done, data = cv2.imencode(path.suffix, np.vstack(rows)[..., ::-1])
    if not done:
        raise OutputError(f"{path}: this picture cannot be encoded")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data.tobytes())
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def _around_cut(clip: Clip, player: Player) -> list[Picture]:
    cut, whole = clip.cuts[-1], slice(0, len(clip.frames))
    numbers = [cut + offset for offset in _AROUND if cut + offset < whole.stop]
    rows = [_row("", [_label(f"frame {number - cut:+d}", _WIDTH) for number in numbers])]
    rows.append(_row("picture", [_small(clip.frames[number].image) for number in numbers]))
    for method in _SHOWN:
        maps = player.maps(method, whole)
        after = [maps[number] for number in numbers[1:]]
        rows.append(_row(method, [_small(_painted(maps[number], after)) for number in numbers]))
    return rows


def _row_over_time(clip: Clip, player: Player) -> list[Picture]:
    """Every line of a strip is the same row of the picture, one frame later; what holds still is vertical stripes."""
    height = clip.frames[0].image.shape[0]
    middle = round(0.6 * height)
    picture = clip.frames[0].image.copy()
    cv2.line(picture, (0, middle), (picture.shape[1], middle), (255, 60, 60), 2)
    rows = [_row("picture", [_small(picture, _WIDTH * 2)])]
    for method in _SHOWN:
        maps = player.maps(method, slice(0, len(clip.frames)))
        lines = np.stack([one[middle] for one in maps])
        narrow = cv2.resize(lines, (_WIDTH * 2, len(maps)), interpolation=cv2.INTER_AREA)
        rows.append(_row(method, [_painted(np.repeat(narrow, _LINE_HEIGHT, axis=0).astype(np.float32), [lines])]))
    return rows


def _row(label: str, pictures: Sequence[Picture]) -> Picture:
    height = max(picture.shape[0] for picture in pictures)
    beside = _label(label, _LABEL_WIDTH, height)
    gap = np.full((height, 4, 3), _PAPER, np.uint8)
    parts = [beside]
    for picture in pictures:
        parts += [picture, gap]
    row = np.hstack(parts)
    return np.vstack([row, np.full((4, row.shape[1], 3), _PAPER, np.uint8)])


def _label(text: str, width: int, height: int = 22) -> Picture:
    paper = np.full((height, width, 3), _PAPER, np.uint8)
    cv2.putText(paper, text, (6, 15), cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA)
    return paper


def _small(picture: Picture, width: int = _WIDTH) -> Picture:
    height = round(width * picture.shape[0] / picture.shape[1])
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)


def _painted(disparity: NDArray[np.float32], scale: Sequence[NDArray[np.float32]]) -> Picture:
    """Near is bright; black and white lie where these maps have their 1st and 99th percentile."""
    low, high = np.percentile(np.stack(scale), (1, 99))
    grey = np.clip((disparity - low) / max(float(high - low), 1e-9), 0, 1)
    coloured = cv2.applyColorMap((255 * grey).astype(np.uint8), cv2.COLORMAP_INFERNO)
    return np.ascontiguousarray(coloured[..., ::-1], np.uint8)

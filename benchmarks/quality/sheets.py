"""Contact sheets: what the numbers are about, to be looked at."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.errors import OutputError

_STRIP = 20
_COLUMNS = 4
_INK = (235, 235, 235)
_QUALITIES = (90, 80, 70, 60, 50, 40, 30)
_MOST_BYTES = 190_000
"""A JPEG that may lie in a repository: the best quality that is no larger, or the last one."""


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """A picture with a line of text above it."""

    title: str
    picture: NDArray[np.uint8]  # (H, W, 3) RGB


def write_sheet(path: Path, panels: Sequence[Panel], *, panel_width: int = 320) -> None:
    """Write panels of one size, four in a row, as a PNG or a JPEG, as the name says.

    Raises:
        OutputError: it cannot be written.
    """
    drawn = [_drawn(panel, panel_width) for panel in panels]
    columns = min(_COLUMNS, len(drawn))
    blank = np.zeros_like(drawn[0])
    drawn += [blank] * (math.ceil(len(drawn) / columns) * columns - len(drawn))
    sheet = np.vstack([np.hstack(drawn[i : i + columns]) for i in range(0, len(drawn), columns)])
    encoded = _encoded(sheet, path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded)
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def _encoded(sheet: NDArray[np.uint8], path: Path) -> bytes:
    is_jpeg = path.suffix == ".jpg"
    for quality in _QUALITIES:
        # Full chroma: colour seams are to be seen.
        full = (cv2.IMWRITE_JPEG_SAMPLING_FACTOR, cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444)
        how = (cv2.IMWRITE_JPEG_QUALITY, quality, *full) if is_jpeg else ()
        ok, encoded = cv2.imencode(path.suffix, sheet[..., ::-1], how)
        if not ok:
            raise OutputError(f"{path}: this picture cannot be encoded")
        if not is_jpeg or len(encoded) <= _MOST_BYTES:
            break
    return bytes(encoded.tobytes())


def _drawn(panel: Panel, width: int) -> NDArray[np.uint8]:
    rows, columns = panel.picture.shape[:2]
    size = (width, max(1, round(rows * width / columns)))
    # Enlarged pixels stay pixels: seams are what one looks for.
    how = cv2.INTER_AREA if columns > width else cv2.INTER_NEAREST
    strip = np.zeros((_STRIP, width, 3), np.uint8)
    cv2.putText(strip, panel.title, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA)
    return np.asarray(np.vstack([strip, cv2.resize(np.ascontiguousarray(panel.picture), size, interpolation=how)]))

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

_PANEL_WIDTH = 320
_STRIP = 20
_COLUMNS = 4
_INK = (235, 235, 235)


@dataclass(frozen=True, slots=True, eq=False)
class Panel:
    """A picture with a line of text above it."""

    title: str
    picture: NDArray[np.uint8]  # (H, W, 3) RGB


def write_sheet(path: Path, panels: Sequence[Panel]) -> None:
    """Write panels of one size as a PNG, row by row.

    Raises:
        OutputError: it cannot be written.
    """
    drawn = [_drawn(panel) for panel in panels]
    columns = min(_COLUMNS, len(drawn))
    blank = np.zeros_like(drawn[0])
    drawn += [blank] * (math.ceil(len(drawn) / columns) * columns - len(drawn))
    sheet = np.vstack([np.hstack(drawn[i : i + columns]) for i in range(0, len(drawn), columns)])
    ok, png = cv2.imencode(".png", sheet[..., ::-1])
    if not ok:
        raise OutputError(f"{path}: this picture cannot be encoded")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(png.tobytes())
    except OSError as error:
        raise OutputError(f"{path}: cannot be written: {error.strerror}") from error


def _drawn(panel: Panel) -> NDArray[np.uint8]:
    rows, columns = panel.picture.shape[:2]
    size = (_PANEL_WIDTH, max(1, round(rows * _PANEL_WIDTH / columns)))
    # Enlarged pixels stay pixels: seams are what one looks for.
    how = cv2.INTER_AREA if columns > _PANEL_WIDTH else cv2.INTER_NEAREST
    strip = np.zeros((_STRIP, _PANEL_WIDTH, 3), np.uint8)
    cv2.putText(strip, panel.title, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.45, _INK, 1, cv2.LINE_AA)
    return np.asarray(np.vstack([strip, cv2.resize(np.ascontiguousarray(panel.picture), size, interpolation=how)]))

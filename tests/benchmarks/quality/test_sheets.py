from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.quality.sheets import Panel, write_sheet
from engine.errors import OutputError


def test_panels_stand_in_rows_of_four(tmp_path: Path) -> None:
    panels = [Panel(f"p{i}", np.full((60, 80, 3), (40 * i, 0, 255), np.uint8)) for i in range(5)]
    write_sheet(tmp_path / "new" / "sheet.png", panels)
    sheet = cv2.imread(str(tmp_path / "new" / "sheet.png"))
    assert sheet is not None
    assert sheet.shape == (2 * 260, 4 * 320, 3)
    # Red of panel 3 is 120 and blue 255, stored as BGR; the strip above it holds the title.
    assert sheet[140, 3 * 320 + 160].tolist() == [255, 0, 120]
    assert sheet[:20, :60].max() > 100
    assert sheet[400, 800].tolist() == [0, 0, 0]


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"sheet\.png: cannot be written"):
        write_sheet(tmp_path / "file" / "sheet.png", [Panel("p", np.zeros((4, 4, 3), np.uint8))])


def test_a_jpeg_is_small_whatever_is_in_it(tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 255, (96, 128, 3), dtype=np.uint8)
    soft = cv2.GaussianBlur(noise, (0, 0), 3)
    for name, picture in (("noise.png", noise), ("noise.jpg", noise), ("soft.jpg", soft)):
        write_sheet(tmp_path / name, [Panel("p", picture)] * 8, panel_width=128)
    assert (tmp_path / "noise.png").stat().st_size > 250_000
    assert (tmp_path / "noise.jpg").stat().st_size < 190_000
    # What is not too large is stored well.
    sheet = cv2.imread(str(tmp_path / "soft.jpg"), cv2.IMREAD_COLOR_RGB)
    assert sheet is not None
    assert np.abs(sheet[20:116, :128].astype(int) - soft).mean() < 2

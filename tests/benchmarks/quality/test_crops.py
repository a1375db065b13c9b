from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from benchmarks.quality.crops import busiest, write_case
from benchmarks.quality.holes import HoleCase

MakeCase = Callable[..., HoleCase]


def test_the_window_has_the_holes_in_its_middle() -> None:
    mask = np.zeros((200, 300), bool)
    mask[100:110, 200:204] = True
    mask[20, 20] = True
    rows, columns = busiest(mask, (60, 40))
    assert (rows.stop - rows.start, columns.stop - columns.start) == (40, 60)
    assert abs((rows.start + rows.stop) / 2 - 105) <= 1
    assert abs((columns.start + columns.stop) / 2 - 202) <= 1


def test_the_window_stays_inside_and_shrinks_to_small_pictures() -> None:
    mask = np.zeros((30, 50), bool)
    mask[29, 49] = True
    assert busiest(mask, (20, 10)) == (slice(20, 30), slice(30, 50))
    assert busiest(mask, (100, 100)) == (slice(0, 30), slice(0, 50))


def test_a_sheet_shows_truth_beside_the_network(make_case: MakeCase, tmp_path: Path) -> None:
    case = make_case()
    red, blue = (np.full_like(case.warped, colour) for colour in ((255, 0, 0), (0, 0, 255)))
    pictures = {"background": blue, "net": red, "black": blue}
    scores = {name: {"psnr_hole": 20.0} for name in pictures}
    write_case(tmp_path / "sheet.jpg", case, pictures, scores)
    sheet = cv2.imread(str(tmp_path / "sheet.jpg"), cv2.IMREAD_COLOR_RGB)
    assert sheet is not None
    # Input, holes, net, truth; then what else fills, which black does not.
    assert sheet.shape == (2 * (288 + 20), 4 * 384, 3)
    assert (np.abs(sheet[150, 2 * 384 + 190].astype(int) - (255, 0, 0)) < 6).all()
    assert (np.abs(sheet[20 + 288 + 150, 190].astype(int) - (0, 0, 255)) < 6).all()
    assert sheet[400:, 384 + 200 :].max() < 10
    assert (tmp_path / "sheet.jpg").stat().st_size < 190_000

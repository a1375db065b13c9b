from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from training.evaluation.stereo_scenes import read_stereo

DISPARITY = np.array([[8, 8, 16, 16], [0, 4, 4, 0]], np.float32)
LAYOUTS = {
    "2005": ("view1.png", "view5.png", "disp1.png", 3),
    "2003": ("imL.png", "imR.png", "disp2.png", 4),
    "2001": ("im2.ppm", "im6.ppm", "disp2.pgm", 8),
    "tsukuba": ("imL.png", "imR.png", "truedisp.pgm", 15),
}


def _write(path: Path, pixels: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), pixels)


def _picture(red: int) -> np.ndarray:
    return np.array([0, 0, red], np.uint8) * np.ones((2, 4, 1), np.uint8)


@pytest.mark.parametrize("layout", ["2001", "2003", "2005"])
def test_eight_bit_layouts(layout: str, tmp_path: Path) -> None:
    left, right, disparity, divisor = LAYOUTS[layout]
    _write(tmp_path / "scene" / left, _picture(200))
    _write(tmp_path / "scene" / right, _picture(100))
    _write(tmp_path / "scene" / disparity, (DISPARITY * divisor).astype(np.uint8))
    (scene,) = read_stereo(tmp_path)
    assert scene.name == "scene"
    assert scene.left[0, 0].tolist() == [200, 0, 0]
    assert scene.right[0, 0].tolist() == [100, 0, 0]
    assert np.array_equal(scene.known, DISPARITY > 0)
    # Unknown pixels at the ends of a row take the only neighbour there is.
    assert scene.disparity_px.tolist() == [[8, 8, 16, 16], [4, 4, 4, 4]]


def test_tsukuba_is_stored_times_sixteen(tmp_path: Path) -> None:
    for name in LAYOUTS["tsukuba"][:2]:
        _write(tmp_path / "t" / str(name), _picture(9))
    _write(tmp_path / "t" / "truedisp.pgm", np.full((2, 4), 160, np.uint8))
    (scene,) = read_stereo(tmp_path)
    assert (scene.disparity_px == 10).all()


def test_float_layout_reads_bottom_up_and_inf_is_unknown(tmp_path: Path) -> None:
    _write(tmp_path / "scene" / "im0.png", _picture(1))
    _write(tmp_path / "scene" / "im1.png", _picture(2))
    values = np.array([[1, np.inf, 3, np.inf], [5, 6, 7, 8]], "<f4")
    (tmp_path / "scene" / "disp0GT.pfm").write_bytes(b"Pf\n4 2\n-1.0\n" + values[::-1].tobytes())
    (scene,) = read_stereo(tmp_path)
    # Between two known pixels the farther one.
    assert scene.disparity_px.tolist() == [[1, 1, 3, 3], [5, 6, 7, 8]]
    assert scene.known.tolist() == [[True, False, True, False], [True] * 4]


def test_the_lossless_picture_is_preferred(tmp_path: Path) -> None:
    for name, red in (("im2.jpg", 10), ("im2.ppm", 200), ("im6.ppm", 100)):
        _write(tmp_path / "scene" / name, _picture(red))
    _write(tmp_path / "scene" / "disp2.pgm", np.full((2, 4), 8, np.uint8))
    (scene,) = read_stereo(tmp_path)
    assert scene.left[0, 0, 0] == 200


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no stereo scene in a known Middlebury layout"):
        list(read_stereo(tmp_path))
    _write(tmp_path / "scene" / "im0.png", _picture(1))
    _write(tmp_path / "scene" / "im1.png", _picture(2))
    (tmp_path / "scene" / "disp0GT.pfm").write_bytes(b"Pf\n4 2\n-1.0\n" + bytes(28))
    with pytest.raises(ValueError, match=r"disp0GT\.pfm: truncated: 7 of 8 values"):
        list(read_stereo(tmp_path))


@pytest.mark.parametrize(("layout", "other"), [("2001", "disp6.pgm"), ("2003", "disp6.png"), ("2005", "disp5.png")])
def test_disparity_of_the_right_eye_where_it_is_there(layout: str, other: str, tmp_path: Path) -> None:
    left, right, disparity, divisor = LAYOUTS[layout]
    for name, pixels in (
        (left, _picture(2)),
        (right, _picture(1)),
        (disparity, (DISPARITY * divisor).astype(np.uint8)),
    ):
        _write(tmp_path / "scene" / name, pixels)
    (without,) = read_stereo(tmp_path)
    assert without.disparity_right_px is None
    assert without.known_right is None
    _write(tmp_path / "scene" / other, (DISPARITY[:, ::-1] * divisor).astype(np.uint8))
    (scene,) = read_stereo(tmp_path)
    assert scene.disparity_right_px is not None
    assert scene.disparity_right_px.tolist() == [[16, 16, 8, 8], [4, 4, 4, 4]]
    assert np.array_equal(scene.known_right, DISPARITY[:, ::-1] > 0)

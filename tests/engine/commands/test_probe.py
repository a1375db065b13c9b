from __future__ import annotations

import json
import re
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.__main__ import main


def test_film(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", str(film), "--json", str(tmp_path / "p.json"), "--no-depth"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    for fact in ("160x96", "yuv420p", "12.000 frames/s", "12 frames", "h264", "aac", "44100 Hz", "mono", "A film"):
        assert fact in out, fact
    assert f"wheatstone convert {film} film-3d.mp4" in out
    found = json.loads((tmp_path / "p.json").read_text())
    assert found["frames"]["width"] == 160
    assert found["frames"]["frame_rate"] == 12
    assert [stream["kind"] for stream in found["streams"]] == ["video", "audio"]
    assert "comfort" not in found


def test_comfort_is_an_estimate(film: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", str(film), "--json", str(tmp_path / "p.json")]) == 0
    assert re.search(r"Comfort, estimated from 1[0-2] frames at --strength 2.5", capsys.readouterr().out)
    found = json.loads((tmp_path / "p.json").read_text())["comfort"]
    assert found["is_estimate"]
    assert found["parallax_percent"]["p1"] < found["parallax_percent"]["p99"]
    assert found["strength_that_fits"] >= 6.5
    assert "cuts" not in found


def test_stereo_file_says_so(film: Path, given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["convert", str(film), str(tmp_path / "o.mkv"), *given, "--layout", "ou"]) == 0
    assert main(["probe", str(tmp_path / "o.mkv"), "--no-depth"]) == 0
    assert "Stereo already: ou" in capsys.readouterr().out


def test_image(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    cv2.imwrite(str(tmp_path / "photo.png"), np.zeros((40, 60, 3), np.uint8))
    assert main(["probe", str(tmp_path / "photo.png")]) == 0
    out = capsys.readouterr().out
    assert "estimated from 1 frame at" in out
    assert "1 frame of 60x40" in out
    assert "photo-3d.png" in out


@pytest.mark.parametrize(("content", "said"), [(b"", "empty"), (b"no film " * 500, "bad.mp4")])
def test_bad_input_is_one_line(content: bytes, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "bad.mp4").write_bytes(content)
    assert main(["probe", str(tmp_path / "bad.mp4")]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err

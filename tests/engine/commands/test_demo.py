from __future__ import annotations

from pathlib import Path

import av
import cv2
import pytest

from engine.__main__ import main
from engine.commands.demo import CLIP, choose_names, is_demo


def test_the_clip_is_small_and_bears_a_title() -> None:
    assert CLIP.stat().st_size < 1_000_000
    assert is_demo(CLIP)


def test_free_names_are_taken_as_they_are(tmp_path: Path) -> None:
    wanted = tmp_path / "demo.mp4"
    assert choose_names(wanted) == (wanted, tmp_path / "demo.png")


def test_an_earlier_demo_is_replaced(tmp_path: Path) -> None:
    wanted = tmp_path / "demo.mp4"
    wanted.write_bytes(CLIP.read_bytes())
    wanted.with_suffix(".png").touch()
    assert choose_names(wanted)[0] == wanted


@pytest.mark.parametrize("taken", ["demo.mp4", "demo.png"])
def test_files_of_others_are_left_alone(taken: str, tmp_path: Path) -> None:
    (tmp_path / taken).write_text("precious")
    assert choose_names(tmp_path / "demo.mp4") == (tmp_path / "demo-2.mp4", tmp_path / "demo-2.png")


@pytest.mark.timeout(300)
def test_demo_says_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["demo"]) == 0
    film, still = tmp_path / "wheatstone-demo.mp4", tmp_path / "wheatstone-demo.png"
    out, err = capsys.readouterr()
    assert err == ""
    for said in (str(film), str(still), "half-sbs", "frames/s"):
        assert said in out, said
    with av.open(str(film)) as made, av.open(str(CLIP)) as clip:
        assert made.streams.video[0].frames == clip.streams.video[0].frames
        assert len(made.streams.audio) == len(clip.streams.audio)
        width = clip.streams.video[0].codec_context.width
    assert cv2.imread(str(still)).shape[1] == 2 * width
    assert is_demo(film)

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

from engine.__main__ import main
from engine.commands.convert import convert, summary
from engine.config import ConvertOptions
from engine.report import Report

pytestmark = [pytest.mark.usefixtures("no_thread_left"), pytest.mark.timeout(180)]

FRAMES = 12


def _packets(path: Path, kind: str) -> int:
    with av.open(str(path)) as container:
        return sum(packet.size > 0 for packet in container.demux(getattr(container.streams, kind)[0]))


def _frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as container:
        return [frame.to_ndarray(format="bgr24") for frame in container.decode(video=0)]


def _leftovers(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("."))


@pytest.fixture
def fails(capsys: pytest.CaptureFixture[str]) -> Callable[..., str]:
    """Run the command, expect it to fail, and hand over the one line that it says."""

    def run(*words: object, status: int = 1) -> str:
        assert main(["convert", *map(str, words)]) == status
        out, err = capsys.readouterr()
        assert out == ""
        assert err.count("\n") == 1, err
        assert err.startswith("wheatstone: ")
        assert "Traceback" not in err
        return err

    return run


def test_keeps_every_frame_and_all_sound(
    film: Path, given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.mp4"
    assert main(["convert", str(film), str(output), *given]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith(f"{output}: {FRAMES} frames in ")
    assert out.count("\n") == 1
    pictures = _frames(output)
    assert len(pictures) == FRAMES
    assert pictures[0].shape == (96, 160, 3)
    assert _packets(output, "audio") == _packets(film, "audio")
    with av.open(str(output)) as container:
        assert container.metadata["title"] == "A film"
    assert _leftovers(tmp_path) == []


def test_report_says_what_happened(film: Path, given: list[str], tmp_path: Path) -> None:
    report = tmp_path / "report.json"
    words = ["convert", str(film), str(tmp_path / "out.mkv"), *given, "--report", str(report), "--measure-transcode"]
    assert main(words) == 0
    found = json.loads(report.read_text())
    names = "frames_in frames_out dropped seconds fps transcode_fps comfort peak_rss_mb stages versions warnings"
    assert set(found) == set(names.split())
    assert (found["frames_in"], found["frames_out"], found["dropped"]) == (FRAMES, FRAMES, {})
    assert found["fps"] == pytest.approx(FRAMES / found["seconds"], rel=0.01)
    assert found["transcode_fps"] > 0
    assert list(found["stages"]) == ["source", "depth", "stereo", "layout", "sink"]
    for times in found["stages"].values():
        assert set(times) == {"p50_ms", "p95_ms", "p99_ms", "max_ms", "busy_s"}
        assert 0 < times["p50_ms"] <= times["p95_ms"] <= times["p99_ms"] <= times["max_ms"]
        assert times["busy_s"] <= found["seconds"]
    assert 50 < found["peak_rss_mb"] < 4000
    assert found["versions"]["wheatstone"]
    comfort = found["comfort"]
    assert comfort["frames"] == FRAMES
    parallax = list(comfort["parallax_percent"].values())
    assert parallax == sorted(parallax)
    assert parallax[0] < 0 < parallax[-1] <= comfort["limits_percent"]["front"]
    # Its box never touches a border, and there is one shot.
    assert comfort["window_violations"]["share"] == 0
    assert comfort["cuts"]["count"] == 0
    assert _leftovers(tmp_path) == []


def test_near_things_lie_further_right_in_the_left_eye(tmp_path: Path, rng: np.random.Generator) -> None:
    picture = np.full((96, 160, 3), 60, np.uint8)
    picture[40:60, 70:90] = 255
    disparity = np.zeros((96, 160), np.float32)
    disparity[40:60, 70:90] = 1.0
    cv2.imwrite(str(tmp_path / "in.png"), picture)
    np.save(tmp_path / "depth.npy", disparity)
    words = ["convert", str(tmp_path / "in.png"), str(tmp_path / "out.png"), "--layout", "sbs"]
    words += [
        "--depth",
        f"file:{tmp_path / 'depth.npy'}",
        "--strength",
        "5",
        "--convergence",
        "0",
        "--infill",
        "stretch",
    ]
    assert main(words) == 0
    both = cv2.imread(str(tmp_path / "out.png"), cv2.IMREAD_GRAYSCALE)
    assert both.shape == (96, 320)
    left, right = (float(np.nonzero(eye[50] > 180)[0].mean()) for eye in (both[:, :160], both[:, 160:]))
    # 5 % of 160 columns are 8 pixels, half of them in each eye.
    assert left - 79.5 == pytest.approx(4, abs=0.6)
    assert right - 79.5 == pytest.approx(-4, abs=0.6)


@pytest.mark.parametrize(
    ("name", "least_bits", "source"),
    [("maps/", 16, "file"), ("maps.mkv", 16, "file"), ("maps.mp4", 10, "file"), ("maps.mkv", 16, "network")],
)
def test_exported_depth_gives_the_same_stereo(
    film: Path, given: list[str], tmp_path: Path, name: str, least_bits: int, source: str
) -> None:
    depth = given if source == "file" else ["--infill", "stretch"]

    def stereo(output: str, *words: str) -> np.ndarray:
        path = tmp_path / output
        assert main(["convert", str(film), str(path), "--layout", "sbs", "--codec", "ffv1", *words]) == 0
        return np.stack(_frames(path)).astype(int)

    direct = stereo("direct.mkv", *depth)
    maps = f"{tmp_path}/{name}"
    assert main(["convert", str(film), maps, "--layout", "depth", *depth]) == 0
    again = stereo("again.mkv", "--depth", f"file:{maps}", "--infill", "stretch")
    difference = np.abs(again - direct)
    # Half a code value of disparity is parallax of a thousandth of a pixel or less.
    assert np.quantile(difference, 0.999) <= (1 if least_bits == 16 else 2)
    assert difference.mean() < 0.02
    assert direct.shape[0] == FRAMES


def test_comfort_options_reach_the_picture(film: Path, given: list[str], tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    words = ["convert", str(film), str(tmp_path / "o.mkv"), *given, "--strength", "5", "--duration", "0.2"]
    words += ["--comfort", "0.5", "0.75", "--edge-grow", "0", "--floating-window", "--report", str(report)]
    assert main(words) == 0
    comfort = json.loads(report.read_text())["comfort"]
    assert comfort["frames_limited"] == comfort["frames"]
    assert comfort["frames_beyond_limits"] == 0
    assert comfort["strength_percent"]["most"] < 2
    assert comfort["limits_percent"] == {"front": 0.5, "behind": 0.75}
    assert "--strength 5 was lowered" in json.loads(report.read_text())["warnings"][0]


@pytest.mark.parametrize(
    ("name", "said", "bits"), [("d.png", "16-bit", 16), ("d.mkv", "16-bit", 16), ("d.mp4", "10-bit", 10)]
)
def test_the_depth_file_says_what_it_holds(
    film: Path, given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, said: str, bits: int
) -> None:
    words = ["--layout", "depth", "--duration", "0.05", "--report", str(tmp_path / "r.json"), *given]
    output = tmp_path / name.replace(".png", "%d.png")
    assert main(["convert", str(film), str(output), *words]) == 0
    out, err = capsys.readouterr()
    assert f"Relative disparity 0..1 as {said} gray" in out
    assert out.count("\n") == 1
    assert err == ""
    assert "nearest" in json.loads((tmp_path / "r.json").read_text())["about"]
    if bits == 16 and name.endswith(".png"):
        assert b"Relative disparity" in (tmp_path / "d1.png").read_bytes()
        return
    with av.open(str(output)) as container:
        assert any("Relative disparity" in value for value in container.metadata.values())
        assert container.streams.video[0].format.components[0].bits == bits


@pytest.mark.parametrize(("name", "better"), [("d%d.jpg", ".png keeps 16"), ("d.webm", ".mkv keeps 16, .mp4 10")])
def test_eight_bits_of_depth_are_said(
    film: Path, given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, better: str
) -> None:
    assert main(["convert", str(film), str(tmp_path / name), "--layout", "depth", "--duration", "0.05", *given]) == 0
    assert f"keeps 8 bits of the disparity; {better}\n" in capsys.readouterr().err


def test_depth_layout_is_white_where_near(film: Path, given: list[str], tmp_path: Path) -> None:
    assert main(["convert", str(film), f"{tmp_path}/d/", "--layout", "depth", *given]) == 0
    first = cv2.imread(str(sorted((tmp_path / "d").iterdir())[0]), cv2.IMREAD_UNCHANGED)
    assert first.dtype == np.uint16
    assert first[50, 60] / 65535 == pytest.approx(0.9, abs=0.01)
    assert first[0, 0] / 65535 == pytest.approx(0.1, abs=0.01)


def test_folder_of_images_to_folder(maps: Path, given: list[str], tmp_path: Path, rng: np.random.Generator) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    for i in range(FRAMES):
        cv2.imwrite(str(folder / f"{i}.png"), rng.integers(0, 255, (96, 160, 3), np.uint8))
    assert main(["convert", str(folder), str(tmp_path / "out"), *given]) == 0
    assert len(list((tmp_path / "out").iterdir())) == FRAMES


def test_several_pictures_do_not_fit_one_image(
    film: Path, given: list[str], tmp_path: Path, fails: Callable[..., str]
) -> None:
    assert "more than one picture" in fails(film, tmp_path / "one.png", *given, status=2)
    assert not (tmp_path / "one.png").exists()


def test_start_and_duration(film: Path, given: list[str], tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    assert main(["convert", str(film), str(output), *given, "--start", "0.25", "--duration", "0.5"]) == 0
    assert len(_frames(output)) == 6


def test_webm_gets_its_own_codec_and_says_so(
    film: Path, given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / "out.webm"
    assert main(["convert", str(film), str(output), *given, "--duration", "0.3", "--preset", "ultrafast"]) == 0
    assert "hold no h264, so the picture is written as vp9" in capsys.readouterr().err
    with av.open(str(output)) as container:
        assert container.streams.video[0].codec_context.name == "libvpx-vp9" or "vp9" in (
            container.streams.video[0].codec_context.codec.canonical_name
        )


def test_python_api_is_silent(film: Path, maps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ConvertOptions(input=str(film), output=str(tmp_path / "o.mp4"), depth=f"file:{maps}", infill="none")
    conversion = convert(options)
    assert conversion.report.frames_out == FRAMES
    assert not conversion.was_interrupted
    assert capsys.readouterr() == ("", "")


# --- bad input -----------------------------------------------------------------------------------------------------


def _audio_only(path: Path) -> None:
    with av.open(str(path), "w") as out:
        audio = out.add_stream("aac", rate=44100, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate, frame.pts = 44100, 0
        out.mux(audio.encode(frame))
        out.mux(audio.encode(None))


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("missing", "no such file"),
        ("empty", "empty"),
        ("random", "not a video"),
        ("text", ""),
        ("head only", ""),
        ("sound only", "no video in it"),
        ("folder", "no image in this folder"),
    ],
)
def test_bad_input_is_one_line(kind: str, reason: str, film: Path, tmp_path: Path, fails: Callable[..., str]) -> None:
    bad, output = tmp_path / "bad.mp4", tmp_path / "out.mp4"
    whole = film.read_bytes()
    match kind:
        case "empty":
            bad.touch()
        case "random":
            bad.write_bytes(np.random.default_rng(3).bytes(50_000))
        case "text":
            bad.write_text("this is no film\n" * 100)
        case "head only":
            bad.write_bytes(whole[:700])
        case "sound only":
            _audio_only(bad)
        case "folder":
            bad.mkdir()
    line = fails(bad, output)
    assert str(bad) in line
    assert reason in line
    assert not output.exists()
    assert _leftovers(tmp_path) == []


def test_truncated_film_gives_what_is_there_and_warns(
    film: Path, given: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad, output = tmp_path / "bad.mp4", tmp_path / "out.mp4"
    bad.write_bytes(film.read_bytes()[: film.stat().st_size * 6 // 10])
    assert main(["convert", str(bad), str(output), *given]) == 0
    assert 0 < len(_frames(output)) < FRAMES
    assert "wheatstone: warning: bad.mp4" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("out.xyz", "the suffix .xyz is unknown"),
        ("out", "no suffix"),
        ("nowhere/out.mp4", "does not exist"),
        ("taken.mp4", "exists already"),
        ("file.txt/out.mp4", ""),
    ],
)
def test_bad_output_is_one_line(
    name: str, reason: str, film: Path, given: list[str], tmp_path: Path, fails: Callable[..., str]
) -> None:
    (tmp_path / "taken.mp4").write_text("precious")
    (tmp_path / "file.txt").write_text("a file")
    line = fails(film, tmp_path / name, *given)
    assert name in line
    assert reason in line
    assert (tmp_path / "taken.mp4").read_text() == "precious"
    assert _leftovers(tmp_path) == []


def test_output_over_the_input(film: Path, given: list[str], tmp_path: Path, fails: Callable[..., str]) -> None:
    copy = tmp_path / "film.mp4"
    copy.write_bytes(film.read_bytes())
    assert "the input itself" in fails(copy, copy, *given, "--overwrite")
    assert copy.read_bytes() == film.read_bytes()


@pytest.mark.parametrize(
    ("words", "status", "reason"),
    [
        (["--depth", "nonsense"], 1, "no such network"),
        (["--depth", "file:/nowhere/maps"], 1, "/nowhere/maps"),
        (["--codec", "nonsense"], 1, "--codec nonsense"),
        (["--preset", "nonsense"], 2, "--preset nonsense"),
        (["--crf", "60"], 2, "--crf 60"),
        (["--start", "100"], 2, "--start 100"),
    ],
)
def test_bad_option_is_one_line(
    words: list[str], status: int, reason: str, film: Path, given: list[str], tmp_path: Path, fails
) -> None:  # type: ignore[no-untyped-def]
    line = fails(film, tmp_path / "out.mp4", *given, *words, status=status)
    assert reason in line
    assert not (tmp_path / "out.mp4").exists()
    assert _leftovers(tmp_path) == []


def test_maps_run_out_in_the_middle(film: Path, maps: Path, tmp_path: Path, fails: Callable[..., str]) -> None:
    few = tmp_path / "few"
    few.mkdir()
    for path in sorted(maps.iterdir())[:3]:
        (few / path.name).symlink_to(path)
    line = fails(film, tmp_path / "out.mp4", "--depth", f"file:{few}", "--infill", "stretch")
    assert "3" in line
    assert not (tmp_path / "out.mp4").exists()
    assert _leftovers(tmp_path) == []


def test_maps_left_over_are_said(film: Path, maps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    many = tmp_path / "many"
    many.mkdir()
    for path in maps.iterdir():
        (many / path.name).symlink_to(path)
    (many / "999.npy").symlink_to(maps / "000.npy")
    words = ["--depth", f"file:{many}", "--infill", "stretch"]
    assert main(["convert", str(film), str(tmp_path / "out.mp4"), *words]) == 0
    assert f"holds {FRAMES + 1} maps, but the input had {FRAMES} frames" in capsys.readouterr().err
    assert main(["convert", str(film), str(tmp_path / "part.mp4"), *words, "--duration", "0.5"]) == 0
    assert "maps" not in capsys.readouterr().err


def test_full_disk_leaves_nothing(film: Path, given: list[str], tmp_path: Path, fails: Callable[..., str]) -> None:
    words = [film, *given, "--crf", "1"]
    # Compiled kernels are cached on disk too: that is done before the disk is full.
    assert convert(ConvertOptions(input=str(film), output=str(tmp_path / "a.mp4"), depth=given[1], infill="stretch"))
    (tmp_path / "a.mp4").unlink()
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, limits[1]))
    try:
        line = fails(words[0], tmp_path / "out.mp4", *words[1:])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert "out.mp4" in line
    assert list(tmp_path.iterdir()) == []


# --- a process of its own ------------------------------------------------------------------------------------------


def test_ctrl_c_leaves_a_playable_file(tmp_path: Path) -> None:
    output = tmp_path / "out.mkv"
    words = [sys.executable, "-m", "engine", "convert", "pattern:320x192", str(output), "--infill", "stretch"]
    words += ["--depth", f"file:{_still_maps(tmp_path, 3000)}", "--duration", "100", "--crf", "4"]
    process = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    partial = tmp_path / ".out.partial.mkv"
    deadline = time.monotonic() + 90
    while not (partial.exists() and partial.stat().st_size > 10_000) and time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=150)
    assert process.returncode == 130, err
    assert out == ""
    assert err.startswith(f"wheatstone: interrupted: {output} holds the first ")
    said = int(err.split("the first ")[1].split()[0])
    assert 0 < said < 3000
    assert len(_frames(output)) == said
    assert not partial.exists()


def _still_maps(folder: Path, count: int) -> Path:
    maps = folder / "maps"
    maps.mkdir()
    np.save(maps / "0000.npy", np.linspace(0, 1, 192 * 320, dtype=np.float32).reshape(192, 320))
    for i in range(1, count):
        os.link(maps / "0000.npy", maps / f"{i:04d}.npy")
    return maps


def test_summary() -> None:
    report = Report(frames_in=30, frames_out=30, seconds=2.0, peak_rss_mb=1, stages={}, transcode_fps=30.0)
    assert summary(report) == "30 frames in 2.0 s, 15.0 frames/s (0.50 of the 30.0 frames/s of transcoding alone)"

"""`wheatstone play`, off screen in this process, and in a real window of another one."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import get_args

import cv2
import numpy as np
import pytest

from engine.__main__ import main, parse
from engine.commands.play import summary
from engine.config import GlassesName, PlayOptions, ScreenLayoutName
from engine.display.context import OffscreenSurface
from engine.display.settings import Preset
from engine.display.view import GLASSES, SCREEN_LAYOUTS, ViewState
from engine.errors import UnavailableError, UsageError
from engine.live.session import play
from engine.sources.pattern import PatternSource, read_number

ROOT = Path(__file__).parents[3]
pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("no_thread_left"), pytest.mark.timeout(400)]
EXACT = ("--depth", "exact", "--infill", "stretch")


@pytest.fixture(autouse=True)
def needs_egl() -> None:
    try:
        OffscreenSurface(8, 8).close()
    except UnavailableError as error:
        pytest.skip(f"no off-screen OpenGL here: {error}")


def play_pattern(tmp_path: Path, *words: str, size: str = "192x108") -> tuple[dict, np.ndarray]:
    """The report and the screenshot of a short session."""
    report, shot = tmp_path / "report.json", tmp_path / "shot.png"
    command = ["play", f"pattern:{size}", "--headless", *EXACT, *words]
    assert main([*command, "--report", str(report), "--screenshot", str(shot)]) == 0
    picture = cv2.imread(str(shot))
    assert picture is not None
    return json.loads(report.read_text()), picture


def test_pattern_headless_reports_and_shows(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report, picture = play_pattern(tmp_path, "--frames", "30")
    assert report["frames_in"] == 30
    assert report["frames_drawn"] + sum(report["dropped"].values()) == 30
    assert report["frames_drawn"] >= 1
    latency = report["latency_ms"]
    assert 0 < latency["p50"] <= latency["p90"] <= latency["p95"] <= latency["p99"] <= latency["max"]
    assert latency["count"] == report["frames_drawn"]
    assert report["pacing_error_ms"]["count"] == report["frames_drawn"] - 1
    assert report["seconds"] > 0.9, "thirty frames at thirty a second"
    assert set(report["stages"]) == {"stereo", "draw"}
    assert 1 <= report["comfort"]["frames"] <= 30
    assert report["comfort"]["parallax_percent"]["p1"] < 0 < report["comfort"]["parallax_percent"]["p99"]
    assert picture.shape == (108, 192, 3)
    out = capsys.readouterr().out
    assert out.count("\n") == 1
    assert "pattern:192x108" in out


def test_the_last_picture_is_the_last_frame_of_the_pattern(tmp_path: Path) -> None:
    """What is read back from the screen is frame N - 1: nothing stale is shown, and colours are right."""
    report, picture = play_pattern(tmp_path, "--frames", "12", "--layout", "left", "--strength", "0", size="256x144")
    luma = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    assert read_number(luma) == 11
    frame = PatternSource(256, 144).frame(11)
    expected = 255 * (frame.planes[0].astype(float) - 16) / 219
    neutral = np.abs(frame.planes[1].astype(int) - 128).repeat(2, 0).repeat(2, 1) < 3
    neutral &= np.abs(frame.planes[2].astype(int) - 128).repeat(2, 0).repeat(2, 1) < 3
    assert neutral.mean() > 0.02
    # Where chroma is neutral gray is luma; at the edges of such places chroma is interpolated.
    assert np.median(np.abs(luma - expected)[neutral]) < 3
    assert report["frames_in"] == 12


@pytest.mark.parametrize("layout", get_args(ScreenLayoutName))
def test_every_layout_starts(tmp_path: Path, layout: str) -> None:
    report, picture = play_pattern(tmp_path, "--frames", "1", "--layout", layout, "--hud")
    assert report["layout"] == layout
    assert picture.std() > 10


def test_options_name_what_the_display_can_do() -> None:
    assert get_args(ScreenLayoutName) == SCREEN_LAYOUTS
    assert get_args(GlassesName) == GLASSES
    options = PlayOptions(input="pattern")
    assert ViewState(layout=options.layout, glasses=options.anaglyph) == ViewState()
    assert Preset().with_values({"strength": options.strength}) == Preset()


def test_what_was_asked_for_by_name_is_known() -> None:
    assert PlayOptions(input="pattern").chosen == {}
    words = ["pattern", "--layout", "half-sbs", "--strength", "2.5", "--swap-eyes", "--distortion", "0.1", "0.2"]
    options = parse("play", PlayOptions, [*words, "--ipd", "60"])
    assert options is not None
    assert options.chosen == {
        "layout": "half-sbs",
        "strength": 2.5,
        "swap_eyes": True,
        "ipd_mm": 60.0,
        "distortion": (0.1, 0.2),
    }


def test_near_things_lie_further_right_in_the_left_eye(tmp_path: Path) -> None:
    """The nearest shape's centre in each half of the picture."""
    words = ("--frames", "1", "--layout", "sbs", "--strength", "8", "--convergence", "0")
    _, picture = play_pattern(tmp_path, *words, size="320x180")
    left, right = picture[:, :320], picture[:, 320:]
    # Of the pattern's shapes one is strongly red: it is the nearest.
    centres = [np.nonzero(eye[..., 2].astype(int) - eye[..., 0] > 90)[1].mean() for eye in (left[40:], right[40:])]
    assert centres[0] - centres[1] > 8


def test_size_is_obeyed(tmp_path: Path) -> None:
    _, picture = play_pattern(tmp_path, "--frames", "1", "--size", "400x100", "--layout", "left")
    assert picture.shape == (100, 400, 3)
    assert not picture[:, :100].any()
    assert picture[:, 150:250].any()


def test_a_file_plays_to_its_end(film: Path, given: list[str], tmp_path: Path) -> None:
    report_file = tmp_path / "r.json"
    assert main(["play", str(film), "--headless", *given, "--report", str(report_file)]) == 0
    report = json.loads(report_file.read_text())
    assert report["frames_in"] == 12
    assert report["frames_drawn"] + sum(report["dropped"].values()) == 12
    assert report["seconds"] > 11 / 12 - 0.05, "paced by its timestamps"


def test_an_image_is_one_picture_and_ends_off_screen(tmp_path: Path) -> None:
    rng = np.random.default_rng(5)
    image, depth, shot = tmp_path / "in.png", tmp_path / "depth.npy", tmp_path / "out.png"
    picture = cv2.resize(rng.integers(0, 255, (9, 16, 3), np.uint8), (160, 90), interpolation=cv2.INTER_CUBIC)
    cv2.imwrite(str(image), picture)
    np.save(depth, np.linspace(0, 1, 90, dtype=np.float32)[:, None].repeat(160, axis=1))
    words = ["--headless", "--depth", f"file:{depth}", "--infill", "stretch", "--layout", "left", "--eyes", "right"]
    assert main(["play", str(image), *words, "--screenshot", str(shot)]) == 0
    shown = cv2.imread(str(shot))
    assert shown is not None
    assert shown.shape == picture.shape
    # --eyes right keeps the source as the left eye.
    assert np.abs(shown.astype(int) - picture).mean() < 4


@pytest.mark.parametrize(
    ("words", "says", "status"),
    [
        (["nowhere.mp4", "--headless"], "nowhere.mp4", 1),
        (["camera:0", "--headless"], "camera:0", 1),
        (["pattern", "--frames", "0"], "--frames", 2),
        (["pattern", "--size", "big"], "--size", 2),
        (["pattern", "--size", "9x99999"], "--size", 2),
        (["pattern", "--layout", "cinema"], "--layout", 2),
        (["pattern", "--head", "x=2"], "--head", 2),
        (["pattern", "--head", "up"], "--head", 2),
        (["pattern", "--ipd", "10"], "--ipd", 2),
        (["pattern", "--fov", "200"], "--fov", 2),
        (["pattern", "--distortion", "0.1", "3"], "--distortion", 2),
        (["pattern", "--display", "0"], "--display", 2),
        (["pattern", "--screenshot", "shot.jpg"], "PNG", 2),
        (["pattern", "--report", "nowhere/r.json"], "nowhere", 2),
        (["pattern:8x8", "--headless", "--depth", "exact"], "pattern:8x8", 2),
        (["pattern", "--headless", "--depth", "no-such-net"], "no-such-net", 1),
    ],
)
def test_mistakes_are_named(words: list[str], says: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["play", *words]) == status
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1, err
    assert says in err


def test_exact_depth_is_for_the_pattern_only(film: Path) -> None:
    with pytest.raises(UsageError, match="exact"):
        play(PlayOptions(input=str(film), depth="exact", headless=True))


def test_summary_names_drops() -> None:
    report = play(PlayOptions(input="pattern:64x64", depth="exact", infill="stretch", headless=True, frames=3))
    assert "3 frames shown" in summary(report) or "dropped" in summary(report)


# --- in a window ------------------------------------------------------------------------------------------------------


_END_OF_PNG = b"IEND\xaeB`\x82"


def middle(picture: np.ndarray) -> np.ndarray:
    """Rows over which no notices are written, in no layout."""
    height = len(picture)
    return picture[height // 6 : height // 3]


class Window:
    """`wheatstone play` with a window, in a process of its own."""

    def __init__(self, display: str | None, folder: Path, *words: str) -> None:
        environment = {key: value for key, value in os.environ.items() if key not in ("DISPLAY", "WAYLAND_DISPLAY")}
        environment |= {"XDG_SESSION_TYPE": "x11", "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(folder / "config")}
        if display is not None:
            environment["DISPLAY"] = display
        self.folder = folder
        self.shots = 0
        self.report_file = folder / "report.json"
        command = [sys.executable, "-W", "error", "-m", "engine", "play", *words, "--report", str(self.report_file)]
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def finish(self, status: int = 0) -> tuple[str, str]:
        out, err = self.process.communicate(timeout=120)
        assert self.process.returncode == status, err
        return out, err

    def wait_until_playing(self, press: Callable[[str], None]) -> None:
        """A window takes keys while it is still loading; a screenshot says that it plays."""
        self.shoot(press)

    def shoot(self, press: Callable[[str], None]) -> np.ndarray:
        """The next screenshot."""
        self.shots += 1
        path = self.folder / f"wheatstone-{self.shots:03d}.png"
        press("p")
        deadline = time.perf_counter() + 120
        while not (path.exists() and (data := path.read_bytes()).endswith(_END_OF_PNG)):
            assert time.perf_counter() < deadline, "no screenshot came"
            assert self.process.poll() is None
            time.sleep(0.02)
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR).astype(int)

    def shoot_until(self, press: Callable[[str], None], *, changed: bool, first: np.ndarray) -> np.ndarray:
        """Screenshots, until one differs from that before it, or is the same; notices do not count."""
        deadline = time.perf_counter() + 120
        before, now = first, self.shoot(press)
        while changed == np.array_equal(middle(before), middle(now)):
            assert time.perf_counter() < deadline, "the picture never got there"
            before, now = now, self.shoot(press)
        return now

    def freeze(self, press: Callable[[str], None]) -> np.ndarray:
        """Stop the film; the picture when it has come to rest."""
        press("space")
        return self.shoot_until(press, changed=False, first=self.shoot(press))

    @property
    def settings_file(self) -> Path:
        return self.folder / "config" / "wheatstone" / "play.json"

    @property
    def report(self) -> dict:
        return json.loads(self.report_file.read_text())


@pytest.fixture
def window(x_display: str, tmp_path: Path) -> Iterator[Callable[..., Window]]:
    opened: list[Window] = []

    def open_window(*words: str) -> Window:
        opened.append(Window(x_display, tmp_path, *words))
        return opened[-1]

    yield open_window
    for one in opened:
        with one.process:
            one.process.kill()


def test_keys_in_a_real_window(window: Callable[..., Window], press: Callable[[str], None]) -> None:
    """Every kind of key, then quit: screenshots are written, figures shown, nothing hangs."""
    one = window("pattern:320x180", *EXACT)
    one.wait_until_playing(press)
    for key in ["h", "l", "a", "s", "d", "d", "Up", "Down", "Left", "Right", "c", "question", "p", "question"]:
        press(key)
    one.shots += 1
    press("h")
    first = one.freeze(press)
    press("period")
    stepped = one.shoot_until(press, changed=True, first=first)
    press("Up")
    second = one.shoot_until(press, changed=True, first=stepped)
    for key in ("space", "f", "q"):
        press(key)
    out, err = one.finish()
    assert err == ""
    assert out.startswith("pattern:320x180: ")
    assert first.shape == second.shape == (180, 320, 3)
    report = one.report
    assert report["layout"] == "ou"
    assert report["repeats"]["asked for"] >= 1, "a changed setting shows on the frozen picture"
    assert report["frames_drawn"] + sum(report["dropped"].values()) == report["frames_in"]
    assert report["latency_ms"]["count"] > 10


def test_a_still_picture_stays_until_quit_and_follows_the_keys(
    window: Callable[..., Window], press: Callable[[str], None], tmp_path: Path
) -> None:
    cv2.imwrite(str(tmp_path / "in.png"), np.random.default_rng(5).integers(0, 255, (90, 160, 3), np.uint8))
    np.save(tmp_path / "depth.npy", np.linspace(0, 1, 90, dtype=np.float32)[:, None].repeat(160, axis=1))
    one = window("in.png", "--depth", "file:depth.npy", "--infill", "stretch")
    # A key that comes before the first picture shoots an empty window.
    shown = one.shoot_until(press, changed=True, first=np.zeros_like(one.shoot(press)))
    for _ in range(3):
        press("Up")
        shown = one.shoot_until(press, changed=True, first=shown)
    press("Escape")
    one.finish()
    assert one.report["frames_drawn"] >= 4


def test_what_was_chosen_is_there_next_time(window: Callable[..., Window], press: Callable[[str], None]) -> None:
    """Keys are remembered for this display; words on the command line win, and are not remembered."""
    short = ("pattern:160x90", *EXACT, "--frames", "4")
    first = window(*short[:-2], "--layout", "sbs", "--anaglyph", "amber-blue")
    for key in ("l", "s", "Up", "bracketright", "q"):
        press(key)
    first.finish()
    assert first.report["layout"] == "half-sbs"
    stored = json.loads(first.settings_file.read_text())
    (display,) = stored["displays"]
    assert stored["displays"][display] == {"layout": "half-sbs", "swap_eyes": True, "strength": 2.75, "ipd_mm": 64.0}

    stored["displays"][display]["layout"] = "anaglyph"
    first.settings_file.write_text(json.dumps(stored))
    for words, layout in (((), "anaglyph"), (("--layout", "half-sbs"), "half-sbs"), (("--fresh",), "half-sbs")):
        one = window(*short, *words)
        _, err = one.finish()
        assert (err, one.report["layout"]) == ("", layout)
    assert json.loads(first.settings_file.read_text()) == stored


def test_damaged_settings_are_named_and_kept(window: Callable[..., Window], tmp_path: Path) -> None:
    file = tmp_path / "config" / "wheatstone" / "play.json"
    file.parent.mkdir(parents=True)
    file.write_text("{ of another program")
    _, err = window("pattern:160x90", *EXACT, "--frames", "2").finish()
    assert err.count("\n") == 1
    assert "play.json" in err
    assert "kept as play.json.kept-1" in err
    assert file.with_name("play.json.kept-1").read_text() == "{ of another program"


def test_off_screen_nothing_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    config = tmp_path / "config"
    file = config / "wheatstone" / "play.json"
    file.parent.mkdir(parents=True)
    file.write_text("not even looked at")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(config))
    report, _ = play_pattern(tmp_path, "--frames", "1")
    assert report["layout"] == "half-sbs"
    assert [path.name for path in file.parent.iterdir()] == ["play.json"]
    assert file.read_text() == "not even looked at"


def test_a_moved_head_sees_the_nearest_thing_elsewhere(tmp_path: Path) -> None:
    """A head that goes right sees near things go left."""
    words = ("--frames", "1", "--layout", "left", "--strength", "8", "--convergence", "0")
    places = []
    for head in ((), ("--head", "x=1"), ("--head", "x=-1")):
        _, picture = play_pattern(tmp_path, *words, *head, size="320x180")
        picture = picture[40:].astype(int)
        places.append(np.nonzero(picture[..., 2] - picture[..., 0] > 90)[1].mean())
    assert places[1] < places[0] - 8
    assert places[2] > places[0] + 8


def test_moving_the_head_in_a_frozen_picture(window: Callable[..., Window], press: Callable[[str], None]) -> None:
    """No frame comes, and yet the picture follows the head."""
    one = window("pattern:320x180", *EXACT, "--layout", "left", "--strength", "8")
    one.wait_until_playing(press)
    home = one.freeze(press)[30:140]
    for _ in range(5):
        press("Shift_L+Right")
    moved = one.shoot(press)[30:140]
    press("Home")
    back = one.shoot(press)[30:140]
    press("q")
    one.finish()
    assert np.array_equal(home, back)
    assert (np.abs(home - moved).max(axis=-1) > 40).mean() > 0.02


def test_a_display_without_opengl_is_said(display_without_opengl: str, tmp_path: Path) -> None:
    one = Window(display_without_opengl, tmp_path, "pattern:320x180", *EXACT)
    out, err = one.finish(1)
    assert out == ""
    assert err.count("\n") == 1
    assert "OpenGL 3.3" in err
    assert "--headless" in err


def test_ctrl_c_ends_it(window: Callable[..., Window], press: Callable[[str], None]) -> None:
    one = window("pattern:320x180", *EXACT)
    one.wait_until_playing(press)
    one.process.send_signal(signal.SIGINT)
    out, err = one.finish(130)
    assert out == ""
    assert err == "wheatstone: interrupted\n"


def test_without_a_display_one_line_says_so(tmp_path: Path) -> None:
    one = Window(None, tmp_path, "pattern:320x180", *EXACT)
    out, err = one.finish(1)
    assert out == ""
    assert err.count("\n") == 1
    assert "no display" in err
    assert "--headless" in err

"""Every command in the README is run here, in the order a reader meets it, in one folder."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

ROOT = Path(__file__).resolve().parents[1]
BIN = Path(sys.executable).parent

# A reader trains for hours and benchmarks for minutes; the test proves the same commands on a small scale.
SMALLER = [
    (r"--minutes \d+", "--steps 2 --batch 2"),
    (r"--shards \d+", "--shards 1 --samples 16 --width 192 --height 128"),
    (r"bench pipeline", "bench pipeline --frames 4 --segments 1"),
    (r"bench kernels", "bench kernels --repeats 1"),
]
NEEDS_GL = ("training data scenes", "wheatstone play")


def _commands() -> list[str]:
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(), flags=re.M | re.S)
    lines = [line.split("  #")[0].strip() for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def _film(path: Path) -> None:
    """Write a second of moving texture with a tone, as a user's file would be."""
    rng = np.random.default_rng(7)
    picture = cv2.GaussianBlur(rng.integers(0, 255, (240, 480, 3), np.uint8), (0, 0), 2)
    picture = cv2.normalize(picture, None, 0, 255, cv2.NORM_MINMAX)
    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=12)
        video.width, video.height, video.pix_fmt = 320, 192, "yuv420p"
        audio = out.add_stream("aac", rate=44100, layout="mono")
        for i in range(12):
            view = np.ascontiguousarray(picture[20:212, 4 * i : 4 * i + 320])
            out.mux(video.encode(av.VideoFrame.from_ndarray(view, format="bgr24")))
        tone = (np.sin(np.arange(44100) * 0.06) * 0.2).astype(np.float32)[None]
        for start in range(0, 44032, 1024):
            frame = av.AudioFrame.from_ndarray(tone[:, start : start + 1024].copy(), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44100, start
            out.mux(audio.encode(frame))
        out.mux(video.encode())
        out.mux(audio.encode())


def _shrink(command: str) -> str:
    for pattern, replacement in SMALLER:
        command = re.sub(pattern, replacement, command)
    return command


def _has_gl() -> bool:
    code = "import moderngl; moderngl.create_context(standalone=True, backend='egl')"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0


def test_make_targets_exist() -> None:
    targets = [line.split()[1] for line in _commands() if line.startswith("make ")]
    assert {"demo", "test"} <= set(targets)
    for target in targets:
        subprocess.run(["make", "-n", target], cwd=ROOT, check=True, capture_output=True)


@pytest.mark.timeout(600)
def test_every_command_runs(tmp_path: Path) -> None:
    _film(tmp_path / "film.mp4")
    cv2.imwrite(str(tmp_path / "photo.jpg"), np.random.default_rng(1).integers(0, 255, (96, 160, 3), np.uint8))
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}", "OMP_NUM_THREADS": "2"}
    # Not as somebody left the window of this machine.
    environment["XDG_CONFIG_HOME"] = str(tmp_path / "config")
    gl = _has_gl()
    skipped, ran = [], 0
    for command in _commands():
        if command.startswith(("make ", "git ", "cd ", "pip ", "apt")):
            continue
        if any(word in command for word in NEEDS_GL) and not gl:
            skipped.append(command)
            continue
        words = shlex.split(_shrink(command))
        if "play" in words and "--headless" not in words:
            if shutil.which("xvfb-run") is None:
                skipped.append(command)
                continue
            words = ["xvfb-run", "-a", *words]
        result = subprocess.run(words, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert result.returncode == 0, f"{command}\n{result.stdout[-1500:]}\n{result.stderr[-1500:]}"
        ran += 1
    assert ran >= 8
    if skipped:
        pytest.skip(f"ran {ran} commands; no OpenGL or no Xvfb here for: {'; '.join(skipped)}")

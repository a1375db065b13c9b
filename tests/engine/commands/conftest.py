"""Small films, pictures and depth maps for the commands to work on."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np
import pytest

WIDTH, HEIGHT, FRAMES, RATE = 160, 96, 12, 12


def textured(rng: np.random.Generator, height: int, width: int) -> np.ndarray:
    """A picture with detail at several scales, BGR."""
    coarse = cv2.resize(rng.integers(0, 255, (height // 8, width // 8, 3), np.uint8), (width, height))
    fine = rng.integers(0, 60, (height, width, 3), np.uint8)
    return cv2.add(cv2.convertScaleAbs(coarse, alpha=0.75), fine)


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One second of moving texture with a tone."""
    rng = np.random.default_rng(7)
    path = tmp_path_factory.mktemp("film") / "film.mp4"
    picture = textured(rng, HEIGHT, WIDTH + 2 * FRAMES)
    with av.open(str(path), "w", options={"movflags": "faststart"}) as out:
        video = out.add_stream("libx264", rate=RATE, options={"bf": "0", "g": "4"})
        video.width, video.height, video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        audio = out.add_stream("aac", rate=44100, layout="mono")
        out.metadata["title"] = "A film"
        for i in range(FRAMES):
            view = np.ascontiguousarray(picture[:, 2 * i : 2 * i + WIDTH])
            out.mux(video.encode(av.VideoFrame.from_ndarray(view, format="bgr24")))
        tone = (np.sin(np.arange(44032) * 0.06) * 0.2).astype(np.float32)[None]
        for start in range(0, tone.shape[1], 1024):
            frame = av.AudioFrame.from_ndarray(tone[:, start : start + 1024].copy(), format="fltp", layout="mono")
            frame.sample_rate, frame.pts = 44100, start
            out.mux(audio.encode(frame))
        out.mux(video.encode(None))
        out.mux(audio.encode(None))
    return path


@pytest.fixture(scope="session")
def maps(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Disparity for every frame of the film: a near box over a floor."""
    folder = tmp_path_factory.mktemp("maps")
    rows = np.linspace(0.1, 0.5, HEIGHT, dtype=np.float32)[:, None].repeat(WIDTH, axis=1)
    for i in range(FRAMES):
        disparity = rows.copy()
        disparity[30:70, 40 + 2 * i : 80 + 2 * i] = 0.9
        np.save(folder / f"{i:03d}.npy", disparity)
    return folder


@pytest.fixture(scope="session")
def given(maps: Path) -> list[str]:
    """Options under which nothing but the test's own files is needed: no network."""
    return ["--depth", f"file:{maps}", "--infill", "stretch"]

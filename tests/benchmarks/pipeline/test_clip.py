from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from benchmarks.pipeline.clip import make_clip


def test_clip_is_textured_moving_and_the_same_every_time(tmp_path: Path) -> None:
    pictures = []
    for name in ("a.mp4", "b.mp4"):
        make_clip(tmp_path / name, width=320, height=192, frames=95)
        with av.open(str(tmp_path / name)) as container:
            assert container.streams.video[0].codec_context.name == "h264"
            assert container.streams.video[0].codec_context.pix_fmt == "yuv420p"
            pictures.append([frame.to_ndarray(format="gray").astype(float) for frame in container.decode(video=0)])
    first, second = pictures
    assert len(first) == 95
    # x264 with several threads does not promise the same bits, but another picture would not correlate at all.
    assert min(np.corrcoef(a.ravel(), b.ravel())[0, 1] for a, b in zip(first, second, strict=True)) > 0.98
    steps = [np.abs(b - a).mean() for a, b in pairwise(first)]
    assert min(steps) > 1.0, "every frame moves"
    assert steps[89] > 5 * np.median(steps), "there is a cut"
    assert first[0].std() > 20
    assert np.abs(np.diff(first[0], axis=1)).mean() > 2, "there is fine detail"

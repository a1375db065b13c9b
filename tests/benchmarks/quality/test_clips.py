from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from benchmarks.quality.clips import Clip, ClipFrame, drawn_clips, joined, recorded_clip
from benchmarks.quality.temporal import earlier_positions


def _frame(value: int) -> ClipFrame:
    shape = (8, 12)
    return ClipFrame(
        image=np.full((*shape, 3), value, np.uint8),
        inverse_depth=np.ones(shape, np.float32),
        known=np.ones(shape, bool),
        pose=np.eye(3, 4, dtype=np.float32),
    )


def test_joined_clips_have_a_cut_where_the_second_begins() -> None:
    first, second = (
        Clip(name="x", frames=tuple(_frame(v) for _ in range(5)), intrinsics=(1.0, 1.0, 6.0, 4.0)) for v in (1, 2)
    )
    clip = joined("both", first, second, 3)
    assert [int(frame.image[0, 0, 0]) for frame in clip.frames] == [1, 1, 1, 2, 2, 2]
    assert clip.shots == (slice(0, 3), slice(3, 6))


@pytest.mark.parametrize("layout", ["flat", "log"])
def test_recorded_clips_turn_camera_to_world_round(tmp_path: Path, layout: str) -> None:
    """The camera has moved 2 m to the right and looks the same way: the world lies 2 m further left of it."""
    poses = [np.eye(4), np.eye(4)]
    poses[1][0, 3] = 2.0
    image, depth = np.full((48, 64, 3), 90, np.uint8), np.full((48, 64), 4000, np.uint16)
    depth[:10] = 0
    for number, pose in enumerate(poses):
        words = "\n".join(" ".join(str(v) for v in row) for row in pose)
        if layout == "flat":
            cv2.imwrite(str(tmp_path / f"frame-{number:06d}.color.jpg"), image)
            cv2.imwrite(str(tmp_path / f"frame-{number:06d}.depth.png"), depth)
            (tmp_path / f"frame-{number:06d}.pose.txt").write_text(words)
            np.savetxt(tmp_path / "camera-intrinsics.txt", [[500, 0, 32], [0, 500, 24], [0, 0, 1]])
            continue
        for kind, pixels in (("image", image), ("depth", depth)):
            (tmp_path / kind).mkdir(exist_ok=True)
            cv2.imwrite(str(tmp_path / kind / f"{number:05d}.png"), pixels)
        with (tmp_path / "trajectory.log").open("a") as file:
            file.write(f"{number} {number} {number + 1}\n{words}\n")
    clip = recorded_clip(tmp_path)
    assert clip is not None
    assert len(clip.frames) == 2
    np.testing.assert_allclose(clip.frames[1].pose, [[1, 0, 0, -2], [0, 1, 0, 0], [0, 0, 1, 0]], atol=1e-6)
    np.testing.assert_allclose(clip.frames[0].inverse_depth[20:], 0.25)
    assert not clip.frames[0].known[:10].any()
    assert clip.frames[0].known[10:].all()


def test_without_a_camera_path_there_is_no_clip(tmp_path: Path) -> None:
    assert recorded_clip(tmp_path) is None


def test_a_broken_pose_is_named(tmp_path: Path) -> None:
    (tmp_path / "frame-000000.pose.txt").write_text("1 2 3")
    with pytest.raises(ValueError, match=r"frame-000000\.pose\.txt: expected a 4x4 matrix"):
        recorded_clip(tmp_path)


@pytest.mark.gl
def test_drawn_clips_know_their_camera() -> None:
    """A surface seen again has the depth that the camera's path says, and grain lies over still pictures."""
    try:
        clips = {clip.name: clip for clip in drawn_clips(2, (160, 96))}
    except OSError as error:
        pytest.skip(str(error))
    assert sum(clip.is_still for clip in clips.values()) >= 3
    assert sum(len(clip.cuts) > 1 for clip in clips.values()) == 3
    still = next(clip for clip in clips.values() if clip.is_still)
    assert np.array_equal(still.frames[0].inverse_depth, still.frames[1].inverse_depth)
    assert 1 < np.abs(still.frames[0].image.astype(int) - still.frames[1].image).mean() < 12
    moving = [clip for clip in clips.values() if not clip.is_still and len(clip.cuts) == 1]
    assert len(moving) >= 4
    for clip in moving:
        assert not np.array_equal(clip.frames[0].inverse_depth, clip.frames[1].inverse_depth)
        _, seen = earlier_positions(clip, *clip.frames)
        assert seen.mean() > 0.5, clip.name

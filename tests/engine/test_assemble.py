from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from engine.assemble import assemble, assemble_transcode, stage_threads, stamped
from engine.config import ConvertOptions
from engine.errors import InputError, ModelError, OutputError, UsageError
from engine.frame import Frame, PixelFormat
from engine.inference.artifact import Artifact, Port, SizeRule, Tolerance, digest
from engine.sinks.encoder import EncoderSink

pytestmark = pytest.mark.usefixtures("no_thread_left")


@pytest.fixture
def network(tmp_path: Path) -> Path:
    """A network that takes brightness for nearness."""
    folder = tmp_path / "net"
    folder.mkdir()
    graph = helper.make_graph(
        [helper.make_node("ReduceMean", ["image"], ["disparity"], axes=[1], keepdims=1)],
        "bright",
        [helper.make_tensor_value_info("image", TensorProto.FLOAT, ["n", 3, "h", "w"])],
        [helper.make_tensor_value_info("disparity", TensorProto.FLOAT, ["n", 1, "h", "w"])],
    )
    path = folder / "bright.onnx"
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9), path)
    Artifact(
        name="bright",
        kind="depth",
        path=path,
        sha256=digest(path),
        opset=17,
        inputs=(Port(name="image", shape=("N", 3, "H", "W")),),
        outputs=(Port(name="disparity", shape=("N", 1, "H", "W")),),
        size=SizeRule(multiple=32, area=96 * 64),
        tolerance={"f32": Tolerance(mean=1e-5, worst=1e-4), "bf16": Tolerance(mean=0.02, worst=0.1)},
    ).save()
    return path


def _options(network: Path, output: Path, **more: object) -> ConvertOptions:
    fields = {"input": "pattern:160x96@10", "duration": 0.4, "depth": str(network), "infill": "stretch"} | more
    return ConvertOptions(output=str(output), **fields)  # type: ignore[arg-type]


def test_frames_pass_every_stage_in_order(network: Path, tmp_path: Path) -> None:
    seen: list[Frame] = []
    line = assemble(_options(network, tmp_path / "out.mp4"), on_frame=seen.append)
    assert isinstance(line.sink, EncoderSink)
    assert line.graph.run() == "finished"
    assert [frame.index for frame in seen] == [0, 1, 2, 3]
    for frame in seen:
        names = [name for name, _, _ in frame.stamps]
        assert names == ["source", "depth", "stereo", "layout"]
        times = [time for _, start, end in frame.stamps for time in (start, end)]
        assert times == sorted(times)
    assert [m.name for m in line.graph.measurements()] == ["source", "depth", "stereo", "layout", "sink"]
    assert (tmp_path / "out.mp4").stat().st_size > 0


def test_depth_layout_needs_no_eyes(network: Path, tmp_path: Path) -> None:
    line = assemble(_options(network, tmp_path / "out.mp4", layout="depth"))
    assert [m.name for m in line.graph.measurements()] == ["source", "depth", "layout", "sink"]
    assert line.graph.run() == "finished"


def test_transcode_has_no_stereo_in_it(network: Path, tmp_path: Path) -> None:
    line = assemble_transcode(_options(network, tmp_path / "out.mp4"))
    assert [m.name for m in line.graph.measurements()] == ["source", "sink"]
    assert line.graph.run() == "finished"
    assert line.sink.frames_written == 4


def test_the_network_sees_the_picture(network: Path, tmp_path: Path) -> None:
    """Bright is near for this network, so the depth picture of a photo is its own brightness."""
    picture = np.full((96, 160, 3), 30, np.uint8)
    picture[:, 80:] = 220
    cv2.imwrite(str(tmp_path / "in.png"), picture)
    options = _options(network, tmp_path / "d.png", input=str(tmp_path / "in.png"), layout="depth", duration=None)
    assemble(options).graph.run()
    depth = cv2.imread(str(tmp_path / "d.png"), cv2.IMREAD_UNCHANGED)
    assert depth.dtype == np.uint16
    assert depth[48, 20] < 10_000
    assert depth[48, 140] > 50_000


@pytest.mark.parametrize(
    ("more", "error", "said"),
    [
        ({"input": "nowhere.mp4"}, InputError, "nowhere.mp4"),
        ({"depth": "nothing"}, ModelError, "nothing"),
        ({"output": "still.png"}, UsageError, "more than one picture"),
        ({"output": "clip.xyz"}, OutputError, "suffix"),
    ],
)
def test_nothing_is_written_when_something_is_wrong(
    more: dict[str, object], error: type[Exception], said: str, network: Path, tmp_path: Path
) -> None:
    output = tmp_path / str(more.pop("output", "out.mp4"))
    with pytest.raises(error, match=said):
        assemble(_options(network, output, **more))
    assert [path.name for path in tmp_path.iterdir()] == ["net"]


def test_an_infill_network_is_no_depth_network(network: Path, tmp_path: Path) -> None:
    sidecar = network.with_suffix(".json")
    sidecar.write_text(sidecar.read_text().replace('"depth"', '"infill"'))
    with pytest.raises(ModelError, match="kind infill, but depth is needed"):
        assemble(_options(network, tmp_path / "out.mp4"))


def test_threads_follow_the_option(network: Path, tmp_path: Path) -> None:
    assert stage_threads(_options(network, tmp_path / "o.mp4", threads=3)) == 3
    assert 1 <= stage_threads(_options(network, tmp_path / "o.mp4")) <= 4


def test_stamped_adds_one_record() -> None:
    planes = (np.zeros((4, 4), np.uint8),)
    frame = Frame(planes=planes, format=PixelFormat(subsampling="gray"))
    name, start, end = stamped("depth", lambda x: x)(frame).stamps[0]
    assert name == "depth"
    assert start <= end

"""From options to a running line: source -> depth -> stereo -> layout -> sink. The whole pipeline can be read here."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

from engine import models
from engine.config import ConvertOptions, StereoOptions
from engine.config_values import is_chosen
from engine.depth import DepthStage, FileDepthStage, check_depth, network_size
from engine.errors import ModelError, UsageError
from engine.frame import Frame, StreamInfo
from engine.graph import Graph, Stage
from engine.graph import Source as GraphSource
from engine.inference import open_session
from engine.inference.artifact import Artifact
from engine.layouts import LayoutOptions, about_depth, make_layout
from engine.layouts.layout import LayoutOutput
from engine.sinks import SinkOptions, open_sink
from engine.sinks import kind_of as sink_kind_of
from engine.sinks.carry import CarryOver
from engine.sinks.codecs import CONTAINERS, default_codec
from engine.sinks.depth_codecs import DepthEncoding, depth_encoding
from engine.sinks.sink import Picture, Sink
from engine.sources import kind_of as source_kind_of
from engine.sources import open_source, shown_name
from engine.sources.source import Source
from engine.stereo import ComfortLimits, NetworkInfill, ParallaxMapper, StereoStage

# More threads than this gain nothing in one stage: the others need cores too.
_MOST_THREADS = 4
_DEEP_IMAGES = frozenset({".png", ".tif", ".tiff", ""})
_ON_DISK = ("file", "image", "image_folder")
_NO_H264 = frozenset({"webm", "ogg", "gif", "mpeg"})


@dataclass(frozen=True, slots=True)
class Line:
    """A line that is ready to run, and the parts of it that can be asked afterwards."""

    graph: Graph[Frame]
    source: Source
    sink: Sink
    notes: tuple[str, ...] = ()
    """How the options were understood, where that may surprise."""
    about: str | None = None
    """What the written pictures mean, where that is not plain to see."""
    stereo: StereoStage | None = None
    """None where no eye is rendered."""
    maps: FileDepthStage | None = None
    """Where depth comes from a file, and all of the input is converted."""

    @property
    def warnings(self) -> list[str]:
        """What a person should know, one line each, nothing twice; complete when the line has run."""
        maps = self.maps.warnings if self.maps is not None and not self.graph.is_cut else []
        eyes = self.stereo.warnings if self.stereo is not None else []
        return list(dict.fromkeys([*self.notes, *self.source.warnings, *maps, *eyes, *self.sink.warnings]))


def assemble(options: ConvertOptions, *, on_frame: Callable[[Frame], None] | None = None) -> Line:
    """Build the line that converts.

    Args:
        options: what to convert and how.
        on_frame: called on the main thread with every frame that has been written.

    Raises:
        WheatstoneError: whatever cannot be opened, found or written; nothing stays open then.
    """
    with ExitStack() as opened:
        source = opened.enter_context(_open_source(options))
        depth = _depth_encoding(options)
        layout = make_layout(options.layout, _layout_options(options, depth))
        picture = layout.output(source.info)
        sink, notes = _open_sink(options, source, depth)
        estimator = depth_stage(options, source.info)
        stages = [Stage(name="depth", process=stamped("depth", estimator.process))]
        stereo = None
        if picture.needs_left or picture.needs_right:
            stereo = stereo_stage(options, (picture.needs_left, picture.needs_right), with_parallax=False)
            stereo.prepare(source.info.width, source.info.height)
            stages.append(Stage(name="stereo", process=stamped("stereo", stereo.process)))
        stages.append(Stage(name="layout", process=stamped("layout", layout.process)))
        line = _line(source, stages, sink, picture, on_frame)
        opened.pop_all()
    is_whole = options.start == 0 and options.duration is None
    maps = estimator if isinstance(estimator, FileDepthStage) and is_whole else None
    return Line(line, source, sink, notes, _about(options, depth), stereo, maps)


def assemble_transcode(options: ConvertOptions, *, on_frame: Callable[[Frame], None] | None = None) -> Line:
    """Build the line that decodes and encodes alike, with no stereo work between: what converting is measured against.

    Raises:
        WheatstoneError: as `assemble`.
    """
    with ExitStack() as opened:
        source = opened.enter_context(_open_source(options))
        sink, notes = _open_sink(options, source, None)
        line = _line(source, [], sink, source.info, on_frame)
        opened.pop_all()
    return Line(line, source, sink, notes)


def depth_stage(options: StereoOptions, info: StreamInfo) -> DepthStage | FileDepthStage:
    """Where disparity comes from: a file, or a network that sees a small copy of each frame."""
    if options.depth_path is not None:
        return FileDepthStage(options.depth_path, info, raw=options.parallax == "raw")
    artifact = _artifact(options.depth, "depth")
    aspect = float(info.width * info.sample_aspect / info.height)
    width, height = artifact.size.fixed or network_size(
        aspect, area=artifact.size.area, multiple=artifact.size.multiple
    )
    session = open_session(
        artifact, (1, 3, height, width), runtime=options.runtime, device=options.device, threads=options.threads or None
    )
    check_depth(session, options.depth)
    return DepthStage(session, every=options.depth_every, threads=stage_threads(options))


def stereo_stage(options: StereoOptions, wanted: tuple[bool, bool], *, with_parallax: bool = True) -> StereoStage:
    """From disparity to two eyes. Only the eyes that are wanted (left, right) are rendered.

    Without parallax views hold theirs only where infill needs it.
    """
    mapper = ParallaxMapper(
        strength=options.strength,
        convergence=None if options.convergence == "auto" else float(options.convergence),
        raw=options.parallax == "raw",
        grow=options.growth_px,
        limits=ComfortLimits(*options.comfort),
    )
    return StereoStage(
        mapper,
        eyes=options.eyes,
        infill=_infill(options),
        wanted=wanted,
        floating_window=options.floating_window,
        with_parallax=with_parallax,
        threads=stage_threads(options),
    )


def stage_threads(options: StereoOptions) -> int:
    """How many threads a stage uses for its own loops."""
    return options.threads or min(os.cpu_count() or 1, _MOST_THREADS)


def stamped(name: str, process: Callable[[Frame], Frame]) -> Callable[[Frame], Frame]:
    """The same step, which also notes on the frame when it worked on it."""

    def timed(frame: Frame) -> Frame:
        start_s = time.perf_counter()
        return process(frame).stamped(name, start_s, time.perf_counter())

    return timed


def _stamped_frames(source: Source) -> Iterator[Frame]:
    frames = source.frames()
    while True:
        start_s = time.perf_counter()
        frame = next(frames, None)
        if frame is None:
            return
        stamps = ("source", start_s, time.perf_counter())
        # The generator must not keep the frame alive while the next one is asked for.
        held, frame = [frame], None
        yield held.pop().stamped(*stamps)


def _line(
    source: Source,
    stages: list[Stage[Frame]],
    sink: Sink,
    picture: LayoutOutput | StreamInfo,
    on_frame: Callable[[Frame], None] | None,
) -> Graph[Frame]:
    info = source.info

    def open_sink_file() -> None:
        sink.open(
            Picture(
                width=picture.width,
                height=picture.height,
                format=picture.format,
                colour=picture.colour,
                sample_aspect=picture.sample_aspect,
                time_base=info.time_base,
                frame_rate=info.frame_rate,
            )
        )

    def write(frame: Frame) -> None:
        sink.write(frame)
        if on_frame is not None:
            on_frame(frame)

    # After `close` an `abort` does nothing; after a failure it removes what is not whole.
    end = Stage(
        name="sink", open=open_sink_file, process=write, finish=lambda: sink.close(cut=line.is_cut), close=sink.abort
    )
    start = GraphSource(name="source", items=lambda: _stamped_frames(source), close=source.close, stop=source.stop)
    line = Graph(start, stages, end)
    return line


def _artifact(name: str, kind: str) -> Artifact:
    artifact = models.load(name)
    if artifact.kind != kind:
        raise ModelError(f"{name}: this network is of kind {artifact.kind}, but {kind} is needed here")
    return artifact


def _infill(options: StereoOptions) -> NetworkInfill | Literal["stretch", "none"]:
    if options.infill != "net":
        return options.infill
    artifact = _artifact(models.DEFAULT_INFILL, "infill")
    return NetworkInfill(
        lambda shape: open_session(
            artifact, shape, runtime=options.runtime, device=options.device, threads=options.threads or None
        )
    )


def _sink_kind(options: ConvertOptions) -> str:
    kind = sink_kind_of(options.output)
    is_folder = source_kind_of(options.input) == "image_folder" and not Path(options.output).suffix
    return "image_files" if kind == "encoder" and is_folder else kind


def _depth_encoding(options: ConvertOptions) -> DepthEncoding | None:
    """How the disparity map is written, if it is that what is wanted, so that it can be read again."""
    if options.layout != "depth":
        return None
    suffix = Path(options.output).suffix.lower()
    if _sink_kind(options) != "encoder":
        return DepthEncoding(codec="", bits=16 if suffix in _DEEP_IMAGES else 8, full_range=True)
    return depth_encoding(CONTAINERS.get(suffix, ""), options.codec if is_chosen(options.codec) else None)


def _layout_options(options: ConvertOptions, depth: DepthEncoding | None) -> LayoutOptions:
    common = LayoutOptions(anaglyph=options.anaglyph, depth_in_px=options.parallax == "raw")
    if depth is None:
        return common
    return replace(common, depth_bits=depth.bits, depth_full_range=depth.full_range)


def _about(options: ConvertOptions, depth: DepthEncoding | None) -> str | None:
    return None if depth is None else about_depth(depth.bits, in_px=options.parallax == "raw")


def _open_sink(options: ConvertOptions, source: Source, depth: DepthEncoding | None) -> tuple[Sink, tuple[str, ...]]:
    """Check and choose the sink; and say where the wish could not be taken literally."""
    kind, input_kind = _sink_kind(options), source_kind_of(options.input)
    path = Path(options.output)
    output = options.output if kind == sink_kind_of(options.output) else f"{options.output}/"
    if kind == "image_files" and path.suffix and "%" not in path.name and source.info.frame_count != 1:
        raise UsageError(
            f"{output}: the input has more than one picture; name a folder ({path.with_suffix('')}/), "
            f"number the images ({path.stem}-%05d{path.suffix}), or name a video file"
        )
    codec, notes = _codec(options, path, depth)
    input_path = Path(options.input) if input_kind in _ON_DISK else None
    carry = None
    if input_kind == "file" and kind == "encoder" and input_path is not None:
        carry = CarryOver(input_path, origin_s=source.origin_s, duration_s=options.duration)
    stereo = f"anaglyph-{options.anaglyph}" if options.layout == "anaglyph" else options.layout
    sink = open_sink(
        output,
        SinkOptions(
            codec=codec,
            crf=options.crf,
            preset=options.preset,
            overwrite=options.overwrite,
            input_path=input_path,
            carry=carry,
            stereo=stereo,
            about=_about(options, depth),
            exact=depth is not None and not is_chosen(options.crf),
        ),
    )
    if source.has_sound:
        notes += (f"{shown_name(options.input)}: its sound is not written: a stream passes only once",)
    return sink, notes


def _open_source(options: ConvertOptions) -> Source:
    kind, name = source_kind_of(options.input), shown_name(options.input)
    if options.measure_transcode and kind not in (*_ON_DISK, "pattern"):
        raise UsageError(f"--measure-transcode: {name} passes only once and cannot be read a second time")
    source = open_source(options.input, start_s=options.start, duration_s=options.duration)
    if source.is_live and options.duration is None:
        source.close()
        raise UsageError(f"{name}: a live input has no end; add --duration SECONDS")
    return source


def _codec(options: ConvertOptions, path: Path, depth: DepthEncoding | None) -> tuple[str, tuple[str, ...]]:
    if depth is not None:
        better = ".mkv keeps 16, .mp4 10" if path.suffix.lower() in CONTAINERS else ".png keeps 16"
        deeper = f"{path.name}: {depth.codec or path.suffix} keeps 8 bits of the disparity; {better}"
        return depth.codec or options.codec, (deeper,) if depth.bits == 8 else ()
    container = CONTAINERS.get(path.suffix.lower(), "")
    if options.codec != "h264" or container not in _NO_H264:
        return options.codec, ()
    usual = default_codec(container)
    return usual, (f"{path.name}: {path.suffix} files hold no h264, so the picture is written as {usual}",)

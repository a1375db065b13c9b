"""Every option of every command: the same fields are the command line (through tyro) and the Python API.

The docstring under a field is its ``--help``. Options are checked when they are made, so that nothing is opened, loaded
or written before a mistake is found. Names of layouts, runtimes and so on are repeated here and not imported, because
the tables live next to code that takes a while to import; a test holds the two together.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import tyro

from engine.config_comfort import ComfortOptions
from engine.config_sound import SoundOptions
from engine.config_values import UsualNumber, UsualWord, check_folder, check_span, is_chosen
from engine.errors import UsageError

LayoutName = Literal["sbs", "half-sbs", "ou", "half-ou", "anaglyph", "interlaced", "left", "right", "depth"]
AnaglyphName = Literal["dubois", "red-cyan", "green-magenta", "amber-blue"]
ScreenLayoutName = Literal[
    "sbs", "half-sbs", "ou", "half-ou", "anaglyph", "interlaced", "checkerboard", "left", "right", "depth", "vr"
]
GlassesName = Literal["dubois", "red-cyan", "green-magenta", "amber-blue", "dubois-green-magenta", "dubois-amber-blue"]
EyesName = Literal["both", "right", "left"]
ParallaxName = Literal["scaled", "raw"]
InfillName = Literal["net", "stretch", "none"]
RuntimeName = Literal["auto", "openvino", "onnxruntime", "tensorrt"]
DeviceName = Literal["auto", "cpu", "cuda"]

DEFAULT_DEPTH = "depth-base"
"""The embedded network that estimates depth when nothing else is asked for: better on most test sets."""
LIVE_DEPTH = "depth-small"
"""The one for what is watched live: the quicker one."""
DEFAULT_INFILL = "infill-small"
"""The embedded network that paints holes."""
MAX_STRENGTH = 20.0

_LAYOUT, _GLASSES, _STRENGTH = UsualWord("half-sbs"), UsualWord("dubois"), UsualNumber(2.5)

_Input = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="INPUT")]
_Output = Annotated[str, tyro.conf.Positional, tyro.conf.arg(metavar="OUTPUT")]
_Convergence = Annotated[Literal["auto"] | float, tyro.conf.arg(metavar="auto|0..1")]
_ReportFile = Annotated[Path | None, tyro.conf.arg(metavar="FILE.json", help_behavior_hint="(default: no report)")]
_Threads = Annotated[int, tyro.conf.arg(metavar="N", help_behavior_hint="(default: what is fastest)")]
_Seconds = Annotated[float, tyro.conf.arg(metavar="SECONDS")]
_MaybeSeconds = Annotated[float | None, tyro.conf.arg(metavar="SECONDS", help_behavior_hint="(default: to the end)")]


@dataclass(frozen=True, kw_only=True)
class CommonOptions:
    """What every command takes."""

    debug: bool = False
    """When something fails, show where in the program it did."""


@dataclass(frozen=True, kw_only=True)
class StereoOptions(CommonOptions, ComfortOptions):
    """How a picture becomes two eyes, and how they are shown."""

    layout: LayoutName = "half-sbs"
    """Side by side or over-under (full or half), coloured glasses, lines, one eye, or the disparity map."""
    anaglyph: AnaglyphName = "dubois"
    """Glasses of the anaglyph layout; dubois and red-cyan are for red/cyan ones, dubois has less ghosting."""
    eyes: EyesName = "both"
    """Which eyes are synthesised; `right` keeps the source as the left eye, `left` keeps it as the right one."""
    depth: Annotated[str, tyro.conf.arg(metavar="MODEL|PATH.onnx|file:PATH")] = DEFAULT_DEPTH
    """A model by name, a network file, or precomputed: a .pfm, .exr, .npy, 16-bit .png, a folder, a gray video."""
    depth_every: Annotated[int, tyro.conf.arg(metavar="N")] = 1
    """Estimate depth on every N-th frame and carry it in between."""
    strength: Annotated[float, tyro.conf.arg(metavar="PERCENT")] = 2.5
    """Parallax budget in percent of the picture width: how far nearest and farthest are apart. Negative swaps them."""
    convergence: _Convergence = "auto"
    """Which disparity lies on the screen plane, 0 (farthest) to 1 (nearest); auto follows the picture."""
    parallax: ParallaxName = "scaled"
    """raw: `file:` depth is disparity in pixels, used as it is; 0 is the screen; NaN, inf and 0 are invalid."""
    infill: InfillName = "net"
    """What goes where the second eye sees behind things: painted by a network, stretched background, or black."""
    runtime: RuntimeName = "auto"
    """What plays the networks."""
    device: DeviceName = "auto"
    """Where the networks run; asking for cuda on a machine without it is an error."""
    threads: _Threads = 0
    """How many cores one stage may use; changes only speed."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.depth_every < 1:
            raise UsageError(f"--depth-every must be 1 or more, got {self.depth_every}")
        if not abs(self.strength) <= MAX_STRENGTH:
            raise UsageError(f"--strength must lie within -{MAX_STRENGTH:g} to {MAX_STRENGTH:g}, got {self.strength:g}")
        if self.convergence != "auto" and not 0.0 <= self.convergence <= 1.0:
            raise UsageError(f"--convergence must be auto or 0 to 1, got {self.convergence:g}")
        if self.threads < 0:
            raise UsageError(f"--threads must be 0 or more, got {self.threads}")
        if not self.depth or self.depth == "file:":
            raise UsageError("--depth needs a model name, PATH.onnx or file:PATH")
        if self.parallax == "raw" and self.depth_path is None:
            raise UsageError("--parallax raw takes the parallax from a file: add --depth file:PATH")
        if self.parallax == "raw" and self.growth_px:
            raise UsageError("--edge-grow changes the parallax, and --parallax raw leaves it as it is: choose one")

    @property
    def depth_path(self) -> Path | None:
        """Where precomputed depth is; None if a network estimates it."""
        return Path(self.depth.removeprefix("file:")) if self.depth.startswith("file:") else None


@dataclass(frozen=True, kw_only=True)
class ConvertOptions(StereoOptions):
    """Turn a video, an image or a folder of images into stereo."""

    input: _Input
    """A video file, an image, a folder of images, a stream (rtsp, rtmp, srt, udp, http), - for standard input, camera,
    screen, or pattern[:WIDTHxHEIGHT[@FPS]] for a test pattern; see `play` for cameras and screens."""
    output: _Output
    """A video file (the suffix chooses the container), an image file, or a folder for images."""
    codec: Annotated[str, tyro.conf.arg(metavar="NAME")] = UsualWord("h264")
    """As FFmpeg names it: h264, hevc, av1, vp9, prores ...; a container that holds no h264 gets its usual codec, and
    --layout depth one that keeps as many bits as can be (ffv1 in .mkv)."""
    crf: Annotated[float, tyro.conf.arg(metavar="Q")] = UsualNumber(18.0)
    """Quality: smaller is better and larger files."""
    preset: Annotated[str, tyro.conf.arg(metavar="NAME")] = "fast"
    """Effort of the encoder, ultrafast to veryslow: slower makes smaller files."""
    start: _Seconds = 0.0
    """Skip this much of the input."""
    duration: _MaybeSeconds = None
    """Convert this much of the input."""
    overwrite: bool = False
    """Replace OUTPUT if it exists; without this an existing OUTPUT is an error."""
    report: _ReportFile = None
    """Write frame counts, speed, memory and the times of every stage to this file."""
    measure_transcode: bool = False
    """Also run the same decode and encode without stereo work, for comparison (takes longer)."""

    def __post_init__(self) -> None:
        super().__post_init__()
        check_span(self.start, self.duration)
        if not 0.0 <= self.crf <= 63.0:
            raise UsageError(f"--crf must lie within 0 (best) to 63 (smallest), got {self.crf:g}")
        check_folder("report", self.report)


@dataclass(frozen=True, kw_only=True)
class PlayOptions(StereoOptions, SoundOptions):
    """Show an input in stereo in a window while it plays. Press ? there for the keys."""

    input: _Input
    """A video file, an image, a folder of images, a stream (rtsp, rtmp, srt, udp, http), - for standard input,
    camera[:NUMBER|NAME][@WIDTHxHEIGHT[@FPS]], screen[:NUMBER|WINDOW][@FPS], or pattern[:WIDTHxHEIGHT[@FPS]]."""
    layout: Annotated[  # a screen can show more than a file holds
        ScreenLayoutName, tyro.conf.arg(help_behavior_hint="(default: as last time on this display; half-sbs at first)")
    ] = _LAYOUT  # type: ignore[assignment]
    """How the two eyes share the screen at first: as `convert` lays them out, as a checkerboard, or through the two
    lenses of a headset (vr)."""
    anaglyph: Annotated[GlassesName, tyro.conf.arg(help_behavior_hint="(default: as last time; dubois at first)")] = (
        _GLASSES  # type: ignore[assignment]
    )
    """Which glasses the anaglyph layout is for; dubois and red-cyan are for red/cyan ones."""
    strength: Annotated[
        float, tyro.conf.arg(metavar="PERCENT", help_behavior_hint="(default: as last time; 2.5 at first)")
    ] = _STRENGTH
    """Parallax budget in percent of the picture width: how far nearest and farthest are apart. Negative swaps them."""
    swap_eyes: bool = False
    """Show the right eye's picture to the left eye, for displays and glasses that are the other way round."""
    ipd: Annotated[
        float | None, tyro.conf.arg(metavar="MM", help_behavior_hint="(default: as last time; 63 at first)")
    ] = None
    """vr: distance between the lenses, 50 to 80."""
    fov: Annotated[
        float | None, tyro.conf.arg(metavar="DEGREES", help_behavior_hint="(default: as last time; 90 at first)")
    ] = None
    """vr: how much one lens shows across, 60 to 130."""
    distortion: Annotated[
        tuple[float, float] | None,
        tyro.conf.arg(metavar="K1 K2", help_behavior_hint="(default: as last time; 0.22 0.24 at first)"),
    ] = None
    """vr: how much the lenses stretch what is far from their middle, each 0 to 1."""
    head: Annotated[str, tyro.conf.arg(metavar="x=1,yaw=-3", help_behavior_hint="(default: in its place)")] = ""
    """Begin with the head moved: x, y (eye distances right, down), z (nearer, as a share of the viewing distance), yaw,
    pitch, roll (degrees right, up, right)."""
    display: Annotated[int | None, tyro.conf.arg(metavar="N", help_behavior_hint="(default: the main one)")] = None
    """Open on this display, counted from 1."""
    full_screen: bool = False
    """Cover the display."""
    fresh: bool = False
    """Begin as usual instead of as this display was left, and remember nothing. So it is with --headless."""
    depth: Annotated[str, tyro.conf.arg(metavar="MODEL|PATH.onnx|file:PATH|exact")] = LIVE_DEPTH
    """Where depth comes from: a model by name, a network file, `file:` for precomputed maps (as for convert), or
    `exact` for what the test pattern knows of itself."""
    start: _Seconds = 0.0
    """Skip this much of the input."""
    duration: _MaybeSeconds = None
    """Play this much of the input."""
    frames: Annotated[int | None, tyro.conf.arg(metavar="N", help_behavior_hint="(default: all)")] = None
    """Stop after N frames of the input."""
    size: Annotated[str | None, tyro.conf.arg(metavar="WIDTHxHEIGHT", help_behavior_hint="(default: as needed)")] = None
    """Size of the picture on the screen or, with --headless, in memory."""
    headless: bool = False
    """Draw off screen, without a window; needs no display."""
    hud: bool = False
    """Begin with the figures shown (key h)."""
    screenshot: Annotated[Path | None, tyro.conf.arg(metavar="FILE.png", help_behavior_hint="(default: none)")] = None
    """When it is over, write what was drawn last to this file."""
    report: _ReportFile = None
    """Write latency percentiles, drops by cause and pacing error to this file."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_sound()
        check_span(self.start, self.duration)
        if self.frames is not None and self.frames < 1:
            raise UsageError(f"--frames must be 1 or more, got {self.frames}")
        if self.size is not None and self.window_size is None:
            raise UsageError(f"--size {self.size}: expected WIDTHxHEIGHT, each 16 to 16384, like 1280x720")
        for name, value, low, high in (("ipd", self.ipd, 50, 80), ("fov", self.fov, 60, 130)):
            if value is not None and not low <= value <= high:
                raise UsageError(f"--{name} must lie within {low} and {high}, got {value:g}")
        if self.distortion is not None and not all(0.0 <= factor <= 1.0 for factor in self.distortion):
            raise UsageError("--distortion must be two numbers within 0 and 1, like 0.22 0.24")
        if self.display is not None and self.display < 1:
            raise UsageError(f"--display counts from 1, got {self.display}")
        if self.screenshot is not None and self.screenshot.suffix.lower() != ".png":
            raise UsageError(f"--screenshot {self.screenshot}: screenshots are PNG files; end the name in .png")
        check_folder("screenshot", self.screenshot)
        check_folder("report", self.report)

    @property
    def chosen(self) -> dict[str, Any]:
        """What was asked for by name of what is otherwise as it was left: values by the names of a display's preset."""
        asked = {
            "layout": self.layout,
            "glasses": self.anaglyph,
            "strength": self.strength,
            "swap_eyes": self.swap_eyes or None,
            "ipd_mm": self.ipd,
            "view_deg": self.fov,
            "distortion": self.distortion,
        }
        return {name: value for name, value in asked.items() if is_chosen(value)}

    @property
    def window_size(self) -> tuple[int, int] | None:
        """(width, height) in pixels, if any was asked for."""
        match = re.fullmatch(r"(\d{2,5})x(\d{2,5})", self.size or "")
        if match is None:
            return None
        width, height = int(match[1]), int(match[2])
        return (width, height) if min(width, height) >= 16 and max(width, height) <= 16384 else None


@dataclass(frozen=True, kw_only=True)
class DemoOptions(CommonOptions):
    """Turn a bundled clip into stereo: ./wheatstone-demo.mp4, and a still picture beside it."""

    output: Annotated[Path, tyro.conf.arg(metavar="FILE")] = Path("wheatstone-demo.mp4")
    """Where to write. A file that this command wrote earlier is replaced; any other makes it choose a free name."""
    layout: LayoutName = "half-sbs"
    """How the two eyes are laid out."""


@dataclass(frozen=True, kw_only=True)
class ProbeOptions(CommonOptions):
    """Say what is in an input, what is wrong with it, and what convert would do."""

    input: _Input
    """Whatever `play` can play."""
    json: Annotated[Path | None, tyro.conf.arg(metavar="FILE", help_behavior_hint="(default: none)")] = None
    """Also write the findings to this file."""
    no_depth: bool = False
    """Do not estimate how comfortable the film would be, which takes the depth of a few frames and some seconds."""


@dataclass(frozen=True, kw_only=True)
class BenchOptions(CommonOptions):
    """Measure this machine: a table on the screen, and records with --json."""

    what: Annotated[
        Literal["kernels", "pipeline", "latency", "quality"],
        tyro.conf.Positional,
        tyro.conf.arg(metavar="{kernels,pipeline,latency,quality}"),
    ]
    """kernels: operators against their rivals. pipeline: convert against transcoding, and infill on its own. latency:
    play against a plain player, from the moment a frame is due until it is drawn. quality: against truth."""
    json: Annotated[Path | None, tyro.conf.arg(metavar="FILE", help_behavior_hint="(default: none)")] = None
    """Also write the records to this file."""
    input: Annotated[str | None, tyro.conf.arg(metavar="FILE", help_behavior_hint="(default: a clip made here)")] = None
    """pipeline: the clip to convert. latency: the clip to play, in place of the test pattern."""
    data: Annotated[Path | None, tyro.conf.arg(metavar="DIR", help_behavior_hint="(default: none)")] = None
    """quality: the folder with test sets, any of rgbd/SET/, stereo_gt/SET/SCENE/ and scenes3d/webxr_gltf/; without it,
    infill is scored on scenes that are drawn here."""
    only: Annotated[
        Literal["all", "depth", "infill"], tyro.conf.Positional, tyro.conf.arg(metavar="[{all,depth,infill}]")
    ] = "all"
    """quality: score one of the two networks, as in `bench quality infill`."""
    depth: Annotated[str, tyro.conf.arg(metavar="NAME|PATH|none")] = DEFAULT_DEPTH
    """quality: the depth network; none scores what needs no network."""
    infill: Annotated[str, tyro.conf.arg(metavar="NAME|PATH|none")] = DEFAULT_INFILL
    """quality: the infill network; none scores what needs no network."""
    scenes: Annotated[int, tyro.conf.arg(metavar="N")] = 16
    """quality: how many procedural scenes infill is scored on besides the test sets; 0 draws no depth clips either."""
    pictures: Annotated[Path | None, tyro.conf.arg(metavar="DIR", help_behavior_hint="(default: none)")] = None
    """quality: write sheets to look at: input, holes, every method, truth."""
    frames: Annotated[int, tyro.conf.arg(metavar="N")] = 120
    """pipeline: how many frames each measurement converts."""
    segments: Annotated[int, tyro.conf.arg(metavar="N")] = 3
    """pipeline: how often converting and transcoding take turns; with 0 infill alone is timed, once. latency: how often
    play and the plain player do; 0 is for endurance: `play` alone, once."""
    size: Annotated[str, tyro.conf.arg(metavar="WIDTHxHEIGHT")] = "640x360"
    """latency: size of the test pattern."""
    fps: Annotated[int, tyro.conf.arg(metavar="N")] = 30
    """latency: frames a second of the test pattern."""
    seconds: _Seconds = 5.0
    """latency: how long every run plays."""
    window: bool = False
    """latency: draw in a window instead of off screen."""
    csv: Annotated[Path | None, tyro.conf.arg(metavar="FILE|DIR", help_behavior_hint="(default: none)")] = None
    """latency: also write every frame of every run to this file, or to latency.csv in this folder."""
    repeats: Annotated[int, tyro.conf.arg(metavar="N")] = 15
    """kernels: how often each case is timed."""
    threads: _Threads = 0
    """kernels: threads of the operators. pipeline: cores one stage may use. quality: threads of the networks."""

    def __post_init__(self) -> None:
        for name in ("frames", "segments", "repeats", "fps"):
            least = 0 if name == "segments" and self.what in ("latency", "pipeline") else 1
            if getattr(self, name) < least:
                raise UsageError(f"--{name} must be {least} or more, got {getattr(self, name)}")
        if self.threads < 0:
            raise UsageError(f"--threads must be 0 or more, got {self.threads}")
        if self.scenes < 0:
            raise UsageError(f"--scenes must be 0 or more, got {self.scenes}")
        if self.only != "all" and self.what != "quality":
            raise UsageError(f"bench {self.what} {self.only}: only `bench quality` has parts")
        if self.what == "quality" and self.data is None and self.only != "infill":
            raise UsageError(
                "bench quality needs --data DIR: a folder with rgbd/SET/ or stereo_gt/SET/SCENE/ in it "
                "(`bench quality infill` can do without)"
            )
        if not 0.1 <= self.seconds <= 1800:
            raise UsageError(f"--seconds must lie within 0.1 and 1800, got {self.seconds:g}")
        if min(self.picture_size) < 64:
            raise UsageError(f"--size {self.size}: the test pattern needs at least 64x64 pixels")
        check_folder("json", self.json)
        if self.csv is not None and not self.csv.is_dir():
            check_folder("csv", self.csv)

    @property
    def picture_size(self) -> tuple[int, int]:
        """(width, height) of the test pattern; zeros if `size` is of another form."""
        match = re.fullmatch(r"(\d{2,4})x(\d{2,4})", self.size)
        return (0, 0) if match is None else (int(match[1]), int(match[2]))


@dataclass(frozen=True, kw_only=True)
class ModelsOptions(CommonOptions):
    """The networks that come with Wheatstone, and those that can be fetched."""

    action: Annotated[
        Literal["list", "info", "pull"], tyro.conf.Positional, tyro.conf.arg(metavar="{list,info,pull}")
    ] = "list"
    """list: a table of all. info: everything about one. pull: fetch one; nothing else ever downloads anything."""
    name: Annotated[
        str | None, tyro.conf.Positional, tyro.conf.arg(metavar="NAME", help_behavior_hint="(for info and pull)")
    ] = None
    """Which network: a name from the list, or PATH.onnx for info."""

    def __post_init__(self) -> None:
        if self.action != "list" and self.name is None:
            raise UsageError(f"models {self.action} needs the name of a network; `wheatstone models list` shows them")


@dataclass(frozen=True, kw_only=True)
class DoctorOptions(CommonOptions):
    """Say what this machine offers: runtimes, devices, encoders, OpenGL, and what is missing for which extra."""

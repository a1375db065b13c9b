"""Networks of others that can be fetched by name: where they are, how they are fed, what may be done with them.

Nothing here is guessed. A size or sha256 that could not be found out is None: then the first `models pull` says what it
got, records it, and every later use is held to it. `evidence` says how an entry is known; nobody of this project has
run these files, because the machines that build it reach no network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from engine.inference.artifact import SizeRule
from engine.inference.feed import IMAGENET_MEAN, IMAGENET_STD, Feed

Shape = tuple[int | str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoteFile:
    """One file of a repository on the Hub."""

    path: str
    """Inside the repository."""
    size: int | None = None
    """Bytes; None where nobody published them."""
    sha256: str | None = None
    """64 hexadecimal digits; None where nobody published them."""

    @property
    def name(self) -> str:
        """Without the folders."""
        return self.path.rsplit("/", 1)[-1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A network that can be fetched."""

    name: str
    summary: str
    repository: str
    """owner/name on the Hub."""
    revision: str | None
    """The commit; None: what `main` is at the first pull, recorded and kept."""
    files: tuple[RemoteFile, ...]
    """The first is the graph that pictures go into."""
    licence: str
    origin: str
    """The project that made the network."""
    size: SizeRule
    feed: Feed
    input: str | None
    """Name of the input; None where the graph has only one and its name does not matter."""
    input_shape: Shape
    output: str | None
    """Name of the output with the map; None is the first."""
    output_shape: Shape
    head: str | None = None
    """Path of a second graph that takes what the first one made of the frames of a window."""
    limits: str
    """What a user should know before choosing it."""
    evidence: str
    """How all this is known."""
    task: str = "depth"

    @property
    def bytes(self) -> int | None:
        """Of all files; None where one of them is not known."""
        sizes = [file.size for file in self.files]
        return None if None in sizes else sum(size for size in sizes if size is not None)


_IMAGENET = Feed(mean=IMAGENET_MEAN, std=IMAGENET_STD)
_DA3_FEED = Feed(mean=IMAGENET_MEAN, std=IMAGENET_STD, gives="depth")
_DA3_SIZE = SizeRule(multiple=14, area=504 * 336)
_DA3_IN: Shape = ("N", "views", 3, "H", "W")
_DA3_OUT: Shape = ("N", "views", "H", "W")

_ENTRIES = (
    Entry(
        name="depth-anything-v2-small",
        summary="Depth Anything V2, ViT-S: sharp single-picture disparity, 25 M parameters",
        repository="onnx-community/depth-anything-v2-small",
        revision="4472b7362082ad9968fee890ca0f1e5aca36b93d",
        files=(
            RemoteFile(
                path="onnx/model.onnx",
                size=99_060_839,
                sha256="afb6a5c28f3b6bf1618c6e43f02073ef9dfdc70e937502d51603e57b0a1df10c",
            ),
        ),
        licence="Apache-2.0",
        origin="github.com/DepthAnything/Depth-Anything-V2",
        size=SizeRule(multiple=14, area=518 * 518),
        feed=_IMAGENET,
        input="pixel_values",
        input_shape=("N", 3, "H", "W"),
        output="predicted_depth",
        output_shape=("N", "H", "W"),
        limits="Sees each frame by itself. The Base and Large sizes are not for commercial use and are not listed.",
        evidence="Size, hash, names and shapes agree in several public projects that pin this commit.",
    ),
    Entry(
        name="depth-anything-3-small",
        summary="Depth Anything 3, ViT-S: single-picture depth, better at long range",
        repository="onnx-community/depth-anything-v3-small",
        revision="0b6a7f3bf5595f9950b91389e0da3a0de130324c",
        files=(
            RemoteFile(
                path="onnx/model.onnx",
                size=640_691,
                sha256="396008798244a074297fd88e450433b1357fc687f534939375c804ded86e7b2a",
            ),
            RemoteFile(
                path="onnx/model.onnx_data",
                size=104_702_464,
                sha256="802bb24741e67f5bb2b369fc64d40afe11439cc895d676d658d65cfb75c9860f",
            ),
        ),
        licence="Apache-2.0",
        origin="github.com/ByteDance-Seed/Depth-Anything-3",
        size=_DA3_SIZE,
        feed=_DA3_FEED,
        input="pixel_values",
        input_shape=_DA3_IN,
        output="predicted_depth",
        output_shape=_DA3_OUT,
        limits="Sees each frame by itself (one view). Gives depth, which is inverted here.",
        evidence="Sizes and hashes from a public project that pins this commit; names and shapes from another one.",
    ),
    Entry(
        name="depth-anything-3-base",
        summary="Depth Anything 3, ViT-B: the larger of its two free sizes",
        repository="onnx-community/depth-anything-v3-base",
        revision=None,
        files=(RemoteFile(path="onnx/model.onnx"), RemoteFile(path="onnx/model.onnx_data")),
        licence="Apache-2.0",
        origin="github.com/ByteDance-Seed/Depth-Anything-3",
        size=_DA3_SIZE,
        feed=_DA3_FEED,
        input="pixel_values",
        input_shape=_DA3_IN,
        output="predicted_depth",
        output_shape=_DA3_OUT,
        limits="About 394 MB. Sees each frame by itself (one view). Gives depth, which is inverted here.",
        evidence="Repository and file names are public; revision, sizes, hashes were not found. Fed as the small one.",
    ),
    Entry(
        name="video-depth-anything-small",
        summary="Video Depth Anything, ViT-S: looks at 32 frames at once, so that depth holds still",
        repository="runes/video-depth-anything-small-webgpu",
        revision=None,
        files=(
            RemoteFile(
                path="vda_vits_encoder_518x910_fp16.onnx",
                sha256="9e05204252f8cdd39e3151541ebded90aa07fe1026cb03d0996748f518e56512",
            ),
            RemoteFile(
                path="vda_vits_head_T32_37x65_fp16.onnx",
                sha256="8037ae4cb8f6b775599fae31badb4abd06ab4e5f9c26b86e70d21c7f1e3a4f7a",
            ),
        ),
        licence="Apache-2.0",
        origin="github.com/DepthAnything/Video-Depth-Anything",
        size=SizeRule(multiple=14, fixed=(910, 518)),
        feed=Feed(mean=IMAGENET_MEAN, std=IMAGENET_STD, window=32),
        input="pixels",
        input_shape=(1, 3, 518, 910),
        output="depth",
        output_shape=(32, 1, 518, 910),
        head="vda_vits_head_T32_37x65_fp16.onnx",
        limits=(
            "For files, not for play: every frame is seen with the 31 before it, which costs seconds a frame on a CPU "
            "and about 1 GB of memory. Made for windows that look ahead; here the window only looks back."
        ),
        evidence="Names, shapes and hashes from the repository's own card; revision and sizes were not found.",
    ),
    Entry(
        name="midas-small",
        summary="MiDaS v2.1 small: old, coarse and quick",
        repository="julienkay/sentis-MiDaS",
        revision="3186add7635419f19189ce96a7c9b6280b9a1aed",
        files=(
            RemoteFile(
                path="onnx/midas_v21_small_256.onnx",
                size=66_389_153,
                sha256="b0a5b3f12625137e626805167907fe0410665bec671685d59daaa2daab19f977",
            ),
        ),
        licence="MIT",
        origin="github.com/isl-org/MiDaS",
        size=SizeRule(multiple=32, fixed=(256, 256)),
        feed=Feed(),
        input=None,
        input_shape=(1, 3, 256, 256),
        output=None,
        output_shape=(1, 256, 256),
        limits="Sees each frame by itself, squeezed into a square.",
        evidence=(
            "Size and hash agree in several public projects, one of which pins this commit. That normalisation is "
            "inside the graph is read from the makers' export script and one public inspection of this file; some "
            "projects normalise once more."
        ),
    ),
)

REGISTRY: Mapping[str, Entry] = MappingProxyType({entry.name: entry for entry in _ENTRIES})
"""By name."""

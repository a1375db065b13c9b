"""How comfortable a film would be: an estimate from the depth of a few frames, spread over it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np

from engine.assemble import depth_stage
from engine.config import MAX_STRENGTH, StereoOptions
from engine.errors import InputError, UsageError
from engine.frame import Frame, StreamInfo
from engine.sources import kind_of, open_source
from engine.stereo import ComfortLimits, ComfortMeter, ComfortReport, ParallaxMapper
from engine.stereo.convergence import Relief

SAMPLES = 12
_KINDS = ("file", "image", "image_folder")


@dataclass(frozen=True, slots=True, kw_only=True)
class ComfortSample:
    """What was found at the usual settings."""

    report: ComfortReport
    """Its `cuts`, and how fast the screen moves, say nothing here: the frames are far apart."""
    strength: float
    """Percent of the width that was assumed."""
    strength_that_fits: float
    """The most that --strength takes and that leaves every frame within the limits, once the screen lies right."""


def can_sample(spec: str) -> bool:
    """Whether INPUT can be opened in many places: not what passes only once."""
    return kind_of(spec) in _KINDS


def sample_comfort(spec: str, info: StreamInfo, *, samples: int = SAMPLES) -> ComfortSample:
    """Estimate depth here and there.

    Args:
        spec: INPUT, of a kind that `can_sample`.
        info: of its frames.
        samples: how many frames; fewer are taken where there are fewer, or some cannot be read.

    Raises:
        ModelError: the depth network is not there or cannot be played.
        InputError: no frame could be read.
    """
    options = StereoOptions()
    limits = ComfortLimits(*options.comfort)
    depth = depth_stage(options, info)
    mapper = ParallaxMapper(strength=options.strength, convergence=None, limits=limits)
    meter = ComfortMeter(limits)
    room, most = limits.front + limits.behind, 0.0
    for frame in _frames(spec, info, samples):
        dressed = depth.process(frame)
        parallax_px = mapper.parallax_px(dressed)
        meter.add(
            parallax_px, mapper.placement, subject_px=mapper.subject_px(dressed), time_s=dressed.time_s, is_cut=True
        )
        relief = Relief.of(np.asarray(dressed.disparity))
        most = max(most, relief.near - relief.far)
    report = meter.report()
    if report is None:
        raise InputError(f"{spec}: not one frame could be read to estimate depth from")
    fits = min(room / most, MAX_STRENGTH) if most > 0 else MAX_STRENGTH
    return ComfortSample(report=report, strength=options.strength, strength_that_fits=fits)


def _frames(spec: str, info: StreamInfo, samples: int) -> Iterator[Frame]:
    """The frames in the middle of equal parts, each as if it began a shot; where the file is damaged, none."""
    count = min(samples, info.frame_count or samples) if info.duration_s else 1
    length_s = info.duration_s or 0.0
    for number in range(count):
        try:
            with open_source(spec, start_s=length_s * (number + 0.5) / count if count > 1 else 0.0) as source:
                frame = next(iter(source.frames()), None)
        except (InputError, UsageError):
            continue
        if frame is not None and (frame.width, frame.height) == (info.width, info.height):
            # Of another epoch, so that nothing is carried over from the frame before.
            yield replace(frame, epoch=number)

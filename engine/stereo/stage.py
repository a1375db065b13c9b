"""The stereo stage: parallax, both eyes, holes painted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from engine.colour import black
from engine.frame import Frame, View
from engine.geometry import Eyes, eye_offsets
from engine.graph import Samples
from engine.stereo.comfort import ComfortMeter
from engine.stereo.floating_window import FloatingWindow
from engine.stereo.infill import InfillCount, NetworkInfill
from engine.stereo.parallax import ParallaxMapper
from kernels import SplatView, forward_splat

InfillMode = Literal["net", "stretch", "none"]
TEAR_PX = 2.0
"""Neighbours that land farther apart than this are torn: a surface may be stretched to twice its width."""


class StereoStage:
    """Adds `views` to every frame."""

    def __init__(
        self,
        mapper: ParallaxMapper,
        *,
        eyes: Eyes = "both",
        infill: NetworkInfill | Literal["stretch", "none"] = "stretch",
        wanted: tuple[bool, bool] = (True, True),
        tear_px: float = TEAR_PX,
        floating_window: bool = False,
        with_parallax: bool = True,
        threads: int = 1,
    ) -> None:
        """Make the stage.

        Args:
            mapper: turns disparity into parallax.
            eyes: which are synthesised; a kept eye is the source itself, without holes.
            infill: a network painter; `stretch` continues the background into holes, `none` leaves them black.
            wanted: (left, right); an eye nobody looks at is not rendered, its view is the source.
            tear_px: see kernels.forward_splat.
            floating_window: cover what the left or right border of the picture cuts in front of the screen.
            with_parallax: whether views hold their parallax; where nothing but a network asks for it, False saves time.
            threads: of the splatting; changes only speed.
        """
        self.mapper = mapper
        """Turns disparity into parallax; a player changes its settings between two frames."""
        self.comfort = ComfortMeter(mapper.limits)
        """What all frames so far were like to look at."""
        self._window = FloatingWindow() if floating_window else None
        self._offsets = eye_offsets(eyes)
        self._infill = infill
        self._wanted = wanted
        self._tear_px = tear_px
        self._with_parallax = with_parallax or isinstance(infill, NetworkInfill)
        self._threads = threads

    @property
    def infill_count(self) -> InfillCount | None:
        """What the network painted so far; None without one."""
        return self._infill.count if isinstance(self._infill, NetworkInfill) else None

    @property
    def warnings(self) -> list[str]:
        """What became of the settings, where that may surprise."""
        report = self.comfort.report()
        asked, limits = self.mapper.strength, self.mapper.limits
        if report is None or not report.frames_limited or abs(report.strength_percent["mean"]) > 0.99 * abs(asked):
            return []
        return [
            f"--strength {asked:g} was lowered to {report.strength_percent['mean']:.2g} on average, to stay within "
            f"--comfort {limits.front:g} {limits.behind:g}"
        ]

    @property
    def infill_times(self) -> Samples | None:
        """How long infill took in every frame, which is part of what the stage took; None without a network."""
        return self._infill.times if isinstance(self._infill, NetworkInfill) else None

    def prepare(self, width: int, height: int) -> None:
        """Load whatever frames of this size will need, so that the first one does not wait for it."""
        if isinstance(self._infill, NetworkInfill):
            self._infill.prepare(width, height)

    def process(self, frame: Frame) -> Frame:
        """Render both eyes.

        Raises:
            ValueError: the frame has not been through the depth stage.
        """
        parallax_px = self.mapper.parallax_px(frame)
        self.comfort.add(
            parallax_px,
            self.mapper.placement,
            subject_px=self.mapper.subject_px(frame),
            time_s=frame.time_s,
            is_cut=frame.is_cut,
        )
        rendered = [
            offset for offset, wanted in zip(self._offsets, self._wanted, strict=True) if wanted and offset != 0
        ]
        splats: tuple[SplatView, ...] = ()
        if rendered:
            splats = forward_splat(
                frame.planes,
                parallax_px,
                eyes=rendered,
                tear_px=self._tear_px,
                fill="none" if self._infill == "none" else "background",
                with_parallax=self._with_parallax,
                threads=self._threads,
                bits=frame.format.bits,
            )
        new = [View(planes=splat.planes, hole=splat.hole, parallax_px=splat.parallax_px) for splat in splats]
        if isinstance(self._infill, NetworkInfill):
            self._infill.paint(
                frame,
                new,
                offsets=rendered,
                parallax_px=parallax_px,
                disparity_of_parallax=self.mapper.inverse(frame),
            )
        elif self._infill == "none":
            for view in new:
                _blacken(frame, view)
        views = [
            new.pop(0) if wanted and offset != 0 else _source_view(frame, parallax_px)
            for offset, wanted in zip(self._offsets, self._wanted, strict=True)
        ]
        both = (views[0], views[1])
        return replace(frame, views=both if self._window is None else self._window.cover(frame, both, parallax_px))


def _source_view(frame: Frame, parallax_px: NDArray[Any]) -> View:
    """The source as an eye: nothing moves, nothing is missing."""
    hole = np.zeros((frame.height, frame.width), np.uint8)
    return View(planes=frame.planes, hole=hole, parallax_px=parallax_px)


def _blacken(frame: Frame, view: View) -> None:
    """Zero luma is blacker than black in limited range; chroma is neutral already."""
    luma, _, _ = black(frame.format, full_range=frame.colour.full_range)
    if luma > 0:
        np.putmask(view.planes[0], view.hole, luma)

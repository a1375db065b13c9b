"""Depth beside the picture: estimated at its own rate, carried to the frames in between."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from engine.depth import DepthCarrier, SmallCopy
from engine.frame import Frame
from engine.graph import Cancelled, Channel, Samples, StageMeasurement
from engine.live.clock import Clock
from engine.live.giving_way import Attempts, Rest

Map = NDArray[np.float32]

_LONGEST_REST_S = 0.25
"""However busy the machine is, depth is estimated four times a second."""
_REST_HALF_LIFE_S = 2.0
_FIRST_RETRY_S, _LONGEST_RETRY_S = 0.1, 8.0
"""After it was waited for in vain, depth gets its next chance to be in time."""


class DepthEstimator(Protocol):
    """Depth in three steps, see engine.depth.DepthStage."""

    def look(self, frame: Frame) -> SmallCopy:
        """What the network looks at, and whether a shot begins."""

    def estimate(self, small: SmallCopy, *, is_cut: bool) -> Map:
        """The expensive step: (h, w) float32."""

    def enlarge(self, disparity: Map, frame: Frame) -> Map:
        """The map at the size of the frame."""


@dataclass(frozen=True, slots=True)
class DepthCounts:
    """Where the depth of the frames came from so far."""

    own: int
    """Estimated on the frame itself."""
    carried: int
    """Estimated on an earlier frame because its own was late, or depth gave way; moved along with the picture."""
    spared: int
    """Likewise, but by wish: `--depth-every`."""
    flat: int
    """Shown without depth: the first one of a shot was not ready, and depth does not cross cuts."""


@dataclass(frozen=True, slots=True)
class _Job:
    number: int
    shot: int
    small: SmallCopy


@dataclass(frozen=True, slots=True)
class _Estimate:
    number: int
    shot: int
    values: Map
    luma: NDArray[Any]
    time_s: float | None


class DepthLine:
    """Gives frames depth without ever making them wait long for it.

    Every frame is offered to a thread that estimates depth; there the newest offer replaces one that waits. As long as
    estimates are in time, every frame waits for its own. After one that was not, frames wear the newest map there is,
    carried along by motion, while estimating goes on beside them; waiting is tried again after growing intervals, on a
    frame that finds the thread idle. Across a cut nothing is carried: a frame without a map of its own shot stays flat.

    When pictures are lost for want of time, depth gives way: it rests between estimates, longer with every loss, and
    takes its time back little by little.

    `process` belongs to one thread, everything else may be called from any.

    Args:
        stage: does the work; `estimate` runs on the thread of this object.
        carrier: moves an older map to a newer picture.
        patience_s: how old a frame may become (since its arrival) while it waits for its own depth.
        every: offer every n-th frame of a shot only.
        on_failure: is told, on the thread of this object, what estimating raised, with a note naming the stage.
        clock: what frames are stamped by.
    """

    def __init__(
        self,
        stage: DepthEstimator,
        carrier: DepthCarrier,
        *,
        patience_s: float,
        every: int = 1,
        on_failure: Callable[[BaseException], None] = lambda _error: None,
        clock: Clock | None = None,
    ) -> None:
        self._stage = stage
        self._carrier = carrier
        self._patience_s = patience_s
        self._every = every
        self.on_failure = on_failure
        """See Args; whoever runs this line may assign another before `start`."""
        self._jobs: Channel[_Job] = Channel(1, "drop_oldest")
        self._times = Samples()
        self._changed = threading.Condition()
        self._newest: _Estimate | None = None
        self._is_over = False
        self._thread = threading.Thread(target=self._run, name="depth")
        self._number = self._offered = self._shot = 0
        self._dressed_shot = -1
        self._since_offer = 0
        self._clock = clock = clock or Clock()
        self._waits = Attempts(first_s=_FIRST_RETRY_S, longest_s=_LONGEST_RETRY_S, clock=clock)
        self._rest = Rest(first_s=patience_s, longest_s=_LONGEST_REST_S, half_life_s=_REST_HALF_LIFE_S, clock=clock)
        self._own = self._carried = self._spared = self._flat = 0
        self.age = Samples()
        """How much older than its frame each depth map was, by their timestamps."""

    @property
    def counts(self) -> DepthCounts:
        """How often which way was taken."""
        return DepthCounts(self._own, self._carried, self._spared, self._flat)

    def measurement(self) -> StageMeasurement:
        """Working times of the estimates, and the channel in front of them."""
        return StageMeasurement(name="depth", times=self._times, inbox=self._jobs.statistics())

    def start(self) -> None:
        """Begin to estimate what `process` offers."""
        self._thread.start()

    def process(self, frame: Frame) -> Frame:
        """The frame with `disparity` as good as it can be had now; None where a new shot has none yet."""
        small = self._stage.look(frame)
        self._number += 1
        self._shot += small.is_cut
        self._since_offer += 1
        is_wanted = small.is_cut or self._since_offer >= self._every
        estimate = self._offer(small) if is_wanted else self._newest
        if estimate is None or estimate.shot != self._shot:
            self._flat += 1
            return replace(frame, disparity=None, is_cut=True)
        values, is_own = estimate.values, estimate.number == self._number
        if is_own:
            self._own += 1
        else:
            self._carried += is_wanted
            self._spared += not is_wanted
            values = self._carrier.carry(values, estimate.luma, small.planes[0], frame.format.max_value)
        if frame.time_s is not None and estimate.time_s is not None:
            self.age.add(max(0.0, frame.time_s - estimate.time_s))
        # What smooths over time must start anew with the first depth of a shot, not with its first picture.
        is_first, self._dressed_shot = self._dressed_shot != self._shot, self._shot
        return replace(frame, disparity=self._stage.enlarge(values, frame), is_cut=is_first)

    def give_way(self) -> None:
        """A picture was lost for want of time: estimate less often for a while."""
        self._rest.complain()

    def stop(self) -> None:
        """Join the thread, when the estimate it works on is done; safe to call twice and before `start`."""
        self._end()
        self._jobs.cancel()
        if self._thread.ident is not None:
            self._thread.join()
        self._jobs.drain()

    def _offer(self, small: SmallCopy) -> _Estimate | None:
        """Have depth estimated for this frame if it is the time for it; the newest estimate by now, or soon."""
        # The last offer is also the last to be done.
        is_idle = self._offered == (0 if self._newest is None else self._newest.number)
        is_try = self._waits.is_due
        # A new shot cannot wait. Any other frame can, if the next one is to find the thread idle, or for a rest.
        if not small.is_cut and ((is_try and not is_idle) or not self._rest.is_over):
            return self._newest
        self._since_offer, self._offered = 0, self._number
        self._rest.begin()
        self._jobs.put(_Job(self._number, self._shot, small))
        return self._await(small.frame) if is_try and (is_idle or small.is_cut) else self._newest

    def _await(self, frame: Frame) -> _Estimate | None:
        """The estimate of the newest offer if it comes in time, else the newest there is."""
        since_s = self._clock()
        deadline_s = (frame.stamps[0][1] if frame.stamps else since_s) + self._patience_s
        with self._changed:
            while not (is_own := self._newest is not None and self._newest.number == self._number):
                left_s = deadline_s - self._clock()
                if self._is_over or left_s <= 0:
                    break
                self._clock.wait(self._changed, left_s)
            estimate = self._newest
        if is_own:
            self._waits.succeeded()
        elif deadline_s - since_s > self._patience_s / 2:
            # A frame that came late itself says nothing about depth.
            self._waits.failed()
        return estimate

    def _run(self) -> None:
        shot = -1
        try:
            while True:
                job = self._jobs.get()
                since = time.perf_counter()
                values = self._stage.estimate(job.small, is_cut=job.shot != shot)
                shot = job.shot
                self._times.add(time.perf_counter() - since)
                with self._changed:
                    luma, time_s = job.small.planes[0], job.small.frame.time_s
                    self._newest = _Estimate(job.number, job.shot, values, luma, time_s)
                    self._changed.notify_all()
                del job, values
        except Cancelled:
            pass
        except BaseException as error:  # noqa: BLE001 -- the line raises it on the thread of the window
            error.add_note("in stage 'depth'")
            self._end()
            self.on_failure(error)

    def _end(self) -> None:
        with self._changed:
            self._is_over = True
            self._changed.notify_all()

"""Releases a source's frames when they are due, like a camera would."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from threading import Condition

from engine.frame import Frame

ARRIVAL = "arrival"
"""The first stamp of every frame that is played."""
_LAG_BEFORE_RESYNC_S = 0.25
"""A source that is this late gets a new clock: the picture stutters once instead of hurrying for seconds."""


class Pacer:
    """Paces one stream. `frames` is iterated on the source's thread; everything else may be called from any thread.

    A released frame carries one stamp, `arrival`: where its latency starts. That is the moment it was due, even if the
    source delivered it later or this thread woke up late; a frame that was ready before waits, and that is no latency.
    A frame of a source that is live itself arrives with the time it was captured, its own stamp, or now without one.

    Args:
        frame_s: assumed time between frames that do not say when they are due.
        hold: keep the stream open after its last frame until `stop`, for pictures that somebody looks at.
        paced: False releases every frame at once: for live sources, whose frames come when they are due.
        hurry: told, on the source's thread, how late each frame of a paced stream came, in seconds.
        on_pause: told when the stream is to stand still or to go on.
        clock: seconds, monotonic.
    """

    def __init__(
        self,
        *,
        frame_s: float = 1 / 30,
        hold: bool = False,
        paced: bool = True,
        hurry: Callable[[float], None] = lambda _lag_s: None,
        on_pause: Callable[[bool], None] = lambda _paused: None,
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self._frame_s = frame_s
        self._hold = hold
        self._paced = paced
        self._hurry = hurry
        self._on_pause = on_pause
        self._clock = clock
        self._changed = Condition()
        self._is_paused = self._is_stopped = False
        self._steps = self._repeats = 0
        self._origin_s: float | None = None
        self._due_s: float | None = None
        self._lag_s = 0.0
        self._resumed_s: float | None = None
        self._last: Frame | None = None
        self.released = 0
        """Frames given out, repeats included."""
        self.repeated = 0
        """How many of them were given out before."""
        self.late = 0
        """Frames that the source delivered after they were due, by more than half a frame."""
        self.resyncs = 0
        """How often the clock was set anew because the source was hopelessly late."""

    def frames(self, source: Iterable[Frame]) -> Iterator[Frame]:
        """Yield every frame of a source at its time, until it ends or `stop` is called."""
        due_s = 0.0
        for frame in source:
            due_s = due_s + self._frame_s if frame.time_s is None else frame.time_s
            if self._is_of_the_pause(frame):
                continue
            while True:
                repeat = self._wait_for(due_s)
                if repeat is None:
                    return
                if not repeat:
                    break
                yield self._release(self._last, is_repeat=True)
            self._last = frame
            yield self._release(frame)
            if self._paced:
                self._hurry(self._lag_s)
        while self._hold:
            with self._changed:
                self._changed.wait_for(lambda: self._is_stopped or self._repeats > 0)
                if self._is_stopped:
                    return
                self._repeats -= 1
            yield self._release(self._last, is_repeat=True)

    def pause(self, paused: bool) -> None:
        """Hold the stream where it is, or let it go on."""
        with self._changed:
            if self._is_paused and not paused:
                self._resumed_s = self._clock()
            self._is_paused = paused
            # After a pause the next frame is due at once.
            self._origin_s = None
            self._changed.notify_all()
        self._on_pause(paused)

    def step(self) -> None:
        """Release one more frame of a paused stream."""
        with self._changed:
            self._steps += 1
            self._changed.notify_all()

    def repeat(self) -> None:
        """Release the last frame again if the stream stands still, so that a changed setting shows on it."""
        with self._changed:
            if self._last is not None and (self._is_paused or self._hold):
                self._repeats = 1
                self._changed.notify_all()

    def stop(self) -> None:
        """End the stream now."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def _wait_for(self, due_s: float) -> bool | None:
        """Sleep until a frame is due (False), the last one is wanted again (True), or the stream is stopped (None)."""
        with self._changed:
            while not self._is_stopped:
                if self._is_paused:
                    if self._repeats > 0:
                        self._repeats -= 1
                        return True
                    if self._steps > 0:
                        self._steps -= 1
                        self._due_s, self._lag_s = self._clock(), 0.0
                        return False
                    self._changed.wait()
                    continue
                self._steps = self._repeats = 0
                if not self._paced:
                    self._due_s = None
                    return False
                now = self._clock()
                if self._origin_s is None:
                    self._origin_s = now - due_s
                left_s = self._origin_s + due_s - now
                if left_s > 0:
                    self._changed.wait(left_s)
                    continue
                self._note_lag(-left_s)
                self._due_s = self._origin_s + due_s
                return False
            return None

    def _is_of_the_pause(self, frame: Frame) -> bool:
        """Whether a live source took it while nobody looked: it would be shown as if it were new."""
        if self._paced or self._is_paused or self._resumed_s is None or not _is_stamped(frame):
            return False
        return frame.stamps[0][1] < self._resumed_s

    def _note_lag(self, lag_s: float) -> None:
        self._lag_s = lag_s
        if lag_s > self._frame_s / 2:
            self.late += 1
        if lag_s > _LAG_BEFORE_RESYNC_S and self._origin_s is not None:
            self.resyncs += 1
            # As if this frame were due just now, so that the next one keeps its distance.
            self._origin_s += lag_s

    def _release(self, frame: Frame | None, *, is_repeat: bool = False) -> Frame:
        assert frame is not None
        self.released += 1
        self.repeated += is_repeat
        arrival_s = None if is_repeat else self._due_s
        if arrival_s is None:
            arrival_s = frame.stamps[0][1] if not is_repeat and _is_stamped(frame) else self._clock()
        return replace(frame, stamps=((ARRIVAL, arrival_s, arrival_s),))


def _is_stamped(frame: Frame) -> bool:
    return bool(frame.stamps) and frame.stamps[0][0] == ARRIVAL

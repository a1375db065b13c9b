"""Releases a source's frames when they are due, like a camera would."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from threading import Condition
from typing import Literal

from engine.frame import Frame
from engine.live.clock import Clock

_Verdict = Literal["give", "skip", "repeat", "stop"]

ARRIVAL = "arrival"
"""The first stamp of every frame that is played."""
_LATE_FRAMES, _LATE_S = 2, 0.05
"""A frame that comes later than this, whichever is more, is skipped: by now there is a newer one."""
_STALE_S = 0.25
"""But this often something is shown, late or not: a picture that stands still for seconds looks broken."""
_STALL_S = 2.0
"""Whoever is gone that long at once was interrupted: a suspended machine, a disk that had to wake up. Nobody wants to
miss what would have been shown meanwhile. A source that takes so long for every frame is slow, not interrupted."""


class Pacer:
    """Paces one stream. `frames` is iterated on the source's thread; everything else may be called from any thread.

    A released frame carries one stamp, `arrival`: where its latency starts. That is the moment it was due, even if the
    source delivered it later or this thread woke up late; a frame that was ready before waits, and that is no latency.
    A frame of a source that is live itself arrives with the time it was captured, its own stamp, or now without one.
    The stamp ends when the frame is let go, so its length says how late the source was.

    A paced stream keeps to the clock: what comes too late is skipped, and the source is told, so that it can leave out
    work. Only an interruption sets the clock anew. The last frame of a stream is never skipped.

    Args:
        frame_s: assumed time between frames that do not say when they are due.
        hold: keep the stream open after its last frame until `stop`, for pictures that somebody looks at.
        paced: False releases every frame at once: for live sources, whose frames come when they are due.
        hurry: told, on the source's thread, how late each frame of a paced stream came, in seconds.
        on_pause: told when the stream is to stand still or to go on.
        clock: frames are due by it.
    """

    def __init__(
        self,
        *,
        frame_s: float = 1 / 30,
        hold: bool = False,
        paced: bool = True,
        hurry: Callable[[float], None] = lambda _lag_s: None,
        on_pause: Callable[[bool], None] = lambda _paused: None,
        clock: Clock | None = None,
    ) -> None:
        self._frame_s = frame_s
        self._hold = hold
        self._paced = paced
        self._hurry = hurry
        self._on_pause = on_pause
        self._clock = clock or Clock()
        self._changed = Condition()
        self._is_paused = self._is_stopped = False
        self._is_resting = False
        self._steps = self._repeats = 0
        self._origin_s: float | None = None
        self._due_s: float | None = None
        self._lag_s = 0.0
        self._resumed_s: float | None = None
        self._last: Frame | None = None
        self._released_s = -math.inf
        self._was_gone = False
        self.on_skip: Callable[[], None] = lambda: None
        """Called for every skipped frame, on the source's thread; whoever counts losses may assign another."""
        self.released = 0
        """Frames given out, repeats included."""
        self.skipped = 0
        """Frames that came so late that they were not given out."""
        self.repeated = 0
        """How many were given out before."""
        self.late = 0
        """Frames given out by more than half a frame after they were due, because the source was late."""
        self.resyncs = 0
        """How often the clock was set anew after an interruption."""

    @property
    def due(self) -> int:
        """Frames whose time has come, repeats included: what was given out and what was skipped."""
        return self.released + self.skipped

    def frames(self, source: Iterable[Frame]) -> Iterator[Frame]:
        """Yield every frame of a source at its time, until it ends or `stop` is called."""
        due_s = 0.0
        skipped: Frame | None = None
        for frame in source:
            due_s = due_s + self._frame_s if frame.time_s is None else frame.time_s
            if self._is_of_the_pause(frame):
                continue
            while (verdict := self._wait_for(due_s)) == "repeat":
                yield self._release(self._last, is_repeat=True)
            if verdict == "stop":
                return
            # Only who has the next one knows that this was not the last.
            self._note_skipped(skipped)
            skipped = frame if verdict == "skip" else None
            if verdict == "give":
                yield self._release(frame)
            if self._paced:
                self._hurry(self._lag_s)
        if skipped is not None:
            yield self._release(skipped)
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

    @property
    def is_still(self) -> bool:
        """Whether it is paused, and whatever was asked for since has been released."""
        with self._changed:
            return self._is_resting and self._is_paused and not (self._steps or self._repeats)

    def stop(self) -> None:
        """End the stream now."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()

    def _wait_for(self, due_s: float) -> _Verdict:
        """Sleep until something is to be done with the frame that is due then, or with the last one."""
        with self._changed:
            while not self._is_stopped:
                if self._is_paused:
                    if self._repeats > 0:
                        self._repeats -= 1
                        return "repeat"
                    if self._steps > 0:
                        self._steps -= 1
                        self._due_s, self._lag_s = self._clock(), 0.0
                        return "give"
                    self._is_resting = True
                    self._changed.wait()
                    self._is_resting = False
                    continue
                self._steps = self._repeats = 0
                if not self._paced:
                    self._due_s = None
                    return "give"
                now_s = self._clock()
                if self._origin_s is None:
                    self._origin_s, self._lag_s = now_s - due_s, 0.0
                left_s = self._origin_s + due_s - now_s
                if left_s <= 0:
                    return self._judge(due_s, now_s)
                self._clock.wait(self._changed, left_s)
            return "stop"

    def _judge(self, due_s: float, now_s: float) -> _Verdict:
        """What to do with a frame whose time has come, or is over."""
        assert self._origin_s is not None
        lag_s = now_s - self._origin_s - due_s
        was_gone = lag_s - self._lag_s > _STALL_S
        if was_gone and not self._was_gone:
            self.resyncs += 1
            # As if this frame were due just now, so that the next one keeps its distance.
            self._origin_s, lag_s = now_s - due_s, 0.0
        self._was_gone, self._lag_s, self._due_s = was_gone, lag_s, self._origin_s + due_s
        if lag_s > max(_LATE_FRAMES * self._frame_s, _LATE_S) and now_s - self._released_s < _STALE_S:
            return "skip"
        self.late += lag_s > self._frame_s / 2
        return "give"

    def _is_of_the_pause(self, frame: Frame) -> bool:
        """Whether a live source took it while nobody looked: it would be shown as if it were new."""
        if self._paced or self._is_paused or self._resumed_s is None or not _is_stamped(frame):
            return False
        return frame.stamps[0][1] < self._resumed_s

    def _note_skipped(self, frame: Frame | None) -> None:
        if frame is not None:
            self.skipped += 1
            self.on_skip()

    def _release(self, frame: Frame | None, *, is_repeat: bool = False) -> Frame:
        assert frame is not None
        self._last = frame
        self.released += 1
        self.repeated += is_repeat
        self._released_s = now_s = self._clock()
        if is_repeat or self._due_s is None:
            is_own = not is_repeat and _is_stamped(frame)
            arrival_s = now_s = frame.stamps[0][1] if is_own else now_s
        else:
            arrival_s = self._due_s
        return replace(frame, stamps=((ARRIVAL, arrival_s, now_s),))


def _is_stamped(frame: Frame) -> bool:
    return bool(frame.stamps) and frame.stamps[0][0] == ARRIVAL

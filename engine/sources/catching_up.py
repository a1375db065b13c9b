"""What a file leaves out while its frames come too late: pictures that no other needs, then all up to a key frame."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from fractions import Fraction
from typing import Any, TypeAlias

import av

from engine.sources.faults import MEDIA_ERRORS

Packet: TypeAlias = "av.Packet[Any]"

_LATE_FRAMES = 3
_JUMP_S = 0.5
"""Later than this, and leaving out single pictures was not enough."""
_FARTHEST_S = 30.0
"""So far is looked for key frames: what was read meanwhile is kept in memory."""
_SET_BACK_S = 1.0
"""A clock that goes back further was set anew, as in joined recordings; what is due by it, nobody knows yet."""
_USUAL_RATE = Fraction(30)
# Frames on their way through a decoder: so long is seen what it left out.
_REORDERED = 16


class CatchingUp:
    """Between a demuxer and its decoder; everything on the thread that reads.

    Args:
        decoder: the present decoder; a file that is read again has another.
        rate: frames a second, if known: what is left out shows as a gap, and is counted by it.
        time_base: of packets and frames, in seconds.
    """

    def __init__(self, decoder: Callable[[], av.VideoCodecContext], rate: Fraction | None, time_base: Fraction) -> None:
        self.skipped = 0
        """Pictures that were left out, as far as gaps can be counted."""
        self.has_skipped = False
        """Whether pictures may have been left out at all."""
        self._decoder = decoder
        self._rate = rate
        self._time_base = time_base
        self._hurries = False
        self._traces = 0
        self._span: tuple[int, int] | None = None

    def hurry(self, lag_s: float, ticks: int, *, end: int | None = None) -> None:
        """A frame came late.

        Args:
            lag_s: seconds after it was due, 0 in time.
            ticks: its timestamp in the file.
            end: from this timestamp on nothing is wanted.
        """
        step_s = float(1 / (self._rate or _USUAL_RATE))
        if lag_s > _LATE_FRAMES * step_s or lag_s < step_s / 2:
            self._hurries = lag_s > step_s
            # Decoding them is most of the work, where there are any.
            self._decoder().skip_frame = "NONREF" if self._hurries else "DEFAULT"
            self.has_skipped = self.has_skipped or self._hurries
        due = ticks + round(min(lag_s, _FARTHEST_S) / self._time_base)
        # The last picture is always shown.
        due = due if end is None else min(due, end - 1)
        self._span = (ticks, due) if lag_s > _JUMP_S else None

    def packets(self, demuxed: Iterator[Packet]) -> Iterator[Packet]:
        """Every packet, but for those before the last key frame that is due already.

        Raises:
            whatever `demuxed` raises, after all that came before it.
        """
        ahead: deque[Packet] = deque()
        error: BaseException | None = None
        is_over = False
        while True:
            if self._span is not None and not is_over:
                try:
                    is_over = not self._look_ahead(demuxed, ahead, *self._span)
                except MEDIA_ERRORS as met:
                    is_over, error = True, met
                self._span = None
            if ahead:
                yield ahead.popleft()
            elif error is not None:
                raise error
            elif is_over or (packet := next(demuxed, None)) is None:
                return
            else:
                yield packet

    def count_gap(self, step: int, *, is_first: bool) -> int:
        """How many pictures were left out just before one that comes `step` ticks after the one before."""
        count = 0
        if (self._hurries or self._traces) and not is_first and self._rate is not None:
            count = max(0, round(step * self._time_base * self._rate) - 1)
        self.skipped += count
        self._traces = _REORDERED if self._hurries else max(0, self._traces - 1)
        return count

    def _look_ahead(self, demuxed: Iterator[Packet], ahead: deque[Packet], since: int, due: int) -> bool:
        """Read packets until one is not due yet, and forget those before the last key frame; False if none are left.

        What follows a packet without a time, or one of another clock, is not looked at before that one has passed.
        """
        is_more = True
        earliest = since - round(_SET_BACK_S / self._time_base)
        try:
            while is_more and (not ahead or _is_between(ahead[-1], earliest, due)):
                packet = next(demuxed, None)
                is_more = packet is not None
                if packet is not None:
                    ahead.append(packet)
        finally:
            keys = [n for n, one in enumerate(ahead) if one.is_keyframe and _is_between(one, since, due)]
            if keys and keys[-1]:
                for _ in range(keys[-1]):
                    ahead.popleft()
                # What is on its way through the decoder is as late.
                self._decoder().flush_buffers()
                self.has_skipped = True
        return is_more


def _is_between(packet: Packet, earliest: int, latest: int) -> bool:
    """Whether its time is known and in that span; the last packet of a stream is empty and has none."""
    time = packet.dts if packet.pts is None else packet.pts
    return time is not None and earliest <= time <= latest

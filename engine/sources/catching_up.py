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
        self._decoder = decoder
        self._rate = rate
        self._time_base = time_base
        self._hurries = False
        self._traces = 0
        self._due: int | None = None

    def hurry(self, lag_s: float, ticks: int) -> None:
        """The frame with this timestamp came `lag_s` seconds after it was due, 0 in time."""
        step_s = float(1 / (self._rate or _USUAL_RATE))
        if lag_s > _LATE_FRAMES * step_s or lag_s < step_s / 2:
            self._hurries = lag_s > step_s
            # Decoding them is most of the work, where there are any.
            self._decoder().skip_frame = "NONREF" if self._hurries else "DEFAULT"
        self._due = ticks + round(lag_s / self._time_base) if lag_s > _JUMP_S else None

    def packets(self, demuxed: Iterator[Packet]) -> Iterator[Packet]:
        """Every packet, but for those before the last key frame that is due already.

        Raises:
            whatever `demuxed` raises, after all that came before it.
        """
        ahead: deque[Packet] = deque()
        error: BaseException | None = None
        is_over = False
        while True:
            if self._due is not None and not is_over:
                try:
                    is_over = not self._look_ahead(demuxed, ahead, self._due)
                except MEDIA_ERRORS as met:
                    is_over, error = True, met
                self._due = None
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

    def _look_ahead(self, demuxed: Iterator[Packet], ahead: deque[Packet], due: int) -> bool:
        """Read packets until one is not due yet, and forget those before the last key frame; False if none are left."""
        is_more = True
        try:
            while is_more and not (ahead and _time(ahead[-1], due) > due):
                packet = next(demuxed, None)
                is_more = packet is not None
                if packet is not None:
                    ahead.append(packet)
        finally:
            keys = [n for n, one in enumerate(ahead) if one.is_keyframe and one.size and _time(one, due + 1) <= due]
            if keys and keys[-1]:
                for _ in range(keys[-1]):
                    ahead.popleft()
                # What is on its way through the decoder is as late.
                self._decoder().flush_buffers()
        return is_more


def _time(packet: Packet, otherwise: int) -> int:
    if packet.pts is not None:
        return packet.pts
    return otherwise if packet.dts is None else packet.dts

"""Packets of a relay into pictures, with as little delay as the codec allows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import av
from av.codec.context import Flags

from engine.errors import InputError
from engine.sources.faults import MEDIA_ERRORS
from engine.sources.feed import Description, Packet

Picture = tuple[av.VideoFrame, float]
"""A decoded frame, and when its packet arrived."""


class PacketDecoder:
    """Decodes one stream, one picture at a time.

    Args:
        description: of the stream.
        is_live: no frame may wait for the next one: slices are decoded in parallel, frames are not.

    Raises:
        InputError: FFmpeg has no such decoder here.
    """

    def __init__(self, description: Description, *, is_live: bool) -> None:
        self.damaged = 0
        """Packets that could not be decoded."""
        self.time_base = description.time_base
        try:
            context: Any = av.CodecContext.create(description.codec, "r")
        except (ValueError, LookupError, av.FFmpegError) as error:
            raise InputError(f"this build of FFmpeg has no decoder for {description.codec}") from error
        if description.extradata:
            context.extradata = description.extradata
        context.width, context.height = description.width, description.height
        if description.pixel_format is not None:
            context.pix_fmt = description.pixel_format
        context.bits_per_coded_sample = description.bits_per_sample
        context.colorspace, context.color_primaries, context.color_trc, context.color_range = description.colour
        context.thread_type = "SLICE" if is_live else "AUTO"
        context.flags |= Flags.copy_opaque | (Flags.low_delay if is_live else 0)
        self._context = context

    def decode(self, packet: Packet | None) -> Iterator[Picture]:
        """Yield the pictures that a packet completes; None gives those that were held back at the end."""
        fed: Any = None
        if packet is not None:
            fed = packet.data if isinstance(packet.data, av.Packet) else av.Packet(packet.data)
            fed.pts, fed.dts, fed.opaque = packet.pts, packet.dts, packet.arrival_s
        try:
            frames = self._context.decode(fed)
        except MEDIA_ERRORS:
            self.damaged += 1
            return
        for frame in frames:
            if frame.width and frame.height:
                arrival_s = frame.opaque
                if arrival_s is None:
                    arrival_s = packet.arrival_s if packet is not None else 0.0
                yield frame, arrival_s

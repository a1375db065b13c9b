from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.errors import InputError
from engine.sources.decoder import PacketDecoder
from engine.sources.feed import Description, Packet, Request, ThreadFeed


def entries(path) -> tuple[Description, list[Packet]]:
    feed = ThreadFeed(Request(url=str(path)))
    description, *packets, _end = feed.entries()
    feed.close()
    return description, packets  # type: ignore[return-value]


@pytest.mark.parametrize("is_live", [True, False])
@pytest.mark.parametrize("frames_between", ["0", "2"])
def test_every_picture_once_in_order_with_its_own_arrival(make_clip, is_live: bool, frames_between: str) -> None:
    clip = make_clip(options={"bf": frames_between, "b-pyramid": "none"}, pts=range(30))
    description, packets = entries(clip)
    packets = [replace(packet, arrival_s=1000.0 + (packet.pts or 0)) for packet in packets]
    decoder = PacketDecoder(description, is_live=is_live)
    pictures = [picture for packet in [*packets, None] for picture in decoder.decode(packet)]
    stamps = [frame.pts for frame, _ in pictures]
    assert stamps == [40 * index for index in range(30)]
    assert [arrival_s - 1000.0 for _, arrival_s in pictures] == stamps
    assert decoder.damaged == 0


def test_live_pictures_are_not_held_back(make_clip) -> None:
    description, packets = entries(make_clip(options={"bf": "0"}, pts=range(10)))
    decoder = PacketDecoder(description, is_live=True)
    counts = [len(list(decoder.decode(packet))) for packet in packets]
    assert counts == [1] * 10


def test_damage_is_counted_and_survived(make_clip) -> None:
    description, packets = entries(make_clip(options={"bf": "0", "g": "2"}, pts=range(10)))
    noise = np.random.default_rng(3).integers(0, 255, 200, np.uint8).tobytes()
    packets[4] = replace(packets[4], data=noise)
    decoder = PacketDecoder(description, is_live=True)
    count = sum(len(list(decoder.decode(packet))) for packet in packets)
    assert decoder.damaged == 1
    assert count >= 8


def test_no_such_decoder(make_clip) -> None:
    description, _ = entries(make_clip())
    with pytest.raises(InputError, match="no decoder for unheard-of"):
        PacketDecoder(replace(description, codec="unheard-of"), is_live=True)

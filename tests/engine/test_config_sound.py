from __future__ import annotations

import pytest

from engine.config import PlayOptions
from engine.errors import UsageError


@pytest.mark.parametrize("volume", [-1.0, 101.0, float("nan")])
def test_volume_is_a_percentage(volume: float) -> None:
    with pytest.raises(UsageError, match="--volume must lie within 0 and 100"):
        PlayOptions(input="film.mp4", volume=volume)


def test_usual_sound() -> None:
    options = PlayOptions(input="film.mp4")
    assert (options.mute, options.volume, options.sound_device) == (False, 100.0, None)

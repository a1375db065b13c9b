"""Which input has sound to play, and where it is played."""

from __future__ import annotations

from engine.config import PlayOptions
from engine.errors import UnavailableError
from engine.live.sound import Sound
from engine.live.sound_device import PortAudioDevice
from engine.sources import kind_of
from engine.sources.sound import FileSound
from engine.sources.source import Source


def open_sound(options: PlayOptions, source: Source) -> tuple[Sound | None, str | None]:
    """The sound of the input, if it is a file that has any and there is somebody to hear it.

    Off screen nobody is, unless a device was named.

    Returns:
        (sound, None), (None, None), or (None, why the sound that is there cannot be played).

    Raises:
        InputError: the file is gone.
        UnavailableError: the device that was named is not there.
    """
    if kind_of(options.input) != "file" or (options.headless and options.sound_device is None):
        return None, None
    reader = FileSound(options.input, origin_s=source.origin_s, duration_s=options.duration)
    try:
        if not reader.is_there:
            reader.close()
            return None, None
        device = PortAudioDevice(options.sound_device)
    except UnavailableError as error:
        reader.close()
        if options.sound_device is not None:
            raise
        return None, no_sound(error)
    return Sound(reader, device, volume=options.volume / 100.0, is_muted=options.mute), None


def no_sound(error: UnavailableError) -> str:
    """Why the picture plays without sound."""
    return f"no sound: {error}"

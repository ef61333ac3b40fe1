"""The sound devices of this machine, through PortAudio: which there are, and what they can do."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from firstword.core.errors import ConfigurationError

LATENCY_S = 0.06
"""Held by the device. On a machine that is busy 20 ms and 40 ms had gaps, and 60 ms had none."""


class Direction(StrEnum):
    """What a device is for, in the library's own words."""

    INPUT = "input"
    OUTPUT = "output"


def portaudio() -> Any:
    """The library, loaded.

    Raises:
        ConfigurationError: it is not here; the message says how it comes.
    """
    try:
        import sounddevice
    except ImportError as missing:
        raise ConfigurationError(
            "Sound devices need the library `sounddevice`: pip install 'firstword[play]'."
        ) from missing
    except OSError as missing:
        raise ConfigurationError(
            "Sound devices need PortAudio, which is not on this machine: apt install libportaudio2, or what "
            "your system calls it."
        ) from missing
    return sounddevice


def devices(direction: Direction) -> list[str]:
    """The names of the devices of one direction; the default one first.

    Raises:
        ConfigurationError: there is no library to reach any.
    """
    library = portaudio()
    found = [one for one in library.query_devices() if one[f"max_{direction}_channels"] > 0]
    default = library.default.device[list(Direction).index(direction)]
    return [one["name"] for one in sorted(found, key=lambda one: one["index"] != default)]


def find_device(device: str | int | None, direction: Direction = Direction.OUTPUT) -> str:
    """The name of a device.

    Args:
        device: its name, a part of it, or its number; None for the default one.
        direction: what it has to be for.

    Raises:
        ConfigurationError: there is no such device, or no library to reach it.
    """
    library = portaudio()
    try:
        found = library.query_devices(device, str(direction))
    except (library.PortAudioError, ValueError) as failure:
        named = f"no {direction} device" if device is None else f"no {direction} device {device!r}"
        raise ConfigurationError(
            f"There is {named} on this machine. What there is: {listed(direction)}."
        ) from failure
    return str(found["name"])


def possible(device: str | int | None, direction: Direction, sample_rate: int) -> tuple[int, int]:
    """The rate and the channels that a device can do with 16-bit samples, the best ones first.

    Args:
        device: as in `find_device`.
        direction: what it is for.
        sample_rate: Hz, if it can; else its own.

    Raises:
        ConfigurationError: there is no such device, or it can do nothing of ours.
    """
    library, name = portaudio(), find_device(device, direction)
    check = getattr(library, f"check_{direction}_settings")
    own = round(library.query_devices(device, str(direction))["default_samplerate"])
    for rate, channels in ((sample_rate, 1), (sample_rate, 2), (own, 1), (own, 2)):
        try:
            check(device, channels, "int16", samplerate=rate)
        except library.PortAudioError:
            continue
        return rate, channels
    does = "takes" if direction is Direction.OUTPUT else "gives"
    raise ConfigurationError(f"{name} {does} no 16-bit samples; choose another device: {listed(direction)}.")


def not_opened(direction: Direction, failure: Exception) -> ConfigurationError:
    """What is said of a device that the library could not open."""
    reason = str(failure.args[0]) if failure.args else str(failure)
    return ConfigurationError(f"The {direction} device cannot be opened: {reason}")


def listed(direction: Direction) -> str:
    """The devices of one direction, for a message."""
    return ", ".join(devices(direction)) or "none"

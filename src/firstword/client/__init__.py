"""Speech servers as seen from outside: any that speaks OpenAI's API. And what to do with their audio.

    from firstword.client import play, save

Importing this room loads no codec, no device and no model library; a name that needs one loads it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firstword.client.playback import Playback
    from firstword.client.player import Player, play
    from firstword.client.recording import save, save_async

__all__ = ["Playback", "Player", "play", "save", "save_async"]

_HOMES = {
    "Playback": "playback",
    "Player": "player",
    "play": "player",
    "save": "recording",
    "save_async": "recording",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)

"""Speech servers as seen from outside: any that speaks OpenAI's API. And what to do with their audio.

    from firstword.client import Client, play, save

Importing this room loads no codec, no device and no model library; a name that needs one loads it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firstword.client.asking.asynchronous import AsyncClient
    from firstword.client.asking.blocking import Client
    from firstword.client.asking.events import (
        ChatAudio,
        ChatDone,
        ChatText,
        ChatToolCall,
        ChatWords,
        SpeechAudio,
        SpeechCancelled,
        SpeechDone,
        SpeechFlushed,
        SpeechStarted,
        SpeechText,
        SpeechWords,
        SpokenWord,
    )
    from firstword.client.asking.typed import typed_chat, typed_chat_async
    from firstword.client.playing.heard import Heard
    from firstword.client.playing.microphone import Microphone
    from firstword.client.playing.playback import Playback
    from firstword.client.playing.player import Player, play
    from firstword.client.saving.recording import save, save_async
    from firstword.core.errors import CapacityError, EngineError, FirstwordError, RequestError
    from firstword.core.transcripts import Transcript, Word

__all__ = [
    "AsyncClient",
    "CapacityError",
    "ChatAudio",
    "ChatDone",
    "ChatText",
    "ChatToolCall",
    "ChatWords",
    "Client",
    "EngineError",
    "FirstwordError",
    "Heard",
    "Microphone",
    "Playback",
    "Player",
    "RequestError",
    "SpeechAudio",
    "SpeechCancelled",
    "SpeechDone",
    "SpeechFlushed",
    "SpeechStarted",
    "SpeechText",
    "SpeechWords",
    "SpokenWord",
    "Transcript",
    "Word",
    "play",
    "save",
    "save_async",
    "typed_chat",
    "typed_chat_async",
]

_HOMES = {
    "AsyncClient": "client.asking.asynchronous",
    "Client": "client.asking.blocking",
    "Heard": "client.playing.heard",
    "Microphone": "client.playing.microphone",
    "Playback": "client.playing.playback",
    "Player": "client.playing.player",
    "Transcript": "core.transcripts",
    "Word": "core.transcripts",
    "play": "client.playing.player",
    "save": "client.saving.recording",
    "save_async": "client.saving.recording",
    "typed_chat": "client.asking.typed",
    "typed_chat_async": "client.asking.typed",
    **dict.fromkeys(
        (name for name in __all__ if name.startswith(("Chat", "Speech", "Spoken"))), "client.asking.events"
    ),
    **dict.fromkeys((name for name in __all__ if name.endswith("Error")), "core.errors"),
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"firstword.{_HOMES[name]}"), name)

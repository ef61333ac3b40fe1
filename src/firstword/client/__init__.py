"""Speech servers as seen from outside: any that speaks OpenAI's API. And what to do with their audio.

    from firstword.client import Client, play, save

Importing this room loads no codec, no device and no model library; a name that needs one loads it.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firstword.client.asynchronous import AsyncClient
    from firstword.client.blocking import Client
    from firstword.client.events import (
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
    from firstword.client.heard import Heard
    from firstword.client.microphone import Microphone
    from firstword.client.playback import Playback
    from firstword.client.player import Player, play
    from firstword.client.recording import save, save_async
    from firstword.client.typed import typed_chat, typed_chat_async
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
    "AsyncClient": "client.asynchronous",
    "Client": "client.blocking",
    "Heard": "client.heard",
    "Microphone": "client.microphone",
    "Playback": "client.playback",
    "Player": "client.player",
    "Transcript": "core.transcripts",
    "Word": "core.transcripts",
    "play": "client.player",
    "save": "client.recording",
    "save_async": "client.recording",
    "typed_chat": "client.typed",
    "typed_chat_async": "client.typed",
    **dict.fromkeys(
        (name for name in __all__ if name.startswith(("Chat", "Speech", "Spoken"))), "client.events"
    ),
    **dict.fromkeys((name for name in __all__ if name.endswith("Error")), "core.errors"),
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"firstword.{_HOMES[name]}"), name)

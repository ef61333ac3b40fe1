"""The names of OpenAI's speech API that must work here.

Source: CONTRACT A1 (model names), B1 (voices), with the gender that listeners hear in each.
"""

from __future__ import annotations

OPENAI_SPEECH_MODELS: tuple[str, ...] = (
    "tts-1",
    "tts-1-1106",
    "tts-1-hd",
    "tts-1-hd-1106",
    "gpt-4o-mini-tts",
    "gpt-4o-mini-tts-2025-03-20",
    "gpt-4o-mini-tts-2025-12-15",
)

OPENAI_VOICES: dict[str, str] = {
    "alloy": "female",
    "ash": "male",
    "ballad": "male",
    "coral": "female",
    "echo": "male",
    "fable": "male",
    "onyx": "male",
    "nova": "female",
    "sage": "female",
    "shimmer": "female",
    "verse": "male",
    "marin": "female",
    "cedar": "male",
}
"""Voice name -> gender, which decides the installed voice that answers for it."""

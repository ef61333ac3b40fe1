"""Which language is spoken, where the caller has not said so.

A model finds out by itself, well from a sentence and badly from one word: "no" is a word of many languages.
So what it has found in some seconds of speech is kept for the rest.
"""

from __future__ import annotations

from firstword.core.transcripts import Recognition

SETTLED_MS = 8_000.0
"""Speech of one language, in a row, after which it is no longer in question."""


class Tongue:
    """The language of one session or recording.

    Args:
        given: BCP 47, as the caller said; None to find out.
    """

    def __init__(self, given: str | None) -> None:
        self.language = given
        """What models are told; None: they find out."""
        self._found: str | None = None
        self._heard_ms = 0.0

    def note(self, recognition: Recognition, speech_ms: float) -> None:
        """Takes what was found out from a final of so much speech."""
        if self.language is not None or not recognition.text or recognition.language is None:
            return
        if recognition.language != self._found:
            self._found, self._heard_ms = recognition.language, 0.0
        self._heard_ms += speech_ms
        if self._heard_ms >= SETTLED_MS:
            self.language = self._found

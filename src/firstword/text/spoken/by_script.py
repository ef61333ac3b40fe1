"""Numbers and signs in a text of several scripts: each is read in the language of what it stands in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from firstword.text.script import runs
from firstword.text.spelling import Edit
from firstword.text.spoken.foreign import ForeignNumbers


class Words(Protocol):
    """What one language says for numbers and signs."""

    def edits(self, text: str) -> Iterable[Edit]:
        """What to change in a text, in order."""
        ...


class ByScript:
    """One language for Latin text, others for other scripts.

    Args:
        latin: for Latin text and every script that is not named; None: left to the engine.
        languages: for each script that another voice speaks, its language (BCP 47); None: left to the engine.
    """

    def __init__(self, latin: Words | None, languages: Mapping[str, str | None]) -> None:
        self._latin = latin
        self._others = {
            script: None if language is None else ForeignNumbers(language)
            for script, language in languages.items()
        }

    def edits(self, text: str) -> list[Edit]:
        """What to change in a text."""
        found: list[Edit] = []
        for start, end, script in runs(text):
            words = self._latin if script is None else self._others.get(script, self._latin)
            if words is not None:
                edits = words.edits(text[start:end])
                found += [Edit(start + begin, start + finish, new) for begin, finish, new in edits]
        return found

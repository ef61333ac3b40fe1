"""What the engine gets for each segment: the text as one would read it aloud.

In flow segments, as the segmenter cut them; out flow the same segments, each at once, with `spoken` set where
it differs. Two passes: markup is taken out, then numbers, signs and addresses become words. Words stay what
and where they are: only what a rule names is changed, and `Spelling` says where.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from firstword.core.types import TextSegment
from firstword.text.spelling import Edit, Spelling, compose, rewrite
from firstword.text.spoken.english import KINDS as ENGLISH_KINDS
from firstword.text.spoken.english import English
from firstword.text.spoken.foreign import ForeignNumbers
from firstword.text.spoken.markdown import CODE_BLOCK, Markup

KINDS = ENGLISH_KINDS | {"markdown", "code", "emoji", "pronunciation"}
"""What `leave` may name."""

_OTHER_LETTERS = re.compile(
    "[\u0370-\u1cff\u1f00-\u1fff\u2c00-\u2dff\u3040-\ud7ff\uf900-\ufaff\uff66-\uffdc]"
)


class Normalizer:
    """A stage from segments to the same segments with `spoken`.

    Args:
        language: BCP 47. None: English, in segments without letters of another script.
        leave: kinds that the engine's own front end reads well; they stay as written. `pronunciation` is an
            engine's `[word](/phonemes/)`.

    Raises:
        ValueError: `leave` names an unknown kind.
    """

    def __init__(self, *, language: str | None = None, leave: frozenset[str] = frozenset()) -> None:
        if leave - KINDS:
            raise ValueError(f"no such kind: {', '.join(sorted(leave - KINDS))}")
        name, _, region = (language or "en").lower().partition("-")
        self._words: English | ForeignNumbers | None
        if name == "en":
            self._words = English(region or "us", leave)
        else:
            self._words = None if "cardinal" in leave else ForeignNumbers(language or "en")
        self._guess = language is None
        self._markup = Markup(CODE_BLOCK.get(name, ""), leave)

    def feed(self, segment: TextSegment) -> Sequence[TextSegment]:
        """Gives the segment with what is spoken for it; `spoken` is None where that is its text."""
        spelling = self.spell(segment.text)
        return [replace(segment, spoken=spelling.spoken if spelling.spans else None, spans=spelling.spans)]

    def flush(self) -> Sequence[TextSegment]:
        """Nothing is ever held back."""
        return []

    def spell(self, text: str) -> Spelling:
        """What is spoken for the next segment's text, and for which parts of it."""
        plain = rewrite(text, self._markup.edits(text))
        return compose(plain, rewrite(plain.spoken, self._worded(plain.spoken)))

    def _worded(self, text: str) -> Iterable[Edit]:
        if self._words is None or (self._guess and _OTHER_LETTERS.search(text)):
            return ()
        return self._words.edits(text)

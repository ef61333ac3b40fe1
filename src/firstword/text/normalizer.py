"""What the engine gets for each segment: the text as one would read it aloud.

In flow segments, as the segmenter cut them; out flow the same segments, each at once, with `spoken` set where
it differs. Two passes: markup is taken out, then numbers, signs and addresses become words. Words stay what
and where they are: only what a rule names is changed, and `Spelling` says where.

A lexicon's words are found between the two. The second pass sees a word of no meaning in the place of each,
so that its rules neither read nor change what the lexicon says.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from firstword.core.types import Respelling, TextSegment
from firstword.text.spelling import Edit, Spelling, compose, rewrite
from firstword.text.spoken.by_script import ByScript
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
            engine's `[word](/phonemes/)`. None: everything, so that only the lexicon's words are changed.
        lexicon: words that are said otherwise than they are written.
        scripts: the scripts that other voices speak (see `text.script`), each with the language of its
            numbers; None: its engine reads them.

    Raises:
        ValueError: `leave` names an unknown kind.
    """

    def __init__(
        self,
        *,
        language: str | None = None,
        leave: frozenset[str] | None = frozenset(),
        lexicon: Respelling | None = None,
        scripts: Mapping[str, str | None] | None = None,
    ) -> None:
        self._only_lexicon = leave is None
        self._lexicon = lexicon
        leave = leave or frozenset()
        if leave - KINDS:
            raise ValueError(f"no such kind: {', '.join(sorted(leave - KINDS))}")
        name, _, region = (language or "en").lower().partition("-")
        self._words: English | ForeignNumbers | ByScript | None
        if name == "en":
            self._words = English(region or "us", leave)
        else:
            self._words = None if "cardinal" in leave else ForeignNumbers(language or "en")
        self._guess = language is None and scripts is None
        if scripts is not None:
            self._words = ByScript(self._words, scripts)
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
        if self._only_lexicon:
            return rewrite(text, self._respelled(text))
        plain = rewrite(text, self._markup.edits(text))
        respelled = self._respelled(plain.spoken)
        worded = self._worded(_masked(plain.spoken, respelled))
        return compose(plain, rewrite(plain.spoken, _merged(respelled, worded)))

    def _respelled(self, text: str) -> list[Edit]:
        return [Edit(*edit) for edit in self._lexicon.edits(text)] if self._lexicon else []

    def _worded(self, text: str) -> Iterable[Edit]:
        if self._words is None or (self._guess and _OTHER_LETTERS.search(text)):
            return ()
        return self._words.edits(text)


def _masked(text: str, respelled: Sequence[Edit]) -> str:
    """The text with a word of no meaning, as long and as capital, for each that the lexicon says."""
    if not respelled:
        return text
    parts, at = [], 0
    for edit in respelled:
        parts += [text[at : edit.start], _mask(edit, text[edit.start].isupper())]
        at = edit.end
    return "".join([*parts, text[at:]])


def _mask(edit: Edit, capital: bool) -> str:
    word = "q" * (edit.end - edit.start)
    return word.capitalize() if capital else word


def _merged(respelled: Sequence[Edit], worded: Iterable[Edit]) -> Iterable[Edit]:
    """Both, in order.

    Where a rule changed the place of a word of the lexicon (`Kokoro.com`), its words get what the lexicon
    says in place of the mask; where the mask is lost, the lexicon alone is right.
    """
    if not respelled:
        return worded
    merged: list[Edit] = []
    waiting = deque(respelled)
    for edit in worded:
        while waiting and waiting[0].end <= edit.start:
            merged.append(waiting.popleft())
        inside: list[Edit] = []
        while waiting and waiting[0].start < edit.end:
            inside.append(waiting.popleft())
        merged += _unmasked(edit, inside)
    return [*merged, *waiting]


def _unmasked(edit: Edit, inside: Sequence[Edit]) -> Sequence[Edit]:
    parts, at = [], 0
    for place in inside:
        mask = re.compile("q" * (place.end - place.start), re.IGNORECASE).search(edit.new, at)
        if mask is None or place.start < edit.start or place.end > edit.end:
            return inside
        parts += [edit.new[at : mask.start()], place.new]
        at = mask.end()
    return [edit._replace(new="".join([*parts, edit.new[at:]]))]

"""Text to phrases: the ids of the phonemes the model speaks in one go, and whose word each is."""

from __future__ import annotations

import json
import logging
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from firstword.engines.hibari.reading import Readable, Reading, pieces, words

MOST_PHONEMES = 250
"""In a phrase. The model's front is quadratic: 21 ms at 400, 99 at 1,000."""
FULL_STOPS = ".!?…"
COMMAS = ",;:—"
_SILENT = frozenset(FULL_STOPS + COMMAS + ' "“”()')
_STRESS = frozenset("ˈˌ")
_POSSESSIVES = ("'s", "’s")
"""A token of its own behind an inline pronunciation, which the package does not look at."""

log = logging.getLogger(__name__)


class Span(NamedTuple):
    """A word's place in the text: characters."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A word's place in a phrase."""

    span: Span
    first: int
    """The index of its first id."""
    last: int
    """The index of its last id that sounds."""
    stop: str
    """The punctuation that follows at once, or nothing; a full stop at the end of the phrase."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """What the model speaks in one go."""

    ids: NDArray[np.int64]
    """Shape `(L,)`, a 0 at both ends."""
    last: int
    """The index of the last id that sounds."""
    marks: tuple[Mark, ...]
    """The words that begin in it."""


@dataclass(frozen=True, slots=True)
class _Symbol:
    """One phoneme, stress or punctuation, and the word it belongs to."""

    text: str
    span: Span


class Pronouncer:
    """The package's front end with its model's alphabet. Thread-safe.

    What it cannot read is left out: letters of most other scripts make no sound (single Greek and
    Cyrillic ones are named), symbols and emoji are skipped.

    Args:
        vocabulary: the package's table of phonemes.
        british: reads as the British do, with another dictionary; the phonemes' alphabet is the same.
    """

    def __init__(self, vocabulary: Path, *, british: bool = False) -> None:
        from hibari.g2p import G2P
        from hibari.g2p.normalize import normalize

        self._front_end = G2P(british=british)
        self._normalize = normalize
        self._ids: dict[str, int] = json.loads(vocabulary.read_text(encoding="utf-8"))
        known = self._front_end.oov.cin  # also loads the net for unknown words, before threads need it
        self._reading = Reading(frozenset(known), frozenset(self._ids))

    def phrases(self, text: str) -> Iterator[Phrase]:
        """The phrases of a text, each made when asked for. None where there is nothing to say."""
        for start, end in pieces(text):
            if any(map(str.isalnum, text[start:end])):
                yield from self._cut(self._symbols(text, start, end))

    def _symbols(self, text: str, start: int, end: int) -> list[_Symbol]:
        piece = text[start:end]
        readable = self._reading.prepare(piece)
        spans = [Span(start + first, start + last) for first, last in words(piece)]
        try:
            return self._read(readable, spans, start)
        except Exception as error:
            # The front end is another project's, and any text may come: what breaks it is left out.
            log.warning("the front end failed on a piece of text: %s", type(error).__name__)
        symbols = []
        for span in spans:
            try:
                word = text[span.start : span.end]
                symbols += self._read(self._reading.prepare(word + " "), [span], span.start)
            except Exception as error:
                log.warning("the front end failed on a word, which is left out: %s", type(error).__name__)
        return symbols

    def _read(self, readable: Readable, spans: Sequence[Span], offset: int) -> list[_Symbol]:
        normal = self._normalize(readable.text)
        owners = self._owners(readable, normal, spans, offset)
        tokens = self._front_end.phonemize_tokens(self._front_end.tokenize(normal))
        symbols: list[_Symbol] = []
        word = 0
        for token in tokens:
            owner = owners[min(word, len(owners) - 1)]
            spoken = token.phonemes or ""
            if spoken == "s" and token.text in _POSSESSIVES and symbols:
                spoken = _possessive(symbols[-1].text)
            symbols += [_Symbol(c, owner) for c in spoken if c in self._ids]
            if token.whitespace:
                symbols.append(_Symbol(" ", owner))
                word += 1
        return symbols

    def _owners(self, readable: Readable, normal: str, spans: Sequence[Span], offset: int) -> list[Span]:
        """For each word of the normalized text, the place of the word or words it stands for."""
        starts = [span.start for span in spans]
        read, places = [], []
        for first, last in words(readable.text):
            origin = readable.origin[first] + offset
            read.append(readable.text[first:last])
            places.append(spans[max(0, bisect_right(starts, origin) - 1)])
        spoken = [normal[first:last] for first, last in words(normal)]
        if spoken == read:
            return places
        return [
            Span(places[first].start, places[last].end) for first, last in self._aligned(read, spoken)
        ] or [Span(offset, offset)]

    def _aligned(self, read: list[str], spoken: list[str]) -> list[tuple[int, int]]:
        """For each spoken word, the first and the last of the words read that it stands for."""
        pairs: list[tuple[int, int]] = []
        for kind, a, b, c, d in SequenceMatcher(None, read, spoken, autojunk=False).get_opcodes():
            if kind == "insert":
                before = min(max(0, a - 1), len(read) - 1)
                pairs += [(before, before)] * (d - c)
            elif b - a > d - c:
                pairs += [(a, b - 1)] * (d - c)
            elif kind != "delete":
                pairs += self._shared(read, a, b, d - c)
        return pairs

    def _shared(self, read: list[str], start: int, end: int, count: int) -> list[tuple[int, int]]:
        """Shares `count` spoken words among fewer or as many that were read: each as many as it has alone."""
        size = end - start
        if size == count:
            return [(at, at) for at in range(start, end)]
        alone = [len(words(self._normalize(word))) for word in read[start:end]]
        if sum(alone) != count:
            alone = [(k + 1) * count // size - k * count // size for k in range(size)]
        return [(start + k, start + k) for k, many in enumerate(alone) for _ in range(many)]

    def _cut(self, symbols: list[_Symbol]) -> Iterator[Phrase]:
        """Cuts where a phrase would be too long: after a mark in its second half, else at a space."""
        begun: Span | None = None
        while symbols:
            size = _cut_at(symbols) if len(symbols) > MOST_PHONEMES else len(symbols)
            part, symbols = _stripped(symbols[:size]), symbols[size:]
            marks = list(_marks(part))
            if marks:
                ids = np.array([0, *(self._ids[symbol.text] for symbol in part), 0], np.int64)
                fresh = marks[1:] if marks[0].span == begun else marks
                yield Phrase(ids, marks[-1].last, tuple(fresh))
                begun = marks[-1].span


def _possessive(before: str) -> str:
    """How English says `'s` after a sound."""
    if before in "szʃʒʧʤ":
        return "ᵻz"
    return "s" if before in "ptkfθ" else "z"


def _stripped(symbols: list[_Symbol]) -> list[_Symbol]:
    """Without spaces at the ends."""
    kept = [at for at, symbol in enumerate(symbols) if symbol.text != " "]
    return symbols[kept[0] : kept[-1] + 1] if kept else []


def _cut_at(symbols: Sequence[_Symbol]) -> int:
    window = "".join(symbol.text for symbol in symbols[: MOST_PHONEMES + 1])
    for marks in (FULL_STOPS, COMMAS):
        cuts = [
            k for k in range(MOST_PHONEMES // 2, MOST_PHONEMES) if window[k] in marks and window[k + 1] == " "
        ]
        if cuts:
            return cuts[-1] + 1
    space = window.rfind(" ", 1, MOST_PHONEMES + 1)
    return space if space > 0 else MOST_PHONEMES


def _marks(symbols: Sequence[_Symbol]) -> Iterator[Mark]:
    """The words that sound, in order; neighbours with the same place are one."""
    sounding = [at for at, symbol in enumerate(symbols) if symbol.text not in _SILENT | _STRESS]
    at = 0
    while at < len(sounding):
        span = symbols[sounding[at]].span
        to = at
        while to + 1 < len(sounding) and symbols[sounding[to + 1]].span == span:
            to += 1
        first, last = sounding[at], sounding[to]
        while first and symbols[first - 1].text in _STRESS:
            first -= 1
        # Ids begin with a 0, so an id's index is one more than its symbol's.
        yield Mark(span, first + 1, last + 1, _stop(symbols, last + 1))
        at = to + 1


def _stop(symbols: Sequence[_Symbol], at: int) -> str:
    for symbol in symbols[at : at + 3]:
        if symbol.text in FULL_STOPS or symbol.text in COMMAS:
            return symbol.text
        if symbol.text not in _SILENT:
            return ""
    return "." if at >= len(symbols) else ""

"""SRT and WebVTT from transcripts: cues of a length one can read, in order, none over another.

With word times a transcript is cut into cues of two lines; without, it is one cue, because nobody knows when
its second half began. Source of the sizes: the usual style guides (two lines of 42 characters, seven
seconds); of WebVTT: W3C, chapter 4.
"""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from firstword.core.transcripts import Transcript, Word

LINE_COLUMNS = 42
LINES = 2
MAX_MS = 7_000
PAUSE_MS = 1_000
"""A pause from which on the words after it get a cue of their own."""
_SENTENCE_ENDS = ".!?…。！？"


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown between two moments."""

    start_ms: int
    end_ms: int
    lines: tuple[str, ...]


def srt(transcripts: Iterable[Transcript]) -> str:
    """SubRip: comma before the milliseconds, cues numbered from 1."""
    return "".join(
        f"{number}\n{_clock(cue.start_ms, ',')} --> {_clock(cue.end_ms, ',')}\n"
        + "\n".join(line.replace("-->", "->") for line in cue.lines)
        + "\n\n"
        for number, cue in enumerate(cues(transcripts), 1)
    )


def vtt(transcripts: Iterable[Transcript]) -> str:
    """WebVTT, with its markup characters escaped."""
    return "WEBVTT\n\n" + "".join(
        f"{_clock(cue.start_ms, '.')} --> {_clock(cue.end_ms, '.')}\n"
        + "\n".join(_escaped(line) for line in cue.lines)
        + "\n\n"
        for cue in cues(transcripts)
    )


def cues(transcripts: Iterable[Transcript]) -> Iterator[Cue]:
    """Cues whose times only grow: each begins where the one before ended, or later, and lasts."""
    free_from = 0
    for transcript in transcripts:
        for start_ms, end_ms, text in _pieces(transcript):
            if not (lines := _lines(text)):
                continue
            start = max(free_from, round(start_ms))
            free_from = max(start + 1, round(end_ms))
            yield Cue(start, free_from, lines)


def _pieces(transcript: Transcript) -> Iterator[tuple[float, float, str]]:
    """A transcript's text in pieces that fit, each with its times."""
    starts = _places(transcript.text, transcript.words)
    if not starts:
        yield transcript.start_ms, transcript.end_ms, transcript.text
        return
    words = [
        replace(word, text=transcript.text[start:end])
        for word, start, end in zip(
            transcript.words, [0, *starts[1:]], [*starts[1:], len(transcript.text)], strict=True
        )
    ]
    held: list[Word] = []
    for word in words:
        if held and _full(held, word):
            yield held[0].start_ms, held[-1].end_ms, "".join(w.text for w in held)
            held = []
        held.append(word)
    yield held[0].start_ms, held[-1].end_ms, "".join(w.text for w in held)


def _places(text: str, words: Sequence[Word]) -> list[int]:
    """Where each word stands in the text; nothing where one is not found, or there are no words."""
    places: list[int] = []
    at = 0
    for word in words:
        at = text.find(word.text.strip(), at)
        if at < 0:
            return []
        places.append(at)
        at += len(word.text.strip())
    return places


def _full(held: Sequence[Word], word: Word) -> bool:
    """Whether a word needs a new cue."""
    text = "".join(w.text for w in held)
    return (
        len(_lines(text + word.text)) > LINES
        or word.end_ms - held[0].start_ms > MAX_MS
        or word.start_ms - held[-1].end_ms >= PAUSE_MS
        or (text.rstrip().endswith(tuple(_SENTENCE_ENDS)) and _columns(text) > LINE_COLUMNS / 2)
    )


def _lines(text: str) -> tuple[str, ...]:
    """Text in lines of a readable length; wide letters count twice."""
    text = " ".join("".join(c for c in text if c.isspace() or unicodedata.category(c) != "Cc").split())
    wide = _columns(text) - len(text)
    columns = LINE_COLUMNS // 2 if wide > len(text) / 2 else LINE_COLUMNS
    return tuple(textwrap.wrap(text, columns, break_on_hyphens=False))


def _columns(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(letter) in "WF" else 1 for letter in text)


def _escaped(line: str) -> str:
    return line.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _clock(ms: int, point: str) -> str:
    """`HH:MM:SS` and milliseconds."""
    minutes, rest = divmod(ms, 60_000)
    return f"{minutes // 60:02d}:{minutes % 60:02d}:{rest // 1000:02d}{point}{rest % 1000:03d}"

"""SRT and WebVTT that players and validators take, and people can read."""

from __future__ import annotations

import io
from datetime import timedelta
from itertools import pairwise

import pytest
import srt
import webvtt
from hypothesis import given
from hypothesis import strategies as st

from firstword.core.transcripts import Transcript, Word
from firstword.wire import subtitles
from firstword.wire.subtitles import LINE_COLUMNS, LINES, MAX_MS, cues

pytestmark = pytest.mark.unit

LONG = "The quick brown fox jumps over the lazy dog, and the dog looks up. It says nothing at all to the fox."


def said(text: str, start_ms: float = 0, end_ms: float = 1_000, words: tuple[Word, ...] = ()) -> Transcript:
    return Transcript(text, start_ms, end_ms, final=True, words=words)


def timed(text: str, start_ms: float = 0, word_ms: float = 400) -> Transcript:
    """Every word as long as the other, without a pause."""
    words = tuple(
        Word(word, start_ms + n * word_ms, start_ms + (n + 1) * word_ms)
        for n, word in enumerate(text.split())
    )
    return said(text, start_ms, start_ms + len(words) * word_ms, words)


def test_srt_numbers_its_cues_and_writes_commas() -> None:
    text = subtitles.srt([said("One.", 0, 1_500), said("Two.", 3_723_004, 3_724_000)])
    assert text == ("1\n00:00:00,000 --> 00:00:01,500\nOne.\n\n2\n01:02:03,004 --> 01:02:04,000\nTwo.\n\n")


def test_webvtt_has_its_header_and_points() -> None:
    assert subtitles.vtt([said("One.", 0, 1_500)]) == "WEBVTT\n\n00:00:00.000 --> 00:00:01.500\nOne.\n\n"


def test_nothing_said_is_no_cue() -> None:
    assert (subtitles.srt([]), subtitles.vtt([said("  ")])) == ("", "WEBVTT\n\n")


def test_webvtt_escapes_what_would_be_markup() -> None:
    found = subtitles.vtt([said("if a < b && b --> c")])
    assert "if a &lt; b &amp;&amp; b --&gt; c" in found


def test_srt_holds_no_second_arrow() -> None:
    assert subtitles.srt([said("a --> b")]).count("-->") == 1


def test_a_line_break_in_the_text_ends_no_cue() -> None:
    assert [cue.lines for cue in cues([said("one\n\n2\n00:00 x")])] == [("one 2 00:00 x",)]


def test_a_long_utterance_is_cut_by_its_words_times() -> None:
    found = list(cues([timed(LONG)]))
    assert len(found) >= 2
    assert " ".join(line for cue in found for line in cue.lines) == LONG
    for cue in found:
        assert len(cue.lines) <= LINES
        assert all(len(line) <= LINE_COLUMNS for line in cue.lines)
        assert cue.end_ms - cue.start_ms <= MAX_MS
    first = [len(" ".join(cue.lines).split()) for cue in found]
    assert found[1].start_ms == 400 * first[0]


def test_without_times_nobody_knows_when_its_second_half_began() -> None:
    (cue,) = cues([said(LONG, 1_000, 9_000)])
    assert (cue.start_ms, cue.end_ms, " ".join(cue.lines)) == (1_000, 9_000, LONG)


def test_a_sentence_ends_a_cue_that_is_half_full() -> None:
    found = [" ".join(cue.lines) for cue in cues([timed("One two three four five. Six seven.")])]
    assert found == ["One two three four five.", "Six seven."]


def test_words_after_a_pause_get_a_cue_of_their_own() -> None:
    words = (Word("one", 0, 300), Word("two", 2_000, 2_300))
    assert [(c.start_ms, c.end_ms) for c in cues([said("one two", 0, 2_300, words)])] == [
        (0, 300),
        (2_000, 2_300),
    ]


def test_words_that_are_not_in_the_text_are_not_believed() -> None:
    (cue,) = cues([said("twenty one", 0, 900, (Word("21", 0, 900),))])
    assert cue.lines == ("twenty one",)


def test_wide_letters_take_two_columns() -> None:
    (cue,) = cues([said("漢" * 30)])
    assert [len(line) for line in cue.lines] == [21, 9]


times = st.floats(0, 400_000_000, allow_nan=False)
texts = st.text(max_size=120)
transcripts = st.lists(
    st.builds(
        lambda text, start, length, word_ms, with_words: (
            timed(text, start, word_ms) if with_words else said(text, start, start + length)
        ),
        texts,
        times,
        st.floats(0, 20_000),
        st.floats(0, 3_000),
        st.booleans(),
    ),
    max_size=8,
)


@given(transcripts)
def test_whatever_was_said_times_only_grow_and_nothing_overlaps(given: list[Transcript]) -> None:
    found = list(cues(given))
    assert all(cue.start_ms < cue.end_ms for cue in found)
    assert all(one.end_ms <= two.start_ms for one, two in pairwise(found))
    assert all(cue.lines and all(line.strip() for line in cue.lines) for cue in found)


@given(transcripts)
def test_whatever_was_said_other_peoples_parsers_find_every_cue(given: list[Transcript]) -> None:
    found = list(cues(given))
    parsed = list(srt.parse(subtitles.srt(given), ignore_errors=False))
    assert [cue.start_ms for cue in found] == [one.start // timedelta(milliseconds=1) for one in parsed]
    assert [number for number, _ in enumerate(found, 1)] == [one.index for one in parsed]
    captions = webvtt.from_buffer(io.StringIO(subtitles.vtt(given)), format="vtt").captions
    assert len(found) == len(captions)
    assert [(c.start_ms, c.end_ms) for c in found] == [
        (c.start_time.in_milliseconds(), c.end_time.in_milliseconds()) for c in captions
    ]

"""How segments become units."""

import pytest

from firstword.core.types import Boundary, TextSegment
from firstword.pipeline.speaking.units import MAX_UNIT_CHARS, GrowingUnits, WholeSentences, joined

pytestmark = pytest.mark.unit

CLAUSE, SENTENCE = Boundary.CLAUSE, Boundary.SENTENCE


def segments(*parts: tuple[str, Boundary]) -> list[TextSegment]:
    out, at = [], 0
    for text, boundary in parts:
        out.append(TextSegment(text, at, boundary))
        at += len(text)
    return out


def test_joined_segments_are_one_slice_of_the_text() -> None:
    unit = joined(segments(("One, ", CLAUSE), ("two. ", SENTENCE)))
    assert unit == TextSegment("One, two. ", 0, SENTENCE)


def test_a_unit_speaks_what_its_segments_speak() -> None:
    a, b = TextSegment("5 km ", 0, CLAUSE, spoken="five kilometres "), TextSegment("on. ", 5, SENTENCE)
    assert joined([a, b]).spoken == "five kilometres on. "


def test_a_streaming_engine_gets_the_whole_sentence_once_it_is_written() -> None:
    ready = segments(("One, ", CLAUSE), ("two, ", CLAUSE), ("three. ", SENTENCE), ("Four. ", SENTENCE))
    assert WholeSentences().take(ready, 0.0, False) == 3


def test_a_streaming_engine_gets_the_clauses_there_are_when_the_listener_is_dry() -> None:
    assert WholeSentences().take(segments(("One, ", CLAUSE), ("two, ", CLAUSE)), 0.0, False) == 2


def test_a_clause_waits_for_its_sentence_while_there_is_audio_to_play() -> None:
    assert WholeSentences().take(segments(("One, ", CLAUSE)), 3.0, False) == 0


def test_a_sentence_without_end_is_cut_at_a_clause() -> None:
    ready = segments(*[("so it goes on and on, ", CLAUSE)] * 40)
    count = WholeSentences().take(ready, 9.0, False)
    assert 1 <= count < 40
    assert len(joined(ready[:count]).text) <= MAX_UNIT_CHARS


def test_an_engine_without_streaming_begins_with_one_clause() -> None:
    ready = segments(("One, ", CLAUSE), ("two. ", SENTENCE))
    assert GrowingUnits().take(ready, 0.0, False) == 1


def test_units_grow_with_the_audio_that_is_buffered() -> None:
    """The rule is gap = synthesis(N+1) - audio(N) < 0."""
    policy = GrowingUnits()
    policy.spoke(100, 2.0)  # 0.02 seconds of work a character
    ready = segments(*[("ten chars, ", CLAUSE)] * 30)
    sizes = [policy.take(ready, lead_s, True) for lead_s in (0.1, 1.0, 3.0, 6.0)]
    assert sizes == sorted(sizes)
    assert len(set(sizes)) == 4
    for lead_s, size in zip((1.0, 3.0, 6.0), sizes[1:], strict=True):
        assert size * 11 * 0.02 <= lead_s


def test_with_the_machine_to_itself_a_stream_takes_no_more_than_a_sentence() -> None:
    policy = GrowingUnits()
    policy.spoke(100, 0.1)
    ready = segments(("One. ", SENTENCE), ("Two. ", SENTENCE), ("Three. ", SENTENCE))
    assert policy.take(ready, 60.0, False) == 1
    assert policy.take(ready, 60.0, True) == 3


def test_what_a_character_costs_is_learnt() -> None:
    policy = GrowingUnits()
    for _ in range(12):
        policy.spoke(100, 5.0)
    assert policy.s_per_char == pytest.approx(0.05, rel=0.01)

"""What of a transcript is stable, and that it never changes, whatever a model writes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firstword.core.transcripts import Recognition, Token, Word
from firstword.pipeline.hearing.hypothesis import AGE_MS, AGREE, CONFIDENCE, Hypothesis

pytestmark = pytest.mark.unit

WORDS = ("so", "my", "fellow", "fellows", "americans", "ask", "not")


def said(text: str, *, confidence: float | None = 0.99, pace_ms: float = 300.0) -> Recognition:
    """A recognition of words spoken at a steady pace; a comma is a token of its own."""
    words: list[Word] = []
    tokens: list[Token] = []
    for at, spelling in enumerate(text.split()):
        bare = spelling.rstrip(",.")
        made = [Token(10 + WORDS.index(bare.lower()), f" {bare}", -0.01)]
        made += [Token(5, mark, -0.01) for mark in spelling[len(bare) :]]
        words.append(Word(spelling, at * pace_ms, (at + 1) * pace_ms, confidence, len(made)))
        tokens += made
    return Recognition(text, tuple(words), tuple(tokens), "en")


def drafted(*texts: str, until_ms: float = 10_000.0, **fields: float) -> Hypothesis:
    hypothesis = Hypothesis()
    for text in texts:
        hypothesis.draft(said(text, **fields), origin_ms=0, until_ms=until_ms)
    return hypothesis


def stable(hypothesis: Hypothesis) -> str:
    return " ".join(word.word.text for word in hypothesis.stable)


def test_a_word_is_stable_when_enough_drafts_in_a_row_agree() -> None:
    assert stable(drafted(*["so my fellow"] * (AGREE - 1))) == ""
    assert stable(drafted(*["so my fellow"] * AGREE)) == "so my fellow"
    assert stable(drafted("so my", "so not", *["so my"] * (AGREE - 1))) == "so"


def test_case_and_punctuation_are_no_disagreement() -> None:
    assert stable(drafted(*["So my", "so, my", "so my,"] * AGREE)).casefold().startswith("so")


def test_a_word_that_ended_just_now_is_not_stable() -> None:
    assert stable(drafted(*["so my fellow"] * AGREE, until_ms=AGE_MS + 650)) == "so my"


def test_a_doubtful_word_holds_back_all_that_follow() -> None:
    assert stable(drafted(*["so my"] * AGREE, confidence=CONFIDENCE - 0.01)) == ""


def test_without_confidences_the_least_likely_token_decides() -> None:
    assert stable(drafted(*["so my"] * AGREE, confidence=None)) == "so my"


def test_a_model_without_tokens_has_no_stable_words() -> None:
    hypothesis = Hypothesis()
    for _ in range(AGREE):
        hypothesis.draft(Recognition("so", (Word("so", 0, 9, 1.0),)), origin_ms=0, until_ms=9999)
    assert stable(hypothesis) == ""


def test_the_prefix_ends_with_a_word_not_with_its_comma() -> None:
    whole = said("so, my fellow,")
    hypothesis = drafted(*["so, my fellow,"] * AGREE)
    assert hypothesis.prefix == tuple(token.id for token in whole.tokens[:-1])


def test_a_final_that_begins_with_the_stable_words_is_taken_as_it_is() -> None:
    written = drafted(*["so my"] * AGREE).settle(said("So, my fellow."), origin_ms=500)
    assert written.text == "So, my fellow."
    assert [word.start_ms for word in written.words] == [500, 800, 1100]


def test_a_word_made_longer_after_it_was_stable_is_not() -> None:
    written = drafted(*["my fellow"] * AGREE).settle(said("my fellows ask"), origin_ms=0)
    assert written.text == "my fellow ask"


def test_other_words_in_the_place_of_stable_ones_are_dropped_by_their_time() -> None:
    written = drafted(*["so my fellow"] * AGREE).settle(said("ask not so my fellow americans"), origin_ms=0)
    assert written.text == "so my fellow my fellow americans"


def test_a_model_that_hears_nothing_leaves_what_is_stable() -> None:
    assert drafted(*["so my"] * AGREE).settle(Recognition(""), origin_ms=0).text == "so my"


texts = st.lists(st.sampled_from(WORDS), max_size=8).map(" ".join)


@given(st.lists(texts, max_size=12), texts, st.floats(100, 900))
def test_stable_words_never_change_and_every_final_begins_with_them(
    drafts: list[str], final: str, pace_ms: float
) -> None:
    hypothesis = Hypothesis()
    before: list[str] = []
    for text in drafts * 2:
        written = hypothesis.draft(said(text, pace_ms=pace_ms), origin_ms=0, until_ms=4_000)
        keys = [word.key for word in written.said]
        assert keys[: len(before)] == before
        now = [word.key for word in hypothesis.stable]
        assert now[: len(before)] == before
        assert keys[: len(now)] == now
        before = now
    settled = hypothesis.settle(said(final), origin_ms=0)
    assert [word.key for word in settled.said][: len(before)] == before
    assert [word.text for word in settled.words] == settled.text.split()

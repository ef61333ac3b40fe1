"""What of a text has been heard, by the times of its words and the samples that are at the ear."""

from __future__ import annotations

import re

import pytest

from firstword.client.asking.events import SpokenWord
from firstword.client.playing.heard import MOST_WAITING, Heard, SpokenText
from firstword.client.playing.ledger import Ledger

pytestmark = pytest.mark.unit

TEXT = 'He said, "no (never)!" and left… 你好（世界）。'


def timed(text: str, pattern: str = r"\w+", *, each_ms: float = 100) -> list[SpokenWord]:
    """The words of a text, each as long, one after the other."""
    found = enumerate(re.finditer(pattern, text))
    return [
        SpokenWord(word.group(), at * each_ms, (at + 1) * each_ms, word.start(), word.end())
        for at, word in found
    ]


def heard_at(position_ms: float, text: str = TEXT, pattern: str = r"\w+") -> str | None:
    spoken = SpokenText(text)
    spoken.time(timed(text, pattern))
    heard = spoken.heard(position_ms / 1000)
    assert heard.end_char == len(heard.text or "")
    return heard.text


@pytest.mark.parametrize(
    ("position_ms", "text"),
    [
        (0, ""),
        (99, ""),
        (100, "He"),
        (199, "He"),
        (200, "He said,"),
        (300, 'He said, "no'),
        (400, 'He said, "no (never)!"'),
        (500, 'He said, "no (never)!" and'),
        (600, 'He said, "no (never)!" and left…'),
        (700, 'He said, "no (never)!" and left… 你好'),
        (800, TEXT),
        (60_000, TEXT),
    ],
)
def test_a_word_has_been_heard_when_it_has_ended_and_its_marks_belong_to_it(
    position_ms: float, text: str
) -> None:
    assert text == heard_at(position_ms)


def test_marks_that_are_timed_as_part_of_the_next_word_are_that_word_s() -> None:
    assert "It costs" == heard_at(200, "It costs -$5-.", r"\S+")
    assert "A—" == heard_at(100, "A—$5", r"A|\$5")


def test_an_accent_of_its_own_belongs_to_its_letter() -> None:
    assert "cafe\u0301" == heard_at(100, "cafe\u0301 noir", "cafe|noir")


def test_what_is_not_spoken_at_the_end_has_been_heard_with_the_last_sample() -> None:
    spoken = SpokenText("Bye! 👋 ---")
    spoken.time(timed("Bye! 👋 ---"))

    assert Heard("Bye!", 4, 0.5) == spoken.heard(0.5)
    assert Heard("Bye! 👋 ---", 10, 0.6) == spoken.heard(0.6, whole=True)


def test_a_text_that_comes_bit_by_bit_is_as_good_as_one_that_is_known() -> None:
    spoken, words = SpokenText(), timed("One two, three.")
    spoken.write("One t")
    spoken.write("wo, thr")
    spoken.time(words[:2])
    assert "One two," == spoken.heard(0.25).text

    spoken.write("ee.")
    spoken.time(words[2:])
    assert "One two," == spoken.heard(0.29).text
    assert "One two, three." == spoken.heard(0.3).text


def test_a_text_that_is_known_is_not_written_twice() -> None:
    spoken = SpokenText("One two.")
    spoken.write("One two.")
    spoken.time(timed("One two."))

    assert "One two." == spoken.heard(1, whole=True).text


def test_without_the_text_it_is_the_words_as_they_are_spelt() -> None:
    spoken = SpokenText()
    spoken.time(timed(TEXT))

    assert Heard("He said no", 12, 0.3) == spoken.heard(0.3)
    assert Heard("He said no never and left 你好 世界", len(TEXT) - 2, 9) == spoken.heard(9, whole=True)


def test_without_times_it_is_not_guessed() -> None:
    spoken = SpokenText("One two three.")

    assert Heard(None, None, 0.5) == spoken.heard(0.5)
    assert Heard(None, None, 0.5) == spoken.heard(0.5, whole=True)


def test_before_the_first_sample_nothing_has_been_heard_and_nobody_need_guess() -> None:
    assert Heard("", 0, 0) == SpokenText("One two three.").heard(0)


def test_silence_that_a_decoder_puts_in_front_is_not_counted() -> None:
    spoken = SpokenText("One two.")
    spoken.time(timed("One two."))

    assert "" == spoken.heard(0.14, delay_s=0.05).text
    assert "One" == spoken.heard(0.15, delay_s=0.05).text


def test_words_that_nobody_hears_do_not_pile_up() -> None:
    text = "word " * (MOST_WAITING + 10)
    spoken = SpokenText()
    for word in timed(text, each_ms=1):
        spoken.time([word])

    assert MOST_WAITING == len(spoken._waiting)
    assert len(text) - 1 == spoken.heard(9, whole=True).end_char


RATE, LATENCY_S = 1_000, 0.05


def ear(ledger: Ledger, now_s: float) -> int:
    return ledger.heard(now_s, LATENCY_S, RATE)


def test_a_sample_is_at_the_ear_when_the_device_s_latency_has_gone_by() -> None:
    ledger = Ledger()
    assert 0 == ear(ledger, 10)
    for block in range(10):
        ledger.note(10 + block / 100, 10 * block, 10)

    assert [0, 0, 1, 10, 50] == [ear(ledger, at) for at in (10, 10.05, 10.0511, 10.0601, 10.1001)]


def test_silence_between_samples_takes_its_time_and_is_no_sample() -> None:
    ledger = Ledger()
    for at_s, first, frames in ((0, 0, 4), (0.01, 4, 0), (0.02, 4, 0), (0.03, 4, 10)):
        ledger.note(at_s, first, frames)

    assert [3, 4, 4, 4, 5, 14] == [ear(ledger, at) for at in (0.0531, 0.056, 0.06, 0.0799, 0.0811, 1)]

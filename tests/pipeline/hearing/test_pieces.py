"""How the utterances of a recording are joined, and how one is divided where it had to be cut."""

from __future__ import annotations

import pytest

from firstword.core.transcripts import LISTENING_RATE, Word
from firstword.pipeline.hearing.hypothesis import Said
from firstword.pipeline.hearing.pieces import Piece, Pieces
from firstword.pipeline.hearing.utterance import divide

pytestmark = pytest.mark.unit

S = LISTENING_RATE


def joined(
    *utterances: tuple[float, float], longest_s: float = 20, cut: frozenset[int] = frozenset()
) -> list[tuple[float, float]]:
    """Where the pieces are; `cut` are the utterances that end in the middle of speech. Seconds."""
    pieces = Pieces(round(longest_s * S))
    found = [
        piece
        for at, (begin, end) in enumerate(utterances)
        for piece in pieces.feed(Piece(round(begin * S), round(end * S), round(end * S), at in cut))
    ]
    return [(piece.begin / S, piece.end / S) for piece in (*found, *pieces.flush())]


def test_short_silences_are_bridged_and_long_ones_are_not() -> None:
    assert joined((1, 3), (3.5, 5), (5.9, 8), (9.1, 12)) == [(1, 8), (9.1, 12)]


def test_a_piece_is_no_longer_than_the_model_takes() -> None:
    assert joined((0, 8), (8.5, 16), (16.2, 23), (23.5, 30)) == [(0, 16), (16.2, 30)]


def test_a_piece_ends_rather_in_a_silence_than_in_the_middle_of_speech() -> None:
    assert joined((0, 8), (8.5, 16), (16, 23), cut=frozenset({1})) == [(0, 8), (8.5, 23)]
    assert joined((0, 12), (12, 24), cut=frozenset({0, 1})) == [(0, 12), (12, 24)]


def test_nothing_is_lost_and_nothing_comes_twice() -> None:
    utterances = [(at * 3.0, at * 3.0 + 1 + at % 5 / 2) for at in range(60)]
    pieces = joined(*utterances, longest_s=14)
    assert all(begin < end <= begin + 14 for begin, end in pieces)
    for begin, end in utterances:
        assert sum(first <= begin and end <= last for first, last in pieces) == 1


def words(*times_ms: tuple[float, float]) -> list[Said]:
    return [Said(Word(f"w{at}", begin, end), ()) for at, (begin, end) in enumerate(times_ms)]


@pytest.mark.parametrize(
    ("cut_ms", "heard_ms", "count", "at_ms"),
    [
        (1500, 4000, 2, 1500),
        (1080, 4000, 2, 1100),
        (1020, 4000, 1, 1000),
        (3000, 4000, 3, 3000),
        (3000, 3300, 3, 2400),
        (200, 4000, 0, 200),
    ],
    ids=[
        *("in a silence", "at the end of a word", "at the beginning of a word", "behind all words"),
        *("so near the end that a word may be missing", "before all words"),
    ],
)
def test_a_cut_never_divides_a_word(cut_ms: float, heard_ms: float, count: int, at_ms: float) -> None:
    said = words((300, 900), (1000, 1100), (2000, 2400))
    division = divide(said, round(cut_ms * 16), round(heard_ms * 16))
    assert (len(division.said), division.at / 16) == (count, at_ms)


def test_a_cut_among_no_words_is_where_it_is() -> None:
    assert divide([], 16_000, 20_000).at == 16_000

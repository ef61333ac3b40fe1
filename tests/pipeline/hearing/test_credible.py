"""What models write when nobody speaks is told to nobody."""

from __future__ import annotations

import pytest

from firstword.core.transcripts import Recognition, Token
from firstword.pipeline.hearing.credible import credible

pytestmark = pytest.mark.unit


def recognition(
    text: str, logprob: float = -0.2, no_speech: float | None = None, *, looped: bool = False
) -> Recognition:
    tokens = tuple(Token(at, word, logprob) for at, word in enumerate(text.split()))
    return Recognition(text, (), tokens, no_speech=no_speech, looped=looped)


@pytest.mark.parametrize(
    "heard",
    [
        recognition("Turn on the light."),
        recognition("No, no, no, no!"),
        recognition("3"),
        recognition("はい"),
        recognition("one two three four five six seven eight nine " * 3, -0.1),
        recognition("The weather is fine.", -0.5, no_speech=0.9),
        recognition("The weather is fine.", -1.5, no_speech=0.1),
        recognition("I said that, that, that it is late and that we must go.", looped=True),
        Recognition("A model that tells nothing but text."),
    ],
    ids=lambda heard: heard.text[:20],
)
def test_what_people_say_passes(heard: Recognition) -> None:
    assert credible(heard)


@pytest.mark.parametrize(
    "heard",
    [
        recognition(""),
        recognition(" ... ♪ !"),
        recognition("Thanks for watching.", -1.2, no_speech=0.8),
        recognition("Thanks for watching.", -2.5),
        recognition("Thank you. " * 12),
        recognition("you " * 9),
        recognition("I'm going to " * 3, looped=True),
        recognition("Well, " + "so we have the same again and " * 9),
    ],
    ids=lambda heard: heard.text[:20] or "nothing",
)
def test_what_nobody_said_does_not(heard: Recognition) -> None:
    assert not credible(heard)

"""Whether a recognition is what somebody said: models write something for noise, too.

The endpointer has let only speech-like sound pass. What comes out of it without letters, unlikely by the
model's own measure, or going round in circles, is not told to anybody. Source of the first two figures:
the decoding rules that came with Whisper; its rule for repetition, how well a text compresses, drops people
who read out numbers.
"""

from __future__ import annotations

import re

from firstword.core.transcripts import Recognition, Token

NO_SPEECH = 0.6
"""From this probability of nobody speaking on, a text must be likely to be believed."""
UNLIKELY = -1.0
"""Mean log-probability of a token under which such a text is not believed."""
ABSURD = -2.0
"""And under which no text is."""
TIMES = 8
"""Nobody says the same so often in a row."""
TIMES_LOOPED = 3
"""The same for a text that the model did not end by itself, but was stopped because it went round."""
PHRASE_WORDS = 12
"""The longest phrase that is looked for."""


def credible(recognition: Recognition) -> bool:
    """Whether somebody said that."""
    if not any(char.isalnum() for char in recognition.text):
        return False
    likelihood = mean_logprob(recognition.tokens)
    if likelihood is not None:
        silent = recognition.no_speech is not None and recognition.no_speech >= NO_SPEECH
        if likelihood < (UNLIKELY if silent else ABSURD):
            return False
    return not circles(recognition.text, TIMES_LOOPED if recognition.looped else TIMES)


def mean_logprob(tokens: tuple[Token, ...]) -> float | None:
    """The mean over the tokens; None where there are none."""
    return sum(token.logprob for token in tokens) / len(tokens) if tokens else None


def circles(text: str, times: int) -> bool:
    """Whether most of a text is one phrase, said so many times in a row. Lists of numbers are none."""
    words = re.findall(r"\w+", text.casefold())
    for period in range(1, min(PHRASE_WORDS, len(words) // times) + 1):
        run = longest = 0
        for word, before in zip(words[period:], words, strict=False):
            run = run + 1 if word == before else 0
            longest = max(longest, run)
        said = longest + period
        if said >= times * period and said > len(words) / 2:
            return True
    return False

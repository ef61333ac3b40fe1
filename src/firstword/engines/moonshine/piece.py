"""One piece of audio, from samples to a recognition: what is padded, asked again, and left out."""

from __future__ import annotations

from collections.abc import Generator, Sequence

import numpy as np

from firstword.core.transcripts import LISTENING_RATE, Recognition, RecognitionRequest, Token, Word
from firstword.core.types import Samples
from firstword.engines.moonshine.network import LEAST_SAMPLES, Network
from firstword.engines.moonshine.plugin import LONGEST_S, Options
from firstword.engines.moonshine.sounding import Sounding
from firstword.engines.moonshine.vocabulary import Vocabulary
from firstword.engines.moonshine.words import tokens_of, words_of
from firstword.engines.moonshine.writing import Draft, Guide, write

PAD_SAMPLES = LISTENING_RATE * 3 // 10
"""Zeros after speech that was cut off: otherwise the model makes up an ending. Where speech ends in real
silence they would make it stop too early."""
MOST_SAMPLES = int(LONGEST_S * LISTENING_RATE)
DOUBTFUL = 0.5
"""Of words at the end of speech that was cut off, half of those less sure than this are wrong."""
RECOVERIES = 3
UNHEARD_MS, MISSED_MS, RESUME_MS = 300, 600, 150
"""The model stopped too early when `UNHEARD_MS` after what it listened to last there are more than
`MISSED_MS` of speech; it is asked again about what begins `RESUME_MS` after it."""
MARKS = frozenset(".,!?;:…")
"""They end a word; an apostrophe or a hyphen does not."""


class Piece:
    """One request.

    Args:
        network: the model.
        vocabulary: the texts of its tokens.
        options: how it decodes.
        request: checked.
    """

    def __init__(
        self, network: Network, vocabulary: Vocabulary, options: Options, request: RecognitionRequest
    ) -> None:
        self._network = network
        self._vocabulary = vocabulary
        self._guide = Guide(options.guided_frames, options.back_frames)
        self._samples = request.samples
        self._sounding = Sounding(request.samples)
        self._prefix = request.prefix
        self._end_ms = len(request.samples) * 1000 / LISTENING_RATE
        self._speech_until_ms = request.speech_until_ms
        until = request.speech_until_ms
        self._cut = until is not None and self._end_ms - until < options.cut_ms

    def ongoing(self) -> Generator[None, None, Recognition]:
        """What will most likely stay as it is when speech goes on."""
        draft = yield from self._draft(self._samples, self._prefix, self._guide)
        self._drop_begun_word(draft)
        self._drop_marks(draft)
        return self._answer([self._words(draft)], tokens_of(draft, self._vocabulary), draft.looped)

    def whole(self) -> Generator[None, None, Recognition]:
        """Everything that was said."""
        draft = yield from self._draft(self._samples, self._prefix)
        words, tokens = [self._words(draft)], tokens_of(draft, self._vocabulary)
        at_ms, looped = 0.0, draft.looped
        for _ in range(RECOVERIES):
            at_ms += max(draft.times_ms()[: len(draft.ids)], default=0.0)
            if not self._missed(at_ms):
                break
            at_ms += RESUME_MS
            yield
            draft = yield from self._draft(self._samples[int(at_ms * LISTENING_RATE / 1000) :])
            words.append(self._words(draft, at_ms))
            if not words[-1]:
                break
            tokens += tokens_of(draft, self._vocabulary)
            looped = looped or draft.looped
        return self._answer(words, tokens, looped)

    def _draft(
        self, samples: Samples, prefix: Sequence[int] = (), guide: Guide | None = None
    ) -> Generator[None, None, Draft]:
        least = min(MOST_SAMPLES, len(samples) + PAD_SAMPLES) if self._cut else LEAST_SAMPLES
        memory = self._network.listen(np.pad(samples, (0, max(0, least - len(samples)))))
        yield
        return (yield from write(self._network, memory, prefix, guide))

    def _words(self, draft: Draft, offset_ms: float = 0.0) -> list[Word]:
        return self._sounding.fit(words_of(draft, self._vocabulary, self._end_ms, offset_ms))

    def _missed(self, heard_ms: float) -> bool:
        """Whether there was more speech than can be the last word's."""
        return self._speech_until_ms is not None and (
            self._speech_until_ms - heard_ms > UNHEARD_MS + MISSED_MS
        )

    def _drop_begun_word(self, draft: Draft) -> None:
        """Takes away the last word where the guide stopped inside it."""
        after = draft.stopped_at
        if after is None or self._vocabulary.begins_word(after) or self._ends_word(after):
            return
        at = len(draft.ids) - 1
        while at > 0 and not self._vocabulary.begins_word(draft.ids[at]):
            at -= 1
        draft.cut(max(len(self._prefix), at))

    def _drop_marks(self, draft: Draft) -> None:
        """Takes away the punctuation at the end: what ends here may go on."""
        while len(draft.ids) > len(self._prefix) and self._ends_word(draft.ids[-1]):
            draft.cut(len(draft.ids) - 1)

    def _ends_word(self, token: int) -> bool:
        return set(self._vocabulary.text([token]).strip()) <= MARKS

    def _answer(self, runs: Sequence[Sequence[Word]], tokens: tuple[Token, ...], looped: bool) -> Recognition:
        words = [word for run in runs for word in run]
        if self._cut:
            while words and (words[-1].confidence or 0.0) < DOUBTFUL:
                left = len(tokens) - words[-1].tokens
                if left < len(self._prefix):
                    break
                tokens = tokens[:left]
                words.pop()
        if not words:
            tokens = tokens[: len(self._prefix)]
        text = " ".join(word.text for word in words)
        return Recognition(text, tuple(words), tokens, language="en", looped=looped)

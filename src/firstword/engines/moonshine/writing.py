"""Greedy decoding of one piece of audio, with its stopping rules, some tokens a step."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass, field

import numpy as np

from firstword.engines.moonshine.network import FRAME_MS, Floats, Memory, Network
from firstword.engines.moonshine.vocabulary import EOS

TOKENS_PER_STEP = 4
"""Some 10 to 30 ms of work."""
TOKENS_PER_S, TOKENS_AT_LEAST = 6.5, 4
"""Nobody speaks faster. Source: the makers' own limit."""
LOOP_PERIODS = 12
LOOP_TIMES = 3
SHORT_PERIOD, SHORT_LOOP = 4, 8
"""Periods under four tokens are a loop from eight tokens on: people do say `no, no, no`."""
SAID_FRAMES = 3
"""Nobody says a token in less: half of what the fastest speech has for one."""
STEADY = 3
"""The median of so many rows is where the model listens, whatever one of them does."""


@dataclass(frozen=True, slots=True)
class Guide:
    """Stops before what may still change, told by where the decoder listens. Frames of 24 ms."""

    margin: int = 12
    """So near the end of the audio a word may be cut."""
    back: int = 40
    """Listening so far back again is no reading on."""


@dataclass(slots=True)
class Draft:
    """What was written."""

    ids: list[int] = field(default_factory=list)
    logprobs: list[float] = field(default_factory=list)
    """Of each token, given those before it."""
    attention: list[Floats] = field(default_factory=list)
    """`(S,)`: where the model listened before each token, and before what would have come next: one more
    than tokens."""
    stopped_at: int | None = None
    """The token at which the guide stopped; not written."""
    looped: bool = False

    def cut(self, tokens: int) -> None:
        """Keeps so many tokens."""
        del self.ids[tokens:], self.logprobs[tokens:], self.attention[tokens + 1 :]

    def times_ms(self) -> list[float]:
        """Where each token begins, and where the last one ends.

        It is the likeliest way through the audio on which time only goes on, so that a single row that
        looks elsewhere, as the first often does, moves nothing.
        """
        rows = np.log(np.maximum(self.attention, 1e-6))
        best, came_from = rows[0], []
        for row in rows[1:]:
            reached = np.maximum.accumulate(best)
            came_from.append(np.maximum.accumulate(np.where(best == reached, np.arange(len(best)), 0)))
            best = reached + row
        path = [int(best.argmax())]
        for origins in reversed(came_from):
            path.append(int(origins[path[-1]]))
        return [frame * FRAME_MS for frame in reversed(path)]


def write(
    network: Network, memory: Memory, prefix: Sequence[int], guide: Guide | None
) -> Generator[None, None, Draft]:
    """Decodes greedily until the end, a loop, the limit, or where the guide says.

    Args:
        network: the model.
        memory: what it heard.
        prefix: tokens that are written already.
        guide: None for everything.

    Raises:
        EngineError: the model failed.
    """
    frames = memory.features.shape[1]
    limit = int(frames * FRAME_MS / 1000 * TOKENS_PER_S) + TOKENS_AT_LEAST
    draft = Draft(list(prefix))
    predicted = network.begin(memory, prefix)
    draft.logprobs = [_logprob(row, token) for row, token in zip(predicted.logits, prefix, strict=False)]
    draft.attention = list(predicted.attention)
    while len(draft.ids) < limit:
        token = int(predicted.logits[-1].argmax())
        if token == EOS:
            break
        if guide and _too_late(draft.attention, guide):
            draft.stopped_at = token
            break
        draft.ids.append(token)
        draft.logprobs.append(_logprob(predicted.logits[-1], token))
        draft.looped = _cut_loop(draft, len(prefix))
        if draft.looped:
            break
        if len(draft.ids) % TOKENS_PER_STEP == 0:
            yield
        predicted = network.proceed(memory, token)
        draft.attention.append(predicted.attention[-1])
    return draft


def _too_late(attention: Sequence[Floats], guide: Guide) -> bool:
    """Whether what comes now is near the end of the audio, or far behind what came before."""
    *before, now = (int(row.argmax()) for row in attention[-1 - STEADY :])
    steady = sorted(before)[STEADY // 2] if len(before) == STEADY else 0
    return now >= len(attention[-1]) - guide.margin or now < steady - guide.back


def _cut_loop(draft: Draft, prefix: int) -> bool:
    """Whether the end repeats itself; all but the first time is cut away, never the prefix."""
    for period in range(1, LOOP_PERIODS + 1):
        length = LOOP_TIMES * period
        if period < SHORT_PERIOD:
            length = max(length, SHORT_LOOP)
        tail = draft.ids[-length:]
        if len(tail) == length and tail[period:] == tail[:-period] and not _advances(draft, period):
            draft.cut(max(prefix, len(draft.ids) - length + period))
            return True
    return False


def _advances(draft: Draft, period: int) -> bool:
    """Whether the last repetition was heard later than the one before it: somebody did say it again."""
    peaks = [int(row.argmax()) for row in draft.attention[len(draft.ids) - 2 * period : len(draft.ids)]]
    return bool(np.median(peaks[period:]) - np.median(peaks[:period]) >= SAID_FRAMES * period)


def _logprob(logits: Floats, token: int) -> float:
    most = logits.max()
    return float(logits[token] - most - np.log(np.exp(logits - most).sum()))

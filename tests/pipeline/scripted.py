"""A chat model that answers from a script: words, calls, waits and failures, one after the other."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from firstword.core.conversation import (
    ChatDelta,
    ChatEnd,
    ChatRequest,
    ChatUsage,
    FinishReason,
    TextDelta,
    ToolCallDelta,
)
from firstword.core.errors import InvalidRequest
from firstword.core.types import EngineInfo, Task

Line = str | ToolCallDelta | ChatEnd | Exception | Callable[[], Awaitable[None]]
"""Words to write, a call to make, an end, a failure, or something to wait for."""

INFO = EngineInfo("scripted", Task.CHAT, 0, (), ("en",), "Apache-2.0", "tests", capabilities=("chat",))
USAGE = ChatUsage(prompt_tokens=7, completion_tokens=5, cached_tokens=3)
STOP = ChatEnd(FinishReason.STOP, USAGE)


def words(text: str) -> list[str]:
    """A text as models write it: word by word, each with the space before it."""
    first, *others = text.split(" ")
    return [first, *(f" {word}" for word in others)]


@dataclass
class ScriptedChat:
    """Says its lines; whoever asks something that has lines of its own is given those.

    Args:
        lines: what it answers.
        answers: what it answers to certain last messages.
    """

    info: EngineInfo = INFO
    lines: Sequence[Line] = ()
    answers: dict[str, Sequence[Line]] = field(default_factory=dict)
    running: int = 0
    requests: list[ChatRequest] = field(default_factory=list)
    written: list[str] = field(default_factory=list)
    left: int = 0
    """Answers that were broken off."""

    def check(self, request: ChatRequest) -> None:
        if request.response_format is not None:
            raise InvalidRequest("This model writes freely.", param="response_format", code="invalid_value")

    @asynccontextmanager
    async def reply(self, request: ChatRequest) -> AsyncIterator[AsyncIterator[ChatDelta]]:
        self.requests.append(request)
        self.running += 1
        deltas = self._deltas(self.answers.get(request.messages[-1].text, self.lines))
        try:
            yield deltas
        finally:
            await deltas.aclose()  # type: ignore[attr-defined]  # it is a generator
            self.running -= 1

    async def _deltas(self, lines: Sequence[Line]) -> AsyncIterator[ChatDelta]:
        ended = False
        try:
            for line in lines:
                if isinstance(line, str):
                    self.written.append(line)
                    yield TextDelta(line)
                elif isinstance(line, Exception):
                    raise line
                elif callable(line):
                    await line()
                else:
                    ended = ended or isinstance(line, ChatEnd)
                    yield line
            if not ended:
                yield STOP
                ended = True
        finally:
            self.left += not ended

    def health(self) -> bool:
        return True

    def close(self) -> None:
        pass

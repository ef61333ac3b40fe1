"""A client of the realtime socket that speaks at the pace of speech, and notes when it is told what."""

from __future__ import annotations

import asyncio
import json
import math
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from websockets.asyncio.client import connect

from rig.clips import RATE, Clip
from rig.wording import bare

BYTES_PER_S = 2 * RATE


@dataclass(slots=True)
class Dictation:
    """One session: what was sent, and what came back when."""

    clip: Clip
    chunk_s: float = 0.1
    """Seconds of audio in one message."""
    began: float = 0.0
    """When its first sample was spoken; seconds on this process's clock, like all here."""
    done_at: float = 0.0
    ended_at: float = 0.0
    messages: list[tuple[float, dict[str, Any]]] = field(default_factory=list)

    def partials(self) -> list[tuple[float, dict[str, Any]]]:
        """Partial transcripts, with the moments they came."""
        return [(at, said) for at, said in self.messages if said["message_type"] == "PartialTranscript"]

    def finals(self) -> list[tuple[float, dict[str, Any]]]:
        """Final transcripts, with the moments they came."""
        return [(at, said) for at, said in self.messages if said["message_type"] == "FinalTranscript"]

    def sent_at(self, audio_s: float) -> float:
        """When the message with so much audio was sent: nobody can know of it before."""
        return self.began + math.ceil(audio_s / self.chunk_s - 1e-6) * self.chunk_s

    @property
    def text(self) -> str:
        """All that was written down in the end."""
        return " ".join(said["text"] for _, said in self.finals())

    def utterances(self) -> list[Utterance]:
        """Each final with the partials that came since the one before."""
        found, open_partials = [], []
        for at, said in self.messages:
            if said["message_type"] == "PartialTranscript":
                open_partials.append((at, said))
            elif said["message_type"] == "FinalTranscript":
                found.append(Utterance(self, tuple(open_partials), at, said))
                open_partials = []
        return found


@dataclass(frozen=True, slots=True)
class Utterance:
    """One final, and how it came about."""

    session: Dictation
    partials: tuple[tuple[float, dict[str, Any]], ...]
    final_at: float
    final: dict[str, Any]

    def words(self) -> list[str]:
        """The words of the final, bare."""
        return [bare(word) for word in self.final["text"].split()]

    def word_lags_s(self) -> list[float]:
        """For every word: from its end in the audio to the first message that has it in its place."""
        return [at - self._ends(number) for number, at in enumerate(self._first_seen()) if at]

    def stable_lags_s(self) -> list[float]:
        """The same to the partial that calls it stable; words that were never stable have none."""
        return [at - self._ends(number) for number, at in enumerate(self._first_stable()) if at]

    def stable_early(self, early_s: float = 1.0) -> int:
        """How many words were stable so long before the final."""
        return sum(1 for at in self._first_stable() if at and at <= self.final_at - early_s)

    def revised(self) -> tuple[int, int]:
        """Words that a later message changed or took back, and words that were shown."""
        changed = shown = 0
        before: list[str] = []
        for said in [*(said for _, said in self.partials), self.final]:
            now = [bare(word) for word in said["text"].split()]
            kept = next((i for i, (a, b) in enumerate(zip(before, now, strict=False)) if a != b), None)
            kept = min(len(before), len(now)) if kept is None else kept
            changed += len(before) - kept
            shown += len(now) - kept
            before = now
        return changed, shown

    def broken_promises(self) -> int:
        """Words that were called stable and changed."""
        broken, promised = 0, list[str]()
        for said in [*(said for _, said in self.partials), self.final]:
            now = [bare(word) for word in said["text"].split()]
            broken += sum(1 for i, word in enumerate(promised) if i >= len(now) or now[i] != word)
            stable = now[: said["stable_words"]]
            promised = stable if len(stable) > len(promised) else promised
        return broken

    def _ends(self, number: int) -> float:
        words = self.final["words"]
        end_ms = words[number]["end"] if number < len(words) else self.final["audio_end"]
        return self.session.began + float(end_ms) / 1000

    def _first_seen(self) -> list[float]:
        return self._first([(at, len(said["text"].split()), said) for at, said in self.partials])

    def _first_stable(self) -> list[float]:
        return self._first([(at, said["stable_words"], said) for at, said in self.partials], final=False)

    def _first(self, rows: list[tuple[float, int, dict[str, Any]]], *, final: bool = True) -> list[float]:
        wanted = self.words()
        seen = [0.0] * len(wanted)
        for at, count, said in rows:
            now = [bare(word) for word in said["text"].split()][:count]
            for number, word in enumerate(now[: len(wanted)]):
                if not seen[number] and word == wanted[number]:
                    seen[number] = at
        return [at or self.final_at for at in seen] if final else seen


async def dictate(
    url: str, clip: Clip, *, chunk_ms: int = 100, silence_s: float = 0.0, begin_s: float = 0.0
) -> Dictation:
    """Speaks one clip into the socket as if it were being said now.

    Args:
        url: of the socket, with its model.
        clip: what to say.
        chunk_ms: milliseconds of audio in one message.
        silence_s: seconds of silence to send after the clip, before `done`.
        begin_s: seconds to wait before anything is sent.
    """
    session, size = Dictation(clip, chunk_ms / 1000), BYTES_PER_S * chunk_ms // 1000
    pcm = clip.pcm + bytes(2 * int(RATE * silence_s))
    await asyncio.sleep(begin_s)
    async with connect(url, compression=None, max_size=None) as socket:
        await socket.send(json.dumps({"sample_rate": RATE}))
        session.messages.append((perf_counter(), json.loads(await socket.recv())))
        reader = asyncio.create_task(_read(socket, session))
        session.began = perf_counter()
        for start in range(0, len(pcm), size):
            chunk = pcm[start : start + size]
            spoken = session.began + (start + len(chunk)) / BYTES_PER_S
            await asyncio.sleep(max(0.0, spoken - perf_counter()))
            await socket.send(chunk)
        session.done_at = perf_counter()
        await socket.send('{"done": true}')
        await reader
    session.ended_at = perf_counter()
    return session


async def _read(socket: Any, session: Dictation) -> None:
    async for message in socket:
        said = json.loads(message)
        session.messages.append((perf_counter(), said))
        if said["message_type"] == "Error":
            raise RuntimeError(f"the server said {said['error']}")

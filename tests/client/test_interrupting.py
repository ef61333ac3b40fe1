"""Somebody breaks in: it is silent, what was heard is known word by word, and whoever makes it stops."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator
from queue import Queue
from typing import Any

import numpy as np
import pytest
from openai.types.chat import ChatCompletionChunk

from firstword.client.asking import events as typed
from firstword.client.asking.chat import Piece
from firstword.client.playing.heard import Heard
from firstword.client.playing.playback import Playback
from firstword.core.types import AudioChunk, AudioFormat, AudioSpec
from firstword.formats import registry
from tests.client.loudspeaker import LATENCY_S, Loudspeaker, until
from tests.client.test_player import RATE, sounding, voice

pytestmark = pytest.mark.unit

TEXT = "One two three four five."
"""Each word lasts 200 ms."""
WORD_S = 0.2
SPOKEN = voice(5 * WORD_S)


def words() -> list[dict[str, Any]]:
    """As JSON has them."""
    found, at = [], 0
    for number, word in enumerate(TEXT.strip(".").split()):
        at = TEXT.index(word, at)
        times = {"start_ms": 200 * number, "end_ms": 200 * (number + 1)}
        found.append({"text": word, **times, "start_char": at, "end_char": at + len(word)})
    return found


def chunk(delta: dict[str, Any] | None, **more: Any) -> ChatCompletionChunk:
    choices = [{"index": 0, "delta": delta, "finish_reason": None}] if delta else []
    fields = {"id": "c", "created": 0, "model": "m", "object": "chat.completion.chunk", "choices": choices}
    return ChatCompletionChunk.model_validate(fields | more)


def written(data: bytes) -> str:
    return base64.b64encode(data).decode()


PCM = SPOKEN.tobytes()
TIMED: dict[str, Callable[[], list[object]]] = {
    "speech events": lambda: [
        {"type": "speech.audio.words", "words": words()},
        {"type": "speech.audio.delta", "audio": written(PCM)},
        {"type": "speech.audio.done", "usage": {}},
    ],
    "typed speech": lambda: [
        typed.SpeechStarted("audio/pcm; rate=24000; channels=1", 24_000, "sine"),
        typed.SpeechText(0, 5, 0.0),
        typed.SpeechWords(typed.spoken_words(words())),
        typed.SpeechAudio(PCM),
        typed.SpeechDone(),
    ],
    "chat chunks": lambda: [
        chunk({"role": "assistant"}),
        chunk({"audio": {"id": "audio_1", "transcript": TEXT[:10]}}),
        chunk({"audio": {"transcript": TEXT[10:]}}),
        chunk(None, audio_words=words()),
        chunk({"audio": {"data": written(PCM)}}),
        chunk({"audio": {"expires_at": 1}}),
    ],
    "typed chat": lambda: [
        typed.ChatText(TEXT),
        typed.ChatWords(typed.spoken_words(words())),
        typed.ChatAudio(PCM),
        typed.ChatDone(),
    ],
    "pieces of our own": lambda: [
        Piece(TEXT),
        Piece(words=typed.spoken_words(words()[:2])),
        Piece(pcm=PCM[:9_600]),
        Piece(words=typed.spoken_words(words()[2:])),
        Piece(pcm=PCM[9_600:]),
    ],
}  # fmt: skip


def arrived(playback: Playback) -> Playback:
    until(lambda: playback.arrived)
    return playback


@pytest.mark.parametrize("bringer", TIMED)
def test_it_is_silent_at_once_and_tells_the_words_that_were_heard(bringer: str) -> None:
    device = Loudspeaker()
    text = TEXT if "speech" in bringer else None
    playback = arrived(device.player.play(TIMED[bringer](), text=text))
    device.run(0.5)
    heard = playback.interrupt()

    assert Heard("One two", 7, pytest.approx(0.5 - LATENCY_S)) == heard
    assert "aborted" == device.state
    assert 0 == len(sounding(device.run(0.5)))
    assert np.array_equal(SPOKEN[: RATE // 2], sounding(device.everything))
    assert playback.wait(0)
    assert heard == playback.interrupt() == playback.heard


def test_what_the_device_still_holds_has_not_been_heard() -> None:
    device = Loudspeaker()
    playback = arrived(device.player.play(TIMED["typed chat"]()))
    device.run(2 * WORD_S + LATENCY_S - 0.01)
    assert "One" == playback.heard.text

    device.run(0.01)
    assert "One two" == playback.interrupt().text


def test_all_of_it_has_been_heard_when_it_was_played_to_its_end() -> None:
    device = Loudspeaker()
    playback = arrived(device.player.play(TIMED["chat chunks"]()))
    device.run(1.1)

    assert playback.done
    assert Heard(TEXT, len(TEXT), 1.0) == playback.interrupt()


def test_before_the_first_sample_nothing_was_heard() -> None:
    device = Loudspeaker()
    assert Heard("", 0, 0.0) == arrived(device.player.play(TIMED["typed chat"]())).interrupt()


def test_without_times_only_the_position_is_told() -> None:
    device = Loudspeaker()
    playback = arrived(device.player.play(PCM, text=TEXT))
    device.run(0.5)

    assert Heard(None, None, pytest.approx(0.5 - LATENCY_S)) == playback.interrupt()


def test_a_pause_is_no_progress() -> None:
    device = Loudspeaker()
    playback = arrived(device.player.play(TIMED["typed chat"]()))
    device.run(0.3)
    playback.pause()
    device.run(2)
    assert "One" == playback.heard.text
    assert 0.3 == pytest.approx(playback.position_s)

    playback.resume()
    device.run(0.15)
    assert "One two" == playback.interrupt().text


class Line:
    """A stream whose items come when the test sends them."""

    def __init__(self) -> None:
        self.items: Queue[object] = Queue()
        self.closed = False

    def __iter__(self) -> Iterator[object]:
        while (item := self.items.get()) is not None:
            yield item

    def close(self) -> None:
        self.closed = True

    def send(self, playback: Playback, *items: object) -> None:
        before = playback.buffered_ms + 1000 * playback.position_s
        for item in items:
            self.items.put(item)
        until(lambda: playback.buffered_ms + 1000 * playback.position_s > before)


def test_silence_where_audio_came_late_is_no_progress() -> None:
    device, line = Loudspeaker(), Line()
    playback = device.player.play(line)
    line.send(
        playback,
        Piece(TEXT),
        Piece(words=typed.spoken_words(words())),
        Piece(pcm=PCM[: round(0.41 * 48_000)]),
    )
    device.run(3)
    assert Heard("One two", 7, pytest.approx(0.41)) == playback.heard

    line.send(playback, Piece(pcm=PCM[round(0.41 * 48_000) :]))
    device.run(0.22)
    assert "One two three" == playback.interrupt().text
    line.items.put(None)
    until(lambda: line.closed)


def test_text_that_has_come_and_was_not_spoken_was_not_heard() -> None:
    device, line = Loudspeaker(), Line()
    playback = device.player.play(line)
    line.send(playback, Piece(TEXT + " And so on."), Piece(words=typed.spoken_words(words())), Piece(pcm=PCM))
    device.run(2)
    assert TEXT == playback.heard.text

    heard = playback.interrupt()
    line.items.put(None)
    until(lambda: line.closed)
    assert heard == playback.heard
    assert TEXT == heard.text


def test_a_device_of_another_rate_changes_nothing() -> None:
    device = Loudspeaker(own_rate=44_100)
    playback = arrived(device.player.play(TIMED["typed chat"]()))
    device.run(0.5)

    assert Heard("One two", 7, pytest.approx(0.5 - LATENCY_S, abs=0.001)) == playback.interrupt()


def test_silence_that_an_encoder_put_in_front_is_no_part_of_a_word() -> None:
    spec = AudioSpec(AudioFormat.MP3)
    encoder = registry.encoder(spec)
    samples = SPOKEN.astype(np.float32) / np.float32(32_768)
    body = b"".join([*encoder.feed(AudioChunk(samples, RATE)), *encoder.flush()])
    delay_s = encoder.delay_frames / RATE

    class Response:
        headers = {"x-audio-encoder-delay": str(encoder.delay_frames), "x-sample-rate": "24000"}  # noqa: RUF012

        def __iter__(self) -> Iterator[object]:
            yield {"type": "speech.audio.words", "words": words()}
            yield {"type": "speech.audio.delta", "audio": written(body)}

    device = Loudspeaker()
    playback = arrived(device.player.play(Response(), text=TEXT))
    assert delay_s > 0.04
    device.run(0.4 + LATENCY_S + 0.02)
    assert "One" == playback.heard.text
    device.run(0.03)
    assert "One two" == playback.interrupt().text


def test_the_next_stream_begins_where_the_first_was_broken_off() -> None:
    device = Loudspeaker()
    first = arrived(device.player.play(TIMED["typed chat"]()))
    second = arrived(device.player.play(voice(0.5, 2).tobytes()))
    device.run(0.39)
    heard = first.interrupt()

    assert Heard("One", 3, pytest.approx(0.39)) == heard
    assert np.array_equal(voice(0.5, 2), sounding(device.run(0.6)))
    assert heard == first.heard
    assert 0.5 == pytest.approx(second.position_s)

"""What is heard of streams, sample by sample, on a device in memory."""

from __future__ import annotations

import asyncio
import base64
import json
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from queue import Queue
from threading import Thread
from typing import Any

import numpy as np
import pytest

from firstword.client.asking.spoken import Spoken, speech_events
from firstword.client.playing.playback import AHEAD_S, Playback
from firstword.client.playing.player import GONE_S, Player
from firstword.client.playing.ring import Frames
from firstword.core.errors import ConfigurationError, EngineError, InvalidRequest, UndecodableAudio
from firstword.core.types import AudioChunk, AudioFormat, AudioSpec
from firstword.formats import registry
from tests.client.loudspeaker import LATENCY_S, PATIENCE_S, Loudspeaker, until

pytestmark = pytest.mark.unit

RATE = 24_000


def voice(seconds: float, seed: int = 1) -> Frames:
    """Loud noise, of which no sample is 0."""
    noise = np.random.default_rng(seed).integers(1_000, 20_000, round(seconds * RATE))
    return noise.astype(np.int16)


def sounding(heard: Frames) -> Frames:
    """What is not silence."""
    return heard[heard != 0]


def wav(samples: Frames, rate: int = RATE) -> bytes:
    encoder = registry.encoder(AudioSpec(AudioFormat.WAV, rate))
    chunk = AudioChunk(samples.astype(np.float32) / np.float32(32768), rate)
    return b"".join([*encoder.feed(chunk), *encoder.flush()])


class Line:
    """A stream whose pieces come when the test sends them."""

    def __init__(self) -> None:
        self._pieces: Queue[bytes | Exception | None] = Queue()

    def __iter__(self) -> Iterator[bytes]:
        while (piece := self._pieces.get()) is not None:
            if isinstance(piece, Exception):
                raise piece
            yield piece

    def send(self, playback: Playback, samples: Frames) -> None:
        """Has them arrive."""
        before = playback.buffered_ms + 1000 * playback.position_s
        self._pieces.put(samples.tobytes())
        until(lambda: playback.buffered_ms + 1000 * playback.position_s > before)

    def end(self, playback: Playback, failure: Exception | None = None) -> None:
        """That was all."""
        self._pieces.put(failure)
        until(lambda: playback.arrived)


def arrived(playback: Playback) -> Playback:
    until(lambda: playback.arrived)
    return playback


def test_every_sample_is_heard_and_nothing_between_them() -> None:
    device, said = Loudspeaker(), voice(1)
    playback = arrived(device.player.play(wav(said)))
    heard = device.run(1.2)

    assert np.array_equal(said, sounding(heard))
    assert np.array_equal(said, heard[: len(said)])
    assert playback.done
    assert (0, 0) == (playback.underruns, playback.silence_ms)
    assert 1.0 == playback.position_s
    assert 0 == playback.buffered_ms


def test_it_is_done_when_the_last_sample_has_left_the_device() -> None:
    device = Loudspeaker()
    playback = arrived(device.player.play(wav(voice(0.5))))
    device.run(0.5)
    assert not playback.done
    assert not playback.wait(0)

    device.run(LATENCY_S + 0.01)
    assert playback.done
    assert playback.wait()


def test_the_first_sample_is_heard_before_the_stream_has_ended_and_its_time_is_told() -> None:
    device, line = Loudspeaker(), Line()
    playback = device.player.play(line)
    device.run(0.3)
    line.send(playback, voice(0.2))
    heard = device.run(0.1)

    assert len(sounding(heard)) > 0
    assert playback.first_audio_s == pytest.approx(0.3 + LATENCY_S, abs=0.011)
    line.end(playback)


def test_audio_that_comes_late_is_heard_late_and_the_silence_is_counted() -> None:
    device, line = Loudspeaker(), Line()
    playback = device.player.play(line)
    line.send(playback, voice(0.5))
    device.run(0.7)
    line.send(playback, voice(1, 2))
    line.end(playback)
    device.run(1.3)

    assert np.array_equal(np.concatenate([voice(0.5), voice(1, 2)]), sounding(device.everything))
    assert 1 == playback.underruns
    assert 200 == pytest.approx(playback.silence_ms, abs=11)


def test_the_silence_after_the_last_sample_is_nobody_s_fault() -> None:
    device, line = Loudspeaker(), Line()
    playback = device.player.play(line)
    line.send(playback, voice(0.5))
    device.run(1)
    line.end(playback)
    device.run(0.1)

    assert playback.done
    assert 0 == playback.silence_ms


def test_a_device_is_started_with_the_first_samples_where_there_are_plenty() -> None:
    device, line = Loudspeaker(), Line()
    playback = device.player.play(line)
    line.send(playback, voice(0.25))
    assert "closed" == device.state

    assert np.array_equal(voice(0.25)[:240], device.run(0.01))
    line.end(playback)


def test_a_device_does_not_wait_for_plenty() -> None:
    device, line = Loudspeaker(), Line()
    playback = device.player.play(line)
    line.send(playback, voice(0.05))
    device.player.step()
    assert "closed" == device.state
    device.run(0.02)

    assert "open" == device.state
    assert 0 == len(sounding(device.everything))
    line.send(playback, voice(0.1, 2))
    line.end(playback)
    device.run(0.3)
    assert np.array_equal(np.concatenate([voice(0.05), voice(0.1, 2)]), sounding(device.everything))
    assert 0 == playback.silence_ms


def test_a_device_that_cannot_be_started_is_told_and_another_stream_may_try_again() -> None:
    device = Loudspeaker()
    device.broken = True
    playbacks = [arrived(device.player.play(wav(voice(0.1)))) for _ in range(2)]
    device.run(0.05)
    for playback in playbacks:
        with pytest.raises(ConfigurationError, match="broken"):
            playback.wait(0)
        assert 0 == playback.position_s
    device.broken = False
    again = arrived(device.player.play(wav(voice(0.1))))

    assert np.array_equal(voice(0.1), sounding(device.run(0.3)))
    assert again.wait(0)


def test_streams_follow_each_other_without_a_gap() -> None:
    device = Loudspeaker()
    first, second = (arrived(device.player.play(wav(voice(0.305, seed)))) for seed in (1, 2))
    heard = device.run(0.7)

    assert np.array_equal(np.concatenate([voice(0.305), voice(0.305, 2)]), heard[: 2 * len(voice(0.305))])
    assert first.done
    assert second.done
    assert [RATE] == device.opened_at


def test_a_pause_is_silent_at_once_and_nothing_is_lost_or_counted() -> None:
    device, said = Loudspeaker(), voice(1)
    playback = arrived(device.player.play(wav(said)))
    device.run(0.25)
    playback.pause()
    assert 0 == len(sounding(device.run(0.5)))

    playback.resume()
    device.run(1)
    assert np.array_equal(said, sounding(device.everything))
    assert (0, 0) == (playback.underruns, playback.silence_ms)


def test_a_stop_is_silent_at_once() -> None:
    device, line = Loudspeaker(), Line()
    playback = device.player.play(line)
    line.send(playback, voice(5))
    device.run(0.25)
    playback.stop()

    assert "aborted" == device.state
    assert 0 == len(sounding(device.run(0.5)))
    assert playback.wait()
    assert 0.25 - LATENCY_S == pytest.approx(playback.position_s)
    line.end(playback)


def test_a_stopped_stream_gives_way_to_the_next_one_of_which_nothing_is_lost() -> None:
    device = Loudspeaker()
    first = arrived(device.player.play(wav(voice(0.35))))
    arrived(device.player.play(wav(voice(0.5, 2))))
    heard = device.run(0.3)
    first.stop()

    assert np.array_equal(voice(0.3), heard)
    assert np.array_equal(voice(0.5, 2), sounding(device.run(0.6)))


def test_of_a_stream_that_is_not_at_its_end_nothing_is_lost_where_the_one_behind_it_is_stopped() -> None:
    device = Loudspeaker()
    first, second, third = (arrived(device.player.play(wav(voice(0.35, seed)))) for seed in (1, 2, 3))
    device.run(0.3)
    second.stop()
    device.run(0.6)

    assert np.array_equal(np.concatenate([voice(0.35), voice(0.35, 3)]), sounding(device.everything))
    assert (0.35, 0, 0.35) == (first.position_s, second.position_s, third.position_s)


def test_a_stream_is_done_when_it_has_been_heard_though_the_one_before_it_was_stopped() -> None:
    device = Loudspeaker()
    device.latency_s = 0.3
    first, second = (arrived(device.player.play(wav(voice(0.2, seed)))) for seed in (1, 2))
    device.run(0.25)
    first.stop()

    device.run(0.4)
    assert not second.done
    device.run(0.1)
    assert second.done


def test_for_what_was_stopped_before_its_first_sample_no_device_is_opened() -> None:
    device, line = Loudspeaker(), Line()
    playback = device.player.play(line)
    playback.stop()
    line._pieces.put(voice(0.1).tobytes())
    line.end(playback)

    assert [] == device.opened_at


def test_to_stop_what_has_been_heard_changes_nothing() -> None:
    device = Loudspeaker()
    playback = arrived(device.player.play(wav(voice(0.1))))
    device.run(0.3)
    playback.stop()

    assert "open" == device.state
    assert 0.1 == playback.position_s


def test_a_pause_ends_when_the_player_is_to_close() -> None:
    device, said = Loudspeaker(), voice(0.5)
    playback = arrived(device.player.play(wav(said)))
    device.run(0.1)
    playback.pause()
    device.player.close_when_heard()
    device.run(1)

    assert np.array_equal(said, sounding(device.everything))


def test_a_pause_ends_with_what_was_paused() -> None:
    device = Loudspeaker()
    first = arrived(device.player.play(wav(voice(0.5))))
    device.run(0.1)
    first.pause()
    first.stop()
    arrived(device.player.play(wav(voice(0.2, 2))))

    assert np.array_equal(voice(0.2, 2), sounding(device.run(0.4)))


def test_a_device_that_is_unplugged_is_told_and_how_much_was_heard() -> None:
    device, line = Loudspeaker(), Line()
    playbacks = [device.player.play(line), arrived(device.player.play(wav(voice(1, 2))))]
    line.send(playbacks[0], voice(1))
    device.run(0.5)
    device.state = "unplugged"
    device.run(GONE_S - 0.1)
    assert not playbacks[0].done
    device.run(0.2)

    for playback in playbacks:
        with pytest.raises(EngineError, match="unplugged"):
            playback.wait(0)
    assert [0.5, 0] == [playback.position_s for playback in playbacks]
    line.end(playbacks[0])


def test_a_machine_that_was_asleep_has_its_device_still() -> None:
    device = Loudspeaker()
    playback = arrived(device.player.play(wav(voice(0.5))))
    device.run(0.2)
    device.now_s += 100 * GONE_S
    device.run(0.5)

    assert playback.wait(0)
    assert np.array_equal(voice(0.5), sounding(device.everything))


def test_after_a_stop_the_device_is_opened_again() -> None:
    device = Loudspeaker()
    arrived(device.player.play(wav(voice(5))))
    device.run(0.2)
    device.player.stop()
    arrived(device.player.play(wav(voice(0.5, 2))))

    assert np.array_equal(voice(0.5, 2), sounding(device.run(0.6)))


def test_a_device_is_opened_at_the_rate_of_the_stream() -> None:
    device = Loudspeaker()
    arrived(device.player.play(wav(voice(0.1), 16_000)))

    assert [16_000] == device.opened_at


def test_a_device_of_another_rate_gets_the_same_sound() -> None:
    device = Loudspeaker(own_rate=48_000)
    tone = (10_000 * np.sin(2 * np.pi * 440 * np.arange(RATE) / RATE)).astype(np.int16)
    playback = arrived(device.player.play(wav(tone)))
    heard = device.run(1.2)[:48_000]

    assert 440 == pytest.approx(np.argmax(np.abs(np.fft.rfft(heard))), abs=1)
    assert 1.0 == pytest.approx(playback.position_s, abs=0.001)


def test_what_came_before_a_break_is_heard_and_then_the_break_is_told() -> None:
    device, line = Loudspeaker(), Line()
    playback = device.player.play(line)
    line.send(playback, voice(0.5))
    line.end(playback, EngineError("It broke off."))

    assert np.array_equal(voice(0.5), sounding(device.run(0.6)))
    with pytest.raises(EngineError, match="broke off"):
        playback.wait()


def test_what_is_no_audio_is_told_and_does_not_hold_up_the_next() -> None:
    device = Loudspeaker()
    broken = arrived(device.player.play(b"<html>Not found</html>"))
    arrived(device.player.play(wav(voice(0.2))))

    assert np.array_equal(voice(0.2), sounding(device.run(0.4)))
    with pytest.raises(EngineError, match="instead of audio"):
        broken.wait()


def test_no_more_is_taken_from_a_stream_than_will_soon_be_needed() -> None:
    device, taken = Loudspeaker(), 0

    def endless() -> Iterator[bytes]:
        nonlocal taken
        while True:
            taken += 1
            yield voice(1).tobytes()

    playback = device.player.play(endless())
    until(lambda: taken > AHEAD_S)
    device.run(2)

    assert playback.buffered_ms <= 1000 * (AHEAD_S + 2)
    playback.stop()
    until(lambda: playback.arrived)


def test_a_player_that_is_left_has_played_everything_and_closed_the_device() -> None:
    device, heard = Loudspeaker(), list[Frames]()
    with Player(open_output=device.open) as player:
        playback = player.play(wav(voice(0.05)))
        until(lambda: device.state == "open")
        while not playback.done:
            out = np.empty(240, np.int16)
            device.fill(out)
            heard.append(out)

    assert np.array_equal(voice(0.05), sounding(np.concatenate(heard)))
    assert "finished" == device.state
    with pytest.raises(InvalidRequest, match="closed"):
        player.play(b"")


async def test_an_asynchronous_stream_is_played_beside_the_event_loop() -> None:
    device = Loudspeaker()

    async def pieces() -> AsyncIterator[bytes]:
        for at in range(0, RATE, 1_000):
            await asyncio.sleep(0)
            yield voice(1)[at : at + 1_000].tobytes()

    playback = device.player.play(pieces())
    with pytest.raises(InvalidRequest, match="wait_async"):
        playback.wait()
    await asyncio.to_thread(until, lambda: playback.arrived)
    device.run(1.2)
    await playback.wait_async()

    assert np.array_equal(voice(1), sounding(device.everything))


def ends(main: Callable[[], Coroutine[Any, Any, None]]) -> bool:
    """True where an event loop of its own comes to its end."""
    thread = Thread(target=lambda: asyncio.run(main()), daemon=True)
    thread.start()
    thread.join(PATIENCE_S)
    return not thread.is_alive()


def test_an_event_loop_may_end_before_what_it_waited_for_has_been_heard() -> None:
    device = Loudspeaker()
    playback = arrived(device.player.play(wav(voice(1))))

    async def main() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(playback.wait_async(), 0.01)

    assert ends(main)
    assert not playback.done


def test_an_event_loop_may_end_while_nobody_takes_what_it_reads() -> None:
    device, playbacks = Loudspeaker(), list[Playback]()

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield voice(1).tobytes()

    async def main() -> None:
        playbacks.append(device.player.play(endless()))
        await asyncio.to_thread(until, lambda: playbacks[0].buffered_ms >= 1_000 * AHEAD_S)

    assert ends(main)
    device.run(2)
    arrived(playbacks[0])
    device.run(AHEAD_S)
    with pytest.raises(EngineError, match="event loop ended"):
        playbacks[0].wait(0)


@pytest.mark.parametrize("audio_alone", [False, True])
async def test_a_stop_reaches_an_answer_of_which_enough_has_come(audio_alone: bool) -> None:
    device, let_go = Loudspeaker(), asyncio.Event()
    event = {"type": "speech.audio.delta", "audio": base64.b64encode(voice(1).tobytes()).decode()}

    async def body() -> AsyncIterator[bytes]:
        try:
            while True:
                yield f"data: {json.dumps(event)}\n\n".encode()
        finally:
            let_go.set()

    spoken = Spoken(speech_events(body()), "audio/pcm")
    playback = device.player.play(spoken.audio() if audio_alone else spoken)
    await asyncio.to_thread(until, lambda: playback.buffered_ms >= 1_000 * AHEAD_S)
    playback.stop()

    await asyncio.wait_for(let_go.wait(), PATIENCE_S)


def test_a_stream_that_cannot_be_played_is_let_go() -> None:
    device, let_go = Loudspeaker(), list[bool]()

    async def no_audio() -> AsyncIterator[bytes]:
        try:
            while True:
                yield b"RIFF....WAVEfmt " + b"\xff" * 100
        finally:
            let_go.append(True)

    async def main() -> None:
        playback = device.player.play(no_audio())
        await asyncio.to_thread(until, lambda: bool(let_go))
        device.run(0.1)
        with pytest.raises(UndecodableAudio):
            await playback.wait_async()

    assert ends(main)
    assert let_go


def test_without_the_library_it_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)

    with pytest.raises(ConfigurationError, match=r"pip install 'firstword\[play\]'"):
        Player()

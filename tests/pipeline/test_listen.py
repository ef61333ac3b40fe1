"""Audio in, transcripts out: what a session writes, when, and how it ends."""

from __future__ import annotations

import itertools
import random
import threading
from collections.abc import Sequence
from dataclasses import replace

import anyio
import numpy as np
import pytest
from anyio.lowlevel import checkpoint
from hypothesis import given, settings
from hypothesis import strategies as st

from firstword.core.concurrency import task_group
from firstword.core.errors import EngineError, InvalidRequest, UndecodableAudio, UnknownModel
from firstword.core.transcripts import (
    AudioSource,
    Endpointing,
    InputEncoding,
    ListenDone,
    ListenEvent,
    Transcript,
)
from firstword.core.types import AudioChunk, AudioFormat, AudioSpec, Samples
from firstword.formats.mp3 import Mp3Encoder
from firstword.pipeline.hearing.intake import IN_HAND_S
from firstword.pipeline.hearing.outbox import UNREAD
from firstword.pipeline.listen import Listening
from tests.pipeline.sessions import all_events, asked, finals, hear, listening, partials, room, until
from tests.pipeline.whistling import (
    LISTENING_RATE,
    WORDS,
    Room,
    WhistleEngine,
    info,
    pcm,
    silence,
    whistle,
)

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

SENTENCE = "alder birch cedar dogwood elm fir gum hazel"
TWO = f"{SENTENCE} ... oak pine birch ..."
ENDING = " ... ..."


def text(events: Sequence[ListenEvent]) -> list[str]:
    return [final.text for final in finals(events)]


def keys(transcript: Transcript) -> list[str]:
    return transcript.text.split()


async def test_an_utterance_becomes_one_final_and_the_last_event_is_done() -> None:
    events = await hear(room(), whistle(TWO))
    assert text(events) == [SENTENCE, "oak pine birch"]
    assert isinstance(events[-1], ListenDone)
    assert events[-1].heard.audio_in_ms == pytest.approx(len(whistle(TWO)) / 16)
    assert events[-1].heard.text_chars == len(SENTENCE + "oak pine birch")


async def test_speech_up_to_the_very_last_sample_is_heard() -> None:
    assert text(await hear(room(), whistle("alder birch")[: -80 * 16 - 300])) == ["alder birch"]


async def test_times_are_those_of_the_session() -> None:
    events = await hear(room(), whistle(f"... {TWO}"))
    audio = whistle(f"... {TWO}")
    for final in finals(events):
        assert final.start_ms <= final.words[0].start_ms
        assert final.words[-1].end_ms <= final.end_ms
        for word in final.words:
            middle = int((word.start_ms + word.end_ms) / 2 * 16)
            assert np.abs(audio[middle - 50 : middle + 50]).max() > 0.2
            before = int((word.start_ms - 40) * 16)
            assert np.abs(audio[before - 50 : before + 50]).max() < 0.01


async def test_partials_come_at_a_steady_pace_and_grow() -> None:
    events = await hear(room(), whistle(SENTENCE + ENDING), partial_every_ms=300)
    heard = [partial.end_ms for partial in partials(events)][1:]  # the first one is sought sooner
    assert len(heard) >= 5
    assert all(later - earlier >= 280 for earlier, later in itertools.pairwise(heard))
    assert all((later - earlier + 32) % 300 <= 64 for earlier, later in itertools.pairwise(heard))


async def test_partials_that_nobody_wants_are_not_made() -> None:
    house = room()
    assert partials(await hear(house, whistle(TWO), interim_results=False)) == []
    assert house.drafts is not None
    assert house.drafts.steps == 0


async def test_a_partial_is_never_empty_and_never_the_same_twice() -> None:
    events = await hear(room(), whistle(TWO), partial_every_ms=100)
    told = [(partial.text, partial.stable_words, partial.start_ms) for partial in partials(events)]
    assert all(words for words, _, _ in told)
    assert len(set(told)) == len(told)


def stays(events: Sequence[ListenEvent]) -> None:
    """Stable words are the same from their first partial to their final, over cuts too."""
    stable: list[str] = []
    for event in events:
        if not isinstance(event, Transcript):
            continue
        words = keys(event)
        kept = min(len(stable), len(words)) if event.final else len(stable)
        assert words[:kept] == stable[:kept]
        stable = stable[len(words) :] if event.final else words[: event.stable_words]
    assert stable == []


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.sampled_from((*WORDS[:5], "...")), min_size=1, max_size=60),
    st.dictionaries(st.sampled_from(WORDS[:5]), st.sampled_from(("folder", "perch", "seeder")), max_size=4),
    st.booleans(),
)
def test_stable_words_never_change(words: list[str], mistakes: dict[str, str], obeys: bool) -> None:
    """With a drafting model that errs, and with one that does not even begin as it is told."""
    house = room(obeys=obeys)
    assert house.drafts is not None
    house.drafts.mistakes, house.drafts.obeys = mistakes, obeys
    events = anyio.run(hear, house, whistle(" ".join(words)))
    stays(events)
    assert " ".join(text(events)).split() == [word for word in words if word != "..."]


async def test_a_final_is_its_stable_words_and_the_rest() -> None:
    """The drafts are sure of a wrong word; the final keeps it, because it was told to be stable."""
    house = room()
    assert house.drafts is not None
    house.drafts.mistakes = dict.fromkeys(WORDS, "folder")
    house.drafts.mishears_always = True
    events = await hear(house, whistle(SENTENCE + ENDING))
    last = partials(events)[-1]
    assert last.stable_words >= 3
    assert keys(finals(events)[0]) == ["folder"] * last.stable_words + SENTENCE.split()[last.stable_words :]


@pytest.mark.parametrize("window", [512, 2048], ids=["between words", "inside of words"])
async def test_an_utterance_without_pauses_is_cut_and_no_word_is_lost_or_doubled(window: int) -> None:
    house = room()
    house.vad.window = window
    spoken = random.Random(7).choices(WORDS, k=160)
    options = Endpointing(max_utterance_ms=4_000)
    events = await hear(house, whistle(" ".join(spoken), gap_ms=50), endpointing=options)
    assert len(finals(events)) > 10
    assert " ".join(text(events)).split() == spoken
    stays(events)


async def test_what_was_stable_behind_a_cut_stays_too() -> None:
    """The drafts are sure of wrong words, until the first final: what they said before must stay."""
    house = room()
    assert house.drafts is not None
    house.drafts.mistakes = dict.fromkeys(WORDS[::2], "perch")
    house.drafts.mishears_always = True
    parts = [whistle("elm birch fir gum alder dogwood cedar iroko maple oak", gap_ms=60)] * 2
    spoken = np.random.default_rng(1).normal(0, 0.003, 6 * LISTENING_RATE + 1_600).astype(np.float32)
    spoken[: len(parts[0])] += parts[0]
    spoken[-len(parts[1]) :] += parts[1]
    spoken[len(parts[0]) - 900 :][:2_400] = 0  # where it will be cut, two seconds late
    options, events = Endpointing(max_utterance_ms=5_000), list[ListenEvent]()
    speed = asked(endpointing=options, partial_every_ms=100)
    async with listening(house) as pipeline, pipeline.open(speed) as session:
        await session.feed(pcm(spoken))
        async for event in session:
            events.append(event)
            if isinstance(event, Transcript) and event.final:
                house.drafts.mistakes = {}
                await session.end()
    assert partials(events[: events.index(finals(events)[0])])[-1].stable_words > len(finals(events)[0].words)
    stays(events)


async def test_an_utterance_is_no_longer_than_the_model_takes() -> None:
    spoken = random.Random(9).choices(WORDS, k=60)
    house = Room(WhistleEngine(info("whistle", longest_s=6.0)))
    events = await hear(house, whistle(" ".join(spoken), gap_ms=60))
    assert " ".join(text(events)).split() == spoken
    assert max(len(request.samples) for request in house.engine.requests) <= 6 * LISTENING_RATE


async def test_a_model_without_word_times_is_cut_where_speech_is_least_likely() -> None:
    spoken = random.Random(3).choices(WORDS, k=60)
    house = room(writes_words=False)
    assert house.drafts is not None
    house.drafts.writes_words = False
    events = await hear(house, whistle(" ".join(spoken)), endpointing=Endpointing(max_utterance_ms=4_000))
    assert " ".join(text(events)).split() == spoken
    assert {(event.words, event.stable_words) for event in partials(events)} == {((), 0)}


@settings(max_examples=12, deadline=None)
@given(st.lists(st.integers(1, 9_001), max_size=40))
def test_finals_are_the_same_however_the_bytes_are_cut(sizes: list[int]) -> None:
    spoken = whistle("alder birch cedar ... dogwood elm")
    cut, whole = (finals(anyio.run(hear, room(), spoken, given)) for given in (sizes, ()))
    assert [replace(final, lag_ms=0) for final in cut] == [replace(final, lag_ms=0) for final in whole]


async def test_silence_noise_clicks_and_hum_have_no_transcripts() -> None:
    noise = np.random.default_rng(1).normal(0, 0.005, LISTENING_RATE * 20).astype(np.float32)
    noise[::8_000] = 0.9
    hum = 0.02 * np.sin(2 * np.pi * 50 * np.arange(LISTENING_RATE * 10) / LISTENING_RATE).astype(np.float32)
    events = await hear(room(), np.concatenate((silence(20), noise, hum)))
    assert len(events) == 1


async def test_text_that_is_not_credible_is_not_told() -> None:
    events = await hear(room(logprob=-4.0), whistle(SENTENCE + ENDING), interim_results=False)
    assert len(events) == 1


async def test_an_unsure_final_leaves_what_was_stable() -> None:
    events = await hear(room(logprob=-4.0), whistle(SENTENCE + ENDING))
    assert text(events) == [" ".join(keys(partials(events)[-1])[: partials(events)[-1].stable_words])]


async def test_another_rate_and_stereo_are_heard_the_same() -> None:
    spoken = np.repeat(whistle(SENTENCE), 3)
    stereo = np.repeat(spoken, 2)
    source = AudioSource(InputEncoding.S16LE, 48_000, 2)
    events = await hear(room(), stereo, source=source)
    assert text(events) == [SENTENCE]
    assert finals(events)[0].words[-1].end_ms == pytest.approx(8 * 320 - 80, abs=40)


class Live:
    """A sender whose audio arrives when it is told to, and whose clock is audio.

    Args:
        house: the engines; one may be held at its gate.
    """

    def __init__(self, house: Room) -> None:
        self.house = house
        self.now = 0.0

    def __call__(self) -> float:
        return self.now

    async def speak(self, session: Listening, samples: Samples, chunk_ms: int = 100) -> None:
        data, size = pcm(samples), 2 * LISTENING_RATE * chunk_ms // 1000
        for at in range(0, len(data), size):
            self.now += chunk_ms / 1000
            await session.feed(data[at : at + size])
            await until(lambda: idle(session) or self.house.held)


def idle(session: Listening) -> bool:
    """Whether everything that was fed has been looked at, and all that was due has been done."""
    return session._run.idle and not session._run.intake.ready


async def collect(session: Listening, events: list[ListenEvent]) -> None:
    async for event in session:
        events.append(event)  # noqa: PERF401  # each is wanted as soon as it comes


async def test_a_flush_gives_a_final_in_the_middle_of_speech_and_the_session_goes_on() -> None:
    async with listening(room()) as pipeline, pipeline.open(asked()) as session, task_group() as tasks:
        events: list[ListenEvent] = []
        tasks.start_soon(collect, session, events)
        await session.feed(pcm(whistle("alder birch cedar")))
        await session.flush()
        await until(lambda: bool(finals(events)))
        await session.flush()  # nothing was said since: no answer
        await session.feed(pcm(whistle("oak pine")))
        await session.end()
    assert text(events) == ["alder birch cedar", "oak pine"]


async def test_after_the_end_and_after_a_flush_nothing_is_said_twice() -> None:
    async with listening(room()) as pipeline, pipeline.open(asked()) as session:
        await session.feed(pcm(whistle("alder birch")))
        await session.flush()
        await session.flush()
        await session.end()
        assert text([event async for event in session]) == ["alder birch"]


async def test_the_final_is_recognized_while_the_closing_silence_is_still_waited_out() -> None:
    house = room()
    live = Live(house)
    async with listening(house, clock=live) as pipeline, pipeline.open(asked()) as session:
        await live.speak(session, np.concatenate((whistle("alder birch"), silence(0.27))))
        begun = [request for request in house.engine.requests if not request.ongoing]
        assert len(begun) == 1
        assert house.engine.running == 0
        await live.speak(session, silence(0.3))
        assert len(house.engine.requests) == 1
        await session.end()
        assert text([event async for event in session]) == ["alder birch"]


async def test_a_final_begun_too_early_is_given_up_when_speech_goes_on() -> None:
    house = room()
    assert house.drafts is not None
    live = Live(house)
    spoken = np.concatenate((whistle("alder birch"), silence(0.3), whistle("cedar elm"), silence(0.7)))
    async with listening(house, clock=live) as pipeline, pipeline.open(asked()) as session:
        await live.speak(session, spoken)
        await session.end()
        events = [event async for event in session]
    assert text(events) == ["alder birch cedar elm"]
    assert max(request.samples.size for request in house.drafts.requests) > 1.3 * LISTENING_RATE
    assert len([request for request in house.engine.requests if not request.ongoing]) == 2


async def test_a_session_that_is_behind_skips_partials_but_no_audio() -> None:
    gate, house = threading.Event(), room()
    live = Live(house)
    assert house.drafts is not None
    house.drafts.gate = gate
    gate.set()
    async with listening(house, clock=live) as pipeline, pipeline.open(asked()) as session:
        await live.speak(session, whistle("alder birch cedar dogwood"))
        gate.clear()
        made = len(house.drafts.requests)
        await live.speak(session, whistle("elm fir gum hazel iroko juniper larch maple"))
        assert (
            len(house.drafts.requests) == made + 1
        )  # it waits at the gate, and what is said is not looked at
        gate.set()
        await until(lambda: idle(session))
        assert len(house.drafts.requests) <= made + 4
        await live.speak(session, silence(0.7))
        await session.end()
        events = [event async for event in session]
    assert text(events) == ["alder birch cedar dogwood elm fir gum hazel iroko juniper larch maple"]


async def test_a_session_that_is_late_makes_no_partials_until_it_has_caught_up() -> None:
    house = room()
    live = Live(house)
    assert house.drafts is not None
    async with listening(house, clock=live) as pipeline, pipeline.open(asked()) as session:
        await session.feed(pcm(whistle(SENTENCE)))
        live.now += 3 + len(whistle(SENTENCE)) / LISTENING_RATE  # before anybody has looked at it
        await until(lambda: idle(session))
        assert house.drafts.requests == []
        await live.speak(session, whistle("oak pine rowan"))
        assert len(house.drafts.requests) >= 2
        await session.end()
        assert text([event async for event in session]) == [f"{SENTENCE} oak pine rowan"]


async def test_a_transcript_tells_how_much_has_not_been_looked_at() -> None:
    gate, house = threading.Event(), room()
    live = Live(house)
    assert house.drafts is not None
    events: list[ListenEvent] = []
    async with (
        listening(house, clock=live) as pipeline,
        pipeline.open(asked()) as session,
        task_group() as tasks,
    ):
        tasks.start_soon(collect, session, events)
        await live.speak(session, whistle("alder birch cedar dogwood"))
        house.drafts.gate = gate
        await live.speak(session, whistle("elm fir gum hazel iroko juniper larch maple"))
        gate.set()
        await until(lambda: idle(session))
        await session.end()
    lags = [partial.lag_ms for partial in partials(events)]
    assert min(lags) < 100
    assert max(lags) > 1_500


async def test_a_sender_waits_while_too_much_is_in_hand() -> None:
    gate, house = threading.Event(), room()
    house.engine.gate = gate
    if house.drafts:
        house.drafts.gate = gate
    async with listening(house) as pipeline, pipeline.open(asked()) as session, task_group() as tasks:
        tasks.start_soon(session.feed, pcm(whistle(SENTENCE * 1 + " oak" * 100)))
        await until(lambda: house.held and session._run.intake.in_hand_s >= IN_HAND_S)
        assert session.heard.audio_in_ms < 3_000
        assert session._run.intake.in_hand_s <= IN_HAND_S + 0.5
        gate.set()
        tasks.cancel_scope.cancel()


async def test_a_reader_who_reads_nothing_stops_the_session_not_its_memory() -> None:
    async with listening(room()) as pipeline, pipeline.open(asked()) as session, task_group() as tasks:
        many = pcm(np.concatenate([whistle("alder birch ...")] * 30))
        tasks.start_soon(session.feed, many)
        await until(lambda: len(session._run.outbox._events) == UNREAD)
        await anyio.sleep(0.3)
        assert session.heard.audio_in_ms < 30_000
        events: list[ListenEvent] = []
        tasks.start_soon(collect, session, events)
        await until(lambda: len(finals(events)) == 30)
        tasks.cancel_scope.cancel()


async def test_memory_is_bounded_by_the_longest_utterance() -> None:
    house = room()
    spoken = pcm(
        np.concatenate(
            [whistle("alder birch ...", gap_ms=60)] * 10
            + [whistle(" ".join(random.Random(5).choices(WORDS, k=200)), gap_ms=60)]
        )
    )
    options = Endpointing(max_utterance_ms=5_000)
    async with listening(house) as pipeline, pipeline.open(asked(endpointing=options)) as session:
        held: list[int] = []
        async with task_group() as tasks:
            tasks.start_soon(collect, session, [])
            for at in range(0, len(spoken), 16_000):
                await session.feed(spoken[at : at + 16_000])
                await checkpoint()
                held.append(session._run.held_frames)
            await session.end()
    assert len(spoken) > 60 * 32_000
    assert max(held) < 8 * LISTENING_RATE
    assert max(len(request.samples) for request in house.engine.requests) <= 5.1 * LISTENING_RATE


async def test_leaving_reaches_the_model_within_a_step() -> None:
    gate, house = threading.Event(), room()
    house.engine.gate = gate
    async with listening(house) as pipeline:
        async with pipeline.open(asked(interim_results=False)) as session:
            await session.feed(pcm(whistle(SENTENCE + ENDING)))
            await until(lambda: house.engine.steps > 0)
            threading.Timer(0.05, gate.set).start()
        assert house.engine.steps == 1


async def test_a_failing_model_ends_the_session_for_reader_and_sender() -> None:
    house = room(fail_at="elm")
    async with listening(house) as pipeline, pipeline.open(asked()) as session:
        await session.feed(pcm(whistle(f"alder ... elm ... {SENTENCE}")))
        events: list[ListenEvent] = []
        with pytest.raises(EngineError):
            await collect(session, events)
        assert text(events) == ["alder"]
        with pytest.raises(EngineError):
            await session.feed(b"\0\0")
        with pytest.raises(EngineError):
            await session.flush()


async def test_bytes_that_are_not_what_they_should_be_are_an_error() -> None:
    source = AudioSource(InputEncoding.FLAC)
    async with listening(room()) as pipeline, pipeline.open(asked(source=source)) as session:
        await session.feed(b"This is not audio at all. " * 400)
        with pytest.raises(UndecodableAudio):
            await anext(session)
        with pytest.raises(UndecodableAudio):
            await session.feed(b"more")


async def test_what_was_said_before_the_audio_broke_is_told() -> None:
    encoder = Mp3Encoder(AudioSpec(AudioFormat.MP3, LISTENING_RATE))
    spoken = AudioChunk(whistle("alder birch ... cedar elm"), LISTENING_RATE)
    data = b"".join((*encoder.feed(spoken), *encoder.flush()))
    source, events = AudioSource(InputEncoding.MP3), list[ListenEvent]()
    async with listening(room()) as pipeline, pipeline.open(asked(source=source)) as session:
        await session.feed(data + bytes(100_000))
        with pytest.raises(UndecodableAudio):
            await collect(session, events)
    assert text(events) == ["alder birch", "cedar elm"]


async def test_what_the_model_cannot_do_is_refused_on_entering() -> None:
    async with listening(room()) as pipeline:
        with pytest.raises(InvalidRequest):
            async with pipeline.open(asked(language="ko")):
                pass
        with pytest.raises(UnknownModel):
            async with pipeline.open(asked(model="nobody")):
                pass


async def test_without_its_quicker_model_an_engine_writes_its_own_partials() -> None:
    house = Room(WhistleEngine(info("whistle", drafts="not-here")))
    events = await hear(house, whistle(SENTENCE + ENDING))
    assert partials(events)
    assert text(events) == [SENTENCE]


async def test_sessions_are_counted_and_timed() -> None:
    async with listening(room()) as pipeline, pipeline.open(asked()) as session:
        await all_events(session, whistle(TWO))
    written = pipeline._meter.exposition().decode()  # type: ignore[attr-defined]
    assert 'firstword_sessions_total{model="whistle",outcome="done"} 1.0' in written
    assert 'firstword_active_sessions{model="whistle"} 0.0' in written
    assert 'firstword_transcript_seconds_count{kind="final",model="whistle"} 2.0' in written

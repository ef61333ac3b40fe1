"""Text in, speech out: what a run gives, and how it ends."""

import gc
import weakref
from types import SimpleNamespace

import anyio
import numpy as np
import pytest

from firstword.core.concurrency import task_group
from firstword.core.errors import EngineError, InvalidRequest, UnknownModel, UnspeakableText
from firstword.core.protocols import Encoder
from firstword.core.types import (
    AudioBytes,
    AudioFormat,
    AudioSpec,
    Cancelled,
    Flushed,
    SliceBegins,
    SpeechDone,
    WordsSpoken,
)
from firstword.formats import registry
from tests.pipeline.conftest import MakeSpeaker, all_events, audio, request

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

TEXT = "One two three, four five six. Seven eight nine! Ten eleven twelve?"


async def test_the_slices_join_to_the_text_and_the_last_event_is_done(speaker: MakeSpeaker) -> None:
    async with speaker() as tone, tone.pipeline.open(request(TEXT)) as speech:
        events = await all_events(speech)
    slices = [event for event in events if isinstance(event, SliceBegins)]
    assert "".join(TEXT[s.start : s.end] for s in slices) == TEXT
    assert isinstance(events[-1], SpeechDone)


async def test_usage_is_the_audio_that_was_sent(speaker: MakeSpeaker) -> None:
    async with speaker() as tone, tone.pipeline.open(request(TEXT)) as speech:
        events = await all_events(speech)
    done = events[-1]
    assert isinstance(done, SpeechDone)
    assert done.usage.audio_out_ms == pytest.approx(len(audio(events)) / 48)
    assert done.usage.input_chars == len(TEXT)


async def test_a_slice_begins_where_its_audio_begins(speaker: MakeSpeaker) -> None:
    async with speaker() as tone, tone.pipeline.open(request(TEXT)) as speech:
        before = 0
        async for events in speech:
            for event in events:
                if isinstance(event, SliceBegins):
                    assert event.at_ms == pytest.approx(before / 48)
                elif isinstance(event, AudioBytes):
                    before += len(event.data)


async def test_words_have_their_place_in_the_whole_text_and_the_whole_audio(speaker: MakeSpeaker) -> None:
    async with speaker() as tone, tone.pipeline.open(request(TEXT)) as speech:
        events = await all_events(speech)
    words = [word for event in events if isinstance(event, WordsSpoken) for word in event.words]
    assert [word.text for word in words] == TEXT.split()
    assert [TEXT[word.start_char : word.end_char] for word in words] == TEXT.split()
    starts = [word.start_ms for word in words]
    assert starts == sorted(starts)
    samples = np.frombuffer(audio(events), "<i2")
    for word in words:
        middle = int((word.start_ms + word.end_ms) / 2 * 24)
        assert np.abs(samples[middle - 50 : middle + 50]).max() > 1000, word


@pytest.mark.parametrize("speed", [0.5, 1.0, 2.0, 4.0])
async def test_speed_changes_the_length(speaker: MakeSpeaker, speed: float) -> None:
    async with speaker() as tone:
        async with tone.pipeline.open(request(TEXT)) as speech:
            usual = len(audio(await all_events(speech)))
        async with tone.pipeline.open(request(TEXT, speed=speed)) as speech:
            assert len(audio(await all_events(speech))) == pytest.approx(usual / speed, rel=0.02)


async def test_an_engine_that_gives_segments_at_once_says_the_same_words(speaker: MakeSpeaker) -> None:
    asked = request(TEXT, model="tone-at-once")
    async with speaker("tone-at-once") as tone, tone.pipeline.open(asked) as speech:
        events = await all_events(speech)
    slices = [event for event in events if isinstance(event, SliceBegins)]
    assert "".join(TEXT[s.start : s.end] for s in slices) == TEXT
    assert TEXT[slices[0].start : slices[0].end].rstrip() == "One two three,"


async def test_an_unknown_model_is_refused_on_entering(speaker: MakeSpeaker) -> None:
    async with speaker() as tone:
        with pytest.raises(UnknownModel):
            async with tone.pipeline.open(request(TEXT, model="nope")):
                pass


async def test_a_format_that_cannot_be_made_is_refused_on_entering(speaker: MakeSpeaker) -> None:
    async with speaker() as tone:
        with pytest.raises(InvalidRequest):
            async with tone.pipeline.open(request(TEXT, audio=AudioSpec(AudioFormat.OPUS, 44_100))):
                pass


async def test_text_without_words_is_refused_on_entering(speaker: MakeSpeaker) -> None:
    async with speaker() as tone:
        with pytest.raises(UnspeakableText):
            async with tone.pipeline.open(request("... !!! 🎉")):
                pass


async def test_a_failure_before_the_first_audio_is_raised_on_entering(speaker: MakeSpeaker) -> None:
    async with speaker(fail_at_word="boom") as tone:
        with pytest.raises(EngineError):
            async with tone.pipeline.open(request("boom")):
                pass


async def test_a_failure_after_the_first_audio_is_raised_where_it_happened(speaker: MakeSpeaker) -> None:
    asked = request("One two three. And boom it goes.")
    async with speaker(fail_at_word="boom") as tone:
        async with tone.pipeline.open(asked) as speech:
            reader = aiter(speech)
            heard = audio(list(await anext(reader)))
            with pytest.raises(EngineError):
                await all_events(speech)
        assert tone.engine.running == 0
    assert heard


async def test_leaving_stops_the_engine_within_a_step(speaker: MakeSpeaker) -> None:
    async with speaker() as tone:
        before = tone.engine.made_ms
        async with tone.pipeline.open(request("A long story. " * 5000)) as speech:
            await anext(aiter(speech))
        assert tone.engine.running == 0
        assert tone.engine.made_ms - before < 1000


@pytest.mark.parametrize(
    "text", ["A long story. " * 500, "One two three. And boom it goes. " + "More. " * 99]
)
async def test_a_run_that_ends_early_keeps_no_codec(
    speaker: MakeSpeaker, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    encoders: list[weakref.ref[Encoder]] = []

    def noted(spec: AudioSpec) -> Encoder:
        made = registry.encoder(spec)
        encoders.append(weakref.ref(made))
        return made

    monkeypatch.setattr(
        "firstword.pipeline.speak.registry", SimpleNamespace(encoder=noted, check=registry.check)
    )
    gc.disable()
    try:
        async with speaker() as tone:
            asked = request("A long story. " * 500, audio=AudioSpec(AudioFormat.FLAC))
            async with tone.pipeline.open(asked) as speech:
                await anext(aiter(speech))
            del speech
        assert [encoder() for encoder in encoders] == [None]
    finally:
        gc.enable()


async def test_the_next_block_is_not_begun_before_the_reader_is_back_for_it(speaker: MakeSpeaker) -> None:
    async with speaker(block_ms=100) as tone:
        before = tone.engine.made_ms
        async with tone.pipeline.open(request("A long story. " * 5000)) as speech:
            for blocks in (1, 2, 3):
                await anext(aiter(speech))
                await anyio.wait_all_tasks_blocked()
                assert tone.engine.made_ms - before == 100 * blocks


async def test_text_is_spoken_while_it_is_still_being_written(speaker: MakeSpeaker) -> None:
    async with speaker() as tone:
        asked = request(None)
        inbox = tone.pipeline.inbox(asked)
        async with tone.pipeline.open(asked, inbox) as speech:
            reader = aiter(speech)
            await inbox.write("The first sentence is here. And ")
            with anyio.fail_after(5):
                first = await anext(reader)
            assert isinstance(first[0], SliceBegins)
            assert first[0].end == len("The first sentence is here. ")
            await inbox.write("this is the second.")
            inbox.end()
            rest = await all_events(speech)
    slices = [event for event in (*first, *rest) if isinstance(event, SliceBegins)]
    assert slices[-1].end == len("The first sentence is here. And this is the second.")


async def test_text_that_stalls_without_punctuation_is_spoken_after_a_while(speaker: MakeSpeaker) -> None:
    async with speaker() as tone:
        asked = request(None)
        inbox = tone.pipeline.inbox(asked)
        async with tone.pipeline.open(asked, inbox) as speech:
            await inbox.write("and then nothing more")
            with anyio.fail_after(5):
                events = await anext(aiter(speech))
    assert isinstance(events[0], SliceBegins)


async def test_a_row_of_dots_does_not_end_a_text_that_is_being_written(speaker: MakeSpeaker) -> None:
    async with speaker() as tone:
        asked = request(None)
        inbox = tone.pipeline.inbox(asked)
        async with tone.pipeline.open(asked, inbox) as speech:
            for piece in ("Before it.", " ... ", "!!!", "After it."):
                await inbox.write(piece)
                inbox.flush()
            inbox.end()
            events = await all_events(speech)
    assert [type(event) for event in events if not isinstance(event, AudioBytes | WordsSpoken)] == [
        SliceBegins,
        Flushed,
        Flushed,
        Flushed,
        SliceBegins,
        Flushed,
        SpeechDone,
    ]


async def test_a_flush_speaks_what_is_there_and_says_so(speaker: MakeSpeaker) -> None:
    async with speaker() as tone:
        asked = request(None)
        inbox = tone.pipeline.inbox(asked)
        async with tone.pipeline.open(asked, inbox) as speech:
            await inbox.write("half a sentence")
            inbox.flush()
            await inbox.write(" and the rest of it.")
            inbox.end()
            events = await all_events(speech)
    kinds = [type(event) for event in events if isinstance(event, SliceBegins | Flushed | SpeechDone)]
    assert kinds == [SliceBegins, Flushed, SliceBegins, SpeechDone]


async def test_a_cancel_overtakes_the_text_and_tells_what_was_spoken(speaker: MakeSpeaker) -> None:
    async with speaker() as tone:
        asked = request(None, max_lead_s=0.5)
        inbox = tone.pipeline.inbox(asked)
        async with tone.pipeline.open(asked, inbox) as speech:
            await inbox.write("The first sentence. " + "And one more sentence. " * 200)
            reader = aiter(speech)
            events = list(await anext(reader))
            inbox.cancel()
            await inbox.write("After that.")
            inbox.end()
            with anyio.fail_after(5):
                events += await all_events(speech)
        assert tone.engine.running == 0
    cancelled = next(event for event in events if isinstance(event, Cancelled))
    at = events.index(cancelled)
    spoken_before = [event.end for event in events[:at] if isinstance(event, SliceBegins)]
    assert cancelled.spoken_chars == spoken_before[-1]
    after = [event for event in events[at:] if isinstance(event, SliceBegins)]
    whole = "The first sentence. " + "And one more sentence. " * 200
    assert [(s.start, s.end) for s in after] == [(len(whole), len(whole) + len("After that."))]


async def test_audio_stays_within_the_lead_that_was_asked_for(speaker: MakeSpeaker) -> None:
    async with speaker() as tone:
        before = tone.engine.made_ms
        async with tone.pipeline.open(request("A long story. " * 500, max_lead_s=0.3)) as speech:
            with anyio.move_on_after(0.3):
                async for _ in speech:
                    pass
        assert tone.engine.made_ms - before <= 300 + 300 + 400


async def test_a_writer_waits_while_too_much_is_unspoken(speaker: MakeSpeaker) -> None:
    async with speaker(realtime_factor=1.0) as tone:
        inbox = tone.pipeline.inbox(request(None))
        await inbox.write("word " * 5000)
        with anyio.move_on_after(0.05) as scope:
            await inbox.write("more")
        assert scope.cancelled_caught
        assert inbox.waiting_chars == 25_000


async def test_runs_side_by_side_give_what_each_gives_alone(speaker: MakeSpeaker) -> None:
    texts = [f"This is stream number {n}. It has two sentences." for n in range(8)]

    async with speaker() as tone:

        async def speak(text: str, into: dict[str, bytes]) -> None:
            async with tone.pipeline.open(request(text)) as speech:
                into[text] = audio(await all_events(speech))

        alone: dict[str, bytes] = {}
        together: dict[str, bytes] = {}
        for text in texts:
            await speak(text, alone)
        async with task_group() as tasks:
            for text in texts:
                tasks.start_soon(speak, text, together)
    assert together == alone


async def test_what_happened_is_counted(speaker: MakeSpeaker) -> None:
    async with speaker() as tone:
        async with tone.pipeline.open(request(TEXT)) as speech:
            await all_events(speech)
        async with tone.pipeline.open(request(TEXT)) as speech:
            pass
        text = tone.meter.exposition().decode()
    assert 'firstword_streams_total{model="tone",outcome="done"} 1.0' in text
    assert 'firstword_streams_total{model="tone",outcome="cancelled"} 1.0' in text
    assert 'firstword_active_streams{model="tone"} 0.0' in text

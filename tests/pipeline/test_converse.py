"""A chat model between ear and voice: what comes before what, and how it ends."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Generator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial

import anyio
import numpy as np
import pytest

from firstword.core.conversation import (
    ChatEnd,
    ChatRequest,
    FinishReason,
    Role,
    TextDelta,
    ToolCallDelta,
)
from firstword.core.errors import EngineError, InvalidRequest, UndecodableAudio, UnspeakableText
from firstword.core.transcripts import LISTENING_RATE, TranscribeRequest
from firstword.core.types import AudioBytes, AudioChunk, Samples, SynthesisRequest
from firstword.engines import tone
from firstword.pipeline.converse import (
    Conversation,
    ConverseDone,
    ConverseEvent,
    ConversePipeline,
    ConverseRequest,
    Turn,
)
from firstword.pipeline.conversing.recordings import Recording, Recordings
from firstword.pipeline.speak import SpeakPipeline
from firstword.pipeline.transcribe import TranscribePipeline
from firstword.runtime.host import EngineHost
from firstword.runtime.metrics import PrometheusMeter
from firstword.runtime.scheduler import DeadlineScheduler
from firstword.testing import no_files
from tests.pipeline import conftest
from tests.pipeline.scripted import USAGE, Line, ScriptedChat, words
from tests.pipeline.whistling import WhistleEngine, WhistleVad, info, whistle

pytestmark = [pytest.mark.unit, pytest.mark.anyio]

TWO = "One two three four five. Six seven eight nine ten."
SPOKEN = conftest.request(None)


@dataclass(slots=True)
class Stage:
    """A pipeline, and the engines behind it."""

    pipeline: ConversePipeline
    chat: ScriptedChat
    voice: tone.ToneEngine
    ear: WhistleEngine


@asynccontextmanager
async def staged(lines: Sequence[Line], **options: object) -> AsyncIterator[Stage]:
    """A model that says `lines`; `options` are the voice's."""
    voice_info = next(one for one in tone.plugin.infos() if one.model_id == "tone")
    voice = tone.plugin.load(voice_info, no_files, options)
    chat, ear, vad = ScriptedChat(lines=lines), WhistleEngine(info("whistle")), WhistleVad()
    engines = (voice, chat, ear, vad)
    host = EngineHost({one.info.model_id: (one.info, partial(lambda one: one, one)) for one in engines})
    scheduler, meter = DeadlineScheduler(workers=2), PrometheusMeter()
    await host.start()
    listen = TranscribePipeline(host, scheduler, meter, patience_s=0.0)
    speak = SpeakPipeline(host, scheduler, meter, stall_s=0.05)
    try:
        yield Stage(ConversePipeline(host, Recordings(listen.open), speak), chat, voice, ear)
    finally:
        with anyio.fail_after(5):
            await host.aclose()  # everybody has let go of the engines
        scheduler.close()


def asked(*turns: Turn, spoken: bool = True, prompt: str = "", **fields: object) -> ConverseRequest:
    return ConverseRequest(
        chat=ChatRequest("scripted", (), **fields),  # type: ignore[arg-type]
        turns=turns or (Turn(Role.USER, ("Hello!",)),),
        listening=TranscribeRequest("whistle"),
        speech=SPOKEN if spoken else None,
        prompt=prompt,
    )


def recording(samples: Samples, name: str = "it", opened: list[str] | None = None) -> Recording:
    def chunks() -> Iterator[AudioChunk]:
        if opened is not None:
            opened.append(name)
        yield AudioChunk(samples, LISTENING_RATE)

    return Recording(chunks, name.encode(), f"messages.0.content.{name}")


async def everything(conversation: Conversation) -> list[ConverseEvent]:
    return [event async for events in conversation for event in events]


async def until_it_fails(
    conversation: Conversation, watch: Callable[[list[ConverseEvent]], None] = lambda events: None
) -> tuple[list[ConverseEvent], Exception]:
    """What came, and what came instead of an end."""
    events: list[ConverseEvent] = []
    try:
        async for more in conversation:
            events.extend(more)
            watch(events)
    except Exception as failure:
        return events, failure
    raise AssertionError("it ended well")


def once_heard(event: anyio.Event) -> Callable[[list[ConverseEvent]], None]:
    """Sets an event when there has been audio."""
    return lambda events: event.set() if audio_ms(events) else None


def text(events: Sequence[ConverseEvent]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextDelta))


def audio_ms(events: Sequence[ConverseEvent]) -> float:
    return sum(len(event.data) for event in events if isinstance(event, AudioBytes)) / 48


async def test_the_words_are_the_models_and_the_last_event_tells_how_it_ended() -> None:
    async with staged(words(TWO)) as stage, stage.pipeline.open(asked()) as conversation:
        events = await everything(conversation)
    assert text(events) == TWO
    done = events[-1]
    assert isinstance(done, ConverseDone)
    assert (done.reason, done.spent.chat) == (FinishReason.STOP, USAGE)
    assert done.spent.text_out_chars == len(TWO)
    assert done.spent.audio_out_ms == pytest.approx(audio_ms(events))


async def test_the_audio_is_that_of_the_whole_text() -> None:
    async with staged(words(TWO)) as stage:
        async with stage.pipeline.open(asked()) as conversation:
            events = await everything(conversation)
        async with stage.pipeline._speak.open(conftest.request(TWO)) as speech:
            alone = await conftest.all_events(speech)
    spoken = b"".join(event.data for event in events if isinstance(event, AudioBytes))
    assert spoken == conftest.audio(alone)


async def test_the_first_sentence_is_heard_while_the_second_is_not_yet_written() -> None:
    heard = anyio.Event()
    first, second = words("One two three four five. "), words("Six seven eight nine ten.")
    async with (
        staged([*first, heard.wait, *second]) as stage,
        stage.pipeline.open(asked()) as conversation,
    ):
        before = 0.0
        async for events in conversation:
            before += audio_ms(events)
            if before > 1_000 and not heard.is_set():
                assert "".join(stage.chat.written) == "".join(first)
                heard.set()
    assert heard.is_set()
    assert "".join(stage.chat.written) == "".join((*first, *second))


async def test_no_audio_comes_before_its_words() -> None:
    gates = [anyio.Event() for _ in range(3)]
    lines: list[Line] = []
    for gate, sentence in zip(gates, ("One two. ", "Three four. ", "Five six."), strict=True):
        lines += [gate.wait, sentence]
    gates[0].set()
    seen, sounded_ms = "", 0.0
    async with staged(lines) as stage, stage.pipeline.open(asked()) as conversation:
        async for events in conversation:
            seen += text(events)
            sounded_ms += audio_ms(events)
            if audio_ms(events):
                assert sounded_ms <= 1_000 * seen.count("."), "60 ms a letter: a sentence is under a second"
                gates[min(2, seen.count("."))].set()
    assert seen == "One two. Three four. Five six."


async def test_words_do_not_wait_for_audio() -> None:
    many = words(" ".join(["word"] * 200) + ".")
    async with (
        staged(many, realtime_factor=0.5) as stage,
        stage.pipeline.open(asked()) as conversation,
    ):
        seen, sounded_ms = "", 0.0
        async for events in conversation:
            seen, sounded_ms = seen + text(events), sounded_ms + audio_ms(events)
            if seen == "".join(many):
                break
    assert sounded_ms < 1_000
    assert stage.voice.running == 0


async def test_text_alone_needs_no_voice() -> None:
    async with staged(words(TWO)) as stage, stage.pipeline.open(asked(spoken=False)) as conversation:
        events = await everything(conversation)
        assert conversation.speech is None
    assert (text(events), audio_ms(events)) == (TWO, 0.0)
    assert isinstance(events[-1], ConverseDone)


async def test_whoever_leaves_stops_the_model_and_the_voice() -> None:
    never = anyio.Event()
    async with staged(["One two three four five six. ", never.wait], realtime_factor=0.2) as stage:
        async with stage.pipeline.open(asked()) as conversation:
            async for events in conversation:
                if audio_ms(events):
                    assert stage.chat.running == 1
                    break
        assert (stage.chat.running, stage.chat.left, stage.voice.running) == (0, 1, 0)


async def test_a_reader_that_is_cancelled_leaves_nothing_behind() -> None:
    never = anyio.Event()
    async with staged(["One two three four five six. ", never.wait]) as stage:
        with anyio.move_on_after(0.2):
            async with stage.pipeline.open(asked()) as conversation:
                await everything(conversation)
        assert (stage.chat.running, stage.chat.left, stage.voice.running) == (0, 1, 0)


async def test_a_model_that_fails_midway_is_told_after_the_audio_that_was_made() -> None:
    heard = anyio.Event()
    lines: list[Line] = ["One two three four five. ", heard.wait, EngineError("It fell over.")]
    async with staged(lines) as stage, stage.pipeline.open(asked()) as conversation:
        events, failure = await until_it_fails(conversation, once_heard(heard))
    assert isinstance(failure, EngineError)
    assert text(events) == "One two three four five. "
    assert audio_ms(events) > 0
    assert not any(isinstance(event, ConverseDone) for event in events)


async def test_what_a_failed_model_had_written_is_not_spoken_to_its_end() -> None:
    heard = anyio.Event()
    long = "One two three four five. " * 40
    lines: list[Line] = [long, heard.wait, EngineError("It fell over.")]
    async with staged(lines) as stage, stage.pipeline.open(asked()) as conversation:
        events, failure = await until_it_fails(conversation, once_heard(heard))
    assert isinstance(failure, EngineError)
    assert 0 < audio_ms(events) < 0.5 * 60 * len(long)


async def test_a_model_that_fails_at_once_is_told_on_entering() -> None:
    async with staged([EngineError("It fell over.")]) as stage:
        with pytest.raises(EngineError, match="fell over"):
            async with stage.pipeline.open(asked()):
                pytest.fail("there was nothing to open")
        assert stage.chat.running == 0


async def test_a_model_that_breaks_off_without_an_end_has_failed() -> None:
    class Breaks(ScriptedChat):
        async def _deltas(self, lines: Sequence[Line]) -> AsyncIterator[TextDelta]:  # type: ignore[override]
            yield TextDelta("One")

    async with staged([]) as stage:
        stage.chat._deltas = Breaks()._deltas  # type: ignore[method-assign,assignment]
        async with stage.pipeline.open(asked(spoken=False)) as conversation:
            with pytest.raises(EngineError, match="broke off"):
                await everything(conversation)


async def test_what_cannot_be_spoken_is_written_to_its_end_and_told_then() -> None:
    async with (
        staged(words(TWO), fail_at_word="three") as stage,
        stage.pipeline.open(asked()) as conversation,
    ):
        events, failure = await until_it_fails(conversation)
    assert isinstance(failure, EngineError)
    assert text(events) == TWO
    assert not any(isinstance(event, ConverseDone) for event in events)


async def test_a_voice_that_fails_lets_go_of_a_model_that_waits_for_it() -> None:
    full = threading.Event()

    def steps(request: SynthesisRequest) -> Generator[AudioChunk]:
        assert full.wait(10)
        raise EngineError("It lost its voice.")
        yield

    long = ["One two three. ", "word " * 5_000, "end", "."]
    async with staged(long) as stage:
        stage.voice.steps = steps  # type: ignore[method-assign]
        async with stage.pipeline.open(asked()) as conversation:
            events, failure = await until_it_fails(
                conversation, lambda seen: full.set() if text(seen).endswith("end") else None
            )
    assert isinstance(failure, EngineError)
    assert text(events) == "".join(long)


async def test_a_voice_that_fails_does_not_hold_up_a_long_text() -> None:
    refused = UnspeakableText("It cannot be said.")
    long = ["One two three. ", *words("word " * 12_000)]
    async with staged(long) as stage:
        stage.voice.check = lambda *_: (_ for _ in ()).throw(refused)  # type: ignore[method-assign]
        async with stage.pipeline.open(asked()) as conversation:
            events, failure = await until_it_fails(conversation)
    assert failure is refused
    assert text(events) == "".join(long)


async def test_a_call_is_passed_on_and_not_spoken() -> None:
    calls = [
        ToolCallDelta(0, "call_1", "weather"),
        ToolCallDelta(0, arguments='{"in":'),
        ToolCallDelta(0, arguments='"Rome"}'),
    ]
    async with (
        staged([*calls, ChatEnd(FinishReason.TOOL_CALLS)]) as stage,
        stage.pipeline.open(asked()) as conversation,
    ):
        events = await everything(conversation)
    assert events[:3] == calls
    assert audio_ms(events) == 0
    done = events[-1]
    assert isinstance(done, ConverseDone)
    assert done.reason is FinishReason.TOOL_CALLS


async def test_a_recording_becomes_what_was_said_in_it() -> None:
    said = recording(whistle("alder birch cedar"))
    turn = Turn(Role.USER, ("Listen:", said))
    async with staged(["Yes."]) as stage, stage.pipeline.open(asked(turn)) as conversation:
        events = await everything(conversation)
    assert stage.chat.requests[0].messages[0].text == "Listen:\nalder birch cedar"
    done = events[-1]
    assert isinstance(done, ConverseDone)
    assert done.spent.audio_in_ms == pytest.approx(1000 * len(whistle("alder birch cedar")) / LISTENING_RATE)


async def test_recordings_keep_their_places_whichever_is_heard_first() -> None:
    names = ("alder", "birch", "cedar", "elm", "fir")
    turns = [
        Turn(Role.USER, (recording(whistle(" ".join([name] * (6 - n))), name),))
        for n, name in enumerate(names)
    ]
    async with staged(["Yes."]) as stage, stage.pipeline.open(asked(*turns)) as conversation:
        await everything(conversation)
    heard = [message.text for message in stage.chat.requests[0].messages]
    assert heard == [" ".join([name] * (6 - n)) for n, name in enumerate(names)]


async def test_a_recording_that_comes_again_with_the_next_turn_is_not_heard_again() -> None:
    opened: list[str] = []
    said = Turn(Role.USER, (recording(whistle("alder birch"), "it", opened),))
    async with staged(["Yes."]) as stage:
        for turns in ((said,), (said, Turn(Role.ASSISTANT, ("Yes.",)), Turn(Role.USER, ("And?",)))):
            async with stage.pipeline.open(asked(*turns)) as conversation:
                events = await everything(conversation)
    assert opened == ["it"]
    assert stage.chat.requests[1].messages[0].text == "alder birch"
    done = events[-1]
    assert isinstance(done, ConverseDone)
    assert done.spent.audio_in_ms > 0


async def test_a_recording_in_which_nobody_speaks_is_refused() -> None:
    nothing = recording(np.zeros(LISTENING_RATE, np.float32))
    async with staged(["Yes."]) as stage:
        with pytest.raises(InvalidRequest) as refused:
            async with stage.pipeline.open(asked(Turn(Role.USER, (nothing,)))):
                pytest.fail("it was opened")
    assert (refused.value.code, refused.value.param) == ("no_speech", nothing.field)
    assert stage.chat.requests == []


async def test_a_recording_that_cannot_be_read_is_named() -> None:
    def broken() -> Iterator[AudioChunk]:
        raise UndecodableAudio("It is broken.")

    turn = Turn(Role.USER, (Recording(broken, b"", "messages.0.content.0.input_audio"),))
    async with staged(["Yes."]) as stage:
        with pytest.raises(UndecodableAudio) as refused:
            async with stage.pipeline.open(asked(turn)):
                pytest.fail("it was opened")
    assert refused.value.param == "messages.0.content.0.input_audio"


class Gate(threading.Event):
    """Tells that somebody waits for it."""

    def __init__(self) -> None:
        super().__init__()
        self.reached = threading.Event()

    def wait(self, timeout: float | None = None) -> bool:
        self.reached.set()
        return super().wait(timeout)


async def test_whoever_leaves_while_a_recording_is_heard_stops_the_recognizer() -> None:
    said = Turn(Role.USER, (recording(whistle("alder birch cedar")),))
    async with staged(["Yes."]) as stage:
        stage.ear.gate = gate = Gate()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_open, stage, asked(said))
            assert await anyio.to_thread.run_sync(gate.reached.wait, 5)
            tasks.cancel_scope.cancel()
            gate.set()
        assert (stage.ear.running, stage.chat.requests, stage.voice.running) == (0, [], 0)


async def _open(stage: Stage, request: ConverseRequest) -> None:
    async with stage.pipeline.open(request):
        pytest.fail("it was opened")


async def test_marks_alone_are_written_and_not_spoken() -> None:
    async with staged(["...", " —"]) as stage, stage.pipeline.open(asked()) as conversation:
        events = await everything(conversation)
    assert (text(events), audio_ms(events)) == ("... —", 0.0)
    assert isinstance(events[-1], ConverseDone)


@pytest.mark.parametrize(
    ("before", "after"),
    [((), "Speak."), ((Turn(Role.SYSTEM, ("Be kind.",)),), "Be kind.\n\nSpeak.")],
)
async def test_the_model_is_told_that_it_will_be_heard(before: tuple[Turn, ...], after: str) -> None:
    request = asked(*before, Turn(Role.USER, ("Hello!",)), prompt="Speak.")
    async with staged(["Yes."]) as stage, stage.pipeline.open(request) as conversation:
        await everything(conversation)
    first, last = stage.chat.requests[0].messages
    assert (first.role, first.text) == (Role.SYSTEM, after)
    assert last.text == "Hello!"


async def test_what_the_model_cannot_do_is_refused_before_it_is_asked() -> None:
    async with staged(["Yes."]) as stage:
        with pytest.raises(InvalidRequest):
            async with stage.pipeline.open(asked(response_format={"type": "json_object"})):
                pytest.fail("it was opened")
        assert stage.chat.requests == []

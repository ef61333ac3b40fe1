"""Live transcription over connections that break: the text is that of a session that was left whole."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import suppress
from typing import Any

import anyio
import anyio.lowlevel
import numpy as np
import pytest
from anyio import to_thread
from websockets.sync.server import ServerConnection

from firstword.client import AsyncClient
from firstword.client.asking.live import LiveTranscription
from firstword.core import errors
from firstword.core.transcripts import Transcript
from tests.client.breaking import Cut, Way, way_to
from tests.client.test_dictation import FINAL, Playing, playing, to_the_end
from tests.pipeline.whistling import pcm, silence, whistle
from tests.sockets.conftest import WAIT_S, Running, StartServer, servers, until
from tests.sockets.whistling_plugin import SETTINGS, engine_of, installed

pytestmark = [pytest.mark.socket, pytest.mark.anyio]

assert playing  # a fixture

TEXT = "alder birch cedar ... dogwood elm fir ... gum hazel iroko ... juniper larch ..."
FINALS = ["alder birch cedar", "dogwood elm fir", "gum hazel iroko", "juniper larch"]
AUDIO = pcm(whistle(TEXT))


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StartServer]:
    with installed(tmp_path_factory.mktemp("plugin")), servers() as started:
        yield started


@pytest.fixture(scope="module")
def server(start: StartServer) -> Running:
    return start(**SETTINGS)


def finals(heard: list[Transcript]) -> list[str]:
    return [one.text for one in heard if one.final]


async def hear(way: Way, audio: bytes = AUDIO, **fields: Any) -> tuple[list[Transcript], int]:
    """All transcripts, and how often the connection was made again."""
    async with AsyncClient(way.url) as client, client.transcribe_live([audio], **fields) as session:
        return [transcript async for transcript in session], session.reconnects


async def soon(condition: Callable[[], bool]) -> None:
    """Waits, within a bound, for something that happens in another task or thread."""
    await to_thread.run_sync(until, condition, "what was waited for")


@pytest.mark.parametrize("share", [0.01, 0.13, 0.3, 0.42, 0.5, 0.66, 0.8, 0.97, 1.0])
async def test_a_break_on_the_way_to_the_server_changes_nothing(server: Running, share: float) -> None:
    async with way_to(server.port, Cut(up=int(share * len(AUDIO)))) as way:
        heard, reconnects = await hear(way)

    assert (FINALS, 1) == (finals(heard), reconnects)


@pytest.mark.parametrize("after", [400, 700, 1_500, 2_200, 3_000, 3_600])
async def test_a_break_on_the_way_back_changes_nothing(server: Running, after: int) -> None:
    async with way_to(server.port, Cut(down=after)) as way:
        heard, reconnects = await hear(way)

    assert (FINALS, 1) == (finals(heard), reconnects)


async def test_breaks_one_after_the_other_change_nothing(server: Running) -> None:
    async with way_to(server.port, *[Cut(up=90_000)] * 4, Cut(down=1_000)) as way:
        heard, reconnects = await hear(way)

    assert (FINALS, way.connections - 1) == (finals(heard), reconnects)
    assert reconnects >= 4


async def test_speech_without_a_pause_is_gone_on_with_between_two_words(server: Running) -> None:
    words = "alder birch cedar dogwood elm fir gum hazel iroko juniper larch maple oak pine rowan spruce"
    audio = pcm(whistle(f"{words} {words} {words} ..."))
    options = {"endpointing": {"max_utterance_ms": 4_000}}
    async with way_to(server.port) as whole:
        wanted, _ = await hear(whole, audio, **options)
    assert len(finals(wanted)) > 3

    for share in (0.3, 0.5, 0.7):
        async with way_to(server.port, Cut(up=int(share * len(audio)))) as way:
            heard, reconnects = await hear(way, audio, **options)
        assert (" ".join(finals(wanted)), 1) == (" ".join(finals(heard)), reconnects)


@pytest.mark.parametrize("share", [0.4, 1.0])
async def test_a_server_that_falls_silent_is_left(
    server: Running, monkeypatch: pytest.MonkeyPatch, share: float
) -> None:
    """As when a network goes away: nothing breaks, and nothing comes."""
    monkeypatch.setattr("firstword.client.asking.live.SILENT_S", 0.3)
    monkeypatch.setattr("firstword.client.asking.live.ASK_AFTER_S", 0.1)
    async with (
        way_to(server.port, Cut(up=int(share * len(AUDIO)), silently=True)) as way,
        AsyncClient(way.url) as client,
        client.transcribe_live([AUDIO]) as session,
    ):
        await soon(lambda: session.reconnects > 0)
        monkeypatch.undo()
        heard = [transcript async for transcript in session]

    assert FINALS == finals(heard)


async def test_times_count_from_the_beginning_of_the_session(server: Running) -> None:
    async with way_to(server.port) as whole:
        wanted = [one for one in (await hear(whole))[0] if one.final]
    async with way_to(server.port, Cut(down=2_500), Cut(down=1_500)) as way:
        heard = [one for one in (await hear(way))[0] if one.final]

    for there, here in zip(wanted, heard, strict=True):
        assert (there.start_ms, there.end_ms) == pytest.approx((here.start_ms, here.end_ms), abs=33)
        for known, word in zip(there.words, here.words, strict=True):
            assert known.start_ms == pytest.approx(word.start_ms, abs=33)


@pytest.mark.parametrize("encoding", ["pcm_f32le", "g711_ulaw"])
async def test_other_raw_samples_are_gone_on_with(server: Running, encoding: str) -> None:
    samples = whistle(TEXT)
    audio = samples.tobytes() if encoding == "pcm_f32le" else mulaw(samples)
    async with way_to(server.port, Cut(up=len(audio) // 3), Cut(up=len(audio) // 3)) as way:
        heard, reconnects = await hear(way, audio, encoding=encoding)

    assert (FINALS, 2) == (finals(heard), reconnects)


def mulaw(samples: np.ndarray[Any, Any]) -> bytes:
    """Source: ITU-T G.711, as the continuous curve that it follows."""
    curve = np.sign(samples) * np.log1p(255 * np.abs(samples)) / np.log1p(255)
    code = np.clip(np.floor(np.abs(curve) * 128), 0, 127).astype(np.uint8)
    return (~np.where(curve < 0, code | 0x80, code)).astype(np.uint8).tobytes()


async def test_a_final_that_was_asked_for_is_asked_for_again(server: Running) -> None:
    """The answer to the first `flush` is lost with the connection."""
    async with (
        way_to(server.port, Cut(down=450)) as way,
        AsyncClient(way.url) as client,
        client.transcribe_live() as session,
    ):
        await session.send(pcm(whistle("alder birch")))
        await session.flush()
        given = session.finals()
        assert "alder birch" == (await anext(given)).text
        await session.send(pcm(whistle("cedar")))
        await session.end()
        assert ["cedar"] == [one.text async for one in given]
        assert 1 == session.reconnects


async def test_what_is_said_while_nobody_answers_is_heard_afterwards(server: Running) -> None:
    heard: list[str] = []
    async with (
        way_to(server.port) as way,
        AsyncClient(way.url) as client,
        client.transcribe_live(on_final=lambda one: heard.append(one.text)) as session,
    ):
        await session.send(AUDIO[: len(AUDIO) // 2])
        await soon(lambda: bool(heard))
        way.closed = True
        way.cut()
        await session.send(AUDIO[len(AUDIO) // 2 :])
        await soon(lambda: way.turned_away > 1)
        way.closed = False

    assert FINALS == heard


async def test_a_server_that_goes_down_in_the_middle_of_a_word_is_left_for_the_one_that_comes_up(
    start: StartServer,
) -> None:
    """It writes down what it has heard, half a word at its end, and says 1012; the other hears it again."""
    first, second = start(**SETTINGS), start(**SETTINGS)
    finals, partials = list[str](), list[str]()
    middle = 32 * (3 * 320 + 1_000 + 320 + 120)
    async with (
        way_to(first.port) as way,
        AsyncClient(way.url) as client,
        client.transcribe_live(
            on_partial=lambda one: partials.append(one.text), on_final=lambda one: finals.append(one.text)
        ) as session,
    ):
        await session.send(AUDIO[:middle])
        await soon(lambda: any("dogwood" in text for text in partials))
        way.port = second.port
        first.server.should_exit = True
        await soon(lambda: session.reconnects == 1)
        await session.send(AUDIO[middle:])

    assert FINALS == finals


async def test_what_a_server_wrote_when_it_went_down_is_told_where_no_other_comes_up(
    start: StartServer,
) -> None:
    server = start(**SETTINGS)
    heard: list[Transcript] = []

    async def listen(way: Way) -> None:
        async with AsyncClient(way.url) as client, client.transcribe_live(reconnect_s=0.2) as session:
            await session.send(pcm(whistle("alder birch cedar")))
            async for transcript in session:
                heard.append(transcript)
                way.closed = server.server.should_exit = True

    async with way_to(server.port) as way:
        with pytest.raises(errors.EngineError):
            await listen(way)

    assert (["alder birch cedar"], True) == (finals(heard), heard[-1].interrupted)


async def test_when_nobody_answers_for_too_long_it_is_an_error(server: Running) -> None:
    heard: list[Transcript] = []

    async def listen(way: Way) -> None:
        async with AsyncClient(way.url) as client, client.transcribe_live(reconnect_s=0.3) as session:
            await session.send(AUDIO[: len(AUDIO) // 3])
            async for transcript in session:
                heard.append(transcript)
                if transcript.final:
                    way.closed = True
                    way.cut()

    async with way_to(server.port) as way:
        with pytest.raises(errors.EngineError) as raised:
            await listen(way)

    assert (FINALS[:1], "unreachable") == (finals(heard), raised.value.code)


async def test_without_patience_a_break_is_an_error(server: Running) -> None:
    async with way_to(server.port, Cut(up=100_000)) as way:
        with pytest.raises(errors.EngineError, match="broke off") as raised:
            await hear(way, reconnect_s=0)

    assert ("incomplete", 1) == (raised.value.code, way.connections)


async def test_audio_with_a_header_is_not_cut_and_says_so(server: Running) -> None:
    async with way_to(server.port, Cut(up=5_000)) as way:
        with pytest.raises(errors.EngineError, match="Only raw samples") as raised:
            await hear(way, b"RIFF\xff\xff\xff\xffWAVE" + bytes(40_000), encoding="wav")

    assert "incomplete" == raised.value.code


async def test_a_server_whose_finals_have_no_times_is_not_gone_on_with(playing: Playing) -> None:
    def play(socket: ServerConnection) -> None:
        socket.recv()
        socket.send('{"message_type": "FinalTranscript", "text": "So."}')
        socket.socket.close()

    with pytest.raises(errors.EngineError, match="Only raw samples"):
        await hear(Way(0, url=playing(play)))


async def test_the_guides_server_is_understood(playing: Playing) -> None:
    def play(socket: ServerConnection) -> None:
        to_the_end(socket)
        socket.send(json.dumps(FINAL))
        socket.close()

    heard, reconnects = await hear(Way(0, url=playing(play)), b"\0" * 10)

    assert (["So."], 0) == (finals(heard), reconnects)


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"language": "fr"}, errors.InvalidRequest),
        ({"nonsense": 1}, errors.InvalidRequest),
        ({"model": "nobody"}, errors.UnknownModel),
    ],
)
async def test_a_refusal_is_not_tried_again(
    server: Running, fields: dict[str, Any], kind: type[errors.FirstwordError]
) -> None:
    async with way_to(server.port) as way:
        with pytest.raises(kind):
            await hear(way, **fields)

        assert 1 == way.connections


async def test_a_full_server_says_so_at_first_and_is_waited_for_later(start: StartServer) -> None:
    """After a break it may well count the connection that broke."""
    server = start(**SETTINGS, max_streams=1)
    heard: list[str] = []
    async with (
        way_to(server.port) as way,
        AsyncClient(way.url) as client,
        client.transcribe_live(on_final=lambda one: heard.append(one.text)) as session,
        AsyncClient(server.url) as other,
    ):
        await session.send(AUDIO[: len(AUDIO) // 2])
        await soon(lambda: bool(heard))
        with pytest.raises(errors.ServerBusy):
            await hear(way)
        way.closed = True
        way.cut()
        await soon(lambda: server.application.admission.active == 0)
        async with other.transcribe_live() as newcomer:
            await soon(lambda: server.application.admission.active == 1)
            way.closed = False
            await soon(lambda: session.reconnects == 1)
            await newcomer.stop()
        await session.send(AUDIO[len(AUDIO) // 2 :])

    assert FINALS == heard


async def test_nobody_there_is_told_at_once(nowhere: str) -> None:
    with pytest.raises(errors.EngineError, match="connection refused"):
        await hear(Way(0, url=nowhere))


async def test_callbacks_get_all_and_so_does_who_reads(server: Running) -> None:
    partials: list[Transcript] = []
    whole: list[Transcript] = []

    async def keep(final: Transcript) -> None:
        await anyio.lowlevel.checkpoint()
        whole.append(final)

    async with way_to(server.port) as way:
        heard, _ = await hear(way, on_partial=partials.append, on_final=keep)

    assert (FINALS, FINALS) == (finals(heard), finals(whole))
    assert partials
    assert all(not one.final for one in partials)


async def test_finals_that_nobody_reads_hold_the_session_or_give_way(
    server: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They wait for their reader, unless a callback had them already."""
    monkeypatch.setattr("firstword.client.asking.live.UNREAD", 2)
    told: list[str] = []
    async with AsyncClient(server.url) as client:
        async with client.transcribe_live([AUDIO], interim_results=False) as session:
            await soon(lambda: len(session._outbox) == 2)
            assert FINALS == [one.text async for one in session]
        async with client.transcribe_live([AUDIO], on_final=lambda one: told.append(one.text)) as session:
            await session.wait()
            assert FINALS[2:] == [one.text async for one in session.finals()]

    assert FINALS == told


async def test_a_callback_that_fails_ends_the_session_with_its_failure(server: Running) -> None:
    def fail(final: Transcript) -> None:
        raise RuntimeError("no room on the disk")

    async with way_to(server.port) as way:
        with pytest.raises(RuntimeError, match="no room"):
            await hear(way, on_final=fail)


async def test_a_microphone_that_fails_ends_the_session_with_its_failure(server: Running) -> None:
    async def microphone() -> AsyncIterator[bytes]:
        yield AUDIO[:6_400]
        raise RuntimeError("unplugged")

    with pytest.raises(RuntimeError, match="unplugged"):
        async with AsyncClient(server.url) as client, client.transcribe_live(microphone()) as session:
            await session.wait()


async def test_leaving_waits_for_the_last_words(server: Running) -> None:
    heard: list[str] = []
    async with (
        AsyncClient(server.url) as client,
        client.transcribe_live(on_final=lambda one: heard.append(one.text)) as session,
    ):
        await session.send(pcm(whistle("alder birch cedar")))

    assert ["alder birch cedar"] == heard


async def test_leaving_takes_no_more_of_a_microphone_that_goes_on(server: Running) -> None:
    async def microphone() -> AsyncIterator[bytes]:
        yield pcm(whistle("alder birch cedar ..."))
        await anyio.sleep_forever()

    async with AsyncClient(server.url) as client, client.transcribe_live(microphone()) as session:
        async for transcript in session.finals():
            assert "alder birch cedar" == transcript.text
            break


async def test_stopping_does_not_wait(server: Running) -> None:
    engine = engine_of(server)
    async with AsyncClient(server.url) as client, client.transcribe_live() as session:
        await session.send(pcm(whistle("alder birch cedar")))
        await session.stop()
        assert [] == [transcript async for transcript in session]
        with pytest.raises(errors.InvalidRequest, match="open another session"):
            await session.send(b"\0\0")
    until(lambda: engine.running == 0, "the recognition to end")


async def test_nothing_is_taken_after_the_end(server: Running) -> None:
    async with AsyncClient(server.url) as client, client.transcribe_live() as session:
        await session.end()
        with pytest.raises(errors.InvalidRequest, match="open another session"):
            await session.send(b"\0\0")


async def test_minutes_of_silence_are_not_kept(server: Running) -> None:
    """They have no final; that the server has received them is known all the same."""
    async with AsyncClient(server.url) as client, client.transcribe_live() as session:
        await send_all(session, pcm(silence(200.0)))
        assert session._unheard.begin_ms > 100_000
        await session.send(pcm(whistle("alder birch")))
        await session.end()
        assert ["alder birch"] == [one.text async for one in session.finals()]


async def test_after_minutes_of_silence_a_break_changes_nothing(server: Running) -> None:
    audio = pcm(silence(150.0)) + AUDIO
    async with way_to(server.port, Cut(up=len(audio) - len(AUDIO) // 2)) as way:
        heard, reconnects = await hear(way, audio)

    assert (FINALS, 1) == (finals(heard), reconnects)


async def send_all(session: LiveTranscription, audio: bytes) -> None:
    with anyio.fail_after(WAIT_S):
        await session.send(audio)


async def test_a_reader_who_leaves_early_loses_nothing_that_was_told(server: Running) -> None:
    """An open transcript that nobody has read gives way to the next; finals wait."""
    async with AsyncClient(server.url) as client, client.transcribe_live([AUDIO]) as session:
        with suppress(TimeoutError):
            await session.wait()
        heard = [transcript async for transcript in session]

    assert FINALS == [one.text for one in heard]

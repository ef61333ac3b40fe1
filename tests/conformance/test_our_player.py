"""Our player and our `save`, fed by the official Python SDK."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import get_args

import numpy as np
import pytest
import soundfile
from openai import AsyncOpenAI, OpenAI

from firstword.client import save, save_async
from firstword.client.incoming.source import incoming
from tests.client.loudspeaker import Loudspeaker, until
from tests.conformance.conftest import KEY, LONG, Format, House

pytestmark = pytest.mark.conformance

FORMATS: tuple[Format, ...] = get_args(Format)


@pytest.fixture
def sdk(house: House) -> Iterator[OpenAI]:
    with OpenAI(api_key=KEY, base_url=house.base_url, max_retries=0) as client:
        yield client


@pytest.mark.parametrize("response_format", FORMATS)
def test_a_response_is_heard_before_the_rest_is_made(
    house: House, sdk: OpenAI, response_format: Format
) -> None:
    device = Loudspeaker()
    with (
        house.tone.held() as let_go,
        sdk.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input=LONG, response_format=response_format
        ) as response,
    ):
        playback = device.player.play(response)
        until(lambda: playback.buffered_ms > 1_500)
        assert device.run(1).any()
        let_go()
        until(lambda: playback.arrived)
        device.run(10)

    assert playback.wait(0)
    assert 0 == playback.underruns
    length_s = sum(chunk.duration_s for chunk in incoming(house.body("wav")).chunks())
    assert length_s == pytest.approx(playback.position_s, abs=0.1)


def test_events_are_heard_as_audio_is(house: House, sdk: OpenAI, tmp_path: Path) -> None:
    with sdk.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=LONG, response_format="wav", stream_format="sse"
    ) as response:
        save(response, tmp_path / "said.flac")

    said, _ = soundfile.read(tmp_path / "said.flac", dtype="int16")
    assert house.body("pcm") == said.astype("<i2").tobytes()


async def test_a_response_of_the_asynchronous_client_is_saved(house: House, tmp_path: Path) -> None:
    async with (
        AsyncOpenAI(api_key=KEY, base_url=house.base_url, max_retries=0) as client,
        client.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input=LONG, response_format="pcm"
        ) as response,
    ):
        await save_async(response, tmp_path / "said.wav")

    said, rate = soundfile.read(tmp_path / "said.wav", dtype="int16")
    assert 24_000 == rate
    assert house.body("pcm") == np.asarray(said).astype("<i2").tobytes()


def test_a_whole_answer_is_saved_as_it_is(house: House, sdk: OpenAI, tmp_path: Path) -> None:
    answer = sdk.audio.speech.create(model="tts-1", voice="alloy", input=LONG, response_format="mp3")
    save(answer, tmp_path / "said.mp3")

    saved, body = (tmp_path / "said.mp3").read_bytes(), house.body("mp3")
    assert saved.endswith(body)
    assert b"Info" in saved[: -len(body)], "the length that a file knows and a stream cannot"

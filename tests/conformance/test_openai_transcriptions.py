"""The official Python SDK, unmodified, where it listens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai import AsyncOpenAI, OpenAI

from tests.sockets.conftest import Running, servers
from tests.sockets.uploading import APART, whistled
from tests.sockets.whistling_plugin import SETTINGS, installed

pytestmark = [
    pytest.mark.conformance,
    pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning"),  # OpenAI's own end of translations
]

TEXT = "alder birch cedar"
TWO = f"{TEXT}{APART}elm fir"
BOTH = f"{TEXT} elm fir"
KEY = "fw-conformance"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with installed(tmp_path_factory.mktemp("plugin")), servers() as start:
        yield start(**SETTINGS, api_keys=(KEY,))


@pytest.fixture
def sdk(server: Running) -> Iterator[OpenAI]:
    with OpenAI(api_key=KEY, base_url=f"{server.url}/v1", max_retries=0) as client:
        yield client


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    file = tmp_path / "speech.wav"
    file.write_bytes(whistled(TWO))
    return file


def test_json_is_a_transcription(sdk: OpenAI, recording: Path) -> None:
    found = sdk.audio.transcriptions.create(model="gpt-4o-transcribe", file=recording, include=["logprobs"])
    assert found.text == BOTH
    assert found.usage
    assert found.usage.type == "tokens"
    assert found.usage.total_tokens == found.usage.input_tokens + found.usage.output_tokens
    assert found.logprobs
    assert "".join(one.token or "" for one in found.logprobs) == f" {BOTH}"
    assert [language.code for language in found.languages or []] == ["en"]


@pytest.mark.parametrize("response_format", ["text", "srt", "vtt"])
def test_texts_are_strings(sdk: OpenAI, recording: Path, response_format: str) -> None:
    found = sdk.audio.transcriptions.create(
        model="whisper-1",
        file=recording,
        response_format=response_format,  # type: ignore[call-overload]  # each literal has its own overload
    )
    assert isinstance(found, str)
    assert (TEXT in found, "elm fir" in found) == (True, True)


def test_verbose_json_has_segments_and_words(sdk: OpenAI, recording: Path) -> None:
    found = sdk.audio.transcriptions.create(
        model="whisper-1",
        file=recording,
        response_format="verbose_json",
        timestamp_granularities=["word", "segment"],
        language="en",
        temperature=0.2,
    )
    assert (found.language, found.text) == ("english", BOTH)
    assert [segment.text for segment in found.segments or []] == [TEXT, "elm fir"]
    assert [word.word for word in found.words or []] == BOTH.split()
    assert type(found).model_validate(found.model_dump()) == found
    assert found.usage
    assert found.usage.seconds == found.duration


@pytest.mark.requirement("transcribe-streams")
def test_a_stream_of_deltas_joins_to_the_text(sdk: OpenAI, recording: Path) -> None:
    stream = sdk.audio.transcriptions.create(
        model="gpt-4o-mini-transcribe",
        file=recording,
        stream=True,
        chunking_strategy={"type": "server_vad", "silence_duration_ms": 300},
    )
    deltas, texts = [], []
    for event in stream:
        if event.type == "transcript.text.delta":
            deltas.append(event.delta)
        elif event.type == "transcript.text.done":
            texts.append(event.text)
            assert event.usage
            assert event.usage.input_token_details
            assert event.usage.input_token_details.audio_tokens == 66
    assert (len(deltas), "".join(deltas), texts) == (2, BOTH, [BOTH])


async def test_the_asynchronous_client_hears_the_same(server: Running, recording: Path) -> None:
    async with AsyncOpenAI(api_key=KEY, base_url=f"{server.url}/v1", max_retries=0) as client:
        found = await client.audio.transcriptions.create(model="whisper-1", file=recording)
        stream = await client.audio.transcriptions.create(model="whistle", file=recording, stream=True)
        last = [event async for event in stream][-1]
    assert found.text == BOTH
    assert last.type == "transcript.text.done"
    assert last.text == BOTH


def test_a_translation_is_english_text(sdk: OpenAI, recording: Path) -> None:
    assert sdk.audio.translations.create(model="whisper-1", file=recording).text == BOTH
    verbose = sdk.audio.translations.create(model="whisper-1", file=recording, response_format="verbose_json")
    assert (verbose.language, verbose.text) == ("english", BOTH)


def test_errors_are_the_sdk_s_own_and_name_the_field(sdk: OpenAI, recording: Path) -> None:
    ask, translate = sdk.audio.transcriptions.create, sdk.audio.translations.create
    with pytest.raises(openai.BadRequestError) as refused:
        ask(model="gpt-4o-transcribe-diarize", file=recording, response_format="diarized_json")
    assert refused.value.code == "diarization_unsupported"
    with pytest.raises(openai.NotFoundError) as unknown:
        translate(model="nobody", file=recording)
    assert unknown.value.param == "model"
    with pytest.raises(openai.BadRequestError) as empty:
        ask(model="whisper-1", file=("a.wav", b""))
    assert empty.value.code == "empty_file"
    with pytest.raises(openai.APIStatusError) as strange:
        translate(model="whisper-1", file=("a.txt", b"A letter, and no recording at all."))
    assert (strange.value.status_code, strange.value.code) == (415, "unsupported_audio")

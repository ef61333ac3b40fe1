"""The official Python SDK, unmodified."""

from __future__ import annotations

import base64
import json
import wave
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any, get_args

import httpx2
import numpy as np
import openai
import pytest
import soundfile
from openai import AsyncOpenAI, OpenAI

from tests.conformance.conftest import BREAKS, FIVE_SENTENCES, KEY, LONG, Format, House, opened
from tests.conformance.listening import comparable, ogg_pages, samples_of

pytestmark = pytest.mark.conformance

FORMATS: tuple[Format, ...] = get_args(Format)


@pytest.fixture
def sdk(house: House) -> Iterator[OpenAI]:
    with OpenAI(api_key=KEY, base_url=house.base_url, max_retries=0) as client:
        yield client


@pytest.fixture
async def async_sdk(house: House) -> AsyncIterator[AsyncOpenAI]:
    async with AsyncOpenAI(api_key=KEY, base_url=house.base_url, max_retries=0) as client:
        yield client


@pytest.mark.requirement("openai-python-streams", "audio-before-synthesis-ends")
@pytest.mark.parametrize("response_format", FORMATS)
def test_iter_bytes_gives_audio_before_the_rest_is_made(
    house: House, sdk: OpenAI, response_format: Format
) -> None:
    whole = house.body(response_format)
    with (
        house.tone.held() as let_go,
        sdk.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input=LONG, response_format=response_format
        ) as response,
    ):
        pieces = response.iter_bytes()
        heard = b""
        while len(heard) < len(whole) // 4:
            heard += next(pieces)
        let_go()
        heard += b"".join(pieces)

    assert comparable(whole) == comparable(heard)


@pytest.mark.requirement("openai-python-streams", "one-stream-per-response", "every-sample-survives")
@pytest.mark.parametrize("response_format", FORMATS)
def test_stream_to_file_saves_one_stream_that_decodes_to_every_sample(
    house: House, sdk: OpenAI, tmp_path: Path, response_format: Format
) -> None:
    saved = tmp_path / f"speech.{response_format}"
    with sdk.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=FIVE_SENTENCES, response_format=response_format
    ) as response:
        response.stream_to_file(saved)
        delay = int(response.headers["x-audio-encoder-delay"])
        rate = int(response.headers["x-sample-rate"])

    made = len(house.body("pcm", FIVE_SENTENCES)) // 2 * rate // 24_000
    decoded = samples_of(saved, response_format, rate)
    frame = {"mp3": 1152, "aac": 1024}.get(response_format, 0)
    assert made <= len(decoded) - delay <= made + 2 * frame


@pytest.mark.requirement("opus-pages-are-small")
def test_every_ogg_page_after_the_headers_holds_one_packet_of_20_ms(sdk: OpenAI) -> None:
    with sdk.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=LONG, response_format="opus"
    ) as response:
        head, tags, *pages = ogg_pages(response.read())

    assert (b"OpusHead", b"OpusTags") == (head.body[:8], tags.body[:8])
    assert {1} == {page.packets for page in pages}
    assert {960} == set(np.diff([page.granule for page in pages[:-1]]).tolist())


@pytest.mark.requirement("sse-only-by-stream-format")
@pytest.mark.parametrize("response_format", ["mp3", "pcm", "opus"])
def test_sse_lines_carry_the_format_although_the_sdk_accepts_octet_streams_only(
    house: House, sdk: OpenAI, response_format: Format
) -> None:
    with sdk.audio.speech.with_streaming_response.create(
        model="gpt-4o-mini-tts",
        voice="alloy",
        input=LONG,
        response_format=response_format,
        stream_format="sse",
    ) as response:
        *deltas, done = [json.loads(line.removeprefix("data: ")) for line in response.iter_lines() if line]

    assert "application/octet-stream" == response.http_request.headers["accept"]
    assert {"speech.audio.delta"} == {delta["type"] for delta in deltas}
    carried = b"".join(base64.b64decode(delta["audio"]) for delta in deltas)
    assert comparable(house.body(response_format)) == comparable(carried)
    assert ("speech.audio.done", len(LONG) // 4) == (done["type"], done["usage"]["input_tokens"])


@pytest.mark.requirement("openai-python-streams", "audio-before-synthesis-ends")
async def test_the_async_client_streams_too(house: House, async_sdk: AsyncOpenAI) -> None:
    whole = house.body("pcm")
    with house.tone.held() as let_go:
        async with async_sdk.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input=LONG, response_format="pcm"
        ) as response:
            pieces = response.iter_bytes()
            heard = await anext(aiter(pieces))
            let_go()
            heard += b"".join([piece async for piece in pieces])

    assert whole == heard


def test_create_gives_the_whole_body_at_once(house: House, sdk: OpenAI) -> None:
    spoken = sdk.audio.speech.create(model="tts-1", voice="alloy", input=LONG, response_format="wav")

    assert house.body("wav") == spoken.content


@pytest.mark.requirement("models-list-shape", "one-model", "speech-model-aliases")
def test_models_are_listed_and_found_by_every_name(sdk: OpenAI) -> None:
    listed = {model.id: model for model in sdk.models.list()}

    assert {"tone", "tts-1", "gpt-4o-mini-tts", "skt/axtts-2-6"} <= set(listed)
    assert {"model"} == {model.object for model in listed.values()}
    assert "skt/axtts-2-6" == sdk.models.retrieve("skt/axtts-2-6").id


@pytest.mark.requirement("speech-sample-rate-by-extension")
def test_extra_body_sends_model_extensions(sdk: OpenAI, tmp_path: Path) -> None:
    saved = tmp_path / "speech.wav"
    with sdk.audio.speech.with_streaming_response.create(
        model="tts-1",
        voice="alloy",
        input=LONG,
        response_format="wav",
        extra_body={"model_extensions": {"sr": 16_000}},
    ) as response:
        response.stream_to_file(saved)

    with wave.open(str(saved)) as file:
        assert (16_000, 1, 2) == (file.getframerate(), file.getnchannels(), file.getsampwidth())
    assert 16_000 == soundfile.info(saved).samplerate


@pytest.mark.requirement("speech-voice-aliases", "voice-header-names-the-real-voice")
@pytest.mark.parametrize("voice", ["marin", {"id": "cedar"}, "aria", "square"])
def test_any_name_of_a_voice_is_answered_by_a_real_one(sdk: OpenAI, voice: str | dict[str, str]) -> None:
    with sdk.audio.speech.with_streaming_response.create(
        model="tts-1",
        voice=voice,  # type: ignore[arg-type]  # the SDK types the object form by a class of its own
        input="Hello.",
    ) as response:
        assert response.headers["x-voice"] in {"sine", "square"}


@pytest.mark.requirement("unknown-names-are-404")
def test_an_unknown_model_is_not_found_error(sdk: OpenAI) -> None:
    with pytest.raises(openai.NotFoundError) as failure:
        sdk.audio.speech.create(model="nope", voice="alloy", input="Hello.")

    assert ("model", "model_not_found") == (failure.value.param, failure.value.code)


@pytest.mark.requirement("bad-fields-are-named", "unknown-extensions-are-refused")
def test_a_bad_field_is_bad_request_error_and_named(sdk: OpenAI) -> None:
    with pytest.raises(openai.BadRequestError) as failure:
        sdk.audio.speech.create(
            model="tts-1", voice="alloy", input="Hello.", extra_body={"model_extensions": {"pitch": 2}}
        )

    assert "model_extensions.pitch" == failure.value.param
    assert {"message", "type", "param", "code"} == set(failure.value.body)  # type: ignore[call-overload]  # object


@pytest.mark.requirement("keys-are-checked")
def test_a_wrong_key_is_authentication_error(sdk: OpenAI) -> None:
    with pytest.raises(openai.AuthenticationError):
        sdk.with_options(api_key="wrong").models.list()


@pytest.mark.requirement("overload-is-429-or-503", "retry-headers")
def test_over_ones_own_limit_is_rate_limit_error() -> None:
    hello: Any = {"model": "tts-1", "voice": "alloy", "input": "Hello."}
    with (
        opened(max_streams_per_caller=1) as house,
        OpenAI(api_key=KEY, base_url=house.base_url, max_retries=0) as sdk,
        house.tone.held() as let_go,
        sdk.audio.speech.with_streaming_response.create(**{**hello, "input": LONG}),
    ):
        with pytest.raises(openai.RateLimitError) as failure:
            sdk.audio.speech.create(**hello)
        let_go()

    assert 1 <= int(failure.value.response.headers["retry-after"])


@pytest.mark.requirement("failure-after-audio-aborts-the-body")
@pytest.mark.parametrize("response_format", FORMATS)
def test_speech_that_breaks_off_raises_and_never_ends_cleanly(sdk: OpenAI, response_format: Format) -> None:
    with sdk.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=BREAKS, response_format=response_format
    ) as response:
        pieces = response.iter_bytes()
        assert next(pieces)
        with pytest.raises(httpx2.RemoteProtocolError):
            b"".join(pieces)


@pytest.mark.requirement("failure-after-audio-is-an-sse-error")
def test_events_that_break_off_are_an_api_error_in_the_sdks_own_reader(sdk: OpenAI) -> None:
    events = sdk.post(
        "/audio/speech",
        body={"model": "tts-1", "voice": "alloy", "input": BREAKS, "stream_format": "sse"},
        cast_to=object,
        stream=True,
        stream_cls=openai.Stream[object],
    )
    assert next(events)
    with pytest.raises(openai.APIError, match="fails here"):
        list(events)

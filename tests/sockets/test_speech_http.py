"""`POST /v1/audio/speech` as clients see it."""

import base64
import io
import json
import wave
from http.client import IncompleteRead
from typing import Any

import numpy as np
import pytest

from tests.sockets.conftest import Running, StartServer

pytestmark = pytest.mark.socket

PART_WAY = "word " * 20 + "boom and what comes after it."


def error(response: Any) -> dict[str, Any]:
    body = json.loads(response.read())
    assert set(body) == {"error"}
    assert set(body["error"]) == {"message", "type", "param", "code"}
    detail: dict[str, Any] = body["error"]
    return detail


def events(body: bytes) -> list[dict[str, Any]]:
    lines = [line for line in body.decode().split("\n\n") if line]
    assert all(line.startswith("data: ") for line in lines)
    return [json.loads(line.removeprefix("data: ")) for line in lines]


@pytest.mark.requirement("speech-default-format-is-mp3")
def test_without_a_format_the_answer_is_mp3(server: Running) -> None:
    response = server.speak(response_format=None)
    assert response.status == 200
    assert response.getheader("content-type") == "audio/mpeg"
    assert response.read()[:2] in {b"\xff\xfb", b"\xff\xf3"}


@pytest.mark.requirement("speech-pcm-is-24k-mono-s16le")
def test_pcm_is_24_khz_mono_s16le_by_default(server: Running) -> None:
    response = server.speak("one two three")
    assert response.getheader("content-type") == "audio/pcm; rate=24000; channels=1"
    samples = np.frombuffer(response.read(), "<i2")
    assert np.abs(samples).max() > 1000


@pytest.mark.parametrize(
    ("asked", "media_type", "magic"),
    [
        ("mp3", "audio/mpeg", b"\xff"),
        ("opus", "audio/ogg; codecs=opus", b"OggS"),
        ("aac", "audio/aac", b"\xff\xf1"),
        ("flac", "audio/flac", b"fLaC"),
        ("wav", "audio/wav", b"RIFF"),
        ("pcm", "audio/pcm; rate=24000; channels=1", b""),
        ("pcm16", "audio/pcm; rate=24000; channels=1", b""),
    ],
)
@pytest.mark.requirement("speech-six-formats", "speech-media-types", "pcm16-means-pcm")
def test_bytes_header_and_request_agree_on_the_format(
    server: Running, asked: str, media_type: str, magic: bytes
) -> None:
    response = server.speak(response_format=asked)
    assert response.getheader("content-type") == media_type
    assert response.read().startswith(magic)


@pytest.mark.requirement("response-headers-for-proxies", "body-is-chunked")
def test_no_middle_box_is_invited_to_hold_or_change_the_stream(server: Running) -> None:
    response = server.speak(response_format="mp3")
    assert response.getheader("transfer-encoding") == "chunked"
    assert response.getheader("x-accel-buffering") == "no"
    assert response.getheader("cache-control") == "no-cache, no-transform"
    assert response.getheader("content-encoding") is None


@pytest.mark.requirement("voice-header-names-the-real-voice")
def test_the_answer_names_the_voice_that_really_spoke(server: Running) -> None:
    assert server.speak(voice="alloy").getheader("x-voice") in {"sine", "square"}


@pytest.mark.requirement("speech-voice-may-be-an-object")
def test_a_voice_may_be_an_object_with_an_id(server: Running) -> None:
    assert server.speak(voice={"id": "sine"}).status == 200


@pytest.mark.requirement("speech-model-aliases")
@pytest.mark.parametrize("model", ["tts-1", "tts-1-hd", "gpt-4o-mini-tts", "gpt-4o-mini-tts-2025-12-15"])
def test_openais_model_names_mean_the_default_model(server: Running, model: str) -> None:
    response = server.speak(model=model, voice="nova")
    assert (response.status, response.getheader("x-model")) == (200, "tone")


@pytest.mark.requirement("speech-top-level-extras-are-passed-over", "speech-stream-is-accepted")
def test_fields_that_other_servers_invented_are_passed_over(server: Running) -> None:
    response = server.speak(stream=True, temperature=0.3, user="u", response_format="wav")
    assert response.status == 200


@pytest.mark.requirement("speech-sample-rate-by-extension", "speech-sample-rate-top-level")
@pytest.mark.parametrize(
    "field",
    [
        {"model_extensions": {"sr": 16000}},
        {"model_extensions": {"sample_rate": 16000}},
        {"sample_rate": 16000},
    ],
)
def test_a_sample_rate_can_be_asked_for_in_three_places(server: Running, field: dict[str, Any]) -> None:
    usual = len(server.speak("one two three").read())
    response = server.speak("one two three", **field)
    assert response.getheader("x-sample-rate") == "16000"
    assert len(response.read()) == pytest.approx(usual * 2 / 3, abs=4)


@pytest.mark.requirement(
    "sse-deltas-carry-the-asked-format", "sse-ends-with-done-and-usage", "sse-has-no-done-marker"
)
def test_sse_carries_the_very_bytes_of_the_audio_body(server: Running) -> None:
    plain = server.speak("one two three", response_format="flac").read()
    response = server.speak("one two three", response_format="flac", stream_format="sse")
    assert response.getheader("content-type") == "text/event-stream; charset=utf-8"
    *deltas, done = events(response.read())
    assert {delta["type"] for delta in deltas} == {"speech.audio.delta"}
    assert b"".join(base64.b64decode(delta["audio"]) for delta in deltas) == plain
    assert done["type"] == "speech.audio.done"


def test_a_voice_of_ones_own_has_its_pace_and_its_loudness(start_server: StartServer) -> None:
    running = start_server(voices={"narrator": {"voice": "sine", "speed": 0.5, "gain_db": -6.0206}})
    usual = np.frombuffer(running.speak("one two three").read(), "<i2")
    response = running.speak("one two three", voice="narrator")
    own = np.frombuffer(response.read(), "<i2")
    assert response.getheader("x-voice") == "sine"
    assert len(own) == pytest.approx(2 * len(usual), rel=0.02)
    assert np.abs(own).max() == pytest.approx(np.abs(usual).max() / 2, rel=0.01)
    twice = np.frombuffer(running.speak("one two three", voice="narrator", speed=2.0).read(), "<i2")
    assert len(twice) == pytest.approx(len(usual), rel=0.02)


def test_pauses_between_sentences_can_be_asked_for(server: Running) -> None:
    def length(**extensions: int) -> int:
        return len(server.speak("One. Two.\n\nThree.", model_extensions=extensions).read())

    assert length(pause_ms=500) - length(pause_ms=0) == 48 * (500 + 1000)


@pytest.mark.requirement("instructions-are-bounded")
def test_instructions_that_no_engine_follows_are_told_in_a_header(server: Running) -> None:
    assert server.speak(instructions="Whisper.").getheader("x-ignored") == "instructions"
    assert server.speak().getheader("x-ignored") is None


@pytest.mark.parametrize("field", [{"language": "xx-"}, {"model_extensions": {"language": "English"}}])
def test_a_language_that_is_no_tag_is_a_400(server: Running, field: dict[str, Any]) -> None:
    response = server.speak(**field)
    assert response.status == 400
    assert "language" in error(response)["param"]


@pytest.mark.requirement("unspeakable-text-is-400")
def test_a_language_that_no_voice_speaks_is_a_400(start_server: StartServer) -> None:
    running = start_server(engines=("tone", "hibari"), default_model="hibari")
    for more in ({"language": "ko"}, {"model_extensions": {"language": "ko-KR"}}, {"input": "안녕하세요"}):
        response = running.speak(**{"model": "tts-1", "voice": "heart", **more})
        assert response.status == 400
        assert error(response)["code"] == "unsupported_language"


@pytest.mark.requirement("word-timings-match-the-audio")
def test_word_timings_come_as_events_before_their_audio(server: Running) -> None:
    text = "One two three."
    timed = {"timings": "word"}
    body = server.speak(text, stream_format="sse", model_extensions=timed).read()
    first, *rest = events(body)
    assert first["type"] == "speech.audio.words"
    words = [word for event in (first, *rest) if "words" in event for word in event["words"]]
    assert [word["text"] for word in words] == text.split()
    assert set(words[0]) == {"text", "start_ms", "end_ms", "start_char", "end_char"}
    deltas = [event["audio"] for event in rest if event["type"] == "speech.audio.delta"]
    assert b"".join(map(base64.b64decode, deltas)) == server.speak(text).read()


@pytest.mark.requirement("word-timings-only-where-known")
def test_word_timings_without_events_are_a_400(server: Running) -> None:
    detail = error(server.speak(model_extensions={"timings": "word"}))
    assert (detail["param"], detail["code"]) == ("model_extensions.timings", "timings_need_events")


@pytest.mark.requirement("sse-deltas-follow-encoder-blocks")
def test_sse_has_as_many_deltas_as_the_encoder_has_blocks(server: Running) -> None:
    *deltas, _ = events(server.speak("one two three", response_format="opus", stream_format="sse").read())
    pages = b"".join(base64.b64decode(delta["audio"]) for delta in deltas).count(b"OggS")
    assert len(deltas) == pages - 1  # the two header pages are one block


@pytest.mark.requirement("sse-only-by-stream-format")
def test_an_accept_header_does_not_choose_sse(server: Running) -> None:
    body = {"model": "tone", "voice": "sine", "input": "one", "response_format": "pcm"}
    response = server.request("POST", "/v1/audio/speech", body, {"Accept": "text/event-stream"})
    assert response.getheader("content-type", "").startswith("audio/pcm")


@pytest.mark.requirement("telephony-encodings")
@pytest.mark.parametrize(("encoding", "media_type"), [("mulaw", "audio/PCMU"), ("alaw", "audio/PCMA")])
def test_telephony_gets_one_byte_a_sample_at_8_khz(server: Running, encoding: str, media_type: str) -> None:
    usual = len(server.speak("one two three").read())
    response = server.speak("one two three", model_extensions={"sr": 8000, "encoding": encoding})
    assert response.getheader("content-type", "").startswith(
        f"audio/PCM{encoding[0].upper().replace('M', 'U')}"
    )
    assert len(response.read()) == pytest.approx(usual / 6, abs=2)


@pytest.mark.requirement("opus-plays-in-browsers")
def test_opus_can_be_had_in_webm(server: Running) -> None:
    response = server.speak(response_format="opus", model_extensions={"container": "webm"})
    assert response.getheader("content-type") == "audio/webm; codecs=opus"
    assert response.read().startswith(b"\x1aE\xdf\xa3")


@pytest.mark.requirement("encoder-delay-is-declared")
@pytest.mark.parametrize(("asked", "delay"), [("pcm", "0"), ("opus", "0"), ("mp3", "1105"), ("aac", "1024")])
def test_silence_that_decoding_adds_is_declared(server: Running, asked: str, delay: str) -> None:
    assert server.speak(response_format=asked).getheader("x-audio-encoder-delay") == delay


@pytest.mark.requirement("voice-of-another-model-is-400")
def test_a_voice_of_another_model_is_400(start_server: StartServer) -> None:
    running = start_server(engines=("tone", "hibari"))
    response = running.speak(voice="heart")
    assert response.status == 400
    detail = error(response)
    assert (detail["param"], detail["code"]) == ("voice", "voice_of_another_model")


@pytest.mark.requirement("usage-tokens")
def test_usage_counts_characters_by_four_and_audio_by_50_ms(server: Running) -> None:
    text = "one two three"
    audio_ms = len(server.speak(text).read()) / 48
    *_, done = events(server.speak(text, stream_format="sse").read())
    usage = done["usage"]
    assert usage["input_tokens"] == 4
    assert usage["output_tokens"] == -(-audio_ms // 50)
    assert usage["total_tokens"] == usage["input_tokens"] + usage["output_tokens"]


@pytest.mark.parametrize(
    ("change", "status", "param", "code"),
    [
        ({"model": "gpt-9"}, 404, "model", "model_not_found"),
        ({"voice": "nobody"}, 404, "voice", "voice_not_found"),
        ({"input": ""}, 400, "input", "nothing_to_speak"),
        ({"input": " \n "}, 400, "input", "nothing_to_speak"),
        ({"input": None}, 400, "input", "invalid_value"),
        ({"speed": 9}, 400, "speed", "invalid_value"),
        ({"speed": "fast"}, 400, "speed", "invalid_value"),
        ({"response_format": "ogg"}, 400, "response_format", "invalid_value"),
        ({"stream_format": "ws"}, 400, "stream_format", "invalid_value"),
        ({"sample_rate": 4000}, 400, "sample_rate", "invalid_value"),
        ({"model_extensions": {"pitch": 2}}, 400, "model_extensions.pitch", "unknown_field"),
        ({"instructions": "x" * 4097}, 400, "instructions", "invalid_value"),
    ],
)
@pytest.mark.requirement(
    "bad-fields-are-named",
    "unknown-extensions-are-refused",
    "unknown-names-are-404",
    "instructions-are-bounded",
)
def test_a_bad_field_is_refused_by_name_before_anything_sounds(
    server: Running, change: dict[str, Any], status: int, param: str, code: str
) -> None:
    response = server.speak(**change)
    assert response.status == status
    detail = error(response)
    assert (detail["param"], detail["code"]) == (param, code)


@pytest.mark.requirement("unknown-extensions-are-refused")
@pytest.mark.parametrize("name", ["sampleRate", "SR", "VoiceById", "str", "a b", "ключ"])
def test_an_unknown_extension_is_named_as_it_was_written(server: Running, name: str) -> None:
    detail = error(server.speak(model_extensions={name: 1}))
    assert (detail["param"], detail["code"]) == (f"model_extensions.{name}", "unknown_field")


@pytest.mark.requirement("complete-wav-has-true-sizes")
def test_a_wav_that_is_complete_before_it_is_sent_states_its_true_sizes(server: Running) -> None:
    response = server.speak("One two.", model="tone-at-once", response_format="wav")
    length = int(response.getheader("content-length") or 0)
    body = response.read()
    assert length == len(body)
    with wave.open(io.BytesIO(body)) as file:
        assert file.getnframes() == (len(body) - 44) // 2


def test_more_than_one_unit_is_streamed_by_such_an_engine_too(server: Running) -> None:
    response = server.speak("One two. Three four.", model="tone-at-once", response_format="wav")
    assert response.getheader("transfer-encoding") == "chunked"
    assert response.read()[4:8] == b"\xff\xff\xff\xff"


@pytest.mark.parametrize("missing", ["model", "input", "voice"])
@pytest.mark.requirement("missing-fields-are-400")
def test_a_missing_field_is_400_and_named(server: Running, missing: str) -> None:
    body = {"model": "tone", "voice": "sine", "input": "Hello."}
    del body[missing]
    response = server.request("POST", "/v1/audio/speech", body)
    assert response.status == 400
    assert error(response)["param"] == missing


@pytest.mark.requirement("bad-json-is-400")
@pytest.mark.parametrize("body", [b"{", b"", b"[]", b"null", b'"text"', b"\xff\xfe", b'{"input": "\\ud800"}'])
def test_a_body_that_is_no_json_object_is_400(server: Running, body: bytes) -> None:
    response = server.request("POST", "/v1/audio/speech", body)
    assert response.status == 400
    assert error(response)["type"] == "invalid_request_error"


def test_unknown_names_list_those_that_exist(server: Running) -> None:
    assert "tone" in error(server.speak(model="nope"))["message"]
    assert "sine" in error(server.speak(voice="nope"))["message"]


@pytest.mark.requirement("framework-errors-are-rewritten")
@pytest.mark.parametrize(
    ("method", "path", "status"), [("GET", "/nowhere", 404), ("PUT", "/v1/audio/speech", 405)]
)
def test_the_frameworks_own_errors_have_the_same_shape(
    server: Running, method: str, path: str, status: int
) -> None:
    response = server.request(method, path)
    assert response.status == status
    assert error(response)["message"]


@pytest.mark.requirement("long-input-is-refused-never-cut")
def test_text_over_the_limit_is_refused_and_says_the_limit(start_server: StartServer) -> None:
    response = start_server(max_input_chars=100).speak("word " * 50)
    assert response.status == 400
    detail = error(response)
    assert detail["code"] == "input_too_long"
    assert "100" in detail["message"]


@pytest.mark.requirement("large-body-is-413")
def test_a_body_over_the_limit_is_413(start_server: StartServer) -> None:
    response = start_server(max_body_bytes=2000).speak("word " * 1000)
    assert response.status == 413
    assert error(response)["code"] == "body_too_large"


@pytest.mark.requirement("failure-before-audio-is-a-proper-error")
def test_an_engine_that_fails_at_once_is_a_500_with_a_body(start_server: StartServer) -> None:
    response = start_server(tone={"fail_at_word": "boom"}).speak("boom", response_format="wav")
    assert response.status == 500
    assert error(response)["code"] == "engine_failed"


@pytest.mark.requirement("failure-after-audio-aborts-the-body")
@pytest.mark.parametrize("asked", ["pcm", "wav", "mp3", "opus", "aac", "flac"])
def test_an_engine_that_fails_part_way_leaves_the_body_incomplete(
    start_server: StartServer, asked: str
) -> None:
    response = start_server(tone={"fail_at_word": "boom"}).speak(PART_WAY, response_format=asked)
    assert response.status == 200
    with pytest.raises(IncompleteRead) as broken:
        response.read()
    assert broken.value.partial


@pytest.mark.requirement("failure-after-audio-is-an-sse-error")
def test_an_engine_that_fails_part_way_is_an_sse_error_without_done(start_server: StartServer) -> None:
    response = start_server(tone={"fail_at_word": "boom"}).speak(PART_WAY, stream_format="sse")
    with pytest.raises(IncompleteRead) as broken:
        response.read()
    *deltas, last = events(broken.value.partial)
    assert {delta["type"] for delta in deltas} == {"speech.audio.delta"}
    assert last["error"]["code"] == "engine_failed"

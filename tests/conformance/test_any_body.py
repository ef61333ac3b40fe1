"""Bodies that no client would send: whatever comes, the answer is audio or a proper error."""

from __future__ import annotations

import json
from http.client import HTTPConnection
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conformance.conftest import KEY, House
from tests.sockets.conftest import WAIT_S

pytestmark = pytest.mark.conformance

PLAIN = {"model": "tts-1", "voice": "alloy", "input": "One two.", "response_format": "pcm"}
NAMES = (
    *("model", "voice", "input", "response_format", "speed", "stream_format", "instructions"),
    *("sample_rate", "model_extensions", "stream", "user"),
)
EXTENSIONS = ("sr", "sample_rate", "bitrate", "container", "encoding", "pitch")

scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=40)
    | st.sampled_from(["sse", "audio", "mp3", "opus", "flac", "wav", "aac", "webm", "mulaw", "tone", "sine"])
    | st.sampled_from([-1, 0, 0.25, 1, 4, 8_000, 11_025, 16_000, 44_100, 48_000, 1e308])
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=8) | st.sampled_from(EXTENSIONS), inner, max_size=3)
    ),
    max_leaves=5,
)
changes = st.dictionaries(st.sampled_from(NAMES), values, max_size=3)
extensions = st.dictionaries(st.sampled_from(EXTENSIONS), scalars, max_size=3)
bodies = (
    changes.map(lambda changed: {**PLAIN, **changed})
    | extensions.map(lambda more: {**PLAIN, "model_extensions": more})
    | st.text(max_size=40).map(lambda text: {**PLAIN, "input": text})
    | values
)


@pytest.mark.requirement("error-object-has-all-four-keys", "bad-json-is-400")
@settings(
    max_examples=500, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
@given(body=bodies)
def test_any_json_is_answered_by_audio_or_by_a_proper_error_of_the_callers(house: House, body: Any) -> None:
    connection = HTTPConnection("127.0.0.1", house.running.port, timeout=WAIT_S)
    headers = {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"}
    try:
        connection.request("POST", "/v1/audio/speech", json.dumps(body), headers)
        answer = connection.getresponse()
        told = answer.read()
    finally:
        connection.close()

    assert answer.status in {200, 400, 404}, told
    if answer.status == 200:
        assert told
    else:
        assert {"message", "type", "param", "code"} == set(json.loads(told)["error"])

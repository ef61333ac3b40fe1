"""The page in a real browser: Debian's Chromium, driven by `tests/browser/node`."""

from __future__ import annotations

import base64
import json
import threading
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path

import pytest

from firstword.engines.tone import ToneEngine
from tests.browser.driving import driven
from tests.sockets.conftest import Running, StartServer, until

pytestmark = [
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.program("node", "chromium"),
    pytest.mark.timeout(150),
]

TEXT = "one two three four five six seven eight nine ten"
"""Three and a half seconds of tones."""
PACE = {"realtime_factor": 0.5}
"""Twice as fast as it is heard: the answer ends in the middle of the playing."""
KEY = "fw-browser"


def wanted(response_format: str, **fields: object) -> str:
    """A speech request, as JSON."""
    body = {"model": "tone", "voice": "sine", "input": TEXT, "response_format": response_format, **fields}
    return json.dumps(body)


def sent(server: Running) -> bytes:
    """The samples that the server makes of the text."""
    return server.speak(TEXT).read()


def test_every_format_is_heard_before_the_answer_ends_and_without_a_gap(start_server: StartServer) -> None:
    server = start_server(tone=PACE)
    webm = {"model_extensions": {"container": "webm"}}
    events = {"stream_format": "sse", "model_extensions": {"timings": "word"}}
    asked = {
        **{name: wanted(name) for name in ("pcm", "wav", "flac", "mp3", "aac", "opus")},
        "webm": wanted("opus", **webm),
        "events": wanted("pcm", **events),
    }

    told = driven("formats.mjs", server.url, *asked.values())

    whole = sent(server)
    assert told["secure"]
    runs = dict(zip(asked, told["runs"], strict=True))
    for name, run in runs.items():
        assert run["early"] is True, name
        assert run["underruns"] == 0, name
        assert run["complete"], name
        assert run["firstSoundMs"] < 1_500, name
        if name in {"pcm", "wav", "flac", "events"}:
            assert whole == base64.b64decode(run["samples"]), name
        else:
            assert run["frames"] == pytest.approx(len(whole) // 2, abs=2_400), name
    assert TEXT.split() == runs["events"]["words"]
    assert [len(whole) // 2] * 2 == [runs["opus"]["frames"], runs["webm"]["frames"]]


def test_a_page_from_an_insecure_origin_plays_raw_samples_by_scheduled_buffers(
    start_server: StartServer,
) -> None:
    server = start_server(tone=PACE, cors_origins=("*",))

    told = driven("formats.mjs", f"http://firstword.test:{server.port}/", wanted("pcm"), wanted("wav"))

    assert not told["secure"], "nothing was shown"
    for run in told["runs"]:
        assert run["early"] is True
        assert "scheduled" in run["way"]
        assert sent(server) == base64.b64decode(run["samples"])


def test_the_page_speaks_by_keyboard_alone_and_marks_the_words(start_server: StartServer) -> None:
    server = start_server(tone=PACE)

    told = driven("keyboard.mjs", server.url, TEXT)

    assert set(TEXT.split()) >= set(told["marks"])
    assert len(told["marks"]) >= 5, "few words were marked"
    assert "0" == told["figures"][2]
    assert "WebCodecs, AudioWorklet" in told["figures"][4]
    assert ["tone", "tone-at-once"] == sorted(told["models"])
    assert "1" == told["metrics"][1]
    assert [] == told["unnamed"]


def test_the_page_asks_for_a_key_keeps_it_for_the_tab_and_stopping_reaches_the_engine(
    start_server: StartServer,
) -> None:
    server = start_server(tone=PACE, api_keys=(KEY,))
    engine = server.application.host._places["tone"].engine
    assert isinstance(engine, ToneEngine)

    told = driven("key.mjs", server.url, KEY, f"{TEXT} " * 20)

    assert "API key" in told["refused"]
    assert "" == told["left"], "the refusal stayed"
    assert not told["leaked"]
    until(lambda: engine.running == 0, "the engine to be let go")
    assert engine.made_ms < 60_000


@pytest.mark.parametrize("response_format", ["pcm", "opus"])
def test_no_more_is_kept_in_the_page_than_some_seconds(
    start_server: StartServer, response_format: str
) -> None:
    server = start_server()

    told = driven("long.mjs", server.url, wanted(response_format, input=f"{TEXT}. " * 200))

    assert [False, False] == told["replaced"]
    assert not told["complete"]
    assert 15_000 < told["most"] < 22_000
    assert told["underruns"] == 0


def test_another_page_can_use_the_player_from_this_server(start_server: StartServer, tmp_path: Path) -> None:
    server = start_server(tone=PACE)
    (tmp_path / "index.html").write_text("<!doctype html><title>Elsewhere</title>", "utf-8")
    with HTTPServer(("127.0.0.1", 0), partial(SimpleHTTPRequestHandler, directory=tmp_path)) as elsewhere:
        threading.Thread(target=elsewhere.serve_forever).start()
        try:
            address = f"http://localhost:{elsewhere.server_port}/"
            told = driven("elsewhere.mjs", address, server.url, wanted("flac"), hosts=2)
        finally:
            elsewhere.shutdown()

    assert told["early"] is True
    assert sent(server) == base64.b64decode(told["samples"])


def test_what_came_before_a_failure_is_heard_and_a_browser_without_decoders_gets_raw_samples(
    start_server: StartServer,
) -> None:
    server = start_server(tone={**PACE, "fail_at_word": "boom"})

    told = driven("troubles.mjs", server.url, "one two three", f"{TEXT} boom and no more")

    assert told["failed"]["way"].startswith("opus, WebCodecs")
    assert told["failed"]["stop"] is True
    assert told["heard"]["error"] == "broken_off"
    assert told["heard"]["playedMs"] >= 2_000
    assert not told["heard"]["complete"]
    assert told["way"].startswith("pcm-s16, raw samples")


def test_the_page_says_what_is_wrong_and_goes_on_when_it_is_right_again(start_server: StartServer) -> None:
    server = start_server(tone=PACE)

    told = driven("again.mjs", server.url)

    assert "does not answer" in told["unreachable"]
    assert told["undecodable"].startswith("UnplayableAudio: ")
    assert told["lateMs"] > 290, "it was told to be over before it was heard"
    assert "closed" in told["closed"]
    assert "Stopped." == told["left"], "two tabs could speak at once"
    assert ["tab-status", "tab-speak"] == told["tabs"], "the address was not followed"
    assert [True, False] == told["disabled"], "a model that is ready now cannot be chosen"
    assert "Stop" == told["focused"], "the focus was lost with the field that had it"

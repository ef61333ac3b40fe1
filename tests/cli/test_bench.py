"""`firstword bench`, and its listener against a real server."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from firstword.bench.listener import Heard, listen
from firstword.client.asking.speech import stream_speech
from tests.cli.conftest import Run

pytestmark = pytest.mark.socket


def heard(url: str, **asked: Any) -> Heard:
    """What the listener hears of a request to `url`."""
    body = {"model": "tone", "voice": "sine", "input": "Hello there.", "response_format": "pcm"} | asked
    address = urlsplit(url)
    return asyncio.run(listen(address.hostname or "", address.port or 0, body))


def test_ttfa_measures_every_kind_on_a_server(run: Run, tone_server: str) -> None:
    done = run(
        *(
            "bench",
            "ttfa",
            "--server",
            tone_server,
            "--words",
            "2,3",
            "--formats",
            "pcm,mp3",
            "-n",
            2,
            "--json",
        )
    )

    rows = json.loads(done.stdout)
    assert [
        ("pcm", 2, "first audible", 2),
        ("pcm", 3, "first audible", 2),
        ("mp3", 2, "first byte", 2),
        ("mp3", 3, "first byte", 2),
    ] == [(row["format"], row["words"], row["moment"], row["runs"]) for row in rows]
    assert all(0 < row["min_ms"] <= row["median_ms"] <= row["p95_ms"] for row in rows)


def test_ttfa_starts_a_server_where_none_is_named(run: Run, tone_settings: Path) -> None:
    done = run("bench", "ttfa", "--words", "2", "-n", 1, "--config", tone_settings)

    rows = done.stdout.splitlines()
    assert (0, 2) == (done.code, len(rows))
    assert rows[1].startswith("pcm     2      first audible  1")


def test_ttfa_tells_why_a_request_was_refused(run: Run, tone_server: str) -> None:
    done = run("bench", "ttfa", "--server", tone_server, "--formats", "mp4")

    assert (1, 1) == (done.code, len(done.stderr.splitlines()))
    assert "A request for mp4 failed: 400" in done.stderr


def test_the_listener_gets_all_that_a_client_gets(tone_server: str) -> None:
    with stream_speech(tone_server, text="Hello there.", response_format="pcm") as pieces:
        audio = b"".join(pieces)

    found = heard(tone_server)

    assert (200, True, len(audio), len(audio) / 48_000) == (
        found.status,
        found.complete,
        found.body_bytes,
        found.audio_s,
    )


def test_the_listener_keeps_a_refusal(tone_server: str) -> None:
    found = heard(tone_server, voice="bob")

    assert (404, None) == (found.status, found.first_audible_s)
    assert "voice_not_found" == json.loads(found.refusal)["error"]["code"]


def test_the_rate_is_the_one_the_server_states(tone_server: str) -> None:
    assert heard(tone_server).audio_s == pytest.approx(heard(tone_server, sample_rate=8000).audio_s, abs=0.01)

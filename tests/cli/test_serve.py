"""`firstword serve`: where it listens, what it says first, and how it ends."""

from __future__ import annotations

import re
import signal
import socket
import wave
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from firstword.client.asking.listing import wait_until_ready
from firstword.client.asking.speech import stream_speech
from firstword.server import serve as server
from tests.cli.conftest import WAIT_S, Execute, Run, Start

pytestmark = pytest.mark.socket


def test_a_port_in_use_is_told_in_one_line_and_exits_2(run: Run, tone_server: str) -> None:
    port = urlsplit(tone_server).port

    done = run("serve", "--engine", "tone", "--default-model", "tone", "--port", port)

    assert (2, "", 1) == (done.code, done.stdout, len(done.stderr.splitlines()))
    assert f"Cannot listen on 127.0.0.1:{port}" in done.stderr


def test_flags_win_over_the_settings_file(start: Start, tmp_path: Path) -> None:
    file = tmp_path / "firstword.toml"
    file.write_text('engines = ["nobody"]\ndefault_model = "nothing"\nport = 1\n', encoding="utf-8")

    process = start(
        *("serve", "--config", file, "--engine", "tone", "--default-model", "tone-at-once", "--port", "0")
    )
    assert process.stdout is not None
    url = process.stdout.readline().decode().split()[-1]
    wait_until_ready(url, timeout_s=WAIT_S)

    with stream_speech(url, text="Hello.", response_format="pcm") as pieces:
        assert b"".join(pieces)


def test_hello_speaks_over_http_and_says_how_to_go_on(start: Start, tone_settings: Path) -> None:
    process = start("serve", "--port", "0", "--hello", "--config", tone_settings)
    assert process.stdout is not None

    said = [process.stdout.readline().decode() for _ in range(5)]
    file = Path(said[1].split()[-1])
    with wave.open(str(file)) as hello:
        frames = hello.getnframes()
    size_bytes = file.stat().st_size
    file.unlink()

    assert (size_bytes - 44) // 2 == frames
    assert re.fullmatch(r"First audio after \d+ ms\n", said[2])
    assert f"curl -N {said[0].split()[-1]}/v1/audio/speech" in said[4]


def test_hello_is_left_out_where_only_hashes_of_keys_are_known(start: Start, tone_settings: Path) -> None:
    settings = tone_settings.with_name("hashed.toml")
    settings.write_text(
        tone_settings.read_text(encoding="utf-8") + f'api_keys = ["sha256:{"0" * 64}"]\n', encoding="utf-8"
    )
    process = start("serve", "--port", "0", "--hello", "--config", settings)
    assert process.stdout is not None

    said = [process.stdout.readline().decode() for _ in range(2)]

    assert "No hello: the server asks for a key, and keeps only hashes of them.\n" == said[1]


def test_ctrl_c_ends_it_without_a_word(start: Start, tone_settings: Path) -> None:
    process = start("serve", "--port", "0", "--config", tone_settings, "--log-level", "warning")
    assert process.stdout is not None
    assert process.stderr is not None
    url = process.stdout.readline().decode().split()[-1]
    wait_until_ready(url, timeout_s=WAIT_S)

    process.send_signal(signal.SIGINT)

    assert (130, b"") == (process.wait(WAIT_S), process.stderr.read().strip())


def test_a_key_that_was_made_opens_the_server(execute: Execute, start: Start, tone_settings: Path) -> None:
    made = execute("key").stdout.decode().splitlines()
    key, setting = made[0].split()[-1], made[1].partition("api_keys")[2]
    settings = tone_settings.with_name("keyed.toml")
    settings.write_text(tone_settings.read_text(encoding="utf-8") + f"api_keys{setting}\n", encoding="utf-8")
    process = start("serve", "--port", "0", "--config", settings)
    assert process.stdout is not None
    url = process.stdout.readline().decode().split()[-1]
    wait_until_ready(url, timeout_s=WAIT_S)

    refused = execute("voices", "--server", url)
    allowed = execute("voices", "--server", url, "--api-key", key)

    assert (2, 0) == (refused.returncode, allowed.returncode)
    assert b"No API key was sent" in refused.stderr


def test_doctor_sees_that_a_port_is_taken(run: Run, tone_settings: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run("doctor", "--config", tone_settings, "--port", port)

    assert 1 == done.code
    assert f"✗ Port {port} cannot be used" in done.stdout
    assert "Choose another with --port" in done.stdout


@pytest.mark.parametrize(("flags", "fetch"), [((), True), (("--no-fetch",), False)])
def test_missing_models_are_fetched_unless_a_flag_forbids_it(
    run: Run, monkeypatch: pytest.MonkeyPatch, flags: tuple[str, ...], fetch: bool
) -> None:
    monkeypatch.setenv("FIRSTWORD_FETCH", "true")
    served: list[bool] = []
    monkeypatch.setattr(server, "serve", lambda chosen, *rest: served.append(chosen.fetch))

    assert 0 == run("serve", *flags).code
    assert [fetch] == served

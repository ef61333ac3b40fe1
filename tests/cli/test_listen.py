"""`firstword listen`: what is shown while a recording is heard as if it were being spoken."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import time
from pathlib import Path

import numpy as np
import pytest

from firstword.server.auth import new_key
from tests.cli.conftest import ENVIRONMENT, WAIT_S, Run, Start, Whistled, chatter, command_line
from tests.cli.soundcard import SoundCard, card, meanwhile, until
from tests.pipeline.whistling import pcm, whistle
from tests.sockets.conftest import servers
from tests.sockets.whistling_plugin import SETTINGS

__all__ = ["card"]

pytestmark = pytest.mark.socket

TEXT = "alder birch cedar ... dogwood elm fir ..."
FINALS = ["alder birch cedar", "dogwood elm fir"]
LINE = re.compile(r"(\d+:\d\d\.\d\d\d) - (\d+:\d\d\.\d\d\d)  (.*)")


@pytest.mark.parametrize("where", ["here", "there"])
def test_a_log_has_a_line_with_times_for_each_final(
    run: Run, whistles: Path, whistled: Whistled, whistle_server: str, where: str
) -> None:
    end = ("--config", whistles) if where == "here" else ("--server", whistle_server)

    done = run("listen", "--file", whistled(TEXT), "--fast", *end)

    assert (0, "") == (done.code, done.stderr)
    lines = [LINE.fullmatch(line) for line in done.stdout.splitlines()]
    assert FINALS == [line[3] for line in lines if line]
    times = [time for line in lines if line for time in (line[1], line[2])]
    assert sorted(times) == times


@pytest.mark.parametrize("where", ["here", "there"])
def test_json_has_every_event_as_the_socket_has_it(
    run: Run, whistles: Path, whistled: Whistled, whistle_server: str, where: str
) -> None:
    end = ("--config", whistles) if where == "here" else ("--server", whistle_server)

    done = run("listen", "--file", whistled(TEXT, "talk.flac"), "--json", "--language", "en", *end)

    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert {"PartialTranscript", "FinalTranscript"} == {event["message_type"] for event in events}
    assert FINALS == [event["text"] for event in events if event["message_type"] == "FinalTranscript"]
    assert FINALS[1].split() == [word["text"] for word in events[-1]["words"]]
    assert {"audio_start", "audio_end", "confidence", "created", "stable_words", "language"} <= set(events[0])


def test_it_takes_as_long_as_it_was_spoken(run: Run, whistles: Path, whistled: Whistled) -> None:
    began = time.monotonic()

    run("listen", "--file", whistled("alder birch cedar"), "--config", whistles)

    assert time.monotonic() - began >= 3 * 0.32


def test_an_interrupt_ends_the_speech_and_what_was_heard_is_shown(
    start: Start, whistles: Path, whistled: Whistled
) -> None:
    """The first line comes while the second sentence is spoken; of that, some is shown."""
    process = start("listen", "--file", whistled(chatter(200)), "--config", whistles)
    assert process.stdout is not None

    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate()

    assert (130, b"\n") == (process.returncode, said), said
    match = LINE.fullmatch(first.decode().rstrip())
    assert match
    assert chatter(5).removesuffix(" ...") == match[3]
    assert len(rest.splitlines()) <= 2


def test_a_terminal_sees_open_text_written_over(whistles: Path, whistled: Whistled) -> None:
    pty = pytest.importorskip("pty")
    reader, terminal = pty.openpty()
    process = subprocess.Popen(
        command_line(("listen", "--file", whistled(TEXT), "--config", whistles)),
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        env=ENVIRONMENT,
    )
    os.close(terminal)

    shown = b""
    try:
        while piece := os.read(reader, 65_536):
            shown += piece
    except OSError:  # the other side has closed
        pass
    os.close(reader)

    assert 0 == process.wait(WAIT_S)
    *lines, end = shown.decode().split("\r\n")
    assert ("", FINALS) == (end, [line.rpartition("  ")[2] for line in lines])
    assert all(line.count("\r") > 1 for line in lines)


def test_what_was_heard_before_a_recording_breaks_is_shown(
    run: Run, whistles: Path, whistled: Whistled
) -> None:
    cut = whistled(chatter(200), "cut.flac")
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])

    done = run("listen", "--file", cut, "--fast", "--config", whistles)

    assert (2, 1) == (done.code, len(done.stderr.splitlines()))
    assert len(done.stdout.splitlines()) > 10


@pytest.mark.parametrize("where", ["here", "there"])
def test_a_model_that_is_none_is_told_in_one_line(
    run: Run, whistles: Path, whistled: Whistled, whistle_server: str, where: str
) -> None:
    end = ("--config", whistles) if where == "here" else ("--server", whistle_server)

    done = run("listen", "--file", whistled(TEXT), "--model", "nobody", *end)

    assert (2, 1, "") == (done.code, len(done.stderr.splitlines()), done.stdout)
    assert "'nobody' does not exist" in done.stderr


def test_a_key_opens_a_server_that_asks_for_one(run: Run, whistles: Path, whistled: Whistled) -> None:
    key = new_key()
    with servers() as start_server:
        command = ("listen", "--file", whistled(TEXT), "--fast", "--server")
        url = start_server(**SETTINGS, api_keys=(key,)).url

        refused, heard = run(*command, url), run(*command, url, "--api-key", key)

    assert (2, "", 0) == (refused.code, refused.stdout, heard.code)
    assert 2 == len(heard.stdout.splitlines())


@pytest.mark.parametrize("where", ["here", "there"])
def test_what_is_said_into_a_microphone_is_shown_until_it_is_unplugged(
    run: Run, whistles: Path, whistle_server: str, card: SoundCard, where: str
) -> None:
    end = ("--config", whistles) if where == "here" else ("--server", whistle_server)
    card.say(np.frombuffer(pcm(whistle(TEXT)), "<i2"))

    def unplug() -> None:
        until(lambda: card.silent_s > 2)
        card.unplugged = True

    with meanwhile(unplug):
        done = run("listen", *end)

    assert FINALS == [line.rpartition("  ")[2] for line in done.stdout.splitlines()]
    assert (1, "firstword: The microphone gives no more samples: has it been unplugged?\n") == (
        done.code,
        done.stderr,
    )


def test_a_microphone_that_gives_nothing_at_all_is_told(run: Run, whistles: Path, card: SoundCard) -> None:
    def unplug() -> None:
        until(lambda: card.silent_s > 4)
        card.unplugged = True

    with meanwhile(unplug):
        done = run("listen", "--config", whistles)

    assert "The microphone gives nothing: is it muted" in done.stderr.splitlines()[0]


def test_without_a_microphone_it_says_what_there_is_and_what_can_be_done(
    run: Run, whistles: Path, card: SoundCard
) -> None:
    done = run("listen", "--device", "attic", "--config", whistles)

    assert (2, "") == (done.code, done.stdout)
    assert (
        "There is no input device 'attic' on this machine. What there is: headset. "
        "--file FILE hears a recording instead." in done.stderr
    )


@pytest.mark.parametrize("option", [("--fast",), ("--device", "headset", "--file", "talk.wav")])
def test_a_file_and_a_microphone_have_their_own_options(run: Run, option: tuple[str, ...]) -> None:
    done = run("listen", *option)

    assert (2, 1) == (done.code, len(done.stderr.splitlines()))
    assert "--file" in done.stderr


def test_a_server_that_is_not_there_is_told(run: Run, whistled: Whistled) -> None:
    done = run("listen", "--file", whistled(TEXT), "--server", "http://127.0.0.1:1")

    assert (1, 1) == (done.code, len(done.stderr.splitlines()))
    assert "Nothing answers at http://127.0.0.1:1 (connection refused)" in done.stderr

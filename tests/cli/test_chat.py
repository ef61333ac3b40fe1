"""`firstword chat`: what it shows, what it asks, what it saves."""

from __future__ import annotations

import io
import wave
from collections.abc import Iterator
from pathlib import Path

import pytest
import soundfile

from firstword.cli.chat import _saved
from firstword.core.conversation import Role
from firstword.core.errors import EngineError
from firstword.formats.files import open_recording
from tests.cli.conftest import Run
from tests.pipeline.scripted import ScriptedChat, words
from tests.sockets import scripted_plugin
from tests.sockets.conftest import Running, servers
from tests.sockets.scripted_plugin import chat_of

pytestmark = pytest.mark.socket

TEXT = "It is a good dog."


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a script."""
    plugin, store = tmp_path_factory.mktemp("plugin"), tmp_path_factory.mktemp("store") / "store.sqlite3"
    with scripted_plugin.installed(plugin), servers() as start:
        yield start(engines=("tone", "scripted"), default_chat="scripted", store=store)


@pytest.fixture
def chat(running: Running) -> ScriptedChat:
    model = chat_of(running)
    model.lines = words(TEXT)
    model.requests.clear()
    return model


def typed(monkeypatch: pytest.MonkeyPatch, *lines: str) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("".join(f"{line}\n" for line in lines)))


def test_a_question_is_answered_in_writing(run: Run, running: Running, chat: ScriptedChat) -> None:
    done = run("chat", "A dog?", "--server", running.url)

    assert (0, f"{TEXT}\n", "") == (done.code, done.stdout, done.stderr)
    assert [message.role for message in chat.requests[0].messages] == [Role.USER]


def test_each_line_is_a_turn_and_what_was_said_before_is_known(
    run: Run, running: Running, chat: ScriptedChat, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "A dog?", "", "Why?")

    done = run("chat", "--server", running.url, "--system", "Be kind.")

    assert f"{TEXT}\n{TEXT}\n" == done.stdout
    said = [(message.role, message.text) for message in chat.requests[1].messages]
    assert said == [
        (Role.SYSTEM, "Be kind."),
        (Role.USER, "A dog?"),
        (Role.ASSISTANT, TEXT),
        (Role.USER, "Why?"),
    ]


@pytest.mark.parametrize("suffix", ["wav", "mp3", "opus", "flac"])
def test_answers_are_spoken_into_a_file(
    run: Run, running: Running, chat: ScriptedChat, tmp_path: Path, suffix: str
) -> None:
    file = tmp_path / f"dog.{suffix}"

    done = run("chat", "A dog?", "--server", running.url, "--save", file)

    assert (0, f"{TEXT}\n") == (done.code, done.stdout)
    samples, rate = soundfile.read(file)
    alone = running.speak(TEXT, model="tts-1", voice="alloy").read()
    assert len(samples) / rate == pytest.approx(len(alone) / 48_000, abs=0.15)


def test_an_m4a_is_as_long_as_the_answers(
    run: Run, running: Running, chat: ScriptedChat, tmp_path: Path
) -> None:
    run("chat", "A dog?", "--server", running.url, "--save", tmp_path / "dog.m4a")

    alone = running.speak(TEXT, model="tts-1", voice="alloy").read()
    with (tmp_path / "dog.m4a").open("rb") as file:
        saved = open_recording(file, name="dog.m4a")
        assert saved.duration_s == pytest.approx(len(alone) / 48_000, abs=0.05)
        seconds = sum(len(chunk.samples) / chunk.sample_rate for chunk in saved)
    assert seconds == pytest.approx(len(alone) / 48_000, abs=0.05)


def test_a_saved_wav_has_every_sample(run: Run, running: Running, chat: ScriptedChat, tmp_path: Path) -> None:
    run("chat", "A dog?", "--server", running.url, "--save", tmp_path / "dog.wav")

    with wave.open(str(tmp_path / "dog.wav")) as saved:
        samples = saved.readframes(saved.getnframes())
    assert running.speak(TEXT, model="tts-1", voice="alloy").read() == samples


def test_audio_that_is_cut_within_a_sample_is_saved_as_it_is(tmp_path: Path) -> None:
    said = bytes(range(200))
    with _saved(tmp_path / "cut.wav") as keep:
        for at in range(0, len(said), 7):
            keep(said[at : at + 7])

    with wave.open(str(tmp_path / "cut.wav")) as saved:
        assert said == saved.readframes(saved.getnframes())


def test_a_failure_midway_is_told_and_leaves_no_file(
    run: Run, running: Running, chat: ScriptedChat, tmp_path: Path
) -> None:
    chat.lines = ["It is", EngineError("It fell over.")]

    done = run("chat", "A dog?", "--server", running.url, "--save", tmp_path / "dog.wav")

    assert (1, "It is\n", "firstword: It fell over.\n") == (done.code, done.stdout, done.stderr)
    assert [] == list(tmp_path.iterdir())


def test_text_only_speaks_nothing_and_so_has_nothing_to_save(
    run: Run, running: Running, tmp_path: Path
) -> None:
    server = ("--server", running.url, "--model", "scripted")

    assert "" == run("chat", "Hello.", "--text-only", *server).stderr
    refused = run("chat", "Hello.", "--text-only", "--save", tmp_path / "a.wav", *server)
    assert (2, True) == (refused.code, "--text-only" in refused.stderr)


def test_a_suffix_that_no_format_has_is_refused(run: Run, running: Running, tmp_path: Path) -> None:
    done = run("chat", "A dog?", "--server", running.url, "--save", tmp_path / "dog.txt")

    assert 2 == done.code
    assert ".mp3" in done.stderr

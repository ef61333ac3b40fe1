"""`firstword chat` aloud: answers are heard, turns are spoken, and either is broken in on."""

from __future__ import annotations

import signal
import wave
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import numpy as np
import pytest

from firstword.client.playing.ring import Frames
from firstword.core.conversation import Role
from tests.cli.conftest import Run
from tests.cli.soundcard import Recording, SoundCard, card, meanwhile, recorded, until
from tests.cli.terminal import PROGRAM, Seat, seat
from tests.cli.test_chat import typed
from tests.pipeline.scripted import Line, ScriptedChat, words
from tests.pipeline.whistling import pcm, whistle
from tests.sockets import scripted_plugin, whistling_plugin
from tests.sockets.conftest import Running, servers
from tests.sockets.scripted_plugin import SETTINGS, chat_of, opened
from tests.sockets.test_chat_timings import untimed

__all__ = ["card", "recorded", "seat"]

pytestmark = pytest.mark.socket

SHORT = "It is a good dog."
LONG = " ".join(f"word{number}," for number in range(200))
ALOUD = ("--device", "headset")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a script, which hears whistles."""
    folders = [tmp_path_factory.mktemp(name) for name in ("scripted", "whistling", "untimed", "store")]
    settings = SETTINGS | {"engines": ("tone", "whistling", "scripted", "untimed"), "default_model": "tone"}
    with (
        scripted_plugin.installed(folders[0]),
        whistling_plugin.installed(folders[1]),
        untimed(folders[2]),
        servers() as start,
    ):
        yield start(**settings, store=folders[3] / "store.sqlite3")


@pytest.fixture
def chat(running: Running) -> ScriptedChat:
    model = chat_of(running)
    model.lines, model.answers, model.left = words(SHORT), {}, 0
    model.requests.clear()
    return model


def whistled(text: str) -> Frames:
    return np.frombuffer(pcm(whistle(f"{text} ...")), "<i2")


def endless() -> list[Line]:
    """An answer of which there is always more to come."""
    return [*words(LONG), opened(Event())]


def said(chat: ScriptedChat) -> list[tuple[Role, str]]:
    """What the model was told last, but for how to speak."""
    told = [(message.role, message.text) for message in chat.requests[-1].messages]
    return [one for one in told if one[0] is not Role.SYSTEM]


def test_an_answer_is_heard_as_it_is_and_saved_as_well(
    run: Run, running: Running, chat: ScriptedChat, card: SoundCard, tmp_path: Path
) -> None:
    file = tmp_path / "dog.wav"

    done = run("chat", "A dog?", "--server", running.url, "--save", file, *ALOUD)

    assert (0, f"{SHORT}\n", "") == (done.code, done.stdout, done.stderr)
    with wave.open(str(file)) as saved:
        samples = np.frombuffer(saved.readframes(saved.getnframes()), "<i2")
    assert np.array_equal(samples[samples != 0], card.sound)


def test_of_a_voice_without_word_times_all_that_was_written_is_remembered(
    run: Run, running: Running, chat: ScriptedChat, card: SoundCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed(monkeypatch, "A dog?", "Why?")

    done = run("chat", "--server", running.url, "--voice", "hum", *ALOUD)

    assert (0, f"{SHORT}\n{SHORT}\n", "") == (done.code, done.stdout, done.stderr)
    assert (Role.ASSISTANT, SHORT) == said(chat)[1]
    assert 2 == len(chat.requests)


def test_an_answer_in_which_nothing_can_be_spoken_is_only_read(
    run: Run, running: Running, chat: ScriptedChat, card: SoundCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat.lines = ["🙂"]
    typed(monkeypatch, "A dog?", "Why?")

    done = run("chat", "--server", running.url, *ALOUD)

    assert (0, "🙂\n🙂\n", "") == (done.code, done.stdout, done.stderr)
    assert (Role.ASSISTANT, "🙂") == said(chat)[1]


def test_a_terminal_without_a_device_is_told_once_and_goes_on_in_writing(
    run: Run, running: Running, chat: ScriptedChat, card: SoundCard, monkeypatch: pytest.MonkeyPatch
) -> None:
    card.names = ()
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)

    done = run("chat", "A dog?", "--server", running.url)

    assert (0, f"{SHORT}\n") == (done.code, done.stdout)
    assert "Answers are only written. There is no output device on this machine." in done.stderr
    assert 1 == len(done.stderr.splitlines())


def test_a_device_that_was_asked_for_and_is_not_there_is_an_error(
    run: Run, running: Running, chat: ScriptedChat, card: SoundCard
) -> None:
    for option in (("--device", "attic"), ("--mic", "--mic-device", "attic")):
        done = run("chat", "A dog?", "--server", running.url, *option)

        assert (2, "", 1) == (done.code, done.stdout, len(done.stderr.splitlines()))
        assert "put device 'attic' on this machine. What there is: headset." in done.stderr
    assert [] == chat.requests


def test_turns_are_spoken_and_speaking_breaks_in_on_an_answer(
    run: Run, running: Running, chat: ScriptedChat, card: SoundCard
) -> None:
    chat.answers = {"alder birch": endless()}

    def speak() -> None:
        card.say(whistled("alder birch"))
        until(lambda: len(card.sound) > 24_000)
        card.say(whistled("cedar"))
        until(lambda: len(chat.requests) == 2 and chat.running == 0)
        before = len(card.sound)
        until(lambda: len(card.sound) > before + 12_000)
        card.unplugged = True

    with meanwhile(speak):
        done = run("chat", "--mic", "--server", running.url)

    assert "has it been unplugged?" in done.stderr
    (_, asked), (_, heard), (_, next_turn) = said(chat)
    assert ("alder birch", "cedar") == (asked, next_turn)
    assert LONG.startswith(heard)
    assert 2 < len(heard.split()) < 50
    assert (1, 0) == (chat.left, chat.running)
    lines = done.stdout.splitlines()
    assert ["> alder birch", f"[heard: {heard}]", "> cedar"] == [lines[0], *lines[2:4]]
    assert SHORT.startswith(lines[4])


def test_without_a_headset_nothing_is_heard_while_an_answer_is(
    run: Run, running: Running, chat: ScriptedChat, card: SoundCard
) -> None:
    answer = np.frombuffer(running.speak(SHORT, model="tts-1", voice="alloy").read(), "<i2")

    def speak() -> None:
        card.say(whistled("alder birch"))
        until(lambda: len(card.sound) > 3_000)
        card.say(whistled("cedar")[:6_000])
        until(lambda: len(card.sound) >= np.count_nonzero(answer))
        card.say(whistled("... ... dogwood"))
        until(lambda: len(chat.requests) == 2)
        card.unplugged = True

    with meanwhile(speak):
        run("chat", "--mic", "--no-voice-interrupt", "--server", running.url)

    assert [(Role.USER, "alder birch"), (Role.ASSISTANT, SHORT), (Role.USER, "dogwood")] == said(chat)


def test_a_turn_of_which_nothing_was_heard_is_continued_by_the_next(
    run: Run, running: Running, chat: ScriptedChat, card: SoundCard
) -> None:
    """The model still thinks when the speaker goes on."""
    chat.answers = {"alder birch": [opened(Event())]}

    def speak() -> None:
        card.say(whistled("alder birch"))
        until(lambda: chat.running)
        card.say(whistled("cedar"))
        until(lambda: len(card.sound) > 6_000)
        card.unplugged = True

    with meanwhile(speak):
        run("chat", "--mic", "--server", running.url)

    assert [(Role.USER, "alder birch cedar")] == said(chat)


KEYS = {"\x1b": "And then?", "\n": "And then?", "\x03": "And then?", "An": "d then?"}
"""What breaks an answer off, and what is typed after it: letters are the beginning of that already."""


@pytest.mark.timeout(120)
def test_a_key_breaks_an_answer_off_and_letters_begin_the_next_line(
    seat: Seat, recorded: Recording, running: Running, chat: ScriptedChat
) -> None:
    chat.answers = {"A story!": endless()}
    terminal = seat(PROGRAM, "chat", "--server", running.url, *ALOUD, env=recorded.env)
    terminal.until("> ")
    for number, (keys, line) in enumerate(KEYS.items(), 1):
        before_s = recorded.seconds
        terminal.type("A story!\n")
        until(lambda: recorded.seconds > before_s + 1)  # noqa: B023  # it is over within the loop
        terminal.type(keys)
        terminal.until("[heard: ")
        terminal.until("]\n> ")
        until(lambda: chat.left == number)  # noqa: B023
        terminal.type(f"{line}\n")
        terminal.until(SHORT)
        terminal.until("> ")

        *_, (_, asked), (_, heard), (_, next_turn) = said(chat)
        assert ("A story!", "And then?") == (asked, next_turn)
        assert LONG.startswith(heard)
        assert 0 < len(heard.split()) < 100
    terminal.type("\x04")

    assert 0 == terminal.end()


def test_ctrl_c_breaks_off_an_answer_that_is_only_written_and_it_is_remembered_as_shown(
    seat: Seat, running: Running, chat: ScriptedChat
) -> None:
    chat.answers = {"A story!": endless()}
    terminal = seat(PROGRAM, "chat", "--text-only", "--server", running.url)
    terminal.until("> ")
    terminal.type("A story!\n")
    terminal.until("word199,")
    terminal.type("\x03")
    terminal.until("> ")
    terminal.type("And then?\n")
    terminal.until(SHORT)
    terminal.until("> ")
    terminal.type("\x04")

    assert 0 == terminal.end()
    assert 1 == chat.left
    assert [(Role.USER, "A story!"), (Role.ASSISTANT, LONG), (Role.USER, "And then?")] == said(chat)


GOING_ON = """
import sys, time
from pathlib import Path
from firstword.cli.interrupt import ended_in_order
from firstword.cli.server_process import running_server
from firstword.client.asking.listing import list_models
with ended_in_order(), running_server(Path(sys.argv[1])) as url:
    try:
        print(url, flush=True)
        time.sleep(60)
    except KeyboardInterrupt:
        time.sleep(1)
        print(len(list_models(url)), "models", flush=True)
    time.sleep(60)
"""


def test_a_server_that_a_command_has_started_ends_with_it_and_not_by_ctrl_c(
    seat: Seat, tone_settings: Path
) -> None:
    terminal = seat(GOING_ON, tone_settings)
    terminal.until("http://")
    terminal.until("\n")
    terminal.type("\x03")
    terminal.until("models")

    terminal.process.send_signal(signal.SIGHUP)

    assert terminal.end() in (130, -signal.SIGINT)

"""`firstword transcribe`: what it writes, where, and what it leaves behind."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from tests.cli.conftest import Execute, Run, Start, Whistled, chatter

pytestmark = pytest.mark.socket

TEXT = "alder birch cedar ... dogwood elm"
SAID = "alder birch cedar dogwood elm"
BEGINS = {
    "text": "alder",
    "srt": "1\n00:00:00,",
    "vtt": "WEBVTT\n\n00:00:00.",
    "json": '{"task":"transcribe"',
}
SUFFIXES = {"text": "txt", "srt": "srt", "vtt": "vtt", "json": "json"}


def test_text_is_one_line(run: Run, whistles: Path, whistled: Whistled) -> None:
    done = run("transcribe", whistled(TEXT), "--config", whistles)

    assert (0, SAID + "\n", "") == (done.code, done.stdout, done.stderr)


@pytest.mark.parametrize("arguments", [*BEGINS, "json --words", "text --language en --prompt larch"])
def test_a_server_writes_what_the_program_itself_writes(
    run: Run, whistles: Path, whistled: Whistled, whistle_server: str, arguments: str
) -> None:
    command = ("transcribe", whistled(TEXT), "--format", *arguments.split())

    here = run(*command, "--config", whistles)
    there = run(*command, "--server", whistle_server)

    assert (0, "") == (here.code, here.stderr)
    assert here.stdout.startswith(BEGINS[arguments.split()[0]])
    assert here == there


@pytest.mark.parametrize("name", BEGINS)
def test_the_suffix_decides_the_format(
    run: Run, whistles: Path, whistled: Whistled, tmp_path: Path, name: str
) -> None:
    target = tmp_path / f"result.{SUFFIXES[name]}"

    done = run("transcribe", whistled(TEXT), "-o", target, "--config", whistles)

    assert (0, "", "") == (done.code, done.stdout, done.stderr)
    assert target.read_text("utf-8").startswith(BEGINS[name])
    assert target.read_text("utf-8").endswith("\n")


def test_format_wins_over_the_suffix(run: Run, whistles: Path, whistled: Whistled, tmp_path: Path) -> None:
    run("transcribe", whistled(TEXT), "-o", tmp_path / "a.txt", "--format", "vtt", "--config", whistles)

    assert (tmp_path / "a.txt").read_text("utf-8").startswith("WEBVTT")


def test_words_are_told_with_their_times_when_asked_for(run: Run, whistles: Path, whistled: Whistled) -> None:
    command = ("transcribe", whistled(TEXT), "--format", "json", "--config", whistles)

    plain, words = (json.loads(run(*command, *more).stdout) for more in ((), ("--words",)))

    assert "words" not in plain
    assert SAID.split() == [word["word"] for word in words.pop("words")]
    assert plain == words


def test_several_files_go_into_a_folder(run: Run, whistles: Path, whistled: Whistled, tmp_path: Path) -> None:
    files = [whistled("alder", "one.wav"), whistled("birch", "two.flac")]
    (tmp_path / "out").mkdir()

    done = run("transcribe", *files, "-o", tmp_path / "out", "--format", "srt", "--config", whistles)

    assert 0 == done.code
    written = {path.name: path.read_text("utf-8") for path in (tmp_path / "out").iterdir()}
    assert {"one.srt": "alder", "two.srt": "birch"} == {
        name: text.splitlines()[2] for name, text in written.items()
    }


def test_several_files_as_text_are_a_line_each(run: Run, whistles: Path, whistled: Whistled) -> None:
    files = [whistled("alder", "one.wav"), whistled("birch", "two.flac")]

    assert "alder\nbirch\n" == run("transcribe", *files, "--config", whistles).stdout


@pytest.mark.parametrize("where", ["here", "there"])
def test_a_file_that_cannot_be_read_does_not_keep_the_others_from_it(
    run: Run, whistles: Path, whistled: Whistled, whistle_server: str, where: str
) -> None:
    broken = whistled("alder", "broken.wav")
    broken.write_bytes(b"To whom it may concern")
    end = ("--config", whistles) if where == "here" else ("--server", whistle_server)

    done = run("transcribe", broken, broken.with_name("none.wav"), whistled("birch"), *end)

    assert (2, "birch\n") == (done.code, done.stdout)
    unreadable, missing = done.stderr.splitlines()
    assert unreadable.startswith(f"firstword: {broken}: ")
    assert f"firstword: {broken.with_name('none.wav')}: No such file or directory." == missing


def test_what_was_heard_before_a_recording_breaks_is_shown_and_not_saved(
    run: Run, whistles: Path, whistled: Whistled, tmp_path: Path
) -> None:
    cut = whistled(chatter(200), "cut.flac")
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])

    shown = run("transcribe", cut, "--config", whistles)
    saved = run("transcribe", cut, "-o", tmp_path / "cut.txt", "--config", whistles)

    assert (2, 2, "") == (shown.code, saved.code, saved.stdout)
    words = chatter(200).replace(" ...", "").split()
    heard = shown.stdout.split()
    assert 50 < len(heard) <= 100
    assert words[: len(heard)] == heard
    assert shown.stdout.endswith("\n")
    assert [cut] == list(tmp_path.iterdir())


@pytest.mark.parametrize("where", ["here", "there"])
def test_stdin_is_a_recording_too(
    execute: Execute, whistles: Path, whistled: Whistled, whistle_server: str, where: str
) -> None:
    end = ("--config", whistles) if where == "here" else ("--server", whistle_server)

    done = execute("transcribe", "-", *end, stdin=whistled(TEXT, "talk.flac").read_bytes())

    assert (0, SAID.encode() + b"\n", b"") == (done.returncode, done.stdout, done.stderr)


@pytest.mark.parametrize("where", ["here", "there"])
def test_an_interrupt_keeps_what_was_heard(
    start: Start, whistles: Path, whistled: Whistled, whistle_server: str, where: str
) -> None:
    end = ("--config", whistles) if where == "here" else ("--server", whistle_server)
    process = start("transcribe", whistled(chatter(3000)), *end)
    assert process.stdout is not None

    first = process.stdout.read(len(chatter(1)))
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate()

    assert (130, b"\n") == (process.returncode, said), said
    assert chatter(1).encode() == first
    assert rest.endswith(b"\n")
    assert len((first + rest).split()) < 3000


def test_an_interrupt_saves_what_was_heard(
    start: Start, whistles: Path, whistled: Whistled, tmp_path: Path
) -> None:
    half_an_hour, target = whistled(chatter(3000)), tmp_path / "talk.srt"
    process = start("transcribe", half_an_hour, "-o", target, "--progress", "--config", whistles)
    assert process.stderr is not None

    while b"0:00" in process.stderr.readline():
        pass
    process.send_signal(signal.SIGINT)
    process.communicate()

    assert 130 == process.returncode
    assert target.read_text("utf-8").startswith("1\n00:00:00,")
    assert sorted([half_an_hour, target]) == sorted(tmp_path.iterdir())


@pytest.mark.parametrize("where", ["here", "there"])
def test_progress_is_told_only_when_asked_for(
    run: Run, whistles: Path, whistled: Whistled, whistle_server: str, where: str
) -> None:
    end = ("--config", whistles) if where == "here" else ("--server", whistle_server)
    command = ("transcribe", whistled(TEXT), *end)

    assert "" == run(*command).stderr
    told = run(*command, "--progress").stderr.splitlines()[-1]
    assert told.endswith("talk.wav: heard 0:02 of 0:02" if where == "here" else "heard 29 characters")


def test_a_model_that_is_not_installed_is_told_with_how_to_have_it(
    run: Run, whistled: Whistled, tmp_path: Path
) -> None:
    models, settings = tmp_path / "models", tmp_path / "firstword.toml"
    settings.write_text(
        f'engines = ["tone", "moonshine", "silero"]\ndefault_model = "tone"\nmodels = "{models}"\n', "utf-8"
    )

    for command in (("transcribe", whistled(TEXT)), ("listen", "--file", whistled(TEXT))):
        done = run(*command, "--config", settings)

        assert (2, 1, "") == (done.code, len(done.stderr.splitlines()), done.stdout)
        assert "`firstword models pull moonshine-base silero-vad`" in done.stderr
    assert not models.exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--model", "tone"), "not for transcription"),
        (("--model", "nobody"), "does not exist"),
        (("--language", "fr"), "hears English"),
        (("--model", "wordless", "--format", "json", "--words"), "does not know when words were said"),
    ],
)
def test_what_the_model_cannot_do_is_one_line(
    run: Run, whistles: Path, whistled: Whistled, arguments: tuple[str, ...], said: str
) -> None:
    done = run("transcribe", whistled(TEXT), *arguments, "--config", whistles)

    assert (2, 1, "") == (done.code, len(done.stderr.splitlines()), done.stdout)
    assert said in done.stderr


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("a.wav", "--words"), "--format json"),
        (("a.wav", "b.wav", "--format", "srt"), "need -o FOLDER"),
        (("a.wav", "b.wav", "-o", "nowhere.txt"), "nowhere.txt is no folder"),
        (("a.wav", "x/a.mp3", "-o", "."), "Two of the files would be written to a.txt"),
        ((), "FILE"),
    ],
)
def test_a_wrong_command_line_is_told_before_anything_is_done(
    run: Run, arguments: tuple[str, ...], said: str
) -> None:
    done = run("transcribe", *arguments)

    assert (2, 1, "") == (done.code, len(done.stderr.splitlines()), done.stdout)
    assert said in done.stderr


def test_a_server_that_is_not_there_is_told_once(run: Run, whistled: Whistled) -> None:
    done = run("transcribe", whistled(TEXT), whistled(TEXT), "--server", "http://127.0.0.1:1")

    assert (1, 1) == (done.code, len(done.stderr.splitlines()))
    assert "Nothing answers at http://127.0.0.1:1 (connection refused)" in done.stderr

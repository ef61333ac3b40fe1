"""`firstword say`: what it writes, when, and what it leaves behind."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import wave
from pathlib import Path

import numpy as np
import pytest
import soundfile

from firstword.formats.files import open_recording
from tests.cli.conftest import ENVIRONMENT, Execute, Run, Start, command_line

pytestmark = pytest.mark.socket

SENTENCE = "The first word is here."
MAGIC = {
    "wav": b"RIFF",
    "flac": b"fLaC",
    "ogg": b"OggS",
    "opus": b"OggS",
    "webm": b"\x1a\x45\xdf\xa3",
    "aac": b"\xff\xf1",
}
HOUR = "word " * 20_000
"""More than any test waits for."""


def frames_of(wav: bytes) -> int:
    """Frames in a wav that may still have unknown sizes."""
    samples, _ = soundfile.read(io.BytesIO(wav), dtype="int16")
    return len(samples)


@pytest.mark.parametrize("suffix", MAGIC)
def test_the_suffix_decides_the_format(run: Run, tone_settings: Path, tmp_path: Path, suffix: str) -> None:
    file = tmp_path / f"hello.{suffix}"

    done = run("say", SENTENCE, "-o", file, "--config", tone_settings)

    assert (0, "", "") == (done.code, done.stdout, done.stderr)
    assert MAGIC[suffix] == file.read_bytes()[: len(MAGIC[suffix])]


def test_format_wins_over_the_suffix(run: Run, tone_settings: Path, tmp_path: Path) -> None:
    file = tmp_path / "hello.mp3"

    run("say", SENTENCE, "-o", file, "--format", "flac", "--config", tone_settings)

    assert b"fLaC" == file.read_bytes()[:4]


def test_files_state_their_true_sizes(run: Run, tone_settings: Path, tmp_path: Path) -> None:
    for suffix in ("pcm", "wav", "flac"):
        run("say", SENTENCE, "-o", tmp_path / f"hello.{suffix}", "--config", tone_settings)
    frames = (tmp_path / "hello.pcm").stat().st_size // 2

    with wave.open(str(tmp_path / "hello.wav")) as file:
        assert frames == file.getnframes()
    assert frames == soundfile.info(tmp_path / "hello.flac").frames
    assert 8 + int.from_bytes((tmp_path / "hello.wav").read_bytes()[4:8], "little") == 44 + 2 * frames


def test_an_mp3_and_an_m4a_begin_with_the_first_sample(run: Run, tone_settings: Path, tmp_path: Path) -> None:
    for suffix in ("pcm", "mp3", "m4a", "aac"):
        run("say", SENTENCE, "-o", tmp_path / f"hello.{suffix}", "--config", tone_settings)
    seconds = (tmp_path / "hello.pcm").stat().st_size / 48_000

    for suffix, frame_s in (("mp3", 1_152 / 24_000), ("m4a", 1_024 / 48_000)):
        with (tmp_path / f"hello.{suffix}").open("rb") as file:
            saved = open_recording(file, name=None)
            begins_s = next(np.flatnonzero(np.abs(chunk.samples) > 0.01) for chunk in saved)[0]
            assert saved.duration_s is not None
            assert seconds <= saved.duration_s < seconds + frame_s + 0.001
            assert begins_s < 200


def test_an_m4a_takes_nothing_but_aac(run: Run, tone_settings: Path, tmp_path: Path) -> None:
    done = run("say", SENTENCE, "-o", tmp_path / "hello.m4a", "--format", "mp3", "--config", tone_settings)

    assert 0 != done.code
    assert "Only AAC goes into an .m4a" in done.stderr
    assert not (tmp_path / "hello.m4a").exists()


def test_flac_and_pcm_hold_the_same_samples(run: Run, tone_settings: Path, tmp_path: Path) -> None:
    for suffix in ("pcm", "flac"):
        run("say", SENTENCE, "-o", tmp_path / f"hello.{suffix}", "--config", tone_settings)

    samples, _ = soundfile.read(tmp_path / "hello.flac", dtype="int16")

    assert np.array_equal(np.fromfile(tmp_path / "hello.pcm", "<i2"), samples)


def test_stdout_gets_a_wav(execute: Execute, tone_settings: Path, tmp_path: Path) -> None:
    execute("say", SENTENCE, "-o", tmp_path / "hello.pcm", "--config", tone_settings)

    done = execute("say", SENTENCE, "-o", "-", "--config", tone_settings)

    assert (0, b"") == (done.returncode, done.stderr)
    assert (tmp_path / "hello.pcm").stat().st_size // 2 == frames_of(done.stdout)


def test_stdin_is_spoken_while_it_is_still_open(start: Start, tone_settings: Path) -> None:
    process = start("say", "-o", "-", "--format", "pcm", "--config", tone_settings)
    assert process.stdin is not None
    assert process.stdout is not None

    process.stdin.write(b"One is here. And")
    process.stdin.flush()
    first = process.stdout.read(4800)
    process.stdin.write(b" two.")
    process.stdin.close()
    rest = process.stdout.read()

    assert 4800 == len(first)
    assert np.abs(np.frombuffer(rest[-24_000:], "<i2")).max() > 200
    assert 0 == process.wait()


def test_stdin_sounds_the_same_as_an_argument(execute: Execute, tone_settings: Path) -> None:
    options = ("-o", "-", "--format", "pcm", "--config", tone_settings)

    written = execute("say", "-", *options, stdin=SENTENCE.encode())

    assert execute("say", SENTENCE, *options).stdout == written.stdout


def test_a_character_cut_in_two_on_its_way_is_one_character(
    start: Start, execute: Execute, tone_settings: Path
) -> None:
    options = ("-o", "-", "--format", "pcm", "--config", tone_settings)
    text = "Él está aquí."
    process = start("say", *options)
    assert process.stdin is not None

    process.stdin.write(text.encode()[:1])
    process.stdin.flush()
    audio, _ = process.communicate(text.encode()[1:])

    assert execute("say", text, *options).stdout == audio


def test_text_without_words_is_refused_and_leaves_no_file(
    execute: Execute, tone_settings: Path, tmp_path: Path
) -> None:
    for stdin in (b"", b" \n "):
        done = execute("say", "-o", tmp_path / "hello.wav", "--config", tone_settings, stdin=stdin)

        assert (2, 1) == (done.returncode, len(done.stderr.splitlines()))
        assert [] == list(tmp_path.iterdir())


def test_a_failure_half_way_leaves_no_file(run: Run, tmp_path: Path) -> None:
    settings = tmp_path / "firstword.toml"
    settings.write_text(
        'engines = ["tone"]\ndefault_model = "tone"\n[engine_options.tone]\nfail_at_word = "failing"\n',
        encoding="utf-8",
    )

    done = run("say", "All is well. Then failing comes.", "-o", tmp_path / "hello.wav", "--config", settings)

    assert (1, 1) == (done.code, len(done.stderr.splitlines()))
    assert [settings] == list(tmp_path.iterdir())


def test_an_interrupt_keeps_what_was_spoken_with_true_sizes(
    start: Start, tone_settings: Path, tmp_path: Path
) -> None:
    file = tmp_path / "hello.flac"
    process = start("say", "-o", file, "--progress", "--config", tone_settings)
    assert process.stdin is not None
    assert process.stderr is not None

    process.stdin.write(SENTENCE.encode() * 20)
    process.stdin.flush()
    assert b"s of audio" in process.stderr.readline()
    process.send_signal(signal.SIGINT)

    assert 130 == process.wait()
    samples, sample_rate = soundfile.read(file)
    assert len(samples) > sample_rate
    assert soundfile.info(file).frames == len(samples)
    assert [file] == list(tmp_path.iterdir())


def test_a_reader_who_leaves_ends_it_quietly(start: Start, tone_settings: Path) -> None:
    process = start("say", HOUR, "-o", "-", "--config", tone_settings)
    assert process.stdout is not None
    assert process.stderr is not None

    assert b"RIFF" == process.stdout.read(4)
    process.stdout.close()

    assert (0, b"") == (process.wait(), process.stderr.read())


def test_an_unknown_voice_is_told_with_those_there_are(run: Run, tone_settings: Path, tmp_path: Path) -> None:
    done = run("say", "hi", "--voice", "bob", "-o", tmp_path / "hi.wav", "--config", tone_settings)

    assert 2 == done.code
    assert "sine, square" in done.stderr


def test_a_folder_that_is_not_there_is_told(run: Run, tone_settings: Path, tmp_path: Path) -> None:
    file = tmp_path / "nowhere/hello.wav"

    done = run("say", "hi", "-o", file, "--config", tone_settings)

    assert (1, f"firstword: {file}: No such file or directory.\n") == (done.code, done.stderr)


def test_progress_is_told_only_when_asked_for(run: Run, tone_settings: Path, tmp_path: Path) -> None:
    arguments = ("say", SENTENCE, "-o", tmp_path / "hello.wav", "--config", tone_settings)

    assert "" == run(*arguments).stderr
    assert f", {len(SENTENCE)} characters\n" in run(*arguments, "--progress").stderr


def test_speed_and_sample_rate_reach_the_audio(run: Run, tone_settings: Path, tmp_path: Path) -> None:
    plain, quick = tmp_path / "plain.wav", tmp_path / "quick.wav"

    run("say", SENTENCE, "-o", plain, "--config", tone_settings)
    run("say", SENTENCE, "-o", quick, "--speed", "2", "--sample-rate", "16000", "--config", tone_settings)

    assert 16_000 == soundfile.info(quick).samplerate
    assert soundfile.info(quick).duration < 0.7 * soundfile.info(plain).duration


@pytest.mark.parametrize("suffix", ["pcm", "wav", "flac", "webm"])
def test_a_server_speaks_as_the_program_itself_does(
    run: Run, tone_server: str, tone_settings: Path, tmp_path: Path, suffix: str
) -> None:
    here, there = tmp_path / f"here.{suffix}", tmp_path / f"there.{suffix}"

    run("say", SENTENCE, "-o", here, "--config", tone_settings)
    done = run("say", SENTENCE, "-o", there, "--server", tone_server)

    assert (0, "") == (done.code, done.stderr)
    assert here.read_bytes() == there.read_bytes()


def test_a_server_speaks_stdin_too(execute: Execute, tone_server: str) -> None:
    options = ("-o", "-", "--format", "pcm", "--server", tone_server)

    written = execute("say", *options, stdin=SENTENCE.encode())

    assert execute("say", SENTENCE, *options).stdout == written.stdout


@pytest.fixture
def lexicon(tmp_path: Path) -> Path:
    file = tmp_path / "lexicon.toml"
    file.write_text('"here" = "here and there"\n', "utf-8")
    return file


def test_a_lexicon_says_how_words_are_said_here_and_there(
    run: Run, tone_server: str, tone_settings: Path, tmp_path: Path, lexicon: Path
) -> None:
    """The tone engine beeps for each word it gets."""
    files = [tmp_path / f"{name}.pcm" for name in ("written", "here", "there", "plain")]
    run("say", "The first word is here and there.", "-o", files[0], "--config", tone_settings)
    run("say", SENTENCE, "-o", files[1], "--lexicon", lexicon, "--config", tone_settings)
    run("say", SENTENCE, "-o", files[2], "--lexicon", lexicon, "--server", tone_server)
    run("say", SENTENCE, "-o", files[3], "--config", tone_settings)

    written, here, there, plain = [file.read_bytes() for file in files]
    assert written == here == there != plain


def test_a_lexicon_that_is_wrong_is_one_line(run: Run, tmp_path: Path, lexicon: Path) -> None:
    lexicon.write_text("here = 1\n", "utf-8")

    done = run("say", SENTENCE, "-o", tmp_path / "hello.wav", "--lexicon", lexicon)

    assert 2 == done.code
    assert "'here' is no string" in done.stderr
    assert 1 == done.stderr.count("\n")


def test_a_servers_refusal_is_told_as_it_said_it(run: Run, tone_server: str, tmp_path: Path) -> None:
    done = run("say", "hi", "--voice", "bob", "-o", tmp_path / "hi.wav", "--server", tone_server)

    assert (2, 1) == (done.code, len(done.stderr.splitlines()))
    assert "The voice 'bob' does not exist." in done.stderr
    assert [] == list(tmp_path.iterdir())


def test_a_server_that_is_not_there_is_told(run: Run, tmp_path: Path) -> None:
    done = run("say", "hi", "-o", tmp_path / "hi.wav", "--server", "http://127.0.0.1:1")

    assert (1, 1) == (done.code, len(done.stderr.splitlines()))
    assert "Nothing answers at http://127.0.0.1:1 (connection refused)" in done.stderr


def test_audio_is_not_written_to_a_terminal(tone_settings: Path) -> None:
    pty = pytest.importorskip("pty")
    _, terminal = pty.openpty()

    done = subprocess.run(
        command_line(("say", "hi", "-o", "-", "--config", tone_settings)),
        stdin=subprocess.DEVNULL,
        stdout=terminal,
        stderr=subprocess.PIPE,
        env=ENVIRONMENT,
        check=False,
    )

    assert 2 == done.returncode
    assert b"stdout is a terminal" in done.stderr


def test_without_the_library_that_plays_it_says_how_to_get_it(
    run: Run, tone_settings: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sounddevice", None)

    done = run("say", SENTENCE, "--config", tone_settings)

    assert (2, "") == (done.code, done.stdout)
    assert "pip install 'firstword[play]'. -o FILE writes the audio instead." in done.stderr


def test_a_file_is_not_played(run: Run, tmp_path: Path) -> None:
    done = run("say", SENTENCE, "--device", "attic", "-o", tmp_path / "hello.wav")

    assert 2 == done.code
    assert "--device plays, and -o FILE does not" in done.stderr

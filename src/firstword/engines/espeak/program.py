"""The program: what it has, and one process of it for each segment."""

from __future__ import annotations

import re
import select
import shutil
import subprocess
from collections.abc import Generator, Iterator
from typing import IO

import numpy as np

from firstword.core.errors import ConfigurationError, EngineError
from firstword.core.types import Samples

NAME = "espeak-ng"
SAMPLE_RATE = 22_050
"""Hz; every voice of its own has it. Source: its wav header, which is checked."""
PATIENCE_S = 10.0
"""A process that gives nothing for this long hangs: a second of speech takes it 2 ms."""
FULL_SCALE = np.float32(1 / 32768)

_HEADER_BYTES = 44
_RATE_AT = slice(24, 28)
_CODES = re.compile(r"^ *\d+ +(\S+)|\((\S+) \d+\)", re.MULTILINE)
_CONTROLS = {code: " " for code in (*range(32), 127) if chr(code) not in "\t\n\r"}
_PHONEMES = re.compile(r"\[(?=\[)")


def find() -> str | None:
    """Where the program is, or None."""
    return shutil.which(NAME)


def installed_voices(program: str) -> frozenset[str]:
    """What the program calls the voices it has data for (one process, some 10 ms).

    Raises:
        ConfigurationError: it cannot tell.
    """
    try:
        listing = subprocess.run(
            [program, "--voices"],
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=PATIENCE_S,
            check=True,
        )
    except subprocess.CalledProcessError as failure:
        said = failure.stderr.decode(errors="replace").strip() or f"status {failure.returncode}"
        raise ConfigurationError(f"{NAME} does not work here: {said}") from failure
    except (OSError, subprocess.TimeoutExpired) as failure:
        raise ConfigurationError(f"{NAME} does not work here: {failure}.") from failure
    text = listing.stdout.decode(errors="replace")
    return frozenset(code.lower() for pair in _CODES.findall(text) for code in pair if code)


def plain(text: str) -> bytes:
    """A text as the program should read it: UTF-8 and nothing but text.

    A NUL would end it, control characters would change the voice, `[[` would begin phonemes.
    """
    return _PHONEMES.sub("[ ", text.translate(_CONTROLS)).encode("utf-8", "replace")


def speak(
    program: str, voice: str, words_per_minute: int, text: str, blocks_ms: Iterator[int]
) -> Generator[Samples]:
    """Speaks a text, a block of samples a step, in a process that ends with the generator.

    Args:
        program: where it is.
        voice: what the program calls it.
        words_per_minute: 80 to 450.
        text: anything; it goes through a pipe and is never an argument.
        blocks_ms: the length of each block; the last one is as long as what is left.

    Raises:
        EngineError: the program cannot be started, fails, hangs or is killed.
    """
    command = [program, "-v", voice, "-s", str(words_per_minute), "-b", "1", "-z", "--stdin", "--stdout"]
    with _process(command) as process:
        try:
            assert process.stdin
            assert process.stdout
            _write(process.stdin, plain(text))
            if not _starts(process.stdout):
                _refuse_failure(process)
                return
            for length_ms in blocks_ms:
                block = _read(process.stdout, 2 * (SAMPLE_RATE * length_ms // 1000))
                if not block:
                    break
                yield np.frombuffer(block, "<i2", len(block) // 2).astype(np.float32) * FULL_SCALE
            _refuse_failure(process)
        finally:
            process.kill()


def _process(command: list[str]) -> subprocess.Popen[bytes]:
    """Starts it in a session of its own, so that a Ctrl-C in the terminal is for us alone."""
    try:
        return subprocess.Popen(
            command,
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as failure:
        raise EngineError(f"{NAME} cannot be started: {failure.strerror}.") from failure


def _write(stdin: IO[bytes], text: bytes) -> None:
    """All of the text: it is read to its end before anything is said, so neither side waits for the other."""
    rest = memoryview(text)
    try:
        while rest:
            rest = rest[stdin.write(rest) :]
        stdin.close()
    except BrokenPipeError:  # it ended early; its status will say why
        return


def _starts(stdout: IO[bytes]) -> bool:
    """Reads the wav header; false where there is none, as nothing is said."""
    header = _read(stdout, _HEADER_BYTES)
    if header and int.from_bytes(header[_RATE_AT], "little") != SAMPLE_RATE:
        raise EngineError(f"{NAME} does not speak at {SAMPLE_RATE} Hz here.")
    return bool(header)


def _read(stdout: IO[bytes], size: int) -> bytes:
    """Exactly `size` bytes, less only at the end: what comes does not depend on how it came."""
    ready = select.poll()
    ready.register(stdout, select.POLLIN)
    parts: list[bytes] = []
    while size:
        if not ready.poll(PATIENCE_S * 1000):
            raise EngineError(f"{NAME} has said nothing for {PATIENCE_S:.0f} s.")
        part = stdout.read(size)
        if not part:
            break
        parts.append(part)
        size -= len(part)
    return b"".join(parts)


def _refuse_failure(process: subprocess.Popen[bytes]) -> None:
    """Takes the status of a process that has closed its output."""
    try:
        status = process.wait(PATIENCE_S)
    except subprocess.TimeoutExpired as failure:
        raise EngineError(f"{NAME} does not end.") from failure
    if status:
        raise EngineError(f"{NAME} failed with status {status}.")

"""Every stage gives the same output however its input was cut.

One row of `STAGES` for each stage; a last test finds stages that have no row.
"""

from __future__ import annotations

import base64
import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import firstword.audio
import firstword.formats
import firstword.text
import firstword.wire
from firstword.audio.endpointer import Endpointer
from firstword.audio.gain import Gain
from firstword.audio.resampler import Resampler
from firstword.audio.stretch import Stretch
from firstword.core.errors import UndecodableAudio, UnsupportedAudio
from firstword.core.transcripts import AudioSource, InputEncoding
from firstword.core.types import (
    AudioChunk,
    AudioFormat,
    AudioSpec,
    Boundary,
    Container,
    SampleEncoding,
    TextSegment,
    TimedWord,
)
from firstword.formats import decoding
from firstword.formats.aac import AacEncoder
from firstword.formats.flac import FlacEncoder
from firstword.formats.mp3 import Mp3Encoder
from firstword.formats.ogg import OggOpusEncoder
from firstword.formats.opus import OpusPackets
from firstword.formats.pcm import PcmEncoder
from firstword.formats.wav import WavEncoder
from firstword.formats.webm import WebmOpusEncoder
from firstword.text.lexicon import Lexicon
from firstword.text.normalizer import Normalizer
from firstword.text.segmenter import Segmenter
from firstword.wire.chat_answers import Pieces
from tests.formats.incoming import SOURCES, mp4
from tests.formats.roundtrip import VARIANTS, encode

pytestmark = pytest.mark.unit

ROOMS = (firstword.audio, firstword.formats, firstword.text, firstword.wire)


@dataclass(frozen=True)
class Material:
    """What a stage is fed with.

    Args:
        make: an input by its length and a seed.
        piece: the part of it from one place to another.
        join: the outputs, so that they can be compared.
    """

    make: Callable[[int, int], Any]
    piece: Callable[[Any, int, int], Any]
    join: Callable[[Iterable[Any]], Any]


def speech(frames: int, seed: int) -> AudioChunk:
    """A gliding voice with noise, pauses and words."""
    random = np.random.default_rng(seed)
    time_s = np.arange(frames) / 24_000
    voice = np.sin(2 * np.pi * (120 + 40 * time_s) * time_s) * (np.sin(9 * time_s) > -0.5)
    samples = (0.4 * voice + 0.02 * random.standard_normal(frames)).astype(np.float32)
    starts_ms = np.sort(random.uniform(0, frames / 24, frames // 2_000))
    words = tuple(TimedWord(f"w{at}", at, at + 50, 0, 1) for at in starts_ms.tolist())
    return AudioChunk(samples, 24_000, 0, words)


def slice_of_speech(whole: AudioChunk, begin: int, end: int) -> AudioChunk:
    inside = tuple(word for word in whole.words if begin <= word.start_ms * 24 < end)
    return AudioChunk(whole.samples[begin:end], 24_000, begin, inside)


def join_chunks(chunks: Iterable[AudioChunk]) -> tuple[bytes, list[TimedWord], bool]:
    """The samples, the words, and whether each chunk starts where the one before it ended."""
    made = list(chunks)
    starts = [0, *itertools.accumulate(len(chunk.samples) for chunk in made)]
    samples = b"".join(chunk.samples.tobytes() for chunk in made)
    return samples, [word for chunk in made for word in chunk.words], starts[:-1] == [c.start for c in made]


def prose(chars: int, seed: int) -> str:
    """Letters, punctuation and spaces that look like the beginnings and ends of everything."""
    random = np.random.default_rng(seed)
    return "".join(random.choice(list("aBz 19.,!?…;:'\"()-\n。、！é한"), chars // 5))


def written(segments: int, seed: int) -> list[TextSegment]:
    """Segments with markup that is opened in one and closed in another; each comes whole."""
    random = np.random.default_rng(seed)
    pieces = [
        "[a ",
        "b](c",
        "d) ",
        "```\n",
        "code. ",
        "\n```\n",
        "**$5 ",
        "3 km** ",
        "| x | ",
        "y |\n",
        "plain. ",
        "무게는 15, ",
    ]
    return [TextSegment(text, 0, Boundary.CLAUSE) for text in random.choice(pieces, segments // 20)]


def likeness(windows: int, seed: int) -> list[float]:
    """Probabilities of speech that stay for a while where they are, long enough to be cut now and then."""
    random = np.random.default_rng(seed)
    steps = random.choice([0.05, 0.3, 0.4, 0.6, 0.95, 0.97], windows // 20 + 1)
    return [float(p) for p in np.repeat(steps, 20)[:windows] + random.uniform(-0.04, 0.03, windows)]


class WholeSegments:
    """Feeds a stage of segments with a list of them."""

    def __init__(self, stage: Normalizer) -> None:
        self.stage = stage

    def feed(self, segments: list[TextSegment]) -> list[TextSegment]:
        return [made for segment in segments for made in self.stage.feed(segment)]

    def flush(self) -> Sequence[TextSegment]:
        return self.stage.flush()


class ToTheError:
    """Feeds a decoder up to its error, which is the last of what comes out."""

    def __init__(self, source: AudioSource) -> None:
        self.stage = decoding.decoder(source)
        self.error: list[str] = []

    def feed(self, piece: bytes) -> Sequence[AudioChunk | str]:
        try:
            return self.stage.feed(piece)
        except (UndecodableAudio, UnsupportedAudio) as error:
            self.error = [error.message]
            return []

    def flush(self) -> Sequence[AudioChunk | str]:
        try:
            return [*self.stage.flush(), *self.error]
        except (UndecodableAudio, UnsupportedAudio) as error:
            return [error.message]


def written_as(name: str, spoil: Callable[[bytes], bytes] = lambda body: body) -> Material:
    """Speech in a format, for its decoder, perhaps spoiled."""

    def make(frames: int, seed: int) -> bytes:
        samples = speech(frames, seed).samples
        return spoil(mp4(samples, 24_000) if name == "mp4" else encode(VARIANTS[name], samples))

    def join(found: Iterable[AudioChunk | str]) -> tuple[object, list[str]]:
        made = list(found)
        chunks = [one for one in made if isinstance(one, AudioChunk)]
        return join_chunks(chunks), [one for one in made if isinstance(one, str)]

    return Material(make, lambda body, begin, end: body[begin:end], join)


def overwritten(body: bytes) -> bytes:
    """Without sense from three quarters on for a while."""
    at = len(body) * 3 // 4
    return body[:at] + b"OggS\xff\xfb\x90\xff\xf8" * 9 + body[at:]


READ = {**SOURCES, "mp4": AudioSource(InputEncoding.MP4)}
HARM: dict[str, Callable[[bytes], bytes]] = {
    "": lambda body: body,
    ", spoiled": overwritten,
    ", cut off": lambda body: body[:-9],
}
DECODERS: dict[str, tuple[Callable[[], Any], Material]] = {
    f"decoder, {name}{how}": (partial(ToTheError, source), written_as(name, spoil))
    for name, source in READ.items()
    for how, spoil in HARM.items()
    if not how or ("pcm" not in name and "wav-" not in name)
}

SOUND_TO_BYTES = Material(speech, slice_of_speech, b"".join)
SOUND_TO_SOUND = Material(speech, slice_of_speech, join_chunks)
TEXT_TO_SEGMENTS = Material(prose, lambda text, begin, end: text[begin:end], list)
PROBABILITIES_TO_EVENTS = Material(likeness, lambda item, begin, end: item[begin:end], list)
SEGMENTS_TO_SEGMENTS = Material(written, lambda segments, begin, end: segments[begin:end], list)

BYTES_TO_BASE64 = Material(
    lambda length, seed: np.random.default_rng(seed).bytes(length),
    lambda item, begin, end: item[begin:end],
    lambda pieces: base64.b64decode("".join(pieces), validate=True),
)

MULAW, ALAW = SampleEncoding.MULAW, SampleEncoding.ALAW
WEBM = AudioSpec(AudioFormat.OPUS, container=Container.WEBM)

STAGES: dict[str, tuple[Callable[[], Any], Material]] = {
    "pcm": (lambda: PcmEncoder(AudioSpec(AudioFormat.PCM)), SOUND_TO_BYTES),
    "pcm mulaw": (lambda: PcmEncoder(AudioSpec(AudioFormat.PCM, encoding=MULAW)), SOUND_TO_BYTES),
    "pcm alaw": (lambda: PcmEncoder(AudioSpec(AudioFormat.PCM, encoding=ALAW)), SOUND_TO_BYTES),
    "wav": (lambda: WavEncoder(AudioSpec(AudioFormat.WAV)), SOUND_TO_BYTES),
    "wav mulaw": (lambda: WavEncoder(AudioSpec(AudioFormat.WAV, encoding=MULAW)), SOUND_TO_BYTES),
    "wav alaw": (lambda: WavEncoder(AudioSpec(AudioFormat.WAV, encoding=ALAW)), SOUND_TO_BYTES),
    "flac": (lambda: FlacEncoder(AudioSpec(AudioFormat.FLAC)), SOUND_TO_BYTES),
    "mp3": (lambda: Mp3Encoder(AudioSpec(AudioFormat.MP3)), SOUND_TO_BYTES),
    "aac": (lambda: AacEncoder(AudioSpec(AudioFormat.AAC)), SOUND_TO_BYTES),
    "opus packets": (lambda: OpusPackets(AudioSpec(AudioFormat.OPUS)), SOUND_TO_BYTES),
    "opus in ogg": (lambda: OggOpusEncoder(AudioSpec(AudioFormat.OPUS), serial=1), SOUND_TO_BYTES),
    "opus in webm": (lambda: WebmOpusEncoder(WEBM), SOUND_TO_BYTES),
    "resampler": (lambda: Resampler(24_000, 16_000), SOUND_TO_SOUND),
    "resampler, odd": (lambda: Resampler(24_000, 44_100), SOUND_TO_SOUND),
    "resampler, same rate": (lambda: Resampler(24_000, 24_000), SOUND_TO_SOUND),
    "stretch, fast": (lambda: Stretch(1.7), SOUND_TO_SOUND),
    "stretch, fastest": (lambda: Stretch(4), SOUND_TO_SOUND),
    "stretch, slow": (lambda: Stretch(0.6), SOUND_TO_SOUND),
    "gain": (lambda: Gain(9.0), SOUND_TO_SOUND),
    "endpointer": (lambda: Endpointer(), PROBABILITIES_TO_EVENTS),
    "stretch, none": (lambda: Stretch(1), SOUND_TO_SOUND),
    "segmenter": (lambda: Segmenter(), TEXT_TO_SEGMENTS),
    "normalizer": (lambda: WholeSegments(Normalizer()), SEGMENTS_TO_SEGMENTS),
    "pieces of a chat's audio": (lambda: Pieces(), BYTES_TO_BASE64),
    **DECODERS,
    "normalizer, lexicon": (
        lambda: WholeSegments(Normalizer(lexicon=Lexicon({"plain": "x y", "km": "z"}))),
        SEGMENTS_TO_SEGMENTS,
    ),
    "normalizer, by script": (
        lambda: WholeSegments(Normalizer(language="en", scripts={"ko": "ko"})),
        SEGMENTS_TO_SEGMENTS,
    ),
}


def run(name: str, whole: Any, sizes: Sequence[int]) -> Any:
    """The stage's joined output for the input cut into pieces of `sizes`, the rest in one."""
    factory, material = STAGES[name]
    stage, length = factory(), len(getattr(whole, "samples", whole))
    cuts = [min(cut, length) for cut in itertools.accumulate(sizes, initial=0)]
    made: list[Any] = []
    for begin, end in itertools.pairwise([*cuts, length]):
        made.extend(stage.feed(material.piece(whole, begin, end)))
    return material.join([*made, *stage.flush()])


@pytest.mark.parametrize("name", STAGES)
@settings(max_examples=40, deadline=None)
@given(
    st.integers(0, 12_000),
    st.integers(0, 9),
    st.lists(st.integers(0, 3_000) | st.integers(0, 40), max_size=60),
)
@example(9_600, 0, [0, 9_600, 0])
@example(7_205, 1, [479, 1, 1, 480, 959, 0, 2])
def test_any_cutting_gives_the_same_output(name: str, length: int, seed: int, sizes: list[int]) -> None:
    whole = STAGES[name][1].make(length, seed)
    assert run(name, whole, sizes) == run(name, whole, [])


@pytest.mark.parametrize("name", STAGES)
def test_one_item_at_a_time_gives_the_same_output(name: str) -> None:
    whole = STAGES[name][1].make(3_001, 0)
    assert run(name, whole, [1] * 3_001) == run(name, whole, [])


@pytest.mark.parametrize("name", STAGES)
def test_the_comparison_can_fail(name: str) -> None:
    make = STAGES[name][1].make
    assert run(name, make(5_000, 0), []) != run(name, make(4_000, 1), [])


def test_every_stage_has_a_row() -> None:
    """A public class with `feed` and `flush` is a stage."""
    found: set[type] = set()
    for room in ROOMS:
        for module in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
            members = inspect.getmembers(importlib.import_module(module.name), inspect.isclass)
            found |= {kind for name, kind in members if is_stage(kind) and not name.startswith("_")}
    rows = [factory() for factory, _ in STAGES.values()]
    assert found == {type(getattr(row, "stage", row)) for row in rows}


def is_stage(kind: type) -> bool:
    ours = kind.__module__.startswith(tuple(room.__name__ for room in ROOMS))
    return ours and callable(getattr(kind, "feed", None)) and callable(getattr(kind, "flush", None))

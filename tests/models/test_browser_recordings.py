"""What browsers record is read, whole or piece by piece, and written down right."""

from __future__ import annotations

import random
import re
from difflib import SequenceMatcher
from pathlib import Path

import numpy as np
import pytest

from firstword.audio.resampler import Resampler
from firstword.core.protocols import Files
from firstword.core.transcripts import LISTENING_RATE, AudioSource, RecognitionRequest
from firstword.core.types import AudioChunk, Samples
from firstword.engines.moonshine import plugin
from firstword.formats.decoding import decoder
from firstword.formats.files import Recording
from firstword.formats.sniff import sniff

pytestmark = pytest.mark.model

FOLDER = Path(__file__).parents[1] / "data/recordings"
RECORDINGS = sorted(file for file in FOLDER.iterdir() if file.suffix != ".md")
MAY_DIFFER = 2
"""Words: processors round a quantized model differently."""
SAID = (
    "and so my fellow americans ask not what your country can do for you ask what you can do for your country"
)


def source_of(file: Path) -> AudioSource:
    found = sniff(file.read_bytes()[:64], name=None, media_type=None)
    assert found is not None
    return AudioSource(found)


def joined(chunks: list[AudioChunk]) -> Samples:
    return np.concatenate([chunk.samples for chunk in chunks])


@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.name)
def test_a_recording_says_what_was_said(file: Path, model_files: Files) -> None:
    with file.open("rb") as data:
        chunks = list(Recording(data, source_of(file)))
    resampler = Resampler(chunks[0].sample_rate, LISTENING_RATE)
    heard = joined([*resampler.feed(AudioChunk(joined(chunks), chunks[0].sample_rate)), *resampler.flush()])
    info = next(info for info in plugin.infos() if info.model_id == "moonshine-tiny")
    engine = plugin.load(info, model_files, {})

    steps = engine.recognize(RecognitionRequest(heard))
    while True:
        try:
            next(steps)
        except StopIteration as end:
            text = end.value.text
            break
    engine.close()

    said, written = SAID.split(), re.findall("[a-z]+", text.lower())
    blocks = SequenceMatcher(None, said, written, autojunk=False).get_matching_blocks()
    assert sum(block.size for block in blocks) >= len(said) - MAY_DIFFER
    assert len(written) <= len(said) + MAY_DIFFER


@pytest.mark.parametrize("file", RECORDINGS, ids=lambda file: file.name)
def test_pieces_as_they_come_give_the_samples_of_the_file(file: Path) -> None:
    with file.open("rb") as data:
        whole = joined(list(Recording(data, source_of(file))))
    reader, source, pieces = decoder(source_of(file)), random.Random(1), list[AudioChunk]()
    recording = file.read_bytes()

    at = 0
    while at < len(recording):
        size = source.randint(1, 900)
        pieces += reader.feed(recording[at : at + size])
        at += size
    pieces += reader.flush()

    assert np.array_equal(whole, joined(pieces))

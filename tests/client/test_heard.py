"""What is heard of speech from a server, without a sound card: every sample, and the waits it tells of.

Each format comes faster than it is heard, hardly faster, and with stalls. What the player gives its device is
compared with what our decoder makes of the same bytes; what a sound server of the test's own recorded is
compared with what the device was given. So what a busy machine loses behind the player is told from what a
player loses: it is tried again, and told.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import httpx2
import numpy as np
import pytest
import soundfile

from firstword.audio.resampler import Resampler
from firstword.client.incoming.source import incoming
from firstword.client.playing.ring import Frames
from firstword.core.types import AudioChunk, AudioFormat, Samples
from firstword.formats.pcm import to_int16
from tests import sound
from tests.sound import running, until_bytes

pytestmark = [pytest.mark.unit, pytest.mark.slow, pytest.mark.program(*sound.PROGRAMS)]

ROOT = Path(__file__).parents[2]
RATE = 24_000
DECODED_AT = {AudioFormat.OPUS: 48_000, AudioFormat.AAC: 48_000}
"""Hz, where it is not `RATE`: a device is opened at the rate of what it plays."""
PACES = ("fast", "steady", "stalling")
TRIES = 6
SETTLES_S = 0.4

PLAYING = """
import json, sys
import httpx2
from firstword.client import play
from firstword.client.playing.output import DeviceOutput

url, audio_format, kept = sys.argv[1:]
given = bytearray()

def opened(rate, fill):
    def tapped(out):
        fill(out)
        given.extend(out.tobytes())
    return DeviceOutput(rate, tapped, device="pulse", latency_s=0.15)

asked = {"model": "tts-1", "voice": "alloy", "input": "?", "response_format": audio_format}
with httpx2.Client() as client, client.stream("POST", url, json=asked) as response:
    playback = play(response, open_output=opened)
    assert playback.wait(30)
open(kept, "wb").write(given)
print(json.dumps({"underruns": playback.underruns, "silence": playback.silence_frames}))
"""


@dataclass(frozen=True)
class Stage:
    """A server, and a place to be heard at for each rate."""

    url: str
    speakers: dict[int, dict[str, str]]


def speech() -> Samples:
    """Three seconds of somebody reading, between two bursts of noise that no loss would leave whole."""
    said, rate = soundfile.read(ROOT / "tests/data/speech/librivox_0870.flac", dtype="float32")
    resampler = Resampler(rate, RATE)
    parts = [*resampler.feed(AudioChunk(said[: 3 * rate], rate)), *resampler.flush()]
    noise = np.random.default_rng(5).uniform(-0.4, 0.4, (2, RATE // 20)).astype(np.float32)
    return np.concatenate([noise[0], *(part.samples for part in parts), noise[1]])


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("heard")
    soundfile.write(folder / "said.wav", speech(), RATE, subtype="PCM_16")
    with ExitStack() as opened:
        pacer = subprocess.Popen(
            [sys.executable, ROOT / "benchmarks/rig/pacer.py", folder / "said.wav"],
            stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        opened.enter_context(pacer)
        opened.callback(pacer.terminate)
        speakers = {}
        for rate in (24_000, 48_000):
            (folder / str(rate)).mkdir()
            speakers[rate] = opened.enter_context(sound.sound_server(folder / str(rate), rate))
        assert pacer.stdout is not None
        yield Stage(pacer.stdout.readline().strip(), speakers)


def decoded(url: str, audio_format: AudioFormat) -> Frames:
    """The samples of the answer, as our decoders have them."""
    body = httpx2.post(url, json={"response_format": audio_format}, timeout=20).content
    encoding = "pcm" if audio_format is AudioFormat.PCM else None
    chunks = list(incoming([body], encoding=encoding).chunks())
    assert DECODED_AT.get(audio_format, RATE) == chunks[0].sample_rate
    return to_int16(np.concatenate([chunk.samples for chunk in chunks]))


@dataclass(frozen=True)
class Played:
    """One answer, played."""

    given: Frames
    """To the device."""
    heard: Frames
    silence_frames: int
    """That the player says it put in."""
    underruns: int


def played(stage: Stage, url: str, audio_format: AudioFormat, folder: Path) -> Played:
    rate = DECODED_AT.get(audio_format, RATE)
    env, recorded, kept = stage.speakers[rate], folder / "recorded.raw", folder / "given.raw"
    with running("parec", *sound.raw(rate), "-d", "nowhere.monitor", env=env, output=recorded):
        until_bytes(recorded)
        player = subprocess.run(
            [sys.executable, "-c", PLAYING, url, audio_format, kept],
            env=env, capture_output=True, text=True, check=False, timeout=sound.PATIENCE_S * 2,
        )  # fmt: skip
        time.sleep(SETTLES_S)
    assert 0 == player.returncode, player.stderr
    told = json.loads(player.stdout)
    given, heard = (trimmed(np.fromfile(path, "<i2")) for path in (kept, recorded))
    return Played(given, heard, told["silence"], told["underruns"])


def trimmed(samples: Frames) -> Frames:
    loud = np.flatnonzero(samples)
    return samples[loud[0] : loud[-1] + 1]


def inserted(sent: Frames, heard: Frames) -> list[tuple[int, int]]:
    """Where in what was sent silence was put in, and how much: samples before it, samples of it.

    Fails where anything else is between the one and the other.
    """
    found, at, begin = [], 0, 0
    while at < len(sent):
        count = min(len(sent) - at, len(heard) - begin)
        same = sent[at : at + count] == heard[begin : begin + count]
        upto = count if same.all() else int(np.argmin(same))
        at, begin = at + upto, begin + upto
        if at == len(sent):
            break
        quiet = heard[begin:] == 0
        silence = len(quiet) if quiet.all() else int(np.argmin(quiet))
        assert silence, f"sample {at} of {len(sent)} is not the one that was sent"
        found.append((at, silence))
        begin += silence
    assert begin == len(heard), "something is heard after the end"
    return found


@pytest.mark.timeout(150)
@pytest.mark.requirement("heard-is-what-was-sent")
@pytest.mark.parametrize("pace", PACES)
@pytest.mark.parametrize("audio_format", AudioFormat)
def test_what_is_heard_is_what_was_sent_and_the_waits_it_tells_of(
    audio_format: AudioFormat, pace: str, stage: Stage, tmp_path: Path
) -> None:
    path = "v1/audio/speech"
    sent = trimmed(decoded(f"{stage.url}/fast/{path}", audio_format))
    for _ in range(TRIES):
        answer = played(stage, f"{stage.url}/{pace}/{path}", audio_format, tmp_path)
        waits = inserted(sent, answer.given)

        assert sum(silence for _, silence in waits) == answer.silence_frames
        lost = not np.array_equal(answer.given, answer.heard)
        late = pace == "fast" and len(waits) > 0
        if not lost and not late:
            return
        sys.stderr.write(f"{audio_format}, {pace}: {'lost behind the player' if lost else 'late'}; again\n")
    pytest.fail(f"in none of {TRIES} rounds was everything heard in time")

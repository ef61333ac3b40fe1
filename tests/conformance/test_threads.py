"""What users posted when they tried to play speech while it arrives, in the form that works."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import threading
import wave
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from openai import OpenAI

from tests.conformance.conftest import KEY, LONG, House, client
from tests.conformance.listening import comparable

pytestmark = pytest.mark.conformance

CLIENTS = Path(__file__).parent / "clients"
WAV_HEADER = 44
NEEDS_CURL = pytest.mark.program("curl")


class Device:
    """A sound device that keeps what it is given: bytes from a queue, whole samples to the ear."""

    def __init__(self, pieces: queue.Queue[bytes | None]) -> None:
        self.played: list[NDArray[np.int16]] = []
        self._pieces = pieces

    def play(self) -> None:
        """Plays until the end is queued; half a sample waits for its other half."""
        odd = b""
        while (piece := self._pieces.get()) is not None:
            whole = len(odd + piece) // 2 * 2
            self.played.append(np.frombuffer((odd + piece)[:whole], "<i2"))
            odd = (odd + piece)[whole:]
        assert odd == b""


def play_wav(sdk: OpenAI, chunk_size: int | None, preload: int) -> NDArray[np.int16]:
    """The thread's buffered player: collects `preload` bytes, then plays what a queue brings."""
    pieces: queue.Queue[bytes | None] = queue.Queue()
    device = Device(pieces)
    player = threading.Thread(target=device.play)
    buffered = b""
    with sdk.audio.speech.with_streaming_response.create(
        model="tts-1", voice="alloy", input=LONG, response_format="wav"
    ) as response:
        for piece in response.iter_bytes(chunk_size):
            if player.is_alive():
                pieces.put(piece)
                continue
            buffered += piece
            if len(buffered) >= preload:
                pieces.put(buffered[WAV_HEADER:])
                player.start()
    pieces.put(None)
    player.join()
    return np.concatenate(device.played)


@pytest.mark.requirement("wav-plays-through-a-buffer")
@pytest.mark.parametrize("chunk_size", [None, 1023, 1])
def test_the_buffered_wav_player_hears_every_sample(house: House, chunk_size: int | None) -> None:
    with OpenAI(api_key=KEY, base_url=house.base_url, max_retries=0) as sdk:
        heard = play_wav(sdk, chunk_size, preload=20_000)

    assert house.body("pcm") == heard.astype("<i2").tobytes()


@pytest.mark.requirement("wav-plays-through-a-buffer", "wav-streams-with-open-length")
def test_the_wav_that_is_saved_first_and_played_later_is_24_khz_mono(house: House, tmp_path: Path) -> None:
    saved = tmp_path / "speech.wav"
    with (
        OpenAI(api_key=KEY, base_url=house.base_url, max_retries=0) as sdk,
        sdk.audio.speech.with_streaming_response.create(
            model="tts-1", voice="alloy", input=LONG, response_format="wav"
        ) as response,
    ):
        response.stream_to_file(saved)

    with wave.open(str(saved)) as file:
        assert (24_000, 1, 2) == (file.getframerate(), file.getnchannels(), file.getsampwidth())
        assert house.body("pcm") == file.readframes(file.getnframes())


@pytest.mark.requirement("audio-before-synthesis-ends", "body-is-chunked")
@pytest.mark.parametrize("response_format", ["opus", "mp3"])
def test_a_relay_of_1024_byte_chunks_passes_audio_on_while_the_rest_is_made(
    house: House, conformance_python: Path, tmp_path: Path, response_format: str
) -> None:
    relayed = tmp_path / "relayed"
    script = CLIENTS / "requests_relay.py"
    command = [conformance_python, script, house.base_url, KEY, response_format, LONG, relayed]
    with house.tone.held() as let_go, client(command) as printed:
        assert 0 < json.loads(printed.readline()) <= 1024
        let_go()
        printed.read()

    assert comparable(house.body(response_format)) == comparable(relayed.read_bytes())


@pytest.mark.requirement("audio-before-synthesis-ends")
@NEEDS_CURL
@pytest.mark.parametrize("response_format", ["mp3", "pcm", "opus"])
def test_curl_pipes_audio_on_while_the_rest_is_made(house: House, response_format: str) -> None:
    fields = {"model": "tts-1", "voice": "alloy", "input": LONG, "response_format": response_format}
    command = [
        *("curl", "-sSN", f"{house.base_url}/audio/speech", "-H", f"Authorization: Bearer {KEY}"),
        *("-H", "Content-Type: application/json", "-d", json.dumps(fields)),
    ]
    whole = house.body(response_format)
    with house.tone.held() as let_go, client(command) as audio:
        heard = audio.read(len(whole) // 4)
        let_go()
        heard += audio.read()

    assert comparable(whole) == comparable(heard)


GUIDE_PYTHON = """
from openai import OpenAI

client = OpenAI(
  api_key="{key}",
  base_url="{host}/v1",
)

speech_file_path = "out.wav"
response = client.audio.speech.create(
  model="skt/axtts-2-6",
  voice="aria",
  input="안녕하세요",
  response_format="wav"
)
response.stream_to_file(speech_file_path)
"""

GUIDE_CURL = """
curl -s {host}/v1/audio/speech \\
    -H "Content-Type: application/json" \\
    -H "Authorization: Bearer $API_KEY" \\
    -d '{{
        "input": "안녕하세요!",
        "model": "skt/axtts-2-6",
        "voice": "aria",
        "response_format": "wav"
    }}' > out.wav
"""

GUIDE_CURL_EXTENSIONS = """
curl -s {host}/v1/audio/speech \\
    -H "Content-Type: application/json" \\
    -H "Authorization: Bearer $API_KEY" \\
    -d '{{
        "input": "안녕하세요!",
        "model": "skt/axtts-2-6",
        "voice": "aria",
        "response_format": "wav",
        "speed": 1.0,
        "model_extensions": {{
            "sr": 16000
        }}
    }}' > out.wav
"""


@pytest.mark.requirement("vendor-guide-snippets-run")
@pytest.mark.parametrize(
    ("program", "snippet", "rate", "text"),
    [
        pytest.param((sys.executable, "-c"), GUIDE_PYTHON, 24_000, "안녕하세요", id="sdk"),
        pytest.param(("sh", "-c"), GUIDE_CURL, 24_000, "안녕하세요!", id="curl", marks=NEEDS_CURL),
        pytest.param(
            ("sh", "-c"), GUIDE_CURL_EXTENSIONS, 16_000, "안녕하세요!", id="extensions", marks=NEEDS_CURL
        ),
    ],
)
def test_the_vendor_guides_speech_snippets_run_with_nothing_changed_but_host_and_key(
    house: House, tmp_path: Path, program: tuple[str, str], snippet: str, rate: int, text: str
) -> None:
    source = snippet.format(host=house.running.url, key=KEY)
    subprocess.run(
        [*program, source], cwd=tmp_path, env={"PATH": os.environ["PATH"], "API_KEY": KEY}, check=True
    )

    with wave.open(str(tmp_path / "out.wav")) as file:
        assert (rate, 1, 2) == (file.getframerate(), file.getnchannels(), file.getsampwidth())
        heard = np.frombuffer(file.readframes(file.getnframes()), "<i2")
    assert len(house.body("pcm", text)) // 2 * rate // 24_000 == pytest.approx(len(heard), abs=2)
    assert np.abs(heard).max() > 1_000

"""The engines that listen keep to themselves: nothing is loaded early, sent, or written anywhere."""

import json
import os
import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from firstword.core.protocols import Files
from tests.engines.test_hibari_quiet import offline

pytestmark = pytest.mark.model

SPEECH = Path(__file__).parent.parent / "data/speech/librivox_0930.flac"
LISTEN = """
import json, os, sys, threading
from pathlib import Path
import numpy as np
touched = []
def audit(event, args):
    if event.startswith(("socket.", "os.mkdir", "os.rename", "subprocess.")):
        touched.append(event)
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        touched.append(str(args[0]))
sys.addaudithook(audit)
from firstword.core.transcripts import RecognitionRequest
from firstword.core.types import AudioChunk
from firstword.engines import moonshine, silero
early = "onnxruntime" in sys.modules
samples = np.load(sys.argv[1])
files = lambda model: Path(sys.argv[2]) / model
speech = silero.plugin.load(silero.INFO, files, {}).session().feed(AudioChunk(samples, 16000))
steps = moonshine.plugin.load(moonshine.plugin.infos()[1], files, {}).recognize(RecognitionRequest(samples))
while True:
    try:
        next(steps)
    except StopIteration as end:
        answer = end.value
        break
print(json.dumps({
    "early": early,
    "text": answer.text,
    "speech": max(speech) > 0.5,
    "touched": touched,
    "threads": len(os.listdir("/proc/self/task")) if os.path.exists("/proc/self/task") else 1,
}))
"""


def test_loading_and_listening_touch_no_network_no_file_and_start_no_thread(
    tmp_path: Path, model_files: Files
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    np.save(tmp_path / "speech.npy", soundfile.read(SPEECH, dtype="float32")[0])
    environment = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": os.environ["PATH"],
    }
    models = model_files("silero-vad").parent.resolve()
    command = [sys.executable, "-c", LISTEN, str(tmp_path / "speech.npy"), str(models)]

    found = json.loads(offline(command, home, environment))

    assert "amiable" in found.pop("text")
    assert {"early": False, "speech": True, "touched": [], "threads": 1} == found
    assert [] == list(home.rglob("*"))

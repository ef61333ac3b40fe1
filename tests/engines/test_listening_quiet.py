"""The engines that listen keep to themselves: nothing is loaded early, sent, or written anywhere."""

from pathlib import Path

import numpy as np
import pytest
import soundfile

from firstword.core.protocols import Files
from tests.engines.quiet import run_audited

pytestmark = pytest.mark.model

SPEECH = Path(__file__).parent.parent / "data/speech/librivox_0930.flac"
LISTEN = """
from pathlib import Path
import numpy as np
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
    np.save(tmp_path / "speech.npy", soundfile.read(SPEECH, dtype="float32")[0])
    models = model_files("silero-vad").parent.resolve()

    found = run_audited(LISTEN, home, str(tmp_path / "speech.npy"), str(models))

    assert "amiable" in found.pop("text")
    assert {"early": False, "speech": True, "touched": [], "threads": 1} == found
    assert [] == list(home.rglob("*"))

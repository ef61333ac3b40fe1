"""The engine keeps to itself: nothing is loaded early, sent, or written anywhere."""

import os
from pathlib import Path

import pytest

from tests.engines.quiet import run_audited

pytestmark = pytest.mark.model

SPEAK = """
from firstword.core.types import SynthesisRequest
from firstword.engines.hibari import plugin
from firstword.testing import no_files
early = [name for name in ("hibari", "onnxruntime") if name in sys.modules]
engine = plugin.load(plugin.infos()[0], no_files, {})
frames = sum(len(chunk.samples) for chunk in engine.steps(SynthesisRequest("Zyzzogeton, 5 km.", "heart")))
linux = os.path.exists("/proc/self/task")
paths = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")] if linux else []
fds = [os.readlink(path) for path in paths if os.path.lexists(path)]
print(json.dumps({
    "early": early,
    "frames": frames,
    "touched": touched,
    "threads": len(os.listdir("/proc/self/task")) if linux else threading.active_count(),
    "sockets": [fd for fd in fds if fd.startswith("socket:")],
    "telemetry": os.environ.get("ORT_DISABLE_TELEMETRY"),
}))
"""


def test_loading_and_speaking_touch_no_network_no_file_and_start_no_thread(tmp_path: Path) -> None:
    home = tmp_path / "home"
    found = run_audited(SPEAK, home)

    assert found.pop("frames") > 24_000
    expected = {"early": [], "touched": [], "threads": 1, "sockets": [], "telemetry": "1"}
    assert expected == found
    assert [] == list(home.rglob("*"))


def test_the_operators_own_choice_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    from firstword.engines.inference import onnxruntime

    monkeypatch.setenv("ORT_DISABLE_TELEMETRY", "0")
    monkeypatch.delenv("OPENBLAS_NUM_THREADS", raising=False)

    onnxruntime()

    assert ("0", "1") == (os.environ["ORT_DISABLE_TELEMETRY"], os.environ["OPENBLAS_NUM_THREADS"])

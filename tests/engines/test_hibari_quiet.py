"""The engine keeps to itself: nothing is loaded early, sent, or written anywhere."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.model

SPEAK = """
import json, os, sys, threading
touched = []
def audit(event, args):
    if event.startswith(("socket.", "os.mkdir", "os.rename", "subprocess.")):
        touched.append(event)
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        touched.append(str(args[0]))
sys.addaudithook(audit)
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
    home.mkdir()
    environment = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": os.environ["PATH"],
    }

    found = json.loads(offline([sys.executable, "-c", SPEAK], home, environment))

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


def offline(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """Runs without a network where the system lets us take it away; what it tries is seen either way."""
    unshare = shutil.which("unshare")
    if unshare and subprocess.run([unshare, "-n", "true"], capture_output=True, check=False).returncode == 0:
        command = [unshare, "-n", *command]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout

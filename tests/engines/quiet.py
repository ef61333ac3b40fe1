"""Programs that tell what they touched: the network, files, other programs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

AUDIT = """
import json, os, sys, threading
touched = []
def audit(event, args):
    if event.startswith(("socket.", "os.mkdir", "os.rename", "subprocess.")):
        touched.append(event)
    if event == "open" and isinstance(args[1], str) and set(args[1]) & set("wax+"):
        touched.append(str(args[0]))
sys.addaudithook(audit)
"""


def run_audited(program: str, home: Path, *arguments: str) -> dict[str, Any]:
    """What a program prints, as JSON; `touched` is there for it to print.

    It runs with a bare environment in an empty folder, without a network where the system lets us take it
    away; what it tries is seen either way.
    """
    home.mkdir()
    environment = {
        "HOME": str(home),
        "TMPDIR": str(home),
        "XDG_CACHE_HOME": str(home / "cache"),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "PATH": os.environ["PATH"],
    }
    command = [sys.executable, "-c", AUDIT + program, *arguments]
    unshare = shutil.which("unshare")
    if unshare and subprocess.run([unshare, "-n", "true"], capture_output=True, check=False).returncode == 0:
        command = [unshare, "-n", *command]
    done = subprocess.run(command, cwd=home, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found

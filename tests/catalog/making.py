"""Small models, and packages that hold them: real files with real hashes."""

from __future__ import annotations

import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from firstword.catalog.entries import ModelEntry, ModelFile, Source
from firstword.catalog.fetch import Step
from firstword.core.types import Task

GRAPH = bytes(range(256)) * 4_000
WORDS = b"one two three\n" * 100
FILES = {"graph.onnx": GRAPH, "words.txt": WORDS}


def entry_of(
    *sources: Source, files: Mapping[str, bytes] = FILES, model_id: str = "small", size_factor: int = 1
) -> ModelEntry:
    """A catalogue entry for `files`, true in every detail unless a size is to be a lie."""
    listed = [
        ModelFile(name, len(data) * size_factor, hashlib.sha256(data).hexdigest())
        for name, data in files.items()
    ]
    return ModelEntry(
        model_id, Task.CHAT, ("en",), "MIT", "silero-vad.txt", tuple(listed), sources or (), default=False
    )


def put(folder: Path, files: Mapping[str, bytes] = FILES) -> Path:
    """A folder with files in it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return folder


def make_wheel(folder: Path, files: Mapping[str, bytes], *, name: str = "small_model") -> Path:
    """A wheel that pip takes, version 1.0."""
    folder.mkdir(parents=True, exist_ok=True)
    path, info = folder / f"{name}-1.0-py3-none-any.whl", f"{name}-1.0.dist-info"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for inside, data in files.items():
            wheel.writestr(inside, data)
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        wheel.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr(f"{info}/RECORD", "")
    return path


def make_tarball(path: Path, files: Mapping[str, bytes]) -> Path:
    """A tarball as npm makes them."""
    with tarfile.open(path, "w:gz") as tarball:
        for inside, data in files.items():
            member = tarfile.TarInfo(inside)
            member.size = len(data)
            tarball.addfile(member, io.BytesIO(data))
    return path


def steps_of(told: Sequence[Step], doing: str) -> set[str]:
    """The models for which this was done."""
    return {step.model_id for step in told if step.doing == doing}


def left_in(folder: Path) -> set[str]:
    """What lies in a store, but for the lock."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} - {".lock"}

"""What we know of the models we ship or fetch: licence, files, sizes, hashes, sources."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model."""

    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Source:
    """Where a model's files come from."""

    kind: str
    """`package`, `hub` or `path`."""
    address: str
    """A distribution as `NAME==VERSION`, a repository at a revision, or a folder."""


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model in the catalogue."""

    model_id: str
    license: str
    """SPDX."""
    files: tuple[ModelFile, ...]
    sources: tuple[Source, ...]
    """In the order in which they are tried."""


ENTRIES: tuple[ModelEntry, ...] = (
    ModelEntry(
        "hibari",
        "Apache-2.0",
        (
            ModelFile(
                "hibari/assets/hibari.onnx",
                7_936_868,
                "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
            ),
        ),
        (Source("package", "hibari-tts==0.2.1"),),
    ),
)


def entry(model_id: str) -> ModelEntry | None:
    """The catalogue's entry for a model, or None for one that others registered."""
    return next((entry for entry in ENTRIES if entry.model_id == model_id), None)

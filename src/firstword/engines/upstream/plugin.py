"""What the settings name, and the engines that come of it. Nobody is asked anything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from firstword.core.errors import ConfigurationError
from firstword.core.protocols import Files
from firstword.core.types import EngineInfo, Task
from firstword.engines.options import configured, override
from firstword.engines.upstream.endpoint import NATIVE, TOKEN_FIELDS, Endpoint

if TYPE_CHECKING:
    from firstword.engines.upstream.chat import UpstreamChat


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator may set."""

    models: dict[str, dict[str, str]] = field(default_factory=dict)
    """Model id -> the fields of `ModelOptions`."""
    parallel: int = 32
    """Answers at once from one model; others wait."""
    waiting: int = 64
    """Callers that may wait for one model; more are told 503."""
    silence_s: float = 120.0
    """How long a server may say nothing, before its answer and in it."""

    def __post_init__(self) -> None:
        if not 1 <= self.parallel <= 10_000 or not 0 <= self.waiting <= 10_000:
            raise ValueError("option parallel must be 1 to 10000, and waiting 0 to 10000")
        if not 0 < self.silence_s <= 3600:
            raise ValueError("option silence_s must be over 0, and at most 3600")


@dataclass(frozen=True, slots=True)
class ModelOptions:
    """What is said of one model."""

    url: str = ""
    """Of the server."""
    model: str = ""
    """What it is called there; the id without its provider by default."""
    api_key: str = ""
    """Sent as a Bearer: plain, or `env:NAME`."""
    tools: str = NATIVE
    """`native`, or `schema` where the server does not call tools, or not well."""
    max_tokens_field: str = TOKEN_FIELDS[0]
    """`max_completion_tokens` for OpenAI's newer models."""


class UpstreamPlugin:
    """Offers the models that the settings name, and none without."""

    def infos(self) -> Sequence[EngineInfo]:
        """None: what there is, only the settings tell."""
        return ()

    def configured(self, options: Mapping[str, object]) -> Sequence[EngineInfo]:
        """The models that `options` name.

        Raises:
            ConfigurationError: an option is unknown or wrong, or a variable that holds a key is not set.
        """
        chosen = configured("upstream", Options(), options)
        return [_info(_endpoint(name, said)) for name, said in chosen.models.items()]

    def load(self, info: EngineInfo, files: Files, options: Mapping[str, object]) -> UpstreamChat:
        """An engine for a model; its server is asked when somebody asks the engine.

        Args:
            info: one of `configured(options)`.
            files: not used.
            options: the fields of `Options`.

        Raises:
            ConfigurationError: as in `configured`.
        """
        from firstword.engines.upstream.chat import UpstreamChat
        from firstword.engines.upstream.completions import Completions
        from firstword.engines.upstream.slots import Slots

        chosen = configured("upstream", Options(), options)
        if info.model_id not in chosen.models:
            raise ConfigurationError(f"The options of upstream name no model {info.model_id}.")
        endpoint = _endpoint(info.model_id, chosen.models[info.model_id])
        completions = Completions(
            silence_s=chosen.silence_s,
            local=endpoint.on_this_machine,
            secure=endpoint.url.lower().startswith("https:"),
        )
        return UpstreamChat(
            info, endpoint, completions, Slots(info.model_id, chosen.parallel, chosen.waiting)
        )


def _endpoint(model_id: str, said: Mapping[str, str]) -> Endpoint:
    from firstword.settings import revealed

    try:
        chosen = override(ModelOptions(), said)
        return Endpoint(
            name=model_id,
            url=chosen.url,
            model=chosen.model or model_id.rpartition("/")[2],
            api_key=revealed(chosen.api_key) or None,
            tools=chosen.tools,
            max_tokens_field=chosen.max_tokens_field,
        )
    except ValueError as failure:
        raise ConfigurationError(
            f"The engine upstream, model {model_id}: {failure}. It is described so: "
            'models = { "PROVIDER/NAME" = { url = "http://...", model = "...", api_key = "env:NAME" } }.'
        ) from failure


def _info(endpoint: Endpoint) -> EngineInfo:
    return EngineInfo(
        model_id=endpoint.name,
        task=Task.CHAT,
        sample_rate=0,
        voices=(),
        languages=("mul",),
        license="NOASSERTION",  # the operator's agreement with whoever serves it
        source=f"{endpoint.model} at {endpoint.host}",
        capabilities=("chat", "tools"),
    )


plugin = UpstreamPlugin()

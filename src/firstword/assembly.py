"""The one place that wires: plugins to catalogue, catalogue to host, host to pipelines."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import entry_points

from firstword.catalog.catalog import Catalog
from firstword.core.errors import ConfigurationError
from firstword.core.protocols import EnginePlugin
from firstword.core.types import AudioSpec, SpeechRequest
from firstword.pipeline.speak import SpeakPipeline
from firstword.runtime.admission import Admission
from firstword.runtime.host import EngineHost
from firstword.runtime.metrics import PrometheusMeter
from firstword.runtime.scheduler import DeadlineScheduler
from firstword.settings import Settings
from firstword.text.script import languages_of
from firstword.text.ssml import plain_text_of_ssml
from firstword.wire.listings import VoiceObject

PLUGIN_GROUP = "firstword.engines"
BY_NAME_ONLY = frozenset({"tone"})
"""Plugins that are used only when the settings name them."""


@dataclass(frozen=True, slots=True)
class Application:
    """Everything that serves, wired; started and closed by whoever runs it."""

    settings: Settings
    catalog: Catalog
    host: EngineHost
    scheduler: DeadlineScheduler
    meter: PrometheusMeter
    admission: Admission
    speak: SpeakPipeline

    def speech_request(
        self,
        *,
        model: str,
        voice: str,
        text: str | None,
        audio: AudioSpec,
        speed: float = 1.0,
        language: str | None = None,
        normalize: bool = True,
    ) -> SpeechRequest:
        """A request with its names resolved; the language, where it is not told, from the text's script.

        Raises:
            RequestError: a name means nothing here.
        """
        own = self.settings.voices.get(voice)
        text = text and plain_text_of_ssml(text)
        languages = (language,) if language else languages_of(text or "")
        info, real_voice = self.catalog.resolve(model, voice, languages)
        return SpeechRequest(
            model=info.model_id,
            voice=real_voice.id,
            text=text,
            language=language or (None if real_voice.language == "mul" else real_voice.language),
            speed=min(4.0, max(0.25, speed * own.speed)) if own else speed,
            leave=info.reads if normalize else None,
            gain_db=real_voice.gain_db + (own.gain_db if own else 0.0),
            audio=audio,
        )

    async def aclose(self) -> None:
        """Waits for running responses, then lets the engines and the workers go."""
        await self.host.aclose()
        self.scheduler.close()


def assemble(settings: Settings, *, warm_first: Callable[[], None] = lambda: None) -> Application:
    """Builds the application; nothing is loaded yet.

    Args:
        settings: how.
        warm_first: blocking work before any model counts as ready; a server warms its codecs.

    Raises:
        ConfigurationError: a setting names what is not installed.
    """
    plugins = discover(settings.engines)
    unknown = sorted(set(settings.engine_options) - set(plugins))
    if unknown:
        raise ConfigurationError(f"engine_options names {unknown[0]!r}, which is not in use.")
    infos = [(name, plugin, info) for name, plugin in plugins.items() for info in plugin.infos()]
    infos.sort(key=lambda row: row[2].model_id != settings.default_model)  # it is loaded first
    catalog = catalogue(settings, plugins.values())
    host = EngineHost(
        {
            info.model_id: (info, partial(plugin.load, info, None, settings.engine_options.get(name, {})))
            for name, plugin, info in infos
        },
        warm_first=warm_first,
    )
    scheduler = DeadlineScheduler(settings.workers)
    meter = PrometheusMeter()
    admission = Admission(
        max_streams=settings.max_streams,
        max_per_caller=settings.max_streams_per_caller,
        max_late_s=settings.max_late_s,
        late_s=scheduler.late_s,
    )
    meter.watch("queued_steps", "Steps waiting for a worker.", lambda: scheduler.waiting)
    meter.watch("late_seconds", "How late the worst-served step is.", scheduler.late_s)
    return Application(
        settings, catalog, host, scheduler, meter, admission, SpeakPipeline(host, scheduler, meter)
    )


def discover(names: Iterable[str] | None = None) -> dict[str, EnginePlugin]:
    """Engine plugins by name.

    Args:
        names: the ones to use; None for every one installed, but those used by name only.

    Raises:
        ConfigurationError: one that is named is not installed, or cannot be imported.
    """
    found = {point.name: point for point in entry_points(group=PLUGIN_GROUP)}
    wanted = sorted(set(found) - BY_NAME_ONLY) if names is None else list(names)
    plugins: dict[str, EnginePlugin] = {}
    for name in wanted:
        if name not in found:
            raise ConfigurationError(
                f"There is no engine plugin {name!r}; installed: {', '.join(sorted(found))}."
            )
        try:
            plugins[name] = found[name].load()
        except ImportError as failure:
            raise ConfigurationError(
                f"The engine plugin {name!r} cannot be imported: {failure}."
            ) from failure
    return plugins


def listed_voices(catalog: Catalog) -> list[VoiceObject]:
    """Every name that may stand in `voice`, in the shape in which it is listed everywhere."""
    return [
        VoiceObject(
            id=listed.id,
            name=listed.name,
            model=listed.model,
            language=listed.voice.language,
            gender=listed.voice.gender,
            alias_of=listed.alias_of,
        )
        for listed in catalog.voices()
    ]


def catalogue(settings: Settings, plugins: Iterable[EnginePlugin]) -> Catalog:
    """The names that may be asked for; nothing is loaded.

    Raises:
        ConfigurationError: an alias in the settings points at nothing.
    """
    return Catalog(
        [info for plugin in plugins for info in plugin.infos()],
        default_model=settings.default_model,
        model_aliases=settings.model_aliases,
        voice_aliases=settings.voice_aliases | {name: own.voice for name, own in settings.voices.items()},
    )

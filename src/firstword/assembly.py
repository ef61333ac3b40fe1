"""The one place that wires: plugins to catalogue, catalogue to host, host to pipelines."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import entry_points

from firstword.catalog import entries
from firstword.catalog.cast import cast
from firstword.catalog.catalog import Catalog
from firstword.catalog.store import ModelStore
from firstword.core.errors import ConfigurationError
from firstword.core.protocols import ConfiguredPlugin, EnginePlugin
from firstword.core.types import AudioSpec, EngineInfo, ScriptVoice, SpeechRequest
from firstword.pipeline.converse import ConversePipeline
from firstword.pipeline.conversing.recordings import Recordings
from firstword.pipeline.listen import ListenPipeline
from firstword.pipeline.speak import SpeakPipeline
from firstword.pipeline.transcribe import TranscribePipeline
from firstword.runtime.admission import Admission
from firstword.runtime.host import EngineHost
from firstword.runtime.metrics import PrometheusMeter
from firstword.runtime.scheduler import DeadlineScheduler
from firstword.runtime.supply import Reporting, Supply, silence
from firstword.settings import Settings, lexicon_entries
from firstword.store.answers import SpokenAnswers
from firstword.text.lexicon import Lexicons
from firstword.text.script import SCRIPTS, languages_of, scripts_of
from firstword.text.ssml import plain_text_of_ssml
from firstword.wire.listings import VoiceObject

PLUGIN_GROUP = "firstword.engines"
EACH_SCRIPT = "auto"
"""In place of a language: each script of a text is spoken by a voice that speaks it."""
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
    listen: ListenPipeline
    transcribe: TranscribePipeline
    converse: ConversePipeline
    answers: SpokenAnswers
    lexicons: Lexicons

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
        lexicon: Mapping[str, str] | None = None,
    ) -> SpeechRequest:
        """A request with its names resolved; the language, where it is not told, from the text's script.

        Args:
            model: a name of a model.
            voice: a name of a voice.
            text: all of it, or None where it is still to come.
            audio: the bytes that are asked for.
            speed: 0.25 to 4.
            language: BCP 47; `auto`: each script of the text by a voice that speaks it.
            normalize: whether numbers and markup are spoken as one reads them aloud.
            lexicon: words, and how they are said.

        Raises:
            RequestError: a name means nothing here.
        """
        own = self.settings.voices.get(voice)
        text = text and plain_text_of_ssml(text)
        scripts: tuple[ScriptVoice, ...] | None = None
        if language == EACH_SCRIPT:
            language = None
            found = SCRIPTS if text is None else scripts_of(text)
            info, real_voice, scripts = cast(self.catalog, model, voice, found, complete=text is not None)
        else:
            languages = (language,) if language else languages_of(text or "")
            info, real_voice = self.catalog.resolve(model, voice, languages)
        return SpeechRequest(
            model=info.model_id,
            voice=real_voice.id,
            text=text,
            language=language or (None if real_voice.language == "mul" else real_voice.language),
            speed=min(4.0, max(0.25, speed * own.speed)) if own else speed,
            leave=info.reads if normalize else None,
            lexicon=self.lexicons.choose(info, voice, lexicon),
            gain_db=real_voice.gain_db + (own.gain_db if own else 0.0),
            audio=audio,
            scripts=scripts,
        )

    async def aclose(self) -> None:
        """Waits for running responses, then lets the engines and the workers go."""
        await self.host.aclose()
        self.scheduler.close()
        self.answers.close()


@dataclass(frozen=True, slots=True)
class Model:
    """A model that a plugin offers, as far as it is here."""

    info: EngineInfo
    """Without the voices that are not installed."""
    absent: Mapping[str, str]
    """Those voices -> the model of the store that each comes from."""


def assemble(
    settings: Settings, *, warm_first: Callable[[], None] = lambda: None, reporting: Reporting = silence
) -> Application:
    """Builds the application; nothing is fetched or loaded yet.

    Args:
        settings: how.
        warm_first: blocking work before any model counts as ready; a server warms its codecs.
        reporting: opened for each fetch of missing models, in its thread.

    Raises:
        ConfigurationError: a setting names what is not installed.
    """
    plugins = discover(settings.engines)
    unknown = sorted(set(settings.engine_options) - set(plugins))
    if unknown:
        raise ConfigurationError(f"engine_options names {unknown[0]!r}, which is not in use.")
    store = store_of(settings)
    models = [
        (name, model)
        for name, plugin in plugins.items()
        for model in offered({name: plugin}, settings, store)
    ]
    models.sort(key=lambda row: row[1].info.model_id != settings.default_model)  # it is loaded first
    catalog = _catalog(settings, [model for _, model in models])
    supply = Supply(store, fetch=settings.fetch, reporting=reporting)
    host = EngineHost(
        {
            model.info.model_id: (
                model.info,
                partial(plugins[name].load, model.info, supply.files, settings.engine_options.get(name, {})),
            )
            for name, model in models
        },
        supply=supply,
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
    speak = SpeakPipeline(host, scheduler, meter)
    listen = ListenPipeline(host, scheduler, meter)
    transcribe = TranscribePipeline(host, scheduler, meter)
    heard_at_once = TranscribePipeline(host, scheduler, meter, patience_s=0.0)
    return Application(
        settings,
        catalog,
        host,
        scheduler,
        meter,
        admission,
        speak,
        listen,
        transcribe,
        ConversePipeline(host, Recordings(heard_at_once.open), speak),
        SpokenAnswers(settings.store_file, expiry_s=settings.audio_id_expiry_s),
        _lexicons(settings, catalog),
    )


def _lexicons(settings: Settings, catalog: Catalog) -> Lexicons:
    return Lexicons(
        catalog.infos,
        lexicon_entries(settings.lexicon) if settings.lexicon else {},
        {name: (own.voice, own.lexicon) for name, own in settings.voices.items()},
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


def store_of(settings: Settings) -> ModelStore:
    """The models on disk."""
    return ModelStore(settings.models_folder, entries=entries.ENTRIES, hub=settings.hub_url)


def offered(plugins: Mapping[str, EnginePlugin], settings: Settings, store: ModelStore) -> list[Model]:
    """Every model of the plugins, each with the voices that are installed.

    Raises:
        ConfigurationError: the options of a plugin name a model that is not there.
    """
    return [
        _as_installed(info, store)
        for name, plugin in plugins.items()
        for info in _infos(plugin, settings.engine_options.get(name, {}))
    ]


def _infos(plugin: EnginePlugin, options: Mapping[str, object]) -> Sequence[EngineInfo]:
    return plugin.configured(options) if isinstance(plugin, ConfiguredPlugin) else plugin.infos()


def catalogue(settings: Settings, plugins: Mapping[str, EnginePlugin]) -> Catalog:
    """The names that may be asked for; nothing is loaded.

    Raises:
        ConfigurationError: a setting names a model or a voice that is not there.
    """
    return _catalog(settings, offered(plugins, settings, store_of(settings)))


def _as_installed(info: EngineInfo, store: ModelStore) -> Model:
    absent = {
        voice.id: voice.needs
        for voice in info.voices
        if voice.needs is not None and store.installed(voice.needs) is None
    }
    if not absent:
        return Model(info, absent)
    voices = tuple(voice for voice in info.voices if voice.id not in absent)
    needs = info.needs if voices else (*info.needs, next(iter(absent.values())))  # dumb without any
    return Model(replace(info, voices=voices, needs=needs), absent)


def _catalog(settings: Settings, models: Sequence[Model]) -> Catalog:
    infos = [model.info for model in models]
    for name in ("default_recognizer", "default_chat"):
        chosen = getattr(settings, name)
        if name in settings.model_fields_set and all(info.model_id != chosen for info in infos):
            raise ConfigurationError(f"The setting {name} names {chosen!r}, which is not in use.")
    return Catalog(
        infos,
        default_model=settings.default_model,
        default_recognizer=settings.default_recognizer,
        default_chat=settings.default_chat,
        model_aliases=settings.model_aliases,
        voice_aliases=settings.voice_aliases | {name: own.voice for name, own in settings.voices.items()},
        absent_voices={voice: needs for model in models for voice, needs in model.absent.items()},
    )

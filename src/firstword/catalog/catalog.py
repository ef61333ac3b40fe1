"""Names in, a model and a voice out; unknown names are errors that list what there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from firstword.catalog.names import OPENAI_SPEECH_MODELS, OPENAI_VOICES
from firstword.core.errors import ConfigurationError, InvalidRequest, UnknownModel, UnknownVoice
from firstword.core.types import EngineInfo, Voice


@dataclass(frozen=True, slots=True)
class ListedModel:
    """A name that may stand in `model`."""

    id: str
    info: EngineInfo
    alias_of: str | None


@dataclass(frozen=True, slots=True)
class ListedVoice:
    """A name that may stand in `voice`."""

    id: str
    voice: Voice
    model: str
    alias_of: str | None

    @property
    def name(self) -> str:
        """For people."""
        return self.voice.name if self.alias_of is None else self.id.capitalize()


class Catalog:
    """What can be asked for.

    Args:
        infos: the models of all engines.
        default_model: what the OpenAI names mean.
        model_aliases: further names for models.
        voice_aliases: further names for voices; they win over the OpenAI names.

    Raises:
        ConfigurationError: an alias or the default points at nothing.
    """

    def __init__(
        self,
        infos: Sequence[EngineInfo],
        *,
        default_model: str,
        model_aliases: Mapping[str, str] | None = None,
        voice_aliases: Mapping[str, str] | None = None,
    ) -> None:
        self._infos = {info.model_id: info for info in infos}
        self._models = dict.fromkeys(OPENAI_SPEECH_MODELS, default_model) | dict(model_aliases or {})
        self._voices = dict(voice_aliases or {})
        for name, target in self._models.items():
            if target not in self._infos:
                raise ConfigurationError(
                    f"The model name {name!r} stands for {target!r}, which is not installed; "
                    f"installed: {_list(self._infos)}."
                )
        known = {voice.id for info in infos for voice in info.voices}
        for name, target in self._voices.items():
            if target not in known:
                raise ConfigurationError(
                    f"The voice name {name!r} stands for {target!r}, which no model has."
                )

    @property
    def infos(self) -> tuple[EngineInfo, ...]:
        """The models, without their aliases."""
        return tuple(self._infos.values())

    def model(self, name: str) -> EngineInfo:
        """The model that a name means.

        Raises:
            UnknownModel: none; the message lists the names there are.
        """
        info = self._infos.get(self._models.get(name, name))
        if info is None:
            names = _list([*self._infos, *self._models])
            raise UnknownModel(
                f"The model {_short(name)!r} does not exist. Models here: {names}.", param="model"
            )
        return info

    def resolve(self, model: str, voice: str, languages: Sequence[str] = ()) -> tuple[EngineInfo, Voice]:
        """The model and the voice that a request means.

        Args:
            model: as the request names it.
            voice: as the request names it.
            languages: BCP 47; one of them must be spoken, the first that any voice speaks is preferred.
                None at all: whatever the voice speaks. A name of OpenAI's is answered by another voice
                where the usual one does not speak them; a real voice never is.

        Raises:
            UnknownModel: no such model.
            UnknownVoice: no such voice anywhere.
            InvalidRequest: another model's voice, or a voice of another language.
        """
        info, found = self._named(model, voice)
        if not languages or any(_speaks(found, language) for language in languages):
            return info, found
        able = [
            (i, v) for language in languages for i in self.infos for v in i.voices if _speaks(v, language)
        ]
        alias = voice in OPENAI_VOICES and voice not in self._voices
        theirs = [(i, v) for i, v in able if i is info or model in OPENAI_SPEECH_MODELS]
        if alias and theirs:
            language = next(lang for lang in languages if any(_speaks(v, lang) for _, v in theirs))
            fit = _fitting(voice, [v for _, v in theirs if _speaks(v, language)])
            return next((i, v) for i, v in theirs if v is fit)
        raise InvalidRequest(
            f"The voice {voice!r} speaks {found.language}, not {languages[0]}. {_who_can(able)}",
            param="voice",
            code="unsupported_language",
        )

    def _named(self, model: str, voice: str) -> tuple[EngineInfo, Voice]:
        info = self.model(model)
        own = {v.id: v for v in info.voices}
        target = self._voices.get(voice, voice)
        if target in own:
            return info, own[target]
        if voice in OPENAI_VOICES:
            return info, _fitting(voice, info.voices)
        others = [other for other in self._infos.values() if any(v.id == target for v in other.voices)]
        if others:
            raise InvalidRequest(
                f"The voice {voice!r} belongs to {_list([o.model_id for o in others])}, not to "
                f"{info.model_id!r}, whose voices are {_list(own)}.",
                param="voice",
                code="voice_of_another_model",
            )
        names = _list([*own, *self._voices, *OPENAI_VOICES])
        raise UnknownVoice(
            f"The voice {_short(voice)!r} does not exist. Voices of {info.model_id!r}: {names}.",
            param="voice",
        )

    def models(self) -> Iterator[ListedModel]:
        """Every model name: the models first, then their aliases."""
        for info in self._infos.values():
            yield ListedModel(info.model_id, info, None)
        for name, target in self._models.items():
            yield ListedModel(name, self._infos[target], target)

    def voices(self) -> Iterator[ListedVoice]:
        """Every voice name: each model's voices, then the aliases with the voice that answers."""
        for info in self._infos.values():
            for voice in info.voices:
                yield ListedVoice(voice.id, voice, info.model_id, None)
        default = self._infos[self._models[OPENAI_SPEECH_MODELS[0]]]
        for name, target in self._voices.items():
            info, voice = next((i, v) for i in self._infos.values() for v in i.voices if v.id == target)
            yield ListedVoice(name, voice, info.model_id, target)
        for name in OPENAI_VOICES:
            if name not in self._voices and all(name != voice.id for voice in default.voices):
                voice = _fitting(name, default.voices)
                yield ListedVoice(name, voice, default.model_id, voice.id)


def _fitting(name: str, voices: Sequence[Voice]) -> Voice:
    """The voice that fits an OpenAI name best: one of its gender, spread by the name's place."""
    alike = [voice for voice in voices if voice.gender == OPENAI_VOICES[name]] or list(voices)
    same = [other for other, gender in OPENAI_VOICES.items() if gender == OPENAI_VOICES[name]]
    return alike[same.index(name) % len(alike)]


def _speaks(voice: Voice, language: str) -> bool:
    """Whether a voice is of a language, whatever the region."""
    own = _primary(voice.language)
    return own == "mul" or own == _primary(language)


def _primary(tag: str) -> str:
    return tag.replace("_", "-").split("-")[0].lower()


def _who_can(able: Sequence[tuple[EngineInfo, Voice]]) -> str:
    if able:
        return f"Voices that do: {', '.join(f'{v.id} ({i.model_id})' for i, v in able[:8])}."
    return (
        "No voice that is installed does; espeak-ng speaks 100 languages: install it (Debian: apt-get "
        "install espeak-ng) and start the server again."
    )


def _list(names: Mapping[str, object] | Sequence[str]) -> str:
    return ", ".join(names)


def _short(name: str) -> str:
    return name if len(name) <= 80 else name[:77] + "..."

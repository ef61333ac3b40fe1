"""Names in, a model and a voice out; unknown names are errors that list what there is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from firstword.catalog.names import (
    DIARIZING,
    OPENAI_CHAT_MODELS,
    OPENAI_SPEECH_MODELS,
    OPENAI_TRANSCRIPTION_MODELS,
    OPENAI_VOICES,
)
from firstword.core.errors import ConfigurationError, InvalidRequest, UnknownModel, UnknownVoice
from firstword.core.types import EngineInfo, Task, Voice


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
        infos: the models of all engines, whatever they do: one name space.
        default_model: what the OpenAI speech names mean.
        default_recognizer: what the OpenAI transcription names mean; where it is not among the models they
            mean nothing.
        default_chat: what the OpenAI audio chat names mean; likewise.
        model_aliases: further names for models.
        voice_aliases: further names for voices; they win over the OpenAI names.
        absent_voices: voices that are not installed -> the model of the store that each comes from.

    Raises:
        ConfigurationError: an alias or the default points at nothing, or a default at what does something
            else.
    """

    def __init__(
        self,
        infos: Sequence[EngineInfo],
        *,
        default_model: str,
        default_recognizer: str | None = None,
        default_chat: str | None = None,
        model_aliases: Mapping[str, str] | None = None,
        voice_aliases: Mapping[str, str] | None = None,
        absent_voices: Mapping[str, str] | None = None,
    ) -> None:
        self._infos = {info.model_id: info for info in infos}
        self._models = dict.fromkeys(OPENAI_SPEECH_MODELS, default_model)
        if default_recognizer is not None and default_recognizer in self._infos:
            self._models |= dict.fromkeys(OPENAI_TRANSCRIPTION_MODELS, default_recognizer)
        if default_chat is not None and default_chat in self._infos:
            self._models |= dict.fromkeys(OPENAI_CHAT_MODELS, default_chat)
        self._models |= model_aliases or {}
        self._default_recognizer = default_recognizer
        self._default_chat = default_chat
        self._voices = dict(voice_aliases or {})
        self._absent_voices = dict(absent_voices or {})
        for name, target in self._models.items():
            if target not in self._infos:
                raise ConfigurationError(
                    f"The model name {name!r} stands for {target!r}, which is not installed; "
                    f"installed: {_list(self._infos)}."
                )
        known = {voice.id for info in infos for voice in info.voices}
        for name, target in self._voices.items():
            if target in self._absent_voices:
                raise ConfigurationError(
                    f"The voice name {name!r} stands for {target!r}. {self._how_to_have(target)}"
                )
            if target not in known:
                raise ConfigurationError(
                    f"The voice name {name!r} stands for {target!r}, which no model has."
                )
        self._require(default_model, Task.SPEECH, "default_model")
        if default_recognizer is not None and default_recognizer in self._infos:
            self._require(default_recognizer, Task.TRANSCRIPTION, "default_recognizer")
        if default_chat is not None and default_chat in self._infos:
            self._require(default_chat, Task.CHAT, "default_chat")

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
        if info is None and name in OPENAI_TRANSCRIPTION_MODELS:
            raise UnknownModel(
                f"Nobody here answers to {name!r}: default_recognizer is {self._default_recognizer!r}, which "
                "no engine in use has. Add its engine to the setting `engines` (for moonshine-base these are "
                f"moonshine and silero). Recognizers here: {self._able(Task.TRANSCRIPTION) or 'none'}.",
                param="model",
            )
        if info is None and name in OPENAI_CHAT_MODELS:
            raise UnknownModel(
                f"Nobody here answers to {name!r}: default_chat is {self._default_chat!r}, which no engine "
                f"in use has. Add its engine to the setting `engines`. Chat models here: "
                f"{self._able(Task.CHAT) or 'none'}.",
                param="model",
            )
        if info is None:
            names = _list([*self._infos, *self._models])
            raise UnknownModel(
                f"The model {_short(name)!r} does not exist. Models here: {names}.", param="model"
            )
        return info

    def recognizer(self, name: str) -> EngineInfo:
        """The recognizer that a name means.

        Raises:
            UnknownModel: none; the message lists the names there are.
            InvalidRequest: the model does something else, or speakers are to be told apart.
        """
        if name == DIARIZING and name not in self._models:
            raise InvalidRequest(
                f"The model {name!r} tells speakers apart, which no model here does; gpt-4o-transcribe "
                "writes down what they say.",
                param="model",
                code="diarization_unsupported",
            )
        return self._for(name, Task.TRANSCRIPTION)

    def chat(self, name: str) -> EngineInfo:
        """The chat model that a name means.

        Raises:
            UnknownModel: none; the message lists the names there are.
            InvalidRequest: the model does something else.
        """
        return self._for(name, Task.CHAT)

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

    def speaker(self, languages: Sequence[str], beside: tuple[EngineInfo, Voice]) -> tuple[EngineInfo, Voice]:
        """Who speaks a part of a text: the voice of the rest where it can, otherwise the one most like it.

        Args:
            languages: BCP 47; the first that any voice speaks is preferred.
            beside: the voice of the rest: one of its model and its gender is preferred.

        Raises:
            InvalidRequest: no voice that is installed speaks any of them.
        """
        info, voice = beside
        if any(_speaks(voice, language) for language in languages):
            return beside
        for language in languages:
            able = [(i, v) for i in self.infos for v in i.voices if _speaks(v, language)]
            if able:
                return min(able, key=lambda one: (one[0] is not info, one[1].gender != voice.gender))
        raise InvalidRequest(
            f"A part of the text is in a script that voice {voice.id!r} does not speak "
            f"({languages[0]}). {_who_can(())}",
            param="input",
            code="unsupported_language",
        )

    def _for(self, name: str, task: Task) -> EngineInfo:
        """The model that a name means, which must be one for `task`."""
        info = self.model(name)
        if info.task is not task:
            raise InvalidRequest(
                f"The model {_short(name)!r} is for {info.task}, not for {task}. Models that are: "
                f"{self._able(task) or 'none here'}.",
                param="model",
                code="wrong_task",
            )
        return info

    def _able(self, task: Task) -> str:
        return _list([info.model_id for info in self._infos.values() if info.task is task])

    def _require(self, model_id: str, task: Task, setting: str) -> None:
        """Refuses a setting that names a model for something else, or one that cannot speak yet."""
        info = self._infos.get(model_id)
        if info is None or info.task is not task:
            what = "is not installed" if info is None else f"is for {info.task}, not for {task}"
            raise ConfigurationError(f"The setting {setting} names {model_id!r}, which {what}.")
        if task is Task.SPEECH and not info.voices:
            raise ConfigurationError(
                f"The setting {setting} names {model_id!r}, none of whose voices is installed; "
                "`firstword models` lists those that can be fetched."
            )

    def _how_to_have(self, voice: str) -> str:
        """What an operator does for a voice that is not installed."""
        needs = self._absent_voices[voice]
        return f"It is not installed: run `firstword models pull {needs}`, then start the server again."

    def _named(self, model: str, voice: str) -> tuple[EngineInfo, Voice]:
        info = self._for(model, Task.SPEECH)
        own = {v.id: v for v in info.voices}
        target = self._voices.get(voice, voice)
        if target in own:
            return info, own[target]
        if voice in OPENAI_VOICES and own:
            return info, _fitting(voice, info.voices)
        if target in self._absent_voices:
            raise UnknownVoice(
                f"The voice {_short(voice)!r} is not here. {self._how_to_have(target)}",
                param="voice",
                code="voice_not_installed",
            )
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
    """The voice that fits an OpenAI name best: its namesake, or one of its gender.

    Names of a gender take turns: the first is answered by the first voice, the second by the second, and so
    on, in the order of `OPENAI_VOICES` and of the voices.
    """
    namesake = next((voice for voice in voices if voice.id == name), None)
    if namesake is not None:
        return namesake
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

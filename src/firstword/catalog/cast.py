"""Who speaks what in a text of several scripts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from firstword.catalog.catalog import Catalog
from firstword.core.errors import InvalidRequest
from firstword.core.types import EngineInfo, ScriptVoice, Voice

Speaker = tuple[EngineInfo, Voice]
Cast = tuple[EngineInfo, Voice, tuple[ScriptVoice, ...] | None]
"""The main model and voice, and who speaks each script but Latin; None where that voice speaks them all."""


def cast(
    catalog: Catalog, model: str, voice: str, scripts: Mapping[str | None, Sequence[str]], *, complete: bool
) -> Cast:
    """The voices for a text: the one that is asked for speaks all it can, others the rest.

    Where the text has nothing for it, the one that speaks the text's beginning is the main voice.

    Args:
        catalog: what is installed.
        model: as the request names it.
        voice: as the request names it.
        scripts: the scripts of the text, each with the languages it may be; None stands for Latin.
        complete: whether the text is known. Otherwise these are the scripts that may come.

    Raises:
        RequestError: a name means nothing here, or no installed voice speaks a script of a known text.
    """
    main = catalog.resolve(model, voice)
    speakers = _speakers(catalog, main, scripts, complete)
    if complete and speakers and None not in scripts and main not in speakers.values():
        main = next(iter(speakers.values()))
        speakers = _speakers(catalog, main, scripts, complete)
    if all(speakers.get(script) == main for script in scripts if script is not None):
        return *main, None
    return *main, tuple(_script_voice(script, speaker, main[1]) for script, speaker in speakers.items())


def _speakers(
    catalog: Catalog, main: Speaker, scripts: Mapping[str | None, Sequence[str]], complete: bool
) -> dict[str, Speaker]:
    found = {}
    for script, languages in scripts.items():
        if script is None:
            continue
        try:
            found[script] = catalog.speaker(languages, main)
        except InvalidRequest:
            if complete:
                raise
    return found


def _script_voice(script: str, speaker: Speaker, main: Voice) -> ScriptVoice:
    info, voice = speaker
    return ScriptVoice(
        script,
        info.model_id,
        voice.id,
        language=None if voice.language == "mul" else voice.language,
        gain_db=voice.gain_db - main.gain_db,
        leave=info.reads,
    )

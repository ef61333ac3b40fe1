"""What is known without starting the program, and what is looked up when it is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from firstword.core.errors import ConfigurationError
from firstword.core.protocols import Files
from firstword.core.types import EngineInfo, Pauses, Task
from firstword.engines.espeak import program
from firstword.engines.espeak.engine import EspeakEngine
from firstword.engines.espeak.voices import TONGUES, primary

INFO = EngineInfo(
    model_id="espeak",
    task=Task.SPEECH,
    sample_rate=program.SAMPLE_RATE,
    voices=tuple(tongue.voice for tongue in TONGUES),
    languages=tuple(dict.fromkeys(primary(tongue.tag) for tongue in TONGUES)),
    license="GPL-3.0-or-later",
    source="the system's program espeak-ng, in a process of its own (Debian package espeak-ng)",
    streams_inside_segments=True,
    # Within 6 % of the asked length for English, German and Korean; at 0.45 it slows down no more (80 words
    # a minute), at 2 it lags by 8 %.
    speeds=(0.5, 1.5),
    # What it makes itself between clauses, sentences and paragraphs of one text, less the 20 ms of
    # silence at the ends of a segment spoken alone.
    pauses=Pauses(clause_ms=145, sentence_ms=295, paragraph_ms=520),
    capabilities=("speech",),
)


class EspeakPlugin:
    """Offers espeak-ng where the system has it, and nothing where not."""

    def infos(self) -> Sequence[EngineInfo]:
        """The one model; none without the program."""
        return (INFO,) if program.find() else ()

    def load(self, info: EngineInfo, files: Files, options: Mapping[str, object]) -> EspeakEngine:
        """Asks the program for its voices, some 10 ms; nothing stays in memory.

        Args:
            info: `INFO`.
            files: not used; its data is the system's.
            options: there are none.

        Raises:
            ConfigurationError: an option is given, or the program is missing or does not work.
        """
        if options:
            raise ConfigurationError(
                f"The engine espeak has no options, so not {', '.join(sorted(options))}."
            )
        where = program.find()
        if where is None:
            raise ConfigurationError(
                f"The program {program.NAME} is not installed: apt-get install espeak-ng (Debian, Ubuntu), "
                "brew install espeak-ng (macOS)."
            )
        known = program.installed_voices(where)
        voices = tuple(tongue.voice for tongue in TONGUES if tongue.called in known)
        if not voices:
            raise ConfigurationError(f"{program.NAME} has no voices: install its data, espeak-ng-data.")
        return EspeakEngine(replace(info, voices=voices), where)


plugin = EspeakPlugin()

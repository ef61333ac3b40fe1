"""What is known of the model before it is loaded, and how it is loaded."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from firstword.core.errors import ConfigurationError
from firstword.core.protocols import Files
from firstword.core.types import EngineInfo, Pauses, Task, Voice
from firstword.engines.options import configured
from firstword.engines.reads import ENGINE_READS

if TYPE_CHECKING:
    from firstword.engines.hibari.engine import HibariEngine

INFO = EngineInfo(
    model_id="hibari",
    task=Task.SPEECH,
    sample_rate=24_000,
    # The others have not been heard here, so that their loudness was not measured either: 0 dB.
    voices=(
        Voice("heart", "Heart", "en-US", "female"),
        Voice("fenrir", "Fenrir", "en-US", "male", needs="hibari-fenrir"),
        Voice("emma", "Emma", "en-GB", "female", needs="hibari-emma"),
        Voice("fable", "Fable", "en-GB", "male", needs="hibari-fable"),
        Voice("kore", "Kore", "en-US", "female", needs="hibari-kore"),
    ),
    languages=("en",),
    license="Apache-2.0",
    source="hibari-tts 0.2.1, the Python package of its makers",
    streams_inside_segments=True,
    reads=ENGINE_READS["hibari"],
    word_timings=True,
    # Faster than 1.25 it is understood less well (47 errors of 513 words at 1.5, 7 at 1); slower than 0.5
    # was never taught to it, and words get holes.
    speeds=(0.5, 1.25),
    # With what the model leaves before and after, a sentence's pause is the one it makes by itself.
    pauses=Pauses(clause_ms=20, sentence_ms=210, paragraph_ms=450),
    capabilities=("speech", "word_timings"),
    phonemes="[{word}](/{phonemes}/)",
    # The package's vocab.json, without punctuation, arrows and the combining tilde: they do not reach the
    # model from inside a pronunciation as they are.
    phoneme_symbols=(
        " AIOQSTWYabcdefhijklmnopqrstuvwxyzæçðøŋœɐɑɒɔɕɖəɚɛɜɟɡɥɨɪɯɰɲɳɴɸɹɻɽɾʁʂʃʈʊʋʌʎʒʔʝʣʤʥʦʧʨʰʲˈˌːβθχɣɤᵊᵝᵻꭧ"
    ),
)

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Options:
    """The operator's, from the settings."""

    threads: int = 1
    """For each inference call. 1 is best where many are spoken to at once."""

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ValueError("option threads must be at least 1")


class HibariPlugin:
    """Offers hibari, whose voice `heart` is inside its package; the others come from the store."""

    def infos(self) -> Sequence[EngineInfo]:
        """The one model."""
        return (INFO,)

    def load(self, info: EngineInfo, files: Files, options: Mapping[str, object]) -> HibariEngine:
        """Loads the voices, the pronouncing dictionary and its net for unknown words: about half a second.

        A voice from the store that cannot be loaded is left out, so that the others speak.

        Args:
            info: `INFO`, with the voices that are installed.
            files: the folders of voices from the store.
            options: the fields of `Options`.

        Raises:
            ConfigurationError: an option is wrong, the package is missing or damaged, or no voice can be
                loaded.
        """
        chosen = configured("hibari", Options(), options)
        assets = _assets()
        from firstword.engines.hibari.engine import HibariEngine, Speaker
        from firstword.engines.hibari.phonemes import Pronouncer
        from firstword.engines.hibari.session import AcousticModel
        from firstword.engines.inference import onnxruntime

        onnxruntime()
        pronouncers: dict[bool, Pronouncer] = {}
        speakers: dict[str, Speaker] = {}
        for voice in info.voices:
            british = voice.language == "en-GB"
            try:
                folder = files(voice.needs) if voice.needs else assets
                model = AcousticModel(folder / "hibari.onnx", chosen.threads)
                if british not in pronouncers:
                    pronouncers[british] = Pronouncer(assets / "vocab.json", british=british)
                speakers[voice.id] = Speaker(pronouncers[british], model)
            except (OSError, ValueError, ConfigurationError) as error:
                log.warning("hibari's voice %s cannot be loaded and is left out: %s", voice.id, error)
        if not speakers:
            raise ConfigurationError(
                "The model hibari cannot be loaded: no voice is whole; the log says why."
            )
        voices = tuple(voice for voice in info.voices if voice.id in speakers)
        return HibariEngine(replace(info, voices=voices), speakers)


def _assets() -> Path:
    spec = find_spec("hibari")
    if spec is None or spec.origin is None:
        raise ConfigurationError("The package hibari-tts is missing; install it with pip.")
    return Path(spec.origin).parent / "assets"


plugin = HibariPlugin()

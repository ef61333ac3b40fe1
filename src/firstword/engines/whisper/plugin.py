"""What is known from the settings and the folders alone, and how a model is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from firstword.core.errors import ConfigurationError
from firstword.core.protocols import Files
from firstword.core.transcripts import LISTENING_RATE
from firstword.core.types import EngineInfo, Task
from firstword.engines.options import configured
from firstword.engines.whisper.choices import Decoding, Options
from firstword.engines.whisper.folder import ENGLISH, languages_of

if TYPE_CHECKING:
    from firstword.engines.whisper.engine import WhisperEngine

LIBRARY = "faster_whisper"
LONGEST_S = 30.0
"""What the encoder sees at once. Source: Whisper's architecture."""


class WhisperPlugin:
    """Offers the models that the settings name, and none without."""

    def infos(self) -> Sequence[EngineInfo]:
        """None: what there is, only the settings tell."""
        return ()

    def configured(self, options: Mapping[str, object]) -> Sequence[EngineInfo]:
        """The models that `options` name. Looks at their folders, and loads nothing.

        Raises:
            ConfigurationError: an option is unknown, a folder is not whole, or the library is missing.
        """
        chosen = configured("whisper", Options(), options)
        if chosen.models and find_spec(LIBRARY) is None:
            raise ConfigurationError(
                "engine_options names Whisper models, and faster-whisper is not installed: "
                "pip install 'firstword[whisper]'."
            )
        return [_info(model_id, _path(folder)) for model_id, folder in chosen.models.items()]

    def load(self, info: EngineInfo, files: Files, options: Mapping[str, object]) -> WhisperEngine:
        """Loads a model from its folder; the first one loads the library too.

        Args:
            info: one of `configured(options)`.
            files: not used; the options name the folders.
            options: the fields of `Options`.

        Raises:
            ConfigurationError: as in `configured`; or the weights cannot be used, or not as the options say.
        """
        chosen = configured("whisper", Options(), options)
        if info.model_id not in chosen.models:
            raise ConfigurationError(
                f"The options of whisper name no model {info.model_id}: "
                f'models = {{ "{info.model_id}" = "FOLDER" }}.'
            )
        folder = _path(chosen.models[info.model_id])
        languages_of(info.model_id, folder)
        try:
            from firstword.engines.whisper.engine import WhisperEngine, read_weights
        except ImportError as failure:
            raise ConfigurationError(
                f"faster-whisper cannot be imported ({failure}): pip install 'firstword[whisper]'."
            ) from failure
        try:
            model = read_weights(folder, chosen)
        except (RuntimeError, ValueError, OSError) as failure:
            raise ConfigurationError(
                f"The model {info.model_id} cannot be loaded from {folder}: {failure}."
            ) from failure
        return WhisperEngine(info, model, Decoding(chosen.beam_size))


def _info(model_id: str, folder: Path) -> EngineInfo:
    languages = languages_of(model_id, folder)
    multilingual = languages != ENGLISH
    return EngineInfo(
        model_id=model_id,
        task=Task.TRANSCRIPTION,
        sample_rate=LISTENING_RATE,
        voices=(),
        languages=languages,
        license="NOASSERTION",  # the operator's weights; OpenAI's own are MIT
        source="weights on this machine's disk, by faster-whisper",
        word_timings=True,
        capabilities=("transcription", "word_timings", *(("translation",) if multilingual else ())),
        longest_s=LONGEST_S,
    )


def _path(folder: str) -> Path:
    return Path(folder).expanduser().absolute()


plugin = WhisperPlugin()

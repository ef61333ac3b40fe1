"""What is known of the model before it is loaded, and how it is loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from firstword.core.errors import ConfigurationError
from firstword.core.types import EngineInfo, Pauses, Task, Voice
from firstword.engines.options import override
from firstword.engines.reads import ENGINE_READS

if TYPE_CHECKING:
    from firstword.engines.hibari.engine import HibariEngine

INFO = EngineInfo(
    model_id="hibari",
    task=Task.SPEECH,
    sample_rate=24_000,
    voices=(Voice("heart", "Heart", "en-US", "female"),),
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
)


@dataclass(frozen=True, slots=True)
class Options:
    """The operator's, from the settings."""

    threads: int = 1
    """For each inference call. 1 is best where many are spoken to at once."""

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ValueError("option threads must be at least 1")


class HibariPlugin:
    """Offers hibari, whose voice `heart` is inside its package."""

    def infos(self) -> Sequence[EngineInfo]:
        """The one model."""
        return (INFO,)

    def load(self, info: EngineInfo, files: Path | None, options: Mapping[str, object]) -> HibariEngine:
        """Loads the model, its pronouncing dictionary and its net for unknown words: about half a second.

        Args:
            info: `INFO`.
            files: a folder with another `hibari.onnx`, or None for the one in the package.
            options: the fields of `Options`.

        Raises:
            ConfigurationError: an option is wrong, or the package or its model is missing or damaged.
        """
        try:
            chosen = override(Options(), options)
        except ValueError as error:
            raise ConfigurationError(f"The engine hibari: {error}.") from error
        assets = _assets()
        from firstword.engines.hibari.engine import HibariEngine
        from firstword.engines.hibari.phonemes import Pronouncer
        from firstword.engines.hibari.session import AcousticModel, onnxruntime

        onnxruntime()
        try:
            model = AcousticModel((files or assets) / "hibari.onnx", chosen.threads)
            return HibariEngine(info, Pronouncer(assets / "vocab.json"), model)
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"The model hibari cannot be loaded: {error}.") from error


def _assets() -> Path:
    spec = find_spec("hibari")
    if spec is None or spec.origin is None:
        raise ConfigurationError("The package hibari-tts is missing; install it with pip.")
    return Path(spec.origin).parent / "assets"


plugin = HibariPlugin()

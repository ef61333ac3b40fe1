"""What is known of the models before they are loaded, and how they are loaded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from firstword.core.errors import ConfigurationError
from firstword.core.protocols import Files
from firstword.core.transcripts import LISTENING_RATE
from firstword.core.types import EngineInfo, Task
from firstword.engines.options import configured

if TYPE_CHECKING:
    from firstword.engines.moonshine.engine import MoonshineEngine

LONGEST_S = 30.0
"""What the models were taught with; beyond, they get lost."""
ALIGNMENT_HEADS: Mapping[str, Sequence[tuple[int, int]]] = {
    "moonshine-base": ((5, 5), (5, 6), (6, 4), (4, 2), (5, 3), (6, 0), (6, 1), (5, 4)),
    "moonshine-tiny": ((4, 3), (3, 5), (3, 0), (3, 2), (4, 6), (3, 6), (4, 7), (3, 1)),
}
"""`(layer, head)`s that listen to the word that is written next. Source: measured on speech whose words'
times are known."""


def _info(model_id: str, drafts: str | None = None) -> EngineInfo:
    return EngineInfo(
        model_id=model_id,
        task=Task.TRANSCRIPTION,
        sample_rate=LISTENING_RATE,
        voices=(),
        languages=("en",),
        license="MIT",
        source="@usefulsensors/moonshine-js 0.1.16, the npm package of its makers",
        word_timings=True,
        capabilities=("transcription", "word_timings"),
        needs=(model_id,),
        drafts=drafts,
        longest_s=LONGEST_S,
    )


@dataclass(frozen=True, slots=True)
class Options:
    """The operator's, from the settings; a request may override all but `threads`."""

    threads: int = 1
    """For each inference call. 1 is best: 2 take twice the CPU and are no faster."""
    guided_frames: int = 12
    """While speech goes on: so near the end of the audio, in frames of 24 ms, nothing is written yet."""
    back_frames: int = 40
    """While speech goes on: stops where the model listens so far back again."""
    cut_ms: float = 100.0
    """Speech until so shortly before the end of the audio was cut off."""

    def __post_init__(self) -> None:
        if self.threads < 1:
            raise ValueError("option threads must be at least 1")
        for name in ("guided_frames", "back_frames", "cut_ms"):
            if not 0 <= getattr(self, name) <= 10_000:
                raise ValueError(f"option {name} must be 0 to 10000")


class MoonshinePlugin:
    """Offers `moonshine-base`, and `moonshine-tiny`, which is half its size and writes its drafts."""

    def infos(self) -> Sequence[EngineInfo]:
        """The two models."""
        return (_info("moonshine-base", drafts="moonshine-tiny"), _info("moonshine-tiny"))

    def load(self, info: EngineInfo, files: Files, options: Mapping[str, object]) -> MoonshineEngine:
        """Loads a model: half a second to one.

        Args:
            info: one of `infos()`.
            files: gives the model's folder.
            options: the fields of `Options`.

        Raises:
            ConfigurationError: an option is wrong, or a file is missing or damaged.
        """
        chosen = configured("moonshine", Options(), options)
        folder = files(info.model_id)
        from firstword.engines.moonshine.engine import MoonshineEngine
        from firstword.engines.moonshine.network import Network
        from firstword.engines.moonshine.vocabulary import Vocabulary

        try:
            vocabulary = Vocabulary(folder / "moonshine.min.js")
            network = Network(folder, ALIGNMENT_HEADS[info.model_id], chosen.threads)
        except (OSError, ValueError) as error:
            raise ConfigurationError(f"The model {info.model_id} cannot be loaded: {error}.") from error
        return MoonshineEngine(info, network, vocabulary, chosen)


plugin = MoonshinePlugin()

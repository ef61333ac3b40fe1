"""The engine: a piece of audio becomes words, a few tokens a step."""

from __future__ import annotations

import re
from collections.abc import Generator, Mapping
from typing import Any

import numpy as np

from firstword.core.errors import EngineError, InvalidRequest
from firstword.core.transcripts import LISTENING_RATE, Recognition, RecognitionRequest
from firstword.core.types import EngineInfo
from firstword.engines.moonshine.network import LEAST_SAMPLES, Network
from firstword.engines.moonshine.piece import Piece
from firstword.engines.moonshine.plugin import Options
from firstword.engines.moonshine.vocabulary import TOKENS, Vocabulary
from firstword.engines.options import override


class MoonshineEngine:
    """Writes down English. Thread-safe: runs share the model and nothing else.

    Args:
        info: what it is.
        network: the model.
        vocabulary: the texts of its tokens.
        options: how it decodes where a request does not say.
    """

    def __init__(self, info: EngineInfo, network: Network, vocabulary: Vocabulary, options: Options) -> None:
        self.info = info
        self._network: Network | None = network
        self._vocabulary = vocabulary
        self._options = options

    def check(self, request: RecognitionRequest) -> None:
        """Refuses what the model cannot do. `prompt` and `temperature` are no use to it, and no error.

        Raises:
            InvalidRequest: a language other than English, a translation, an unknown option, a prefix
                that is not of its tokens, or audio longer than it takes.
        """
        for param, given in (("language", (request.language,)), ("languages", request.languages)):
            asked = [tag for tag in given if tag]
            if asked and not any(_is_english(tag) for tag in asked):
                raise InvalidRequest(
                    f"The model {self.info.model_id} hears English, not {', '.join(asked)}; Whisper hears 99 "
                    "languages: install it and name it in `model`.",
                    param=param,
                    code="unsupported_language",
                )
        if request.translate:
            raise InvalidRequest(
                f"The model {self.info.model_id} hears English alone and does not translate; Whisper does.",
                param="model",
                code="translation_unsupported",
            )
        self._options_of(request.options)
        if not all(0 < token < TOKENS for token in request.prefix):
            raise InvalidRequest("The prefix holds ids that are none of the model's tokens.", param="prefix")
        if len(request.samples) > self.info.longest_s * LISTENING_RATE:
            raise InvalidRequest(
                f"The model {self.info.model_id} takes {self.info.longest_s:g} s of audio at a time, not "
                f"{len(request.samples) / LISTENING_RATE:.1f}.",
                param="file",
            )

    def recognize(self, request: RecognitionRequest) -> Generator[None, None, Recognition]:
        """Writes down one piece of audio.

        The first step listens to all of it, 15 ms for each second; each of the others writes some words.

        Raises:
            InvalidRequest: as `check`.
            EngineError: the model failed, is closed, or was given samples that are no numbers.
        """
        self.check(request)
        network = self._network
        if network is None:
            raise EngineError("The model is closed.", code="engine_closed")
        if not np.isfinite(request.samples).all():
            raise EngineError("The audio holds NaN or infinity.")
        if len(request.samples) < LEAST_SAMPLES and not request.prefix:
            return Recognition("", language="en")
        piece = Piece(network, self._vocabulary, self._options_of(request.options), request)
        return (yield from (piece.ongoing() if request.ongoing else piece.whole()))

    def health(self) -> bool:
        """True until it is closed."""
        return self._network is not None

    def close(self) -> None:
        """Lets go of the model; its memory goes with the last run that holds it."""
        self._network = None

    def _options_of(self, given: Mapping[str, Any]) -> Options:
        try:
            if "threads" in given:
                raise ValueError("option threads is the operator's alone")
            return override(self._options, given)
        except ValueError as error:
            raise InvalidRequest(f"The model {self.info.model_id}: {error}.", param="options") from error


def _is_english(tag: str) -> bool:
    return re.split("[-_]", tag)[0].lower() in {"en", "eng", "english"}

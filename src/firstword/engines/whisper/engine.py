"""The engine: one window of sound, decoded in one go.

faster-whisper's own loop over windows writes time marks into the text, begins again where they say, and
tells neither the tokens nor holds to given ones. A piece here is never longer than one window, so its parts
(features, encoder, tokenizer, decoder, alignment) are put together without that loop and without marks.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from math import log
from pathlib import Path
from typing import Any

import numpy as np
from faster_whisper import WhisperModel
from faster_whisper.audio import pad_or_trim
from faster_whisper.tokenizer import Tokenizer

from firstword.core.errors import ConfigurationError, EngineError, InvalidRequest
from firstword.core.transcripts import LISTENING_RATE, Recognition, RecognitionRequest, Token, Word
from firstword.core.types import EngineInfo
from firstword.engines.options import override
from firstword.engines.whisper.choices import Decoding, Options
from firstword.engines.whisper.folder import ENGLISH
from firstword.engines.whisper.languages import code_of, tag_of
from firstword.engines.whisper.loops import loop_at
from firstword.engines.whisper.words import FRAME_MS, Span, settled, spans, timed

CONTEXT_TOKENS = 448
"""All that the decoder has in mind: prompt and answer. Source: Whisper's architecture."""
LONGEST_PREFIX = CONTEXT_TOKENS // 2
"""Half of that is for the answer; the library does not stop where it is given more."""
NO_SPEECH = 0.6
UNLIKELY = -1.0
"""Silence: no speech is likelier than `NO_SPEECH`, and a token's logprob is below this on average. Source:
OpenAI's own bounds for Whisper."""
FAINTEST = 0.0005
"""Where no sample is louder than this (-66 dBFS) nobody speaks; Whisper is known to invent words there."""
UNSETTLED_MS = 400.0
"""While speech goes on, words that end this near to the last sample may still change."""
LEAST_LOGPROB = -30.0
"""Of a probability that is 0 in float32."""


@dataclass(frozen=True, slots=True)
class _Answer:
    """What the decoder wrote."""

    ids: list[int]
    no_speech: float
    average_logprob: float
    looped: bool


def read_weights(folder: Path, options: Options) -> WhisperModel:
    """Loads a model from a folder, from nowhere else.

    Raises:
        ConfigurationError: the folder lacks what the features are made by.
        RuntimeError, ValueError: the library cannot use it, or not so.
    """
    model = WhisperModel(
        str(folder),
        device=options.device,
        compute_type=options.compute_type,
        cpu_threads=options.threads,
        num_workers=options.parallel,
        local_files_only=True,
    )
    bands = len(model.feature_extractor.mel_filters)
    if model.model.n_mels != bands:
        raise ConfigurationError(
            f"The model in {folder} hears {model.model.n_mels} bands and would be given {bands}: "
            "its preprocessor_config.json is missing or another model's."
        )
    return model


class WhisperEngine:
    """Writes down what it hears. Thread-safe: a piece of audio has nothing in common with another.

    Args:
        info: what it is.
        model: the weights.
        decoding: how it decodes where a request does not say.
    """

    def __init__(self, info: EngineInfo, model: WhisperModel, decoding: Decoding) -> None:
        self.info = info
        self._model: WhisperModel | None = model
        self._decoding = decoding
        self._codes = frozenset(map(code_of, info.languages))
        tokenizer = self._tokenizer(model, "en", translate=False)
        self._end = tokenizer.eot
        # Whatever is not text: time marks, languages, tasks; and signs that stand for sounds.
        all_tokens = range(tokenizer.timestamp_begin + 1501)
        self._suppressed = [*tokenizer.non_speech_tokens, *all_tokens[tokenizer.eot + 1 :]]

    def check(self, request: RecognitionRequest) -> None:
        """Refuses what the model cannot do.

        Raises:
            InvalidRequest: a language it does not hear, a translation by a model that knows English only, an
                unknown option, more audio than one window, or a prefix of tokens that are no text.
        """
        self._decoding_of(request)
        if request.translate and self.info.languages == ENGLISH:
            raise InvalidRequest(
                f"{self.info.model_id} hears English only and translates nothing; take a multilingual model.",
                param="model",
                code="translation_unsupported",
            )
        self._require_heard("language", (request.language,) if request.language else ())
        self._require_heard("languages", request.languages)
        if len(request.samples) > self.info.longest_s * LISTENING_RATE:
            raise InvalidRequest(
                f"{self.info.model_id} takes {self.info.longest_s:g} s of audio at a time, not "
                f"{len(request.samples) / LISTENING_RATE:.1f}.",
                param="file",
            )
        if len(request.prefix) > LONGEST_PREFIX or not all(0 <= id < self._end for id in request.prefix):
            raise InvalidRequest(
                f"A prefix is up to {LONGEST_PREFIX} of the tokens that {self.info.model_id} writes as text.",
                param="prefix",
            )

    def recognize(self, request: RecognitionRequest) -> Generator[None, None, Recognition]:
        """Writes down one piece of audio in four or five steps.

        The encoder's step and the decoder's are longer than 100 ms with real weights: neither library can
        stop half-way. At temperature 0 the same request gives the same answer.

        Raises:
            InvalidRequest: as `check`.
            EngineError: the model failed, or the engine is closed.
        """
        self.check(request)
        if self._model is None:
            raise EngineError("The engine is closed.", code="engine_closed")
        if not np.isfinite(request.samples).all():
            raise EngineError("The audio holds NaN or infinity.")
        if np.abs(request.samples).max(initial=0) < FAINTEST:
            return Recognition("", language=request.language)
        try:
            return (yield from self._steps(self._model, request))
        except (RuntimeError, ValueError) as failure:
            raise EngineError(f"{self.info.model_id} failed: {failure}.") from failure

    def health(self) -> bool:
        """True until it is closed."""
        return self._model is not None

    def close(self) -> None:
        """Lets go of the weights."""
        self._model = None

    def _steps(self, model: WhisperModel, request: RecognitionRequest) -> Generator[None, None, Recognition]:
        features = model.feature_extractor(np.ascontiguousarray(request.samples))
        frames = min(features.shape[-1] - 1, model.feature_extractor.nb_max_frames)
        yield
        heard = model.encode(pad_or_trim(features[:, :frames]))
        yield
        code = self._given(request)
        if code is None:
            code = self._found_out(model.model.detect_language(heard)[0], request)
            yield
        tokenizer = self._tokenizer(model, code, translate=request.translate)
        answer = self._decode(model, tokenizer, heard, request)
        language = request.language or tag_of(code)
        silent = answer.no_speech > NO_SPEECH and answer.average_logprob < UNLIKELY
        if not request.prefix and (silent or not answer.ids):
            return Recognition("", language=language, no_speech=answer.no_speech)
        yield
        aligned = model.model.align(heard, tokenizer.sot_sequence, [answer.ids], frames)[0]
        duration_ms = 1000 * len(request.samples) / LISTENING_RATE
        found, words = _words(tokenizer, answer.ids, aligned, duration_ms)
        told = sum(word.tokens for word in words)
        if request.ongoing:
            words, told = settled(found, words, duration_ms - UNSETTLED_MS, len(request.prefix))
        tokens = _tokens(tokenizer, answer.ids, aligned.text_token_probs)[: max(told, len(request.prefix))]
        return Recognition(
            text="".join(token.text for token in tokens).strip(),
            words=tuple(words),
            tokens=tuple(tokens),
            language=language,
            no_speech=answer.no_speech,
            looped=answer.looped,
        )

    def _decode(
        self, model: WhisperModel, tokenizer: Tokenizer, heard: Any, request: RecognitionRequest
    ) -> _Answer:
        """The answer's tokens, those of the prefix first."""
        before = tokenizer.encode(f" {request.prompt.strip()}") if request.prompt else []
        room = LONGEST_PREFIX - len(request.prefix)
        prompt = model.get_prompt(tokenizer, before[-room:] if room > 0 else [], without_timestamps=True)
        beam_size = self._decoding_of(request).beam_size
        how: dict[str, Any] = {"beam_size": beam_size}
        if request.temperature > 0:
            how = {
                "beam_size": 1,
                "num_hypotheses": beam_size,
                "sampling_topk": 0,
                "sampling_temperature": request.temperature,
            }
        written = model.model.generate(
            heard,
            [[*prompt, *request.prefix]],
            max_length=CONTEXT_TOKENS,
            return_scores=True,
            return_no_speech_prob=True,
            # It keeps the model from ending before it began; with a prefix it may have said all.
            suppress_blank=not request.prefix,
            suppress_tokens=self._suppressed,
            **how,
        )[0]
        ids = written.sequences_ids[0]
        # The score is the mean over the tokens, the end not counted.
        average = written.scores[0] * len(ids) / (len(ids) + 1)
        loop = loop_at(ids, len(request.prefix))
        return _Answer(ids[:loop], written.no_speech_prob, average, loop is not None)

    def _given(self, request: RecognitionRequest) -> str | None:
        """Whisper's name for the language, where there is no choice."""
        if request.language:
            return code_of(request.language)
        allowed = self._allowed(request)
        return next(iter(allowed)) if len(allowed) == 1 else None

    def _found_out(self, likely: Sequence[tuple[str, float]], request: RecognitionRequest) -> str:
        """The likeliest language that is allowed, of names like `<|ko|>`, the likeliest first."""
        allowed = self._allowed(request)
        return next(name[2:-2] for name, _ in likely if name[2:-2] in allowed)

    def _allowed(self, request: RecognitionRequest) -> frozenset[str]:
        return self._codes & set(map(code_of, request.languages)) if request.languages else self._codes

    def _tokenizer(self, model: WhisperModel, code: str, *, translate: bool) -> Tokenizer:
        task = "translate" if translate else "transcribe"
        return Tokenizer(model.hf_tokenizer, model.model.is_multilingual, task=task, language=code)

    def _require_heard(self, param: str, tags: Sequence[str]) -> None:
        """Refuses languages of which it hears none."""
        if not tags or any(code_of(tag) in self._codes for tag in tags):
            return
        count = len(self.info.languages)
        heard = "English alone" if count == 1 else f"{count} languages"
        raise InvalidRequest(
            f"{self.info.model_id} hears {heard}, and not {', '.join(tags)}.",
            param=param,
            code="unsupported_language",
        )

    def _decoding_of(self, request: RecognitionRequest) -> Decoding:
        try:
            return override(self._decoding, request.options)
        except ValueError as failure:
            raise InvalidRequest(f"{self.info.model_id}: {failure}.", param="options") from failure


def _words(
    tokenizer: Tokenizer, ids: list[int], aligned: Any, end_ms: float
) -> tuple[list[Span], list[Word]]:
    texts, groups = tokenizer.split_to_word_tokens([*ids, tokenizer.eot])
    rows, frames = np.array(aligned.alignments).T
    begins = frames[np.searchsorted(rows, np.arange(len(ids) + 1))].clip(0) * FRAME_MS
    found = spans(list(zip(texts, map(len, groups), strict=True))[:-1])
    return found, timed(found, begins.tolist(), aligned.text_token_probs, end_ms)


def _tokens(tokenizer: Tokenizer, ids: list[int], probabilities: list[float]) -> list[Token]:
    """Tokens whose texts join to the whole: a letter made of several is told with the last of them."""
    texts: list[str] = []
    for text, group in zip(*tokenizer.split_tokens_on_unicode(ids), strict=True):
        texts += [*[""] * (len(group) - 1), text]
    texts += [""] * (len(ids) - len(texts))
    return [
        Token(token, text, log(probability) if probability > 0 else LEAST_LOGPROB)
        for token, text, probability in zip(ids, texts, probabilities, strict=True)
    ]

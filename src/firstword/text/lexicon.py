"""Words that are said otherwise than one reads them: found in a text, and what is said instead.

A word is found whole: no letter, digit or underscore runs on before or after it. What is spoken for it takes
its place; a possessive `'s` stays. Of several that begin at one place the longest is taken. In Korean the
particle behind a word stays; in scripts without spaces (Chinese, Japanese, Thai, Lao, Khmer, Burmese) a word
is found anywhere.

A word with a capital inside (`US`, `iPhone`) means only that spelling; any other (`kokoro`, `New York`) is
found in capitals and small letters alike. Where both fit, the exact one is taken.

How it works: a text is cut into tokens, and a trie of tokens is walked from each: at most as many steps a
token as the longest word has, whatever the size of the lexicon.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence

from firstword.core.errors import ConfigurationError, InvalidRequest
from firstword.core.types import EngineInfo, Task
from firstword.text.spelling import Edit

FIELD = "model_extensions.lexicon"

_PHONEMES = re.compile(r"/([^/]+)/")
_HANGUL = "\uac00-\ud7a3"
_SYLLABIC = (
    rf"\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    rf"{_HANGUL}\uf900-\ufaff\uff66-\uff9d\U00020000-\U0003ffff"
)
"""Letters that are tokens of their own: nothing but the reader's knowledge says where a word ends."""
_TOKEN = re.compile(
    r"\[[^\[\]\n]{1,100}+\]\(/[^()/\n]{1,200}+/\)"  # an inline pronunciation, which says enough itself
    rf"|[{_SYLLABIC}]|(?:[^\W{_SYLLABIC}]|[\u0300-\u036f])++|\s++|[^\w\s]"
)
_ONE_HANGUL = re.compile(f"[{_HANGUL}]")
_ONE_SYLLABIC = re.compile(f"[{_SYLLABIC}]")
_RUNS_ON = re.compile(r"['’](?!s(?!\w))\w", re.IGNORECASE)
"""The `'t` of `don't`; the `'s` of a possessive is none of the word."""
_ENDINGS = frozenset({"s", "t", "d", "m", "ll", "re", "ve"})
"""What stands behind an apostrophe in English and is no word."""
_CAPITAL_INSIDE = re.compile(r"(?<=[^\W_])([^\W\d_])")
_NOT_IN_BRACKETS = re.compile(r"[\[\]()\s]+")


class _Node(dict[str, "_Node"]):
    """A place in the trie: the tokens that go on from it, and what is said where a word ends in it."""

    __slots__ = ("said",)

    def __init__(self) -> None:
        super().__init__()
        self.said: str | None = None


class Lexicon:
    """Finds words. Never changed once made, so that any number of streams share one.

    Args:
        entries: word -> what is said, as `as_engine_takes` gives it.
        over: a lexicon that this one stands before: where both have a word, this one's is said.
    """

    def __init__(self, entries: Mapping[str, str], over: Lexicon | None = None) -> None:
        exact, folded = _Node(), _Node()
        for word, said in entries.items():
            tokens = [_plain(token) for token in _TOKEN.findall(word.strip())]
            if _is_exact(word):
                _add(exact, tokens, said)
            else:
                _add(folded, [token.casefold() for token in tokens], said)
        self._tries: tuple[tuple[_Node, _Node], ...] = ((exact, folded), *(over._tries if over else ()))

    def edits(self, text: str) -> Iterator[Edit]:
        """The words of the lexicon in a text, in order, and what is said for each."""
        places = [match.span() for match in _TOKEN.finditer(text)]
        written = [_plain(text[start:end]) for start, end in places]
        folded = [token.casefold() for token in written]
        at = 0
        while at < len(places):
            found = self._longest(text, at, places, (written, folded))
            if found is None:
                at += 1
                continue
            last, said = found
            yield Edit(places[at][0], places[last][1], said)
            at = last + 1

    def _longest(
        self,
        text: str,
        first: int,
        places: Sequence[tuple[int, int]],
        tokens: tuple[Sequence[str], Sequence[str]],
    ) -> tuple[int, str] | None:
        """The last token of the longest word that begins at a token, and what is said for it."""
        best: tuple[int, str] | None = None
        for tries in self._tries:
            for trie, spelled in zip(tries, tokens, strict=True):
                for last, said in _walk(trie, spelled, first):
                    longer = best is None or last > best[0]
                    if longer and _is_whole(text, places[first][0], places[last][1]):
                        best = last, said
        return best


class Lexicons:
    """The operator's lexicons, made ready for each model once.

    Args:
        infos: the models there are.
        common: for every voice. What it says by phonemes counts where the model takes them.
        voices: name of a voice of the operator's own -> the voice that speaks, and its lexicon; it wins.

    Raises:
        ConfigurationError: a model does not know a phoneme, or takes none at all where its voice needs them.
    """

    def __init__(
        self,
        infos: Sequence[EngineInfo],
        common: Mapping[str, str] | None = None,
        voices: Mapping[str, tuple[str, Mapping[str, str]]] | None = None,
    ) -> None:
        self._made: dict[tuple[str, str | None], Lexicon] = {}
        for info in infos:
            if info.task is not Task.SPEECH:
                continue
            base = self._keep((info.model_id, None), _for_every_voice(common or {}, info), info, None)
            for name, (voice, entries) in (voices or {}).items():
                if any(voice == one.id for one in info.voices):
                    self._keep((info.model_id, name), entries, info, base)

    def choose(self, info: EngineInfo, voice: str, asked: Mapping[str, str] | None) -> Lexicon | None:
        """The lexicon of a request: what it asks for, then its voice's own, then the common one.

        Args:
            info: the model that speaks.
            voice: as the request names it.
            asked: the request's own, if any.

        Raises:
            InvalidRequest: the model takes no phonemes, or does not know one.
        """
        own = self._made.get((info.model_id, voice)) or self._made.get((info.model_id, None))
        return Lexicon(as_engine_takes(asked, info), own) if asked else own

    def _keep(
        self, key: tuple[str, str | None], entries: Mapping[str, str], info: EngineInfo, base: Lexicon | None
    ) -> Lexicon | None:
        if not entries:
            return base
        try:
            self._made[key] = Lexicon(as_engine_takes(entries, info), base)
        except InvalidRequest as refusal:
            whose = f"The lexicon of the voice {key[1]!r}" if key[1] else "The lexicon"
            raise ConfigurationError(f"{whose}: {refusal}", param="lexicon") from refusal
        return self._made[key]


def as_engine_takes(entries: Mapping[str, str], info: EngineInfo) -> dict[str, str]:
    """The entries with `/phonemes/` written as the engine's text has them; respellings stay.

    Raises:
        InvalidRequest: the engine takes no phonemes, or does not know one.
    """
    return {word: _as_engine_takes(word, said, info) for word, said in entries.items()}


def _as_engine_takes(word: str, said: str, info: EngineInfo) -> str:
    phonemes = _PHONEMES.fullmatch(said.strip())
    if phonemes is None:
        return said
    if info.phonemes is None:
        raise InvalidRequest(
            f"The model {info.model_id!r} takes no phonemes, so not {said} for {word!r}; write the word as "
            "it sounds, without the slashes.",
            param=FIELD,
            code="phonemes_unsupported",
        )
    unknown = [
        symbol for symbol in phonemes[1] if info.phoneme_symbols and symbol not in info.phoneme_symbols
    ]
    if unknown:
        raise InvalidRequest(
            f"The model {info.model_id!r} does not know the phoneme {unknown[0]!r} of {said} for {word!r}; "
            f"it knows {info.phoneme_symbols.strip()}",
            param=FIELD,
            code="unknown_phoneme",
        )
    name = _NOT_IN_BRACKETS.sub("-", word.strip()).strip("-")
    # In plain letters, so that nobody takes the name for a word in another script.
    return info.phonemes.format(word=name if name.isascii() and name else "x", phonemes=phonemes[1])


def _for_every_voice(entries: Mapping[str, str], info: EngineInfo) -> Mapping[str, str]:
    if info.phonemes is not None:
        return entries
    return {word: said for word, said in entries.items() if not _PHONEMES.fullmatch(said.strip())}


def _add(node: _Node, tokens: Sequence[str], said: str) -> None:
    for token in tokens:
        node = node.setdefault(token, _Node())
    node.said = said


def _walk(node: _Node | None, tokens: Sequence[str], first: int) -> Iterator[tuple[int, str]]:
    """The words that begin at a token: the last token of each, and what is said."""
    for at in range(first, len(tokens)):
        node = node.get(tokens[at]) if node is not None else None
        if node is None:
            return
        if node.said is not None:
            yield at, node.said


def _plain(token: str) -> str:
    """One spelling for what is the same to a reader."""
    if token.isascii():
        return token if not token.isspace() else " "
    return " " if token.isspace() else unicodedata.normalize("NFC", token).replace("’", "'")


def _is_exact(word: str) -> bool:
    return any(letter.isupper() for letter in _CAPITAL_INSIDE.findall(word))


def _is_whole(text: str, start: int, end: int) -> bool:
    """Whether `text[start:end]`, which is made of whole tokens, is no part of a longer word."""
    first, before, after = text[start], text[start - 1 : start] if start else "", text[end : end + 1]
    if after and (
        unicodedata.category(after)[0] == "M" or (text[end - 1].isalnum() and _RUNS_ON.match(text, end))
    ):
        return False
    if not before or not first.isalnum():
        return True
    if _ONE_SYLLABIC.match(first):
        return not (_ONE_HANGUL.match(first) and _ONE_HANGUL.match(before))
    if before in "'’" and start > 1 and text[start - 2].isalnum():
        return text[start:end].lower() not in _ENDINGS
    return unicodedata.category(before)[0] != "M"

"""Text to what the package's front end reads well, each character remembering where it came from.

The front end crashes on a few things, misreads others and is slow on long runs without a space. All of
that is mended here, before it sees the text: composed accents, plain digits, letters of ornamental
alphabets, runs cut by spaces, brackets that would be taken for an inline pronunciation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

MOST_CHARS = 400
"""Characters given to the front end at once; some of its rules are quadratic."""
MOST_DIGITS = 15
"""In a row: above 36 the front end raises IndexError, and nobody follows a number that long."""
MOST_LETTERS = 24
"""What the net for unknown words reads of one; a run somewhat longer is left to the lexicon."""
MOST_IN_A_RUN = 32
"""Between two spaces: the front end tries the parts of `a-b-c` together in every way."""

_MARK = re.compile(r"[.,;:!?](?=\s)")
_SPACE = re.compile(r"\s")
_LINK = re.compile(r"\[([^\[\]\s][^\[\]]*)\]\(/([^()/]+)/\)")
"""An inline pronunciation, `[word](/phonemes/)`."""
_WORD = re.compile(rf"(?:{_LINK.pattern}|\S)+")
_COMBINED = re.compile(r"[^\W\d_][\u0300-\u036f]+")
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff]")
_DIGITS = re.compile(rf"(?<!\d)\d{{{MOST_DIGITS + 1},}}")
_GROUPS = re.compile(r"(?<![\d,])\d{1,3}(?:,\d{3}){5,}")
_LETTERS = re.compile(rf"(?<![^\W\d_])(?<!\]\(/)[^\W\d_]{{{MOST_LETTERS + 6},}}")
_RUN = re.compile(rf"(?<![^\s)])[^\s\[\]]{{{MOST_IN_A_RUN + 1},}}")
_RUN_PART = re.compile(
    rf"\S{{1,{MOST_IN_A_RUN}}}\Z|\S{{1,{MOST_IN_A_RUN - 1}}}[-/_.,:;&](?=\w)|\S{{1,{MOST_IN_A_RUN}}}"
)
_AWKWARD = re.compile(
    "|".join([r"[\[\]]", *(rule.pattern for rule in (_CONTROL, _DIGITS, _GROUPS, _LETTERS, _RUN))])
)
_UNBRACKETED = str.maketrans("[]", "  ")


@dataclass(frozen=True, slots=True)
class Readable:
    """Text for the front end."""

    text: str
    origin: Sequence[int]
    """For each character of `text`, the index of the source's character that it stands for."""


def pieces(text: str) -> Iterator[tuple[int, int]]:
    """The slices of a text that are read at once: cut after a mark, else at a space, else anywhere."""
    at = 0
    while len(text) - at > MOST_CHARS:
        end = _last(_MARK, text, at + MOST_CHARS // 2, at + MOST_CHARS)
        end = end or _last(_SPACE, text, at + 1, at + MOST_CHARS) or at + MOST_CHARS
        end = _outside_of_links(text, at, end)
        yield at, end
        at = end
    yield at, len(text)


def _outside_of_links(text: str, start: int, end: int) -> int:
    """`end`, or where the inline pronunciation begins that would be cut there."""
    for match in _LINK.finditer(text, start, min(len(text), end + MOST_CHARS)):
        if start < match.start() < end < match.end():
            return match.start()
    return end


def words(text: str) -> list[tuple[int, int]]:
    """The places of the words: what lies between spaces; an inline pronunciation is never parted."""
    return [match.span() for match in _WORD.finditer(text)]


class Reading:
    """Prepares text.

    Args:
        letters: letters beyond ASCII that the front end knows.
        phonemes: the model's alphabet; what makes an inline pronunciation one.
    """

    def __init__(self, letters: frozenset[str], phonemes: frozenset[str]) -> None:
        self._letters = letters
        self._phonemes = phonemes

    def prepare(self, text: str) -> Readable:
        """What the front end is to read in place of `text`."""
        readable = Readable(text, range(len(text)))
        if not text.isascii():
            readable = _rewrite(readable, _COMBINED, lambda found: unicodedata.normalize("NFC", found))
            readable = self._plain(readable)
        if not _AWKWARD.search(readable.text):
            return readable
        readable = Readable(self._without_brackets(readable.text), readable.origin)
        readable = _rewrite(readable, _CONTROL, lambda _: " ")
        readable = _rewrite(readable, _GROUPS, lambda found: found.replace(",", " "))
        readable = _rewrite(readable, _DIGITS, lambda found: _spaced(found, MOST_DIGITS))
        readable = _rewrite(readable, _LETTERS, lambda found: _spaced(found, MOST_LETTERS))
        return _rewrite(readable, _RUN, lambda found: " ".join(_RUN_PART.findall(found)))

    def _plain(self, readable: Readable) -> Readable:
        simple = [self._simplified(character) for character in readable.text]
        origin = [at for at, new in zip(readable.origin, simple, strict=True) for _ in new]
        return Readable("".join(simple), origin)

    def _simplified(self, character: str) -> str:
        """A character as the front end knows it: é stays, ế becomes e, ５ becomes 5, invisible ones go."""
        if character.isascii() or character in "²³":
            return character
        if character.isdecimal():
            return str(unicodedata.decimal(character))
        if character.isdigit():
            return f" {unicodedata.digit(character)}"
        if character in self._letters or character in self._phonemes:
            return character
        kind = unicodedata.category(character)
        if kind in ("Cf", "Mn"):
            return ""
        if kind.startswith("L"):
            folded = "".join(c for c in unicodedata.normalize("NFKD", character) if c.isascii())
            return folded or character
        return character

    def _without_brackets(self, text: str) -> str:
        """Square brackets out, those of inline pronunciations excepted; the length stays."""
        out, at = [], 0
        for match in _LINK.finditer(text):
            if self._is_phonemes(match[2]):
                out += [text[at : match.start()].translate(_UNBRACKETED), match[0]]
                at = match.end()
        return "".join([*out, text[at:].translate(_UNBRACKETED)])

    def _is_phonemes(self, text: str) -> bool:
        """Whether it is in the model's alphabet."""
        return self._phonemes.issuperset(text)


def _last(pattern: re.Pattern[str], text: str, start: int, end: int) -> int | None:
    """Where the last match in the slice ends."""
    return max((match.end() for match in pattern.finditer(text, start, end)), default=None)


def _spaced(text: str, size: int) -> str:
    return " ".join(text[at : at + size] for at in range(0, len(text), size))


def _rewrite(readable: Readable, pattern: re.Pattern[str], replace: Callable[[str], str]) -> Readable:
    """Replaces what matches; the new characters come from where the old ones began, in step."""
    text: list[str] = []
    origin: list[int] = []
    at = 0
    for match in pattern.finditer(readable.text):
        new = replace(match[0])
        last = match.end() - 1
        text += [readable.text[at : match.start()], new]
        origin += readable.origin[at : match.start()]
        origin += [readable.origin[min(match.start() + k, last)] for k in range(len(new))]
        at = match.end()
    if not at:
        return readable
    return Readable("".join([*text, readable.text[at:]]), [*origin, *readable.origin[at:]])

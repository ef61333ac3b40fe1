"""Markdown, HTML and emoji out of a text, whatever segments it comes in.

What is carried from one segment to the next: an open code fence, a link's address that was cut, and whether
a line begins. Marks are taken out one by one and need no partner: an emphasis that was opened five segments
ago is closed like any other. Every pattern is bounded or possessive.

Source: CommonMark 0.31 (fences, flanking, escapes), GitHub's tables and task lists.
"""

from __future__ import annotations

import html
import re

from firstword.text.spelling import Edit

_PREFIX = r"[ \t>]{0,60}+(?:(?:[-*+•]|\d{1,3}[.)])[ \t]+)?"
_FENCE = re.compile(rf"{_PREFIX}(?P<mark>`{{3,}}+(?=[^`\n]*+(?:\n|\Z))|~{{3,}}+)")
_LINE_MARKS = re.compile(
    r"(?:[ \t]{0,60}+>[ \t]?){1,20}+(?:#{1,6}+[ \t]+)?"
    r"|[ \t]{0,60}+#{1,6}+(?=[ \t\n]|\Z)[ \t]{0,60}+"
)
_LIST_MARK = re.compile(r"[ \t]{0,60}+[-*+•‣◦▪][ \t]{1,60}+(?=\S)(?:\[[ xX]\][ \t]{1,60}+)?")
_DEFINITION = re.compile(
    r" {0,3}\[[^\]\n]{1,100}\]:[ \t]{1,9}<?(?:https?://|mailto:|[./#])\S{1,2000}+"
    r"(?:[ \t]+[\"'(][^\n]{0,300}+)?\n?\Z"
)
_RULE = re.compile(r"[ \t]*+(?:[-*_=]+[ \t]*)++\n?\Z")
_SEPARATOR = re.compile(r"[|:\- \t]++\n?\Z")

_PRONOUNCED = r"\[[^\[\]\s][^\[\]\n]{0,100}+\]\(/[^()/\n]{0,200}+/\)"
_ADDRESS = r"(?:[^\s()]|\([^\s()]{0,200}+\)){0,2000}+"
_TITLE = r"""[ \t]+(?:"[^"\n]{0,300}+"|'[^'\n]{0,300}+')"""
_TAGS = (
    "a|abbr|b|blockquote|br|center|code|del|details|div|em|figure|font|h[1-6]|hr|i|img|ins|kbd|li|mark|ol|p|pre|q|s"
    "|samp|small|span|strike|strong|sub|summary|sup|table|tbody|td|tfoot|th|thead|tr|tt|u|ul|var|wbr"
)
EMOJI = (
    "[\u2600-\u26ff\u2700-\u2712\u2714-\u27bf\u2b00-\u2bff\u231a\u231b\u23e9-\u23fa\u25aa-\u25fe"
    "\U0001f000-\U0001faff\U000e0020-\U000e007f]"
)
_EMOJI = rf"(?:[0-9#*]\ufe0f?\u20e3|{EMOJI})(?:[\ufe0e\ufe0f\u200d\u20e3]|{EMOJI})*+"
_INLINE = re.compile(
    rf"(?P<pronounced>{_PRONOUNCED})"
    r"|(?P<whole>(?i:https?://|www\.)[^\s<>()\[\]\"'`*|]{1,2000}+|(?<![\w.%+-])[A-Za-z0-9][\w.%+-]{0,63}+@)"
    r"|(?P<closing>(?<=[ \t])#{1,6}+(?=[ \t]*+(?:\n|\Z)))"
    r"|(?P<escape>\\[!-/:-@\[-`{-~])"
    r"|(?P<tick>`++)"
    rf"|(?P<target>\]\({_ADDRESS}(?:{_TITLE})?\))"
    rf"|(?P<cut>\]\((?:[^\s()]{{0,2000}}+|[^\s()]{{1,2000}}+[ \t]+[\"'][^\"'\n]{{0,300}}+)\Z)"
    r"|(?P<reference>\]\[[^\]\[\s]{0,60}+\]|\[\^[^\]\[\s]{1,30}+\])"
    r"|(?P<bracket>!?\[|\])"
    rf"|(?P<tag><!--(?:(?!-->)[^<>]){{0,1000}}+-->|</?(?i:{_TAGS})(?:\s[^<>]{{0,500}}+)?/?>)"
    r"|<(?P<address>(?:https?|mailto):[^\s<>]{1,2000}+)>"
    r"|(?P<entity>&(?:[A-Za-z]{2,10}|\#\d{1,6}|\#[xX][0-9a-fA-F]{1,6});)"
    r"|(?P<star>\*++)|(?P<line>_++)|(?P<strike>~~++)"
    r"|(?P<cell>\|[ \t]{0,60}+)"
    rf"|(?P<emoji>{_EMOJI})"
)
_TARGET_REST = re.compile(rf"{_ADDRESS}(?:{_TITLE})?\)|(?P<on>[^\s()]{{1,2000}}+\Z)")
_LINE_END = re.compile(r"\s*+\Z")
_TITLE_REST = re.compile(r"[^()\n]{0,300}+\)")

CODE_BLOCK = {"en": "Code block.", "de": "Codeblock.", "fr": "Bloc de code.", "es": "Bloque de código."}
"""What is said for code, by language; nothing in others."""


class Markup:
    """Takes markup out, segment by segment.

    Args:
        code_phrase: what is said where a code block begins; may be empty.
        leave: kinds that stay: `markdown`, `code`, `emoji`, `pronunciation`.
    """

    def __init__(self, code_phrase: str, leave: frozenset[str]) -> None:
        self._phrase = code_phrase
        self._leave = leave
        self._fence = ""
        self._link = ""
        self._new_line = True

    def edits(self, text: str) -> list[Edit]:
        """What to change in the next segment."""
        found: list[Edit] = []
        at = 0
        while at < len(text):
            end = text.find("\n", at) + 1 or len(text)
            self._line(text, at, end, found)
            self._new_line = text[end - 1] == "\n" or (self._new_line and not text[at:end].strip(" \t"))
            at = end
        return found

    def _line(self, text: str, at: int, end: int, found: list[Edit]) -> None:
        if self._fence:
            found.append(Edit(at, end, ""))
            self._close_fence(text[at:end])
        elif self._new_line and self._open_fence(text, at, end):
            found.append(Edit(at, end, f"{self._phrase}\n" if self._phrase else ""))
        elif self._new_line and "markdown" not in self._leave:
            self._link = ""
            self._inline(text, self._line_marks(text, at, end, found), end, found)
        else:
            self._inline(text, self._rest_of_link(text, at, end, found), end, found)

    def _open_fence(self, text: str, at: int, end: int) -> bool:
        if "code" in self._leave:
            return False
        fence = _FENCE.match(text, at, end)
        self._fence = fence["mark"] if fence else ""
        return fence is not None

    def _close_fence(self, line: str) -> None:
        mark = line.strip(" \t>\r\n")
        if self._new_line and mark.startswith(self._fence) and not mark.strip(self._fence[0]):
            self._fence = ""

    def _line_marks(self, text: str, at: int, end: int, found: list[Edit]) -> int:
        """Takes out what stands at the beginning of a line; gives where the rest begins."""
        line = text[at:end]
        bare = line.strip()
        ruled = _RULE.match(line) is not None and len(set(bare) - {" ", "\t"}) == 1 and len(bare) > 2
        if ruled or (_SEPARATOR.match(line) and "|" in line and "-" in line) or _DEFINITION.match(line):
            found.append(Edit(at, end, "\n" if line.endswith("\n") else ""))
            return end
        for pattern in (_LINE_MARKS, _LIST_MARK):
            marks = pattern.match(text, at, end)
            if marks:
                found.append(Edit(at, marks.end(), ""))
                at = marks.end()
        return at

    def _rest_of_link(self, text: str, at: int, end: int, found: list[Edit]) -> int:
        """Takes out the rest of an address that the last segment began."""
        if not self._link:
            return at
        rest = (_TARGET_REST if self._link == "address" else _TITLE_REST).match(text, at, end)
        self._link = "address" if rest and rest.lastgroup == "on" else ""
        if rest:
            found.append(Edit(at, rest.end(), ""))
            return rest.end()
        return at

    def _inline(self, text: str, at: int, end: int, found: list[Edit]) -> None:
        for match in _INLINE.finditer(text, at, end):
            kind = str(match.lastgroup)
            if kind == "whole" or self._stays(kind, match[0]):
                continue
            if kind == "cut" and match.end() < len(text):
                continue
            if kind == "cut":
                self._link = "title" if re.search(r"\s", match[0]) else "address"
            free = found[-1].end if found else 0
            found += [
                edit._replace(start=max(edit.start, free)) for edit in _spoken(text, match, kind, at, end)
            ]

    def _stays(self, kind: str, written: str) -> bool:
        if kind == "pronounced":
            return not written.isascii() and "pronunciation" in self._leave
        return ("emoji" if kind == "emoji" else "markdown") in self._leave


def _spoken(text: str, match: re.Match[str], kind: str, begin: int, end: int) -> list[Edit]:
    """What becomes of one mark."""
    start, stop = match.span()
    if kind == "pronounced":
        return [Edit(start, start + 1, ""), Edit(text.index("]", start), stop, "")]
    if kind == "escape":
        return [Edit(start, start + 1, "")]
    if kind == "address":
        return [Edit(start, start + 1, ""), Edit(stop - 1, stop, "")]
    if kind == "entity":
        return [Edit(start, stop, html.unescape(match[0]))]
    if kind == "cell":
        return [_cell(text, match, begin, end)]
    if kind in ("star", "line") and not _is_emphasis(text, match):
        return []
    before, after = text[start - 1 : start], text[stop : stop + 1]
    if kind == "emoji":
        return [_emoji(text, match, begin)]
    apart = kind in ("reference", "tag") or (kind == "star" and len(match[0]) == 1)
    return [Edit(start, stop, " " if apart and before.isalnum() and after.isalnum() else "")]


def _emoji(text: str, match: re.Match[str], begin: int) -> Edit:
    """Nothing, and one space with it; the digit of a keycap."""
    start, stop = match.span()
    before, after = text[start - 1 : start] if start > begin else "", text[stop : stop + 1]
    if match[0][0].isdigit():
        return Edit(start, stop, match[0][0])
    if before == " " and not after.isalnum():
        return Edit(start - 1, stop, "")
    if not before.strip():
        return Edit(start, stop + (after == " "), "")
    return Edit(start, stop, " " if before.isalnum() and after.isalnum() else "")


def _is_emphasis(text: str, match: re.Match[str]) -> bool:
    """Not where it stands between spaces or digits, nor an underscore inside a word."""
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    if _between_spaces(text, match):
        return False
    if match[0][0] == "_":
        return not (before.isalnum() and after.isalnum())
    return not (len(match[0]) == 1 and before.isdigit() and after.isdigit())


def _between_spaces(text: str, match: re.Match[str]) -> bool:
    before, after = text[match.start() - 1 : match.start()], text[match.end() : match.end() + 1]
    return not before.strip() and not after.strip() and len(match[0]) < 3


def _cell(text: str, match: re.Match[str], begin: int, end: int) -> Edit:
    """A bar between cells is a comma, one at the end of a row a stop, one at its beginning nothing."""
    start, stop = match.span()
    first = start
    while first > max(begin, start - 60) and text[first - 1] in " \t":
        first -= 1
    before = text[first - 1 : first]
    if first == begin or not before.strip() or before in ".,;:!?|":
        return Edit(start, stop, " " if first != begin else "")
    if _LINE_END.match(text, stop, end):
        return Edit(first, stop, ".")
    return Edit(first, stop, ", ")

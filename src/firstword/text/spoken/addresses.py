"""Web addresses, mail addresses, file names, versions and telephone numbers in English words."""

from __future__ import annotations

import re

from firstword.text.spoken.numbers import MOST_DIGITS, cardinal, digits

_TLDS = "com|org|net|edu|gov|io|dev|ai|app|co\\.uk|co|info|uk|de|fr|eu|ca|jp|kr|au|nl|ch|se|ru|cn|us|tv|xyz"
_EXTENSIONS = (
    "py|pyi|ipynb|js|jsx|ts|tsx|mjs|json|jsonl|ya?ml|toml|ini|cfg|conf|env|md|rst|txt|csv|tsv|xml|html?|css|svg"
    "|png|jpe?g|gif|webp|ico|pdf|docx?|xlsx?|pptx?|odt|mp[34]|wav|flac|ogg|opus|webm|m4a|avi|mkv|mov|zip|tar|gz|tgz|bz2"
    "|7z|rar|exe|dll|so|deb|rpm|dmg|iso|sh|bash|bat|ps1|c|h|cc|cpp|hpp|cs|go|rs|rb|java|kt|swift|php|lua|pl|sql|db"
    "|sqlite|log|lock|onnx|gguf|pt|bin|net|vue|svelte|proto|tex|bib|epub|srt|vtt"
)
_LABEL = r"[A-Za-z0-9][A-Za-z0-9-]{0,62}+"
PATTERNS = (
    ("url", r"(?i:\bhttps?://|\bftp://|\bwww\.)[^\s<>\"'`()\[\]{}|]{1,2000}+"),
    ("email", rf"(?<![\w.%+-])[A-Za-z0-9][\w.%+-]{{0,63}}@(?:{_LABEL}\.){{1,5}}[A-Za-z]{{2,24}}+(?![\w@])"),
    (
        "host",
        rf"(?<![\w@./-])(?:{_LABEL}\.){{1,4}}(?i:{_TLDS})(?![\w-])(?!\.\w)(?:/[^\s<>\"'`()\[\]{{}}|]{{0,2000}}+)?",
    ),
    ("ip", r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?::\d{1,5})?(?![\w.]*\d)(?!\w)"),
    (
        "version",
        r"(?<![\w.])(?:[vV]\.? ?\d{1,9}(?:\.\d{1,9}){0,6}|\d{1,9}(?:\.\d{1,9}){2,6}"
        r"|(?:(?<=[Vv]ersion )|(?<=[Pp]ython ))\d{1,4}\.\d{1,9})"
        r"(?:-?(?:alpha|beta|rc|dev|a|b)\.?\d{0,4})?(?!\w|\.\d)",
    ),
    ("file", rf"(?<![\w.])(?:[A-Za-z0-9_][\w-]{{0,63}}\.){{1,3}}(?:{_EXTENSIONS})(?![\w-])(?!\.\w)"),
    (
        "phone",
        r"(?<![\w.+])(?:\+\d{1,3}(?:[ .-]?\(?\d{1,5}\)?){2,6}|(?:1[ .-])?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}"
        r"|0\d{1,4}(?:[ -]\d{3,4}){2}|\d{3}-\d{4}|\d{3}-\d{2}-\d{4})(?![\w-]|[.,]\d)",
    ),
)


def _numbers(text: str) -> str:
    return re.sub(r"\d++", lambda run: f" {_number(run[0])} ", text)


def _number(written: str) -> str:
    return cardinal(written) if len(written) < 5 else digits(written)


def _tidy(words: str) -> str:
    return " ".join(words.split())


def _host(text: str) -> str:
    return text.replace(".", " dot ").replace("-", " dash ").replace(":", " colon ")


def _path(text: str) -> str:
    return re.sub(
        r"[-_+%~=:;,!$*&]", " ", text.replace("/", " slash ").replace(".", " dot ").replace("@", " at ")
    )


def url(match: re.Match[str], _: str) -> str:
    """`https://www.example.com/a?b=c` as `example dot com slash a`: no scheme, no query, no fragment.

    Punctuation at the end is the sentence's.
    """
    written = match[0]
    bare = written.rstrip(".,;:!?*_~…")
    rest = written[len(bare) :]
    place = re.sub(r"^(?:\w+://)?(?:www\.)?", "", bare)
    place = re.split(r"[?#]", place, maxsplit=1)[0].rstrip("/")
    host, slash, path = place.partition("/")
    return _tidy(_numbers(_host(host) + (_path(slash + path)))) + rest


def email(match: re.Match[str], _: str) -> str:
    """`jo.doe@example.com` as `jo dot doe at example dot com`."""
    name, _at, host = match[0].partition("@")
    name = (
        name.replace(".", " dot ").replace("-", " dash ").replace("_", " underscore ").replace("+", " plus ")
    )
    return _tidy(_numbers(f"{name} at {_host(host)}"))


def ip(match: re.Match[str], _: str) -> str:
    """`192.168.1.10` as numbers with dots between."""
    return _tidy(_numbers(_host(match[0])))


def version(match: re.Match[str], _: str) -> str:
    """`v1.2.3` as `version one point two point three`; the word is not said twice."""
    written = match[0]
    before = match.string[max(0, match.start() - 9) : match.start()].lower()
    said = written[0] not in "vV" or before.endswith("version ")
    numbers = _numbers(written.lstrip("vV. ").replace("-", " ").replace(".", " point "))
    for short, long in (("rc", " release candidate "), (" a ", " alpha "), (" b ", " beta ")):
        numbers = numbers.replace(short, long)
    return _tidy(numbers if said else f"version {numbers}")


def file(match: re.Match[str], _: str) -> str:
    """`my_notes-2.txt` as `my notes two dot txt`."""
    return _tidy(_numbers(re.sub(r"[_-]", " ", match[0]).replace(".", " dot ")))


def phone(match: re.Match[str], _: str) -> str | None:
    """Digit by digit, with a comma between groups."""
    groups = re.findall(r"\d+", match[0])
    if sum(map(len, groups)) > MOST_DIGITS + 3 or sum(map(len, groups)) < 7:
        return None
    plus = "plus " if match[0][0] == "+" else ""
    return plus + ", ".join(digits(group) for group in groups)


READERS = {
    "url": ("url", url),
    "host": ("url", url),
    "email": ("email", email),
    "ip": ("version", ip),
    "version": ("version", version),
    "file": ("file", file),
    "phone": ("phone", phone),
}

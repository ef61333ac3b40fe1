"""Speech markup (SSML) is not understood: refused, unless it only wraps plain text.

Source: SSML 1.1 (a document's root is `speak`).
"""

from __future__ import annotations

import html
import re

from firstword.core.errors import InvalidRequest

_OPEN = re.compile(r"\s*+(?:<\?xml[^<>]*+>\s*+)?(?:<!DOCTYPE[^<>]*+>\s*+)?<(?:ssml:)?speak(?=[\s/>])[^<>]*+>")
_CLOSE = re.compile(r"</(?:ssml:)?speak\s*+>\s*+\Z")
_ELEMENT = re.compile(r"</?[A-Za-z_:]|<[!?]")


def plain_text_of_ssml(text: str) -> str:
    """The text itself, or what stands inside `<speak>` where there is nothing but text in it.

    Raises:
        InvalidRequest: there are elements inside: code `ssml_unsupported`, param `input`.
    """
    opened = _OPEN.match(text)
    if not opened:
        return text
    closed = _CLOSE.search(text, text.rfind("</")) if "</" in text else None
    inside = text[opened.end() : closed.start() if closed else len(text)]
    if _ELEMENT.search(inside):
        raise InvalidRequest(
            "SSML is not supported: send plain text. Pauses come from punctuation and paragraphs, "
            "and from model_extensions.pause_ms.",
            code="ssml_unsupported",
            param="input",
        )
    return html.unescape(inside)

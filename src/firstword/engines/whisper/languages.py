"""Whisper's names for languages, and BCP 47's, where they differ."""

from __future__ import annotations

BCP_47 = {"jw": "jv"}
"""Whisper's code -> the primary tag. Source: the IANA registry, where `jw` is not Javanese, `jv` is."""
CODES = {"jv": "jw", "nb": "no", "fil": "tl", "cmn": "zh", "iw": "he", "in": "id", "ji": "yi"}
"""Primary tag -> Whisper's code; Bokmål is what it means by Norwegian, Mandarin by Chinese."""


def tag_of(code: str) -> str:
    """The BCP 47 tag of one of Whisper's languages."""
    return BCP_47.get(code, code)


def code_of(tag: str) -> str:
    """What Whisper calls the language of a BCP 47 tag; whether it hears it is another question."""
    primary = tag.replace("_", "-").partition("-")[0].lower()
    return CODES.get(primary, primary)

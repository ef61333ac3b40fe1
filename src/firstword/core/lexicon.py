"""What may stand in a lexicon: words, and how each is said."""

from __future__ import annotations

from collections.abc import Mapping

MOST_ENTRIES = 1_000
"""In one request; the operator's own file may have any number."""
MOST_CHARS = 20_000
"""Of all words of one request together."""
MOST_WORD_CHARS = 100
MOST_SAID_CHARS = 500


def fault(entries: Mapping[str, object]) -> str | None:
    """What is wrong with a lexicon, as a sentence without its full stop; None where nothing is."""
    for word, said in entries.items():
        shown = word if len(word) <= 40 else f"{word[:40]}…"
        if not word.strip():
            return "a word of the lexicon is empty"
        if len(word) > MOST_WORD_CHARS:
            return f"the word {shown!r} is longer than {MOST_WORD_CHARS} characters"
        if not isinstance(said, str):
            return f"what is said for {shown!r} is no string"
        if len(said) > MOST_SAID_CHARS:
            return f"what is said for {shown!r} is longer than {MOST_SAID_CHARS} characters"
    return None

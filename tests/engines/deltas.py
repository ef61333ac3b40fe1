"""What a chat engine gave, read together."""

from __future__ import annotations

from collections.abc import Iterable

from firstword.core.conversation import ChatDelta, TextDelta


def text_of(deltas: Iterable[ChatDelta]) -> str:
    """All words."""
    return "".join(delta.text for delta in deltas if isinstance(delta, TextDelta))

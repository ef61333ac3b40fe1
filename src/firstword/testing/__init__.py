"""A test kit for engines: what every engine must do, asked of yours.

    from firstword.testing import check_engine

    def test_my_engine_keeps_the_contract():
        check_engine(plugin.load(plugin.infos()[0], no_files, {}), text="A sentence of some words.")

`check_recognizer` and `check_vad` do the same for engines that listen, given a recording of speech, and
`await check_chat(engine)` for engines that answer.

Each check is a function of its own, so that a test can name the one it needs. A broken promise is an
`AssertionError` that says which. Source: `core/protocols.py`, `docs/engines.md`.
"""

from __future__ import annotations

from firstword.testing.chatting import CHAT_CHECKS, Asking, check_chat
from firstword.testing.expectations import no_files
from firstword.testing.listening import (
    RECOGNIZER_CHECKS,
    VAD_CHECKS,
    Hearing,
    Watching,
    check_recognizer,
    check_vad,
    hears_what_is_said,
)
from firstword.testing.speaking import CHECKS, Case, check_engine

__all__ = [
    "CHAT_CHECKS",
    "CHECKS",
    "RECOGNIZER_CHECKS",
    "VAD_CHECKS",
    "Asking",
    "Case",
    "Hearing",
    "Watching",
    "check_chat",
    "check_engine",
    "check_recognizer",
    "check_vad",
    "hears_what_is_said",
    "no_files",
]

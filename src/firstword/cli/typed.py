"""A turn that was typed, while keys are looked at: who types breaks in on an answer that is being heard."""

from __future__ import annotations

from contextlib import nullcontext, suppress

from firstword.cli.interrupt import ended_by_interrupt
from firstword.cli.keys import STOPS, keys
from firstword.cli.talking import Talk


async def turn(talk: Talk, text: str) -> bool:
    """Says a text and hears the answer, until that ends or a key is pressed; False where it was Ctrl-C.

    Letters become the beginning of what is typed next.

    Raises:
        FirstwordError: the server refused, or broke off.
    """
    typed: list[str] = []

    def pressed(key: str) -> None:
        if key.isprintable() and (typed or key not in STOPS):
            typed.append(key)
        talk.break_off()

    keyboard = keys(pressed) if talk.player is not None else nullcontext()
    with ended_by_interrupt(talk.break_off) as interrupted, keyboard:
        await talk.say(text)
    if typed:
        _begin_line("".join(typed))
    return not interrupted


def _begin_line(text: str) -> None:
    """The next line that is asked for has this in it already, where the terminal's library can do that."""
    with suppress(ImportError):
        import readline

        def insert() -> None:
            readline.set_startup_hook()
            readline.insert_text(text)

        readline.set_startup_hook(insert)

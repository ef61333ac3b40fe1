"""Who says what: the kinds of text that an engine's own front end reads well, so that nobody else does.

A kind is on an engine's list when all of it was read out as a person would. hibari-tts 0.2.1 is right with
`1,234`, `12/31/2025`, `3:30pm`, `$1,234.56`, `50%`, `Henry VIII` and `1990s`. It is right with some and wrong
with others of fractions (`1 1/2` as `one one half`), ordinals (`100th`), units (`20 m²`, `10-km`), times
(`15:00` as `fifteen o'clock`), ranges (`5-10%`), written dates (`Dec. 3` ends a sentence), money (`-$5`,
`£3m`, `$9.99/mo`), signs (`24/7`) and leading zeros (`007` as `seven`); and poor at versions, telephone
numbers and addresses.
"""

from __future__ import annotations

from collections.abc import Mapping

ENGINE_READS: Mapping[str, frozenset[str]] = {
    "hibari": frozenset(
        {"cardinal", "clock", "date", "dollars", "percent", "pronunciation", "roman", "year"}
    ),
    "tone": frozenset(),
}
"""By engine, kinds as `firstword.text.normalizer.KINDS` has them."""

"""What may be chosen: by the operator for all, and by a request for itself."""

from __future__ import annotations

from dataclasses import dataclass, field

MOST_GUESSES = 10
"""They cost time and memory in proportion."""


@dataclass(frozen=True, slots=True)
class Decoding:
    """What a request may set."""

    beam_size: int = 1
    """Guesses kept while decoding; 5 is Whisper's own, and slower."""

    def __post_init__(self) -> None:
        if not 1 <= self.beam_size <= MOST_GUESSES:
            raise ValueError(f"option beam_size must be 1 to {MOST_GUESSES}")


@dataclass(frozen=True, slots=True)
class Options:
    """What an operator may set."""

    models: dict[str, str] = field(default_factory=dict)
    """Model id -> folder with its weights, as CTranslate2 keeps them."""
    device: str = "cpu"
    """`cpu`, `cuda` or `auto`."""
    compute_type: str = "int8"
    """How CTranslate2 calculates: `int8`, `int8_float16`, `float16`, `float32`."""
    threads: int = 1
    """For one piece of audio."""
    parallel: int = 2
    """Pieces of audio at once; others wait. The weights are in memory once."""
    beam_size: int = 1
    """Where a request does not say."""

    def __post_init__(self) -> None:
        for name in ("threads", "parallel"):
            if not 1 <= getattr(self, name) <= 256:
                raise ValueError(f"option {name} must be 1 to 256")
        Decoding(self.beam_size)

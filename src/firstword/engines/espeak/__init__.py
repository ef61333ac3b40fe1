"""espeak-ng: a hundred languages, robotic and at once, by the system's own program in its own process.

The last resort for languages that nothing else here speaks. The program is GPL-3: it is started, never
linked and never shipped.
"""

from firstword.engines.espeak.plugin import plugin

__all__ = ["plugin"]

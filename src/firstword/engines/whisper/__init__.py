"""Whisper, by faster-whisper: some hundred languages, from weights that the operator has on disk.

The library comes with the extra `whisper`, the weights are named in the settings, and nothing is ever
fetched: not by a request, and not when a model is loaded.
"""

from firstword.engines.whisper.plugin import plugin

__all__ = ["plugin"]

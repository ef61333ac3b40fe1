"""Moonshine: writes down English, faster than thirty times real time on one core, with times for every word.

Importing this loads no onnxruntime; `plugin.load` does.
"""

from firstword.engines.moonshine.plugin import plugin

__all__ = ["plugin"]

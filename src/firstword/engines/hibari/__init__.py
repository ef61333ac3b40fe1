"""hibari: English speech at a hundred times real time on one core, heard from the first quarter second on.

Importing this loads neither the package nor onnxruntime; `plugin.load` does.
"""

from firstword.engines.hibari.plugin import plugin

__all__ = ["plugin"]
